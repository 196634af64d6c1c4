"""Turn the bytes of one encoded image into pixels, refusing what is damaged, unknown, too small or too large.

The size is known from the header before a pixel is decoded, so a tiny file that claims 60,000 x 60,000 pixels costs
nothing.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import BmpImagePlugin, Image, ImageFile, Jpeg2KImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from pipeline.errors import InputRefused
from pipeline.geometry import Affine
from pipeline.imaging.orient import turned_source
from pipeline.imaging.resolution import believable_dpi
from pipeline.model import ColorImage, GrayImage

MIN_SIDE_PX = 200
"""The narrowest form (9 cm) at 56 dpi; nothing can be read below that."""
MAX_SIDE_PX = 32_000
"""OpenCV's warps count pixels in 16 bits. At 600 dpi it is 1.35 m of paper."""
_SQUARE_TOLERANCE = 0.01
"""Two resolutions that differ by less are rounding; a fax's 204 x 196 differ by four times as much."""

_SIGNATURES: tuple[tuple[bytes, type[ImageFile.ImageFile]], ...] = (
    (b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"II*\x00", TiffImagePlugin.TiffImageFile),
    (b"MM\x00*", TiffImagePlugin.TiffImageFile),
    (b"II+\x00", TiffImagePlugin.TiffImageFile),
    (b"MM\x00+", TiffImagePlugin.TiffImageFile),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Jpeg2KImagePlugin.Jpeg2KImageFile),
    (b"\xff\x4f\xff\x51", Jpeg2KImagePlugin.Jpeg2KImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
)
_ORIENTATION_TAG = 0x0112
_ORIENTATIONS = {
    1: (False, 0), 2: (True, 0), 3: (False, 2), 4: (True, 2),
    5: (True, 3), 6: (False, 1), 7: (True, 1), 8: (False, 3),
}  # fmt: skip
"""EXIF: mirroring left to right first, then this many clockwise quarter turns, shows the image upright."""
_GRAY_MODES = frozenset({"1", "L"})
_WIDE_GRAY_MODES = frozenset({"I;16", "I;16L", "I;16B"})
COLOR_MODES = frozenset({"RGB", "RGBX", "YCbCr", "CMYK", "P"})
_TRANSPARENT_MODES = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A decoded page image.

    Attributes:
        gray: `(height, width) uint8, 0 = black`; turned as the image and its container ask, pixels square.
        color: `(height, width, 3) uint8` red green blue, of the same size; null unless asked for, and for grey images.
        dpi: dots per inch of `gray`; null when unknown or not believable.
        scan_from_decoded: point of `gray` in, point of the image as received out.
        size_px: width and height as received.
        mode: Pillow's name of the pixel form as received (`1`, `L`, `I;16`, `RGB`, `CMYK`, `P`...).
    """

    gray: GrayImage
    color: ColorImage | None
    dpi: float | None
    scan_from_decoded: Affine
    size_px: tuple[int, int]
    mode: str


def decode(
    data: bytes,
    *,
    dpi_hint: float | None = None,
    rotation_deg: int = 0,
    max_pixels: int = 200_000_000,
    want_color: bool = False,
) -> Decoded:
    """Decode an image whole, or refuse it.

    Args:
        data: a JPEG, PNG, TIFF (its first image), JPEG 2000 or BMP file, known by its first bytes.
        dpi_hint: what the container says; believed before the image's own entry.
        rotation_deg: clockwise turn that the container asks for, applied after the image's own orientation entry.
        max_pixels: largest number of pixels, as received and after making them square.
        want_color: also give the colours. The grey of a colour JPEG may then differ by one level, because it is no
            longer taken straight from the file.

    Raises:
        InputRefused: `empty_file`, `unsupported_format`, `too_many_pixels`, `side_too_long`, `too_small`,
            `corrupt_image`.
    """
    with damage_refused():
        opened = open_image(data)
        size_px, mode = _received_size(opened), opened.mode
        _check_size(size_px, max_pixels)
        mirrored, turns = orientation(opened)
        dpi_x, dpi_y = _resolution(opened, size_px, dpi_hint)
        factors = (dpi_y / dpi_x, 1.0) if dpi_y > dpi_x else (1.0, dpi_x / dpi_y)
        square_px = (round(size_px[0] * factors[0]), round(size_px[1] * factors[1]))
        _check_size(square_px, max_pixels)
        gray, color = _pixels(opened, want_color=want_color)
    # Pillow itself turns a TIFF while loading it, and nothing else.
    done = isinstance(opened, TiffImagePlugin.TiffImageFile)
    shape_px = square_px if turns % 2 == 0 else (square_px[1], square_px[0])
    container_turns = rotation_deg // 90
    images = [
        _arranged(image, (False, 0) if done else (mirrored, turns), shape_px, container_turns)
        for image in (gray, color)
        if image is not None
    ]
    back = _scan_from_decoded(size_px, (mirrored, turns), shape_px, container_turns)
    dpi = max(dpi_x, dpi_y) if dpi_x > 1.0 else None
    return Decoded(images[0], images[1] if color is not None else None, dpi, back, size_px, mode)


@contextmanager
def damage_refused() -> Iterator[None]:
    """Pillow's many ways to say that a file is damaged become one. MemoryError is not among them."""
    try:
        with warnings.catch_warnings():
            # Odd metadata is no damage, and the pixels are counted here.
            warnings.simplefilter("ignore")
            yield
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
    ) as error:
        raise InputRefused("corrupt_image", detail=str(error)[:200] or type(error).__name__) from error


