"""The images made from a page: the scan lossless and whose its pixels are, the entries as ink, a thumbnail.

The scan, set straight in its layout's frame, is what page screens and hard copies are made from, so it keeps all its
levels. The entries as ink are for quick looks alone: 16 levels, made dark.
"""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.model import ChromaImage, ColorImage, Derivative, GrayImage
from pipeline.screens.page_screen import LayeredScan
from pipeline.screens.pixels import MEDIA_TYPE, PNG_PALETTE, lossless, png_file

REGISTERED, CHROMA, OWNERS, PARTICULARS_INK, UPRIGHT, PAGE = (
    "registered.png",
    "chroma.png",
    "owners.png",
    "particulars.png",
    "upright.png",
    "page.png",
)
"""Names of the images. `chroma.png` is the colour of `registered.png` or `upright.png`, of half their size: how blue
above how red; see `pixels_of_chroma`. `upright.png` has the scanner's own pixels; `page.png` is reduced, straight."""
THUMBNAIL_HEIGHT_PX = 400
_THUMBNAIL_QUALITY = 70
_LEVELS = 16
_LEVEL_STEP = 255 // (_LEVELS - 1)
_TO_LEVEL = ((np.arange(256) + _LEVEL_STEP // 2) // _LEVEL_STEP).astype(np.uint8)
_PNG_BITS = 4


def form_derivatives(
    layered: LayeredScan, particulars: GrayImage, *, chroma: ChromaImage | None = None
) -> tuple[Derivative, ...]:
    """The images of a page that lies in its layout's frame; the same page gives the same bytes.

    Args:
        layered: in grey.
        particulars: ink of the entries on white, of the same frame; its white becomes transparent, so that it can lie
            over the blank form.
        chroma: of the scan, at half its size.
    """
    owners = () if layered.owners is None else (_lossless(OWNERS, layered.owners, layered.dpi),)
    return (
        _lossless(REGISTERED, layered.scan, layered.dpi),
        *_chroma(chroma),
        *owners,
        Derivative(PARTICULARS_INK, MEDIA_TYPE, ink_png(particulars)),
        _thumbnail(layered.scan),
    )


def page_derivatives(
    page: GrayImage, *, dpi: float | None = None, upright: bool = False, chroma: ChromaImage | None = None
) -> tuple[Derivative, ...]:
    """The images of a page without a form.

    Args:
        page: the page as one would hold it.
        dpi: written into the file where it is known.
        upright: the pixels are the scanner's own.
        chroma: of the page, at half its size.
    """
    return (_lossless(UPRIGHT if upright else PAGE, page, dpi), *_chroma(chroma), _thumbnail(page))


def _chroma(chroma: ChromaImage | None) -> tuple[Derivative, ...]:
    if chroma is None:
        return ()
    return (_lossless(CHROMA, np.concatenate([chroma[..., 0], chroma[..., 1]]), None),)


def pixels_of_chroma(image: GrayImage) -> ChromaImage:
    """The colour that `chroma.png` keeps, `(height, width, 2) uint8`."""
    rows = image.shape[0] // 2
    return np.stack([image[:rows], image[rows : 2 * rows]], axis=2)


def _lossless(name: str, image: GrayImage | ColorImage, dpi: float | None) -> Derivative:
    return Derivative(name, MEDIA_TYPE, lossless(image, dpi=dpi))


def ink_png(image: GrayImage) -> bytes:
    """A PNG of black ink in 16 levels whose opacity is the darkness of the image: laid on white it looks like it."""
    height, width = image.shape
    header = struct.pack(">IIBBBBB", width, height, _PNG_BITS, PNG_PALETTE, 0, 0, 0)
    opacity = bytes(255 - level * _LEVEL_STEP for level in range(_LEVELS))
    return png_file(header, _packed(image), palette=(bytes(3 * _LEVELS), opacity))


def _packed(image: GrayImage) -> npt.NDArray[np.uint8]:
    """Rows of two pixels a byte, each row led by a zero byte (no filter)."""
    height, width = image.shape
    levels = np.asarray(cv2.LUT(image, _TO_LEVEL), dtype=np.uint8)
    if width % 2:
        levels = np.pad(levels, ((0, 0), (0, 1)))
    rows = np.zeros((height, 1 + levels.shape[1] // 2), np.uint8)
    pairs = levels.view("<u2")
    rows[:, 1:] = (pairs << _PNG_BITS) | (pairs >> 8)
    return rows


def _thumbnail(image: GrayImage | ColorImage) -> Derivative:
    # Halving first, which is quick where it is exact (an odd last row or column is left out); then once to size.
    while image.shape[0] >= 4 * THUMBNAIL_HEIGHT_PX and image.shape[1] >= 2:
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        whole = image[: 2 * rows, : 2 * columns]
        image = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    height, width = image.shape[:2]
    size = (max(1, round(width * THUMBNAIL_HEIGHT_PX / height)), THUMBNAIL_HEIGHT_PX)
    small = image if height <= THUMBNAIL_HEIGHT_PX else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    out = io.BytesIO()
    Image.fromarray(np.asarray(small, dtype=np.uint8)).save(out, "JPEG", quality=_THUMBNAIL_QUALITY)
    return Derivative("thumbnail.jpg", "image/jpeg", out.getvalue())
