"""The blank form of a layout: as vector PDF, as an image, and as separate images of its lines and its text."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry import BoxMm
from pipeline.model import Align, FontFace, GrayImage, Heading, Layout, Paragraph
from pipeline.templates.drawing import Part, draw_page
from pipeline.templates.fonts import ASCENT, DESCENT, MM_PER_PT, Fonts, missing_characters, text_width_mm
from pipeline.templates.problem import Problem
from pipeline.templates.raster import rasterize
from pipeline.templates.typesetting import BOX_CHARACTERS, typeset

__all__ = [
    "Fonts",
    "Parts",
    "check_box_gaps",
    "heading_box",
    "overflowing",
    "rasterize",
    "render_image",
    "render_parts",
    "render_pdf",
]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The blank form in two images of the same size: rules, frames, combs and check boxes; printed text with the
    edition mark. Both `(height, width) uint8, 0 = black`."""

    lines: GrayImage
    text: GrayImage


def render_pdf(layout: Layout, fonts: Fonts) -> bytes:
    """The blank form as a one-page vector PDF of the layout's exact size, fonts embedded; the same bytes every time."""
    return draw_page(layout, fonts)


def render_image(layout: Layout, fonts: Fonts, *, dpi: float) -> GrayImage:
    """The blank form: `(height, width) uint8, 0 = black`, round(size_mm / 25.4 * dpi) pixels a side."""
    return rasterize(draw_page(layout, fonts), dpi)


def render_parts(layout: Layout, fonts: Fonts, *, dpi: float) -> Parts:
    """The blank form's lines and text apart, each as large as the whole."""
    return Parts(
        lines=rasterize(draw_page(layout, fonts, part=Part.LINES), dpi),
        text=rasterize(draw_page(layout, fonts, part=Part.TEXT), dpi),
    )


def check_box_gaps(layout: Layout, fonts: Fonts) -> tuple[tuple[str | None, BoxMm], ...]:
    """The free spaces that running text leaves for check boxes, each with the name of its paragraph."""
    paragraphs = [item for item in layout.artwork if isinstance(item, Paragraph)]
    return tuple((item.name, gap) for item in paragraphs for gap in typeset(item, fonts).gaps)


def overflowing(layout: Layout, fonts: Fonts) -> tuple[Problem, ...]:
    """Printed texts that do not fit: paragraphs larger than their box, lines that run off the sheet, and characters
    that the typeface lacks; empty for a layout that prints as it should."""
    problems: list[Problem] = []
    for item in layout.artwork:
        if isinstance(item, Paragraph):
            problems += _paragraph_problems(item, fonts)
        elif isinstance(item, Heading):
            problems += _heading_problems(item, layout.size_mm, fonts)
    return tuple(problems)


def _paragraph_problems(paragraph: Paragraph, fonts: Fonts) -> list[Problem]:
    where = paragraph.name or paragraph.text[:40]
    problems = _glyph_problems(paragraph.text, paragraph.face, where, fonts)
    found = typeset(paragraph, fonts)
    if not found.fits:
        needs = f"{found.width_mm:.1f} x {found.height_mm:.1f}"
        has = f"{found.room_mm[0]:.1f} x {found.room_mm[1]:.1f}"
        problems.append(Problem("layout_text_overflow", where, (("needs_mm", needs), ("has_mm", has))))
    return problems


def _heading_problems(heading: Heading, size_mm: tuple[float, float], fonts: Fonts) -> list[Problem]:
    problems = _glyph_problems(heading.text, heading.face, heading.text[:40], fonts)
    area = heading_box(heading, fonts)
    if area.x < 0 or area.y < 0 or area.right > size_mm[0] or area.bottom > size_mm[1]:
        box_mm = ", ".join(f"{value:.1f}" for value in area.as_tuple())
        problems.append(Problem("layout_text_off_page", heading.text[:40], (("box_mm", box_mm),)))
    return problems


def heading_box(heading: Heading, fonts: Fonts) -> BoxMm:
    """The space that one line of print takes, from ascender to descender."""
    width = text_width_mm(heading.text, fonts, face=heading.face, size_pt=heading.size_pt)
    size_mm = heading.size_pt * MM_PER_PT
    x = heading.x - {Align.LEFT: 0.0, Align.CENTER: width / 2, Align.RIGHT: width}[heading.align]
    return BoxMm(x, heading.y - ASCENT * size_mm, width, (ASCENT + DESCENT) * size_mm)


def _glyph_problems(text: str, face: FontFace, where: str, fonts: Fonts) -> list[Problem]:
    missing = missing_characters("".join(char for char in text if char not in BOX_CHARACTERS), fonts, face=face)
    return [Problem("layout_glyph_missing", where, (("characters", missing),))] if missing else []
