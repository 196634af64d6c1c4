"""Images kept without loss, all 256 levels: in JPEG XL (ISO/IEC 18181), or in PNG where other programs must read them.

At 300 dpi a page of scanner grain costs 18 ms and 2.0 MB in JPEG XL at its lowest effort, 54 ms and 2.3 MB in the
fastest PNG; higher efforts take eight to sixteen times as long for a tenth to a fifth less.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pipeline.errors import IntegrityError
from pipeline.model import ColorImage, GrayImage

MEDIA_TYPE, SUFFIX = "image/jxl", ".jxl"
"""Of what `lossless` makes."""
_EFFORT = 1
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def lossless(image: GrayImage | ColorImage) -> bytes:
    """The image encoded; the same image gives the same bytes, and `pixels` gives exactly this image back.

    Args:
        image: `(height, width) uint8`, or `(height, width, 3) uint8` red green blue; not empty.
    """
    import imagecodecs  # 90 ms, which a command that shows no page need not wait for

    made = imagecodecs.jpegxl_encode(np.ascontiguousarray(image), lossless=True, effort=_EFFORT, numthreads=1)
    return bytes(made)


def pixels(data: bytes) -> GrayImage | ColorImage:
    """The image that a stored file holds, as given to `lossless`; also PNG, as older pages have it.

    Raises:
        IntegrityError: `image_unreadable`; it is not what was written.
    """
    if data.startswith(_PNG_SIGNATURE):
        return _png_pixels(data)
    import imagecodecs

    try:
        found = imagecodecs.jpegxl_decode(data, numthreads=1)
    except (ValueError, RuntimeError) as error:
        raise IntegrityError("image_unreadable", detail=str(error)[:200]) from error
    if found.dtype != np.uint8 or found.ndim not in (2, 3):
        raise IntegrityError("image_unreadable", detail=str(found.dtype))
    return np.asarray(found, dtype=np.uint8)


def _png_pixels(data: bytes) -> GrayImage | ColorImage:
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            gray = opened.mode in ("1", "L", "I;16", "I")
            return np.array(opened if opened.mode == "L" else opened.convert("L" if gray else "RGB"), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError) as error:
        raise IntegrityError("image_unreadable", detail=str(error)[:200]) from error


def png(image: GrayImage | ColorImage) -> bytes:
    """The image as a PNG file, quick rather than small, for programs that know nothing newer.

    Args:
        image: `(height, width)`, or `(height, width, channels) uint8` with two channels (grey, opacity), three (red
            green blue) or four (with opacity).
    """
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(out, "PNG", compress_level=1)
    return out.getvalue()
