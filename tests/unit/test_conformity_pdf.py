"""Type sizes and boxed warnings as they stand in the rendered PDF, character by character, not as the layout says."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from pipeline.model import FontFace, Layout, Paragraph
from pipeline.storage.layout_files import load_catalogue, load_fonts, load_layouts
from pipeline.templates.catalogue import face_key
from pipeline.templates.render import render_pdf
from pipeline.templates.typesetting import BOX_CHARACTERS

SHIPPED = load_layouts()
LEAST_PT, WARNING_PT = 6.0, 9.0
ROUNDING_PT = 0.001
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Char:
    """A printed character: its size and font as the PDF has them, and where it stands, in points from bottom left."""

    text: str
    size_pt: float
    font: str
    x: float
    y: float


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfPage]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document[0]
    finally:
        document.close()


def chars_of(page: pypdfium2.PdfPage) -> list[Char]:
    text = pdfium.FPDFText_LoadPage(page)
    try:
        found = [char(text, index) for index in range(pdfium.FPDFText_CountChars(text))]
    finally:
        pdfium.FPDFText_ClosePage(text)
    return [each for each in found if each.text.strip()]


def char(text: object, index: int) -> Char:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, len(name), flags)
    matrix = pdfium.FS_MATRIX()
    assert pdfium.FPDFText_GetMatrix(text, index, matrix)
    edges = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(text, index, *edges)
    left, right, bottom, top = (edge.value for edge in edges)
    # The size of the font times the scale at which it is drawn.
    size = pdfium.FPDFText_GetFontSize(text, index) * abs(matrix.d)
    font = name.value.decode()
    return Char(chr(pdfium.FPDFText_GetUnicode(text, index)), size, font, (left + right) / 2, (bottom + top) / 2)


def rectangles_of(page: pypdfium2.PdfPage) -> list[Rectangle]:
    """Drawn outlines, as left, bottom, right, top."""
    found = []
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        mode, stroked = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDFPath_GetDrawMode(item, mode, stroked)
        edges = [ctypes.c_float() for _ in range(4)]
        pdfium.FPDFPageObj_GetBounds(item, *edges)
        if stroked.value and pdfium.FPDFPath_CountSegments(item) >= 4:
            left, bottom, right, top = (edge.value for edge in edges)
            found.append((left, bottom, right, top))
    return found


def squeezed(text: str) -> str:
    """Without blanks and check boxes, which are drawn and not set."""
    return "".join(char for char in text if not char.isspace() and char not in BOX_CHARACTERS)


def boxed_text(pdf: bytes, text: str) -> list[Char]:
    """The characters of a text that stands alone within a drawn rectangle; empty when none holds it."""
    with opened(pdf) as page:
        chars, rectangles = chars_of(page), rectangles_of(page)
    for left, bottom, right, top in rectangles:
        inside = [each for each in chars if left < each.x < right and bottom < each.y < top]
        if squeezed("".join(each.text for each in inside)) == squeezed(text):
            return inside
    return []


@lru_cache(maxsize=4)
def drawn(layout: Layout) -> bytes:
    return render_pdf(layout, load_fonts())


def warnings(layout: Layout) -> list[Paragraph]:
    face = load_catalogue().face(face_key(layout.schedule, layout.document, layout.side))
    prominent = {name for name, particular in face.items() if particular.prominent}
    return [item for item in layout.artwork if isinstance(item, Paragraph) and item.name in prominent]


WARNED = [layout for layout in SHIPPED if warnings(layout)]


def is_prominent(pdf: bytes, text: str) -> bool:
    chars = boxed_text(pdf, text)
    letters = "".join(each.text for each in chars)
    return (
        bool(chars)
        and letters == letters.upper()
        and all("bold" in each.font.lower() for each in chars)
        and min(each.size_pt for each in chars) >= WARNING_PT - ROUNDING_PT
    )


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_nothing_is_printed_below_6_point(layout: Layout) -> None:
    with opened(drawn(layout)) as page:
        chars = chars_of(page)

    assert len(chars) > 20
    assert min(each.size_pt for each in chars) >= LEAST_PT - ROUNDING_PT


@pytest.mark.parametrize("layout", WARNED, ids=lambda layout: layout.id)
def test_a_warning_is_printed_in_a_box_in_bold_capitals_of_9_point(layout: Layout) -> None:
    for warning in warnings(layout):
        assert is_prominent(drawn(layout), warning.text), warning.name


def test_the_faces_with_warnings_are_the_fronts_and_backs_of_iii_and_iv() -> None:
    faces = {layout.id.rsplit(".", 1)[0] for layout in WARNED}

    assert faces == {f"{schedule}.statement.{side}" for schedule in ("iii", "iv") for side in ("front", "back")}


@pytest.mark.parametrize(
    "change",
    [{"boxed": False}, {"size_pt": 8.5}, {"face": FontFace.REGULAR}],
    ids=["without box", "8.5 point", "not bold"],
)
def test_a_plain_warning_is_seen_in_the_pdf(change: dict[str, object]) -> None:
    layout = next(each for each in WARNED if each.id == "iv.statement.front.en@generic-1")
    (warning,) = warnings(layout)
    plain = replace(warning, **change)  # type: ignore[arg-type]  # by name
    artwork = tuple(plain if item is warning else item for item in layout.artwork)

    assert is_prominent(drawn(layout), warning.text)
    assert not is_prominent(render_pdf(replace(layout, artwork=artwork), load_fonts()), warning.text)


def test_small_print_is_seen_in_the_pdf() -> None:
    layout = next(each for each in WARNED if each.id == "iv.statement.back.en@generic-1")
    small = tuple(
        replace(item, size_pt=5.5) if isinstance(item, Paragraph) and item.name == "procedure" else item
        for item in layout.artwork
    )

    with opened(render_pdf(replace(layout, artwork=small), load_fonts())) as page:
        least = min(each.size_pt for each in chars_of(page))

    assert least == pytest.approx(5.5)
