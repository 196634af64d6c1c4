"""Images kept without loss, all 256 levels, in PNG (ISO/IEC 15948): every program reads it, and its checksums tell.

A page of scanner grain of 6 megapixels takes 57 ms and 2.3 MB. JPEG XL takes a seventh less room, but at its quick
setting the library changed pixels of colour images, and its next takes four times as long; see ADR 0007.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import PngImagePlugin

from pipeline.errors import InputRefused, IntegrityError
from pipeline.geometry import MM_PER_INCH
from pipeline.imaging.decode import check_png
from pipeline.model import ColorImage, GrayImage

MEDIA_TYPE = "image/png"
"""Of what `lossless` makes."""
PNG_GRAY, PNG_PALETTE = 0, 3
_COLOR_TYPES = {1: PNG_GRAY, 2: 4, 3: 2, 4: 6}
"""By the number of channels."""
_LEFT = 1
"""PNG's filter that keeps each byte as its difference to that of the pixel on its left."""


def lossless(image: GrayImage | ColorImage, *, dpi: float | None = None) -> bytes:
    """The image encoded; the same image gives the same bytes, and `pixels` gives exactly this image back.

    Args:
        image: `(height, width) uint8`, or `(height, width, channels) uint8`: two channels are grey and opacity, three
            red green blue, four have opacity too. Not empty.
        dpi: written into the file where it is known.
    """
    height, width = image.shape[:2]
    channels = image.shape[2] if image.ndim == 3 else 1
    flat = np.ascontiguousarray(image).reshape(height, width * channels)
    rows = np.empty((height, 1 + width * channels), np.uint8)
    rows[:, 0] = _LEFT
    rows[:, 1 : 1 + channels] = flat[:, :channels]
    np.subtract(flat[:, channels:], flat[:, :-channels], out=rows[:, 1 + channels :])
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    return png_file(header, rows, dpi=dpi)


def pixels(data: bytes) -> GrayImage | ColorImage:
    """The image of a stored file, grey or red green blue; also of files in 16 levels of grey, as older pages have them.

    Raises:
        IntegrityError: `image_unreadable`; it is not what was written.
    """
    try:
        check_png(data)
        # Not through `Image.open`: its limit on pixels is one for the whole process.
        with PngImagePlugin.PngImageFile(io.BytesIO(data)) as opened:
            return np.array(opened.convert("RGB" if opened.mode == "RGB" else "L"), dtype=np.uint8)
    except InputRefused as error:
        raise IntegrityError("image_unreadable", detail=str(error.params["detail"])) from error
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:
        raise IntegrityError("image_unreadable", detail=str(error)[:200] or type(error).__name__) from error


def extent_px(data: bytes) -> tuple[int, int]:
    """Width and height of a stored file, without decoding it.

    Raises:
        IntegrityError: `image_unreadable`.
    """
    header = data[:24]
    if len(header) < 24 or header[:8] != b"\x89PNG\r\n\x1a\n" or header[12:16] != b"IHDR":
        raise IntegrityError("image_unreadable", detail="no image")
    width, height = struct.unpack(">II", header[16:])
    return int(width), int(height)


def png_file(
    header: bytes, rows: npt.NDArray[np.uint8], *, dpi: float | None = None, palette: tuple[bytes, bytes] | None = None
) -> bytes:
    """A PNG of filtered rows, each led by the number of its filter; `palette` is its colours and their opacity."""
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header)]
    if dpi is not None:
        per_metre = round(dpi * 1000.0 / MM_PER_INCH)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    if palette is not None:
        chunks += [_chunk(b"PLTE", palette[0]), _chunk(b"tRNS", palette[1])]
    # Runs alone: grain has no longer repetitions worth searching for.
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    pressed = squeeze.compress(rows.tobytes()) + squeeze.flush()
    return b"".join([*chunks, _chunk(b"IDAT", pressed), _chunk(b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
