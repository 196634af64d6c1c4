"""Covers places of a scan for good: whatever is made of the image afterwards cannot show what was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.geometry import Affine, BoxPx, bounding_box_px
from pipeline.imaging.chroma import CHROMA_FROM_SCAN, NEUTRAL
from pipeline.imaging.decode import Decoded
from pipeline.model import ChromaImage, ColorImage, GrayImage

COVER: Final = 0
"""Black, as what is struck out on paper: nobody takes it for an entry."""


def masked(decoded: Decoded, boxes: Sequence[BoxPx]) -> Decoded:
    """A decoded scan with boxes of the scan as received covered; the decoded one stays as it is."""
    if not boxes:
        return decoded
    back = decoded.scan_from_decoded.inverse()
    gray = covered(decoded.gray, boxes, back)
    return replace(decoded, gray=gray, color=None if decoded.color is None else covered(decoded.color, boxes, back))


def masked_chroma(chroma: ChromaImage | None, boxes: Sequence[BoxPx]) -> ChromaImage | None:
    """The colour of a scan as received likewise: none is left in a box, nor beside it, where it may have bled."""
    if chroma is None or not boxes:
        return chroma
    return covered(chroma, boxes, CHROMA_FROM_SCAN, value=NEUTRAL, margin_px=1)


def covered(
    image: GrayImage | ColorImage | ChromaImage,
    boxes: Sequence[BoxPx],
    image_from_scan: Affine,
    *,
    value: int = COVER,
    margin_px: int = 0,
) -> GrayImage | ColorImage | ChromaImage:
    """A copy of the image with the boxes filled.

    Args:
        boxes: in the scan as received.
        image_from_scan: point of the scan in, point of `image` out; quarter turns and scaling.
    """
    filled = np.array(image, copy=True, order="C")
    height, width = filled.shape[:2]
    for box in boxes:
        corners = ((box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom))
        place = bounding_box_px(image_from_scan.apply((float(x), float(y))) for x, y in corners)
        grown = BoxPx(
            place.x - margin_px, place.y - margin_px, place.width + 2 * margin_px, place.height + 2 * margin_px
        )
        filled[grown.clipped(width, height).slices] = value
    return filled