def open_image(data: bytes) -> ImageFile.ImageFile:
    """The header read, no pixel decoded. Not through `Image.open`: its pixel limit is one for the whole process."""
    if not data:
        raise InputRefused("empty_file")
    for signature, opener in _SIGNATURES:
        if data.startswith(signature):
            if opener is PngImagePlugin.PngImageFile:
                check_png(data)
            return opener(io.BytesIO(data))
    raise InputRefused("unsupported_format")


def check_png(data: bytes) -> None:
    """Pillow leaves the checksums of PNG pixels unread, so a flipped bit would pass for ink.

    Raises InputRefused `corrupt_image`, struct.error.
    """
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        (expected,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(memoryview(data)[at + 4 : end]) != expected:
            raise InputRefused("corrupt_image", detail="checksum of a PNG chunk")
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end + 4
    raise InputRefused("corrupt_image", detail="the file ends before its end mark")


def _received_size(opened: ImageFile.ImageFile) -> tuple[int, int]:
    if isinstance(opened, TiffImagePlugin.TiffImageFile):
        return int(opened.tag_v2[TiffImagePlugin.IMAGEWIDTH]), int(opened.tag_v2[TiffImagePlugin.IMAGELENGTH])
    return opened.size


def _check_size(size_px: tuple[int, int], max_pixels: int) -> None:
    width_px, height_px = size_px
    if width_px * height_px > max_pixels:
        raise InputRefused("too_many_pixels", width_px=width_px, height_px=height_px, limit_px=max_pixels)
    if max(size_px) > MAX_SIDE_PX:
        raise InputRefused("side_too_long", width_px=width_px, height_px=height_px, limit_px=MAX_SIDE_PX)
    if min(size_px) < MIN_SIDE_PX:
        raise InputRefused("too_small", width_px=width_px, height_px=height_px, limit_px=MIN_SIDE_PX)


def orientation(opened: ImageFile.ImageFile) -> tuple[bool, int]:
    """Mirrored left to right, then clockwise quarter turns. An unreadable entry counts as none."""
    if isinstance(opened, TiffImagePlugin.TiffImageFile):
        return _ORIENTATIONS.get(opened.tag_v2.get(_ORIENTATION_TAG, 1), (False, 0))
    try:
        return _ORIENTATIONS.get(opened.getexif().get(_ORIENTATION_TAG, 1), (False, 0))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return (False, 0)


def _resolution(opened: ImageFile.ImageFile, size_px: tuple[int, int], dpi_hint: float | None) -> tuple[float, float]:
    """Dots per inch across and down as received; (1.0, 1.0), square of unknown size, where none is believable."""
    hinted = believable_dpi(size_px, dpi_hint, dpi_hint)
    own = believable_dpi(size_px, *opened.info.get("dpi", (None, None)))
    dpi_x, dpi_y = hinted or own or (1.0, 1.0)
    if abs(dpi_x - dpi_y) <= _SQUARE_TOLERANCE * max(dpi_x, dpi_y):
        return max(dpi_x, dpi_y), max(dpi_x, dpi_y)
    return dpi_x, dpi_y


# Pixels


def _pixels(opened: ImageFile.ImageFile, *, want_color: bool) -> tuple[GrayImage, ColorImage | None]:
    if isinstance(opened, JpegImagePlugin.JpegImageFile) and not want_color:
        # Luminance alone, straight from the file.
        opened.draft("L", opened.size)
    opened.load()
    mode = opened.mode
    if mode in _GRAY_MODES and "transparency" not in opened.info:
        return np.array(opened if mode == "L" else opened.convert("L"), dtype=np.uint8), None
    if mode in _WIDE_GRAY_MODES:
        return _narrowed(np.asarray(opened)), None
    if mode in _TRANSPARENT_MODES or "transparency" in opened.info:
        seen = _over_white(opened.convert("RGBA"))
    elif mode in COLOR_MODES:
        seen = opened.convert("RGB")
    else:
        raise InputRefused("unsupported_format", detail=mode)
    colors = np.array(seen, dtype=np.uint8) if want_color and mode not in ("LA", "La") else None
    return np.array(seen.convert("L"), dtype=np.uint8), colors


def _narrowed(wide: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> GrayImage:
    """16 bits to 8, rounded: 65535 becomes 255, 257 becomes 1."""
    return ((wide.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _over_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


# Arrangement: mirror, turn, make square, turn as the container asks


def _arranged(
    image: GrayImage, orientation: tuple[bool, int], square_px: tuple[int, int], container_turns: int
) -> GrayImage:
    mirrored, turns = orientation
    upright = np.rot90(image[:, ::-1] if mirrored else image, -turns)
    if (upright.shape[1], upright.shape[0]) != square_px:
        # Enlarging only: the finer direction loses nothing.
        upright = np.asarray(
            cv2.resize(np.ascontiguousarray(upright), square_px, interpolation=cv2.INTER_LINEAR), dtype=np.uint8
        )
    return np.ascontiguousarray(np.rot90(upright, -container_turns))


def _scan_from_decoded(
    size_px: tuple[int, int], orientation: tuple[bool, int], square_px: tuple[int, int], container_turns: int
) -> Affine:
    """The four steps of `_arranged`, undone from the last to the first."""
    mirrored, turns = orientation
    width, height = size_px
    upright_px = size_px if turns % 2 == 0 else (height, width)
    from_container = turned_source(container_turns, width_px=square_px[0], height_px=square_px[1])
    from_square = Affine.scaling(upright_px[0] / square_px[0], upright_px[1] / square_px[1])
    from_turned = turned_source(turns, width_px=width, height_px=height)
    from_mirrored = Affine(-1.0, 0.0, float(width), 0.0, 1.0, 0.0) if mirrored else Affine.identity()
    return from_mirrored.after(from_turned).after(from_square).after(from_container)
