"""A part of a scan that holds several pages: its own pixels, none interpolated, and the way back to the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.errors import InputRefused
from pipeline.geometry import Affine, BoxPx, bounding_box_px
from pipeline.imaging.decode import MIN_SIDE_PX, Decoded
from pipeline.model import ColorImage, GrayImage


def cut_part(decoded: Decoded, part: BoxPx) -> Decoded:
    """The part of a decoded scan, as if it had been decoded alone; `scan_from_decoded` leads to the whole scan as
    received, whose size `size_px` still is.

    Args:
        part: in the scan as received.

    Raises:
        InputRefused: `too_small`: less than a page that can be read lies in the scan.
    """
    back = decoded.scan_from_decoded.inverse()
    corners = ((part.x, part.y), (part.right, part.y), (part.right, part.bottom), (part.x, part.bottom))
    height, width = decoded.gray.shape
    # Rounded: what lies on a pixel's edge but for the last digits must not take in the next pixel.
    box = bounding_box_px(_rounded(back.apply(corner)) for corner in corners).clipped(width, height)
    if min(box.width, box.height) < MIN_SIDE_PX:
        raise InputRefused("too_small", width_px=box.width, height_px=box.height, limit_px=MIN_SIDE_PX)
    moved = Affine.translation(float(box.x), float(box.y))
    return replace(
        decoded,
        gray=_cut(decoded.gray, box),
        color=None if decoded.color is None else _cut(decoded.color, box),
        scan_from_decoded=decoded.scan_from_decoded.after(moved),
    )


def _cut(image: GrayImage | ColorImage, box: BoxPx) -> GrayImage | ColorImage:
    return np.ascontiguousarray(image[box.slices])


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 6), round(point[1], 6)
