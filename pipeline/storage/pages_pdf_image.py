"""Tell whether a PDF page is exactly one scanned image, and take that image out without re-encoding it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import pikepdf
from PIL import Image, JpegImagePlugin

_POINTS_PER_INCH = 72.0
_COVER_TOLERANCE = 0.02
"""Of the page's sides: white margins and overhang that scanning programs leave by rounding."""
_SQUARE_TOLERANCE = 0.01
_MOST_CONTENT_BYTES = 64 * 1024
"""Placing one image takes a hundred bytes; a longer content stream is not even parsed."""
_HARMLESS = frozenset(
    {"q", "Q", "cm", "Do", "gs", "BMC", "BDC", "EMC", "MP", "DP", "BX", "EX", "i", "ri", "g", "G", "rg", "RG", "k", "K"}
    | {"cs", "CS", "sc", "SC", "w", "J", "j", "M", "d", "n", "W", "W*", "re"}
)
"""Operators that paint nothing but the image. `gs` is allowed only without blending and masks, `re` only as a clip
that holds the whole image."""
_EXIF_TURNS_DEG = {1: 0, 3: 180, 6: 90, 8: 270}
_ORIENTATION_TAG = 0x0112
_PLAIN_STATE = frozenset(
    {"/Type", "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/FL", "/SM", "/SA", "/OP", "/op", "/OPM"}
    | {"/ca", "/CA", "/BM", "/SMask", "/AIS"}
)

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""
Matrix: TypeAlias = tuple[float, float, float, float, float, float]
"""a b c d e f as PDF writes them: x' = a x + c y + e, y' = b x + d y + f, y up."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedImage:
    """The one image of a page.

    Attributes:
        stream: the image object.
        dpi_xy: across and down the image as it is stored.
        rotation_deg: clockwise turn from the stored image to the page as shown.
    """

    stream: pikepdf.Stream
    width_px: int
    height_px: int
    dpi_xy: tuple[float, float]
    rotation_deg: int

    @property
    def dpi(self) -> float:
        return max(self.dpi_xy)

    @property
    def square(self) -> bool:
        return abs(self.dpi_xy[0] - self.dpi_xy[1]) <= _SQUARE_TOLERANCE * self.dpi


def sole_image(page: pikepdf.Page) -> EmbeddedImage | None:
    """The image that alone makes the page; null when there is anything else to see, or even hidden text or a note.

    Raises:
        pikepdf.PikepdfError: the page's contents are damaged.
    """
    if len(page.obj.get("/Annots", [])) > 0:
        return None
    placed = _placed_image(page)
    if placed is None:
        return None
    stream, matrix = placed
    if any(key in stream for key in ("/SMask", "/Mask", "/OC", "/SMaskInData")) or stream.get("/ImageMask", False):
        return None
    left, bottom, right, top = (float(value) for value in page.cropbox)
    shown_box = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    if not (_covers(_box(matrix), shown_box) and _covers(shown_box, _box(matrix))):
        return None
    turn = _turn_deg(matrix)
    if turn is None:
        return None
    width_px, height_px = int(stream.Width), int(stream.Height)
    unit = float(page.obj.get("/UserUnit", 1)) / _POINTS_PER_INCH
    across = (matrix[0] ** 2 + matrix[1] ** 2) ** 0.5 * unit
    down = (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5 * unit
    shown = int(page.rotation) if int(page.rotation) % 90 == 0 else 0
    return EmbeddedImage(stream, width_px, height_px, (width_px / across, height_px / down), (turn + shown) % 360)


def embedded_bytes(found: EmbeddedImage) -> tuple[bytes, int] | None:
    """The image as a file, and the clockwise turn that its own orientation entry makes a decoder apply.

    JPEG and JPEG 2000 streams come out byte for byte; fax streams get a TIFF header; other samples become PNG. Null
    where a renderer knows better what is to be seen (CMYK and its inversions, JBIG2, odd colour spaces).

    Raises:
        pikepdf.PikepdfError, OSError, ValueError: the image is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = pikepdf.PdfImage(found.stream)
        if renderer_knows_better(found, image):
            return None
        if image.filters == ["/DCTDecode"]:
            return _jpeg(found)
        if image.filters == ["/JPXDecode"]:
            return found.stream.read_raw_bytes(), 0
        if image.filters == ["/CCITTFaxDecode"] and found.square:
            out = io.BytesIO()
            image.extract_to(stream=out)
            return out.getvalue(), 0
        return _png(found, image.as_pil_image()), 0


def renderer_knows_better(found: EmbeddedImage, image: pikepdf.PdfImage) -> bool:
    """Whether what is to be seen is more than the image's own samples: inversions, JBIG2, odd colour spaces."""
    if image.filters == ["/DCTDecode"]:
        parameters = image.filter_decodeparms[0][1]
        odd = parameters is not None and parameters.get("/ColorTransform", 1) != 1
        return odd or image.mode not in ("L", "RGB") or "/Decode" in found.stream
    if image.filters == ["/JPXDecode"]:
        return not found.square or "/Decode" in found.stream
    return "/JBIG2Decode" in image.filters or image.mode not in ("1", "L", "P", "RGB", "I;16")


