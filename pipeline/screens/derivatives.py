"""The images made from a page for people to look at: the page set straight, the layer of entries, a thumbnail.

They are made anew at any time from the original, so they may leave out what nobody sees: greys are kept in 16 levels.
That makes a legal page of scanner grain 2 MB in 0.1 s; with all 256 levels it is 6 MB in 0.3 to 0.5 s, most of it
grain. No shape is altered by it, as a lossy compression might do.
"""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.geometry import MM_PER_INCH
from pipeline.model import ColorImage, Derivative, GrayImage

THUMBNAIL_HEIGHT_PX = 400
_THUMBNAIL_QUALITY = 70
_LEVELS = 16
_LEVEL_STEP = 255 // (_LEVELS - 1)
_TO_LEVEL = ((np.arange(256) + _LEVEL_STEP // 2) // _LEVEL_STEP).astype(np.uint8)
_PNG_GRAY, _PNG_PALETTE = 0, 3
_PNG_BITS = 4


def derivatives(
    page: GrayImage,
    particulars: GrayImage | None = None,
    *,
    color: ColorImage | None = None,
    dpi: float | None = None,
    registered: bool = True,
) -> tuple[Derivative, ...]:
    """Make all images of a page; the same page gives the same bytes.

    Args:
        page: the page in its layout's frame, or merely upright and straight.
        particulars: ink of the entries on white, of the same frame; its white becomes transparent, so that it can lie
            over the blank form.
        color: the page in colour, for the thumbnail.
        dpi: written into the PNG files where it is known.
        registered: `page` lies in its layout's frame; it is then named `registered.png`, otherwise `page.png`.
    """
    made = [Derivative("registered.png" if registered else "page.png", "image/png", gray_png(page, dpi=dpi))]
    if particulars is not None:
        made.append(Derivative("particulars.png", "image/png", ink_png(particulars, dpi=dpi)))
    made.append(Derivative("thumbnail.jpg", "image/jpeg", _thumbnail(page if color is None else color)))
    return tuple(made)


def gray_png(image: GrayImage, *, dpi: float | None = None) -> bytes:
    """A PNG of 16 levels of grey; no pixel is more than 8 of 255 from its own tone."""
    return _png(image, _PNG_GRAY, dpi)


def ink_png(image: GrayImage, *, dpi: float | None = None) -> bytes:
    """A PNG of black ink whose opacity is the darkness of the image: laid on white it looks like the image."""
    palette = bytes(3 * _LEVELS)
    opacity = bytes(255 - level * _LEVEL_STEP for level in range(_LEVELS))
    return _png(image, _PNG_PALETTE, dpi, _chunk(b"PLTE", palette) + _chunk(b"tRNS", opacity))


def _png(image: GrayImage, color_type: int, dpi: float | None, palette: bytes = b"") -> bytes:
    """Written here because neither Pillow nor OpenCV packs grey to 4 bits and lets the strategy be chosen at once."""
    height, width = image.shape
    header = struct.pack(">IIBBBBB", width, height, _PNG_BITS, color_type, 0, 0, 0)
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header)]
    if dpi is not None:
        per_metre = round(dpi * 1000.0 / MM_PER_INCH)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    # Runs alone: grain has no longer repetitions worth searching for.
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    data = squeeze.compress(_packed(image).tobytes()) + squeeze.flush()
    return b"".join([*chunks, palette, _chunk(b"IDAT", data), _chunk(b"IEND", b"")])


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


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _thumbnail(image: GrayImage | ColorImage) -> bytes:
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
    return out.getvalue()
