"""The colour of a scan apart from its grey, at half its resolution, as scanners' own JPEG files mostly keep it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from PIL import JpegImagePlugin, TiffImagePlugin

from pipeline.geometry import Affine
from pipeline.imaging.decode import COLOR_MODES, damage_refused, open_image, orientation
from pipeline.model import ChromaImage, ColorImage, GrayImage

NEUTRAL: Final = 128
TINTED: Final = 3.0
"""Median distance from grey, of 8 x 8 pixels, from which paper is coloured; scanners' white is within 2."""
INKED, LEAST_INKED = 12.0, 0.0002
"""Distance from grey of coloured ink, and the share of a page that it covers at least: a stroke of 3 cm."""
CHROMA_FROM_SCAN: Final = Affine.scaling(0.5)
"""Pixel of a scan as received in, pixel of its colour out."""
_STEP = 8


def received_chroma(data: bytes) -> ChromaImage | None:
    """The colour of an image file as received, not turned; null where there is none above noise.

    Null too for a TIFF that asks to be turned: its colour is not worth a map of its own.

    Raises:
        InputRefused: as `decode`.
    """
    with damage_refused():
        file = open_image(data)
        if file.mode not in COLOR_MODES or (
            isinstance(file, TiffImagePlugin.TiffImageFile) and orientation(file) != (False, 0)
        ):
            return None
        size_px = file.size
        if isinstance(file, JpegImagePlugin.JpegImageFile):
            # Decoded at half its size, which is quick.
            file.draft("YCbCr", (file.width // 2, file.height // 2))
        file.load()
        halved = file.size != size_px
        seen = np.asarray(file if file.mode == "YCbCr" else file.convert("RGB").convert("YCbCr"), dtype=np.uint8)
    chroma = np.ascontiguousarray(seen[..., 1:])
    if not halved:
        # An odd last row or column is left out, so that the half is one to the pixel.
        width, height = size_px[0] // 2, size_px[1] // 2
        whole = chroma[: 2 * height, : 2 * width]
        chroma = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return chroma if is_colored(chroma) else None


def drawn(chroma: ChromaImage, chroma_from_image: Affine, size_px: tuple[int, int]) -> ChromaImage:
    """The colour of another image of the page, at half its size.

    Args:
        chroma_from_image: pixel of that image in, pixel of `chroma` out.
        size_px: width and height of that image.
    """
    # From whole pixel centres, OpenCV's, to half-integer ones and back; two pixels of the image are one here.
    half = Affine.translation(0.5, 0.5)
    its = half.inverse().after(chroma_from_image).after(Affine.scaling(2.0)).after(half)
    matrix = np.array([[its.a, its.b, its.c], [its.d, its.e, its.f]])
    size = (max(1, size_px[0] // 2), max(1, size_px[1] // 2))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(chroma, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown, dtype=np.uint8)


def is_colored(chroma: ChromaImage) -> bool:
    """Whether paper or ink is coloured, above the noise of a scanner."""
    height, width = (max(1, side // _STEP) for side in chroma.shape[:2])
    small = cv2.resize(chroma, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) - NEUTRAL
    away = np.abs(small).max(axis=2)
    return bool(np.median(away) > TINTED or (away > INKED).mean() > LEAST_INKED)


def colored(gray: GrayImage, chroma: ChromaImage) -> ColorImage:
    """The picture of both, `(height, width, 3) uint8` red green blue; each pixel of `chroma` colours 2 x 2 of `gray`.

    By the formulas of JFIF, in whole numbers, so that it is the same everywhere.
    """
    height, width = gray.shape
    whole = np.repeat(np.repeat(chroma, 2, axis=0), 2, axis=1)
    whole = np.pad(whole, ((0, max(0, height - whole.shape[0])), (0, max(0, width - whole.shape[1])), (0, 0)), "edge")
    blue, red = whole[:height, :width, 0], whole[:height, :width, 1]
    light = gray.astype(np.int16)
    planes = (light + _RED[red], light - _GREEN_BLUE[blue] - _GREEN_RED[red], light + _BLUE[blue])
    return np.stack([np.clip(plane, 0, 255).astype(np.uint8) for plane in planes], axis=2)


_AWAY = np.arange(256, dtype=np.int32) - NEUTRAL
_RED, _BLUE, _GREEN_BLUE, _GREEN_RED = (
    ((_AWAY * round(factor * 65536) + 32768) >> 16).astype(np.int16) for factor in (1.402, 1.772, 0.344136, 0.714136)
)