def _jpeg(found: EmbeddedImage) -> tuple[bytes, int]:
    data = found.stream.read_raw_bytes()
    jpeg = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    turned_deg = _EXIF_TURNS_DEG.get(jpeg.getexif().get(_ORIENTATION_TAG, 1))
    if turned_deg is None or not found.square:
        # PDF pays no heed to a mirroring entry, and a JPEG holds one resolution only as well as it is written.
        return _png(found, jpeg), 0
    return data, turned_deg


def _png(found: EmbeddedImage, image: Image.Image) -> bytes:
    out = io.BytesIO()
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    if image.mode == "P":
        plain.putpalette(image.getpalette() or [])
    plain.save(out, "PNG", compress_level=1, dpi=found.dpi_xy)
    return out.getvalue()


# The page's contents


def _placed_image(page: pikepdf.Page) -> tuple[pikepdf.Stream, Matrix] | None:
    """The one image and where the page places it; null when the contents do anything else."""
    if _content_bytes(page) > _MOST_CONTENT_BYTES:
        return None
    instructions = pikepdf.parse_content_stream(page)
    if not all(str(step.operator) in _HARMLESS for step in instructions):
        return None
    states = [str(step.operands[0]) for step in instructions if str(step.operator) == "gs"]
    drawn, clips = _walked(instructions)
    if len(drawn) != 1 or not all(_is_plain_state(page, name) for name in states):
        return None
    name, matrix = drawn[0]
    image = page.resources.get("/XObject", pikepdf.Dictionary()).get(name)
    if not isinstance(image, pikepdf.Stream) or image.get("/Subtype") != "/Image":
        return None
    return (image, matrix) if all(_covers(clip, _box(matrix)) for clip in clips) else None


def _walked(
    instructions: Iterable[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage],
) -> tuple[list[tuple[str, Matrix]], list[Box]]:
    """Names of the objects drawn with their matrices, and the boxes that may clip them."""
    drawn: list[tuple[str, Matrix]] = []
    clips: list[Box] = []
    matrix: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    saved: list[Matrix] = []
    for step in instructions:
        operator = str(step.operator)
        if operator == "q":
            saved.append(matrix)
        elif operator == "Q" and saved:
            matrix = saved.pop()
        elif operator == "cm":
            matrix = _multiplied(_numbers(step.operands), matrix)
        elif operator == "re":
            x, y, width, height, _, _ = _numbers((*step.operands, 0, 0))
            clips.append(_box(_multiplied((width, 0.0, 0.0, height, x, y), matrix)))
        elif operator == "Do":
            drawn.append((str(step.operands[0]), matrix))
    return drawn, clips


def _content_bytes(page: pikepdf.Page) -> int:
    contents = page.obj.get("/Contents")
    if contents is None:
        return 0
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return sum(len(stream.read_raw_bytes()) for stream in streams)


def _is_plain_state(page: pikepdf.Page, name: str) -> bool:
    """Whether a graphics state changes nothing of how an image looks."""
    state = page.resources.get("/ExtGState", pikepdf.Dictionary()).get(name)
    if not isinstance(state, pikepdf.Dictionary):
        return False
    opaque = all(float(state.get(key, 1)) == 1.0 for key in ("/ca", "/CA"))
    normal = state.get("/BM", pikepdf.Name.Normal) == pikepdf.Name.Normal
    unmasked = state.get("/SMask", pikepdf.Name("/None")) == pikepdf.Name("/None")
    return (
        opaque
        and normal
        and unmasked
        and _PLAIN_STATE.issuperset(set(state.keys()) - {"/ca", "/CA", "/BM", "/SMask", "/AIS"})
    )


# Geometry on the page


def _numbers(operands: Iterable[object]) -> Matrix:
    a, b, c, d, e, f = (float(str(value)) for value in operands)
    return (a, b, c, d, e, f)


def _multiplied(first: Matrix, then: Matrix) -> Matrix:
    return (
        first[0] * then[0] + first[1] * then[2],
        first[0] * then[1] + first[1] * then[3],
        first[2] * then[0] + first[3] * then[2],
        first[2] * then[1] + first[3] * then[3],
        first[4] * then[0] + first[5] * then[2] + then[4],
        first[4] * then[1] + first[5] * then[3] + then[5],
    )


def _box(matrix: Matrix) -> Box:
    """Bounds of the unit square, which is where PDF draws an image, after a matrix."""
    a, b, c, d, e, f = matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    return min(xs), min(ys), max(xs), max(ys)


def _covers(outer: Box, inner: Box) -> bool:
    """Whether one box holds the other, but for a rim of a fiftieth of its sides."""
    slack_x, slack_y = _COVER_TOLERANCE * (inner[2] - inner[0]), _COVER_TOLERANCE * (inner[3] - inner[1])
    return (
        outer[0] <= inner[0] + slack_x
        and outer[1] <= inner[1] + slack_y
        and outer[2] >= inner[2] - slack_x
        and outer[3] >= inner[3] - slack_y
    )


def _turn_deg(matrix: Matrix) -> int | None:
    """Clockwise quarter turn of the image on the page; null when it is mirrored, slanted or without size."""
    a, b, c, d, _, _ = matrix
    small = 1e-3 * max(abs(a), abs(b), abs(c), abs(d))
    if a * d - b * c <= 0:
        return None
    if max(abs(b), abs(c)) <= small:
        return 0 if a > 0 else 180
    if max(abs(a), abs(d)) <= small:
        return 90 if b < 0 else 270
    return None
