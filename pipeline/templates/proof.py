"""Reads the proof of a layout: printed texts that do not fit, run into each other, or stand on an entry space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, FontFace, Frame, Heading, Kind, Layout, Paragraph, Rule, Zone
from pipeline.templates.drawing import edition_mark_text
from pipeline.templates.fonts import Fonts, heading_box, missing_characters
from pipeline.templates.problem import Problem
from pipeline.templates.typesetting import BOX_CHARACTERS, typeset

TOUCH_MM = 0.15
"""Printed things nearer than this do not count as overlapping: type has side bearings, lines have widths."""


@dataclass(frozen=True, slots=True)
class _Print:
    """One printed line of text, or the edition mark's code: a short name of it, and the space it takes."""

    what: str
    box_mm: BoxMm


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
            problems += _glyph_problems(item.text, item.face, fonts)
            problems += _paragraph_problems(item, fonts)
        elif isinstance(item, Heading):
            problems += _glyph_problems(item.text, item.face, fonts)
    page = BoxMm(0.0, 0.0, *layout.size_mm)
    for printed in _prints(layout, fonts):
        if not _inside(printed.box_mm, page):
            problems.append(Problem("layout_text_off_page", printed.what, (("box_mm", _text_of(printed.box_mm)),)))
    return tuple(problems)


def collisions(layout: Layout, fonts: Fonts) -> tuple[Problem, ...]:
    """Printed texts that cover each other, a drawn line, an entry space or a check box, and check boxes inside running
    text that do not stand in the gap it leaves for them."""
    prints = list(_prints(layout, fonts))
    problems = [
        Problem("layout_text_on_text", first.what, (("other", second.what),))
        for first, second in combinations(prints, 2)
        if _covers(first.box_mm, second.box_mm)
    ]
    obstacles = [*_lines(layout), *_spaces(layout)]
    for printed in prints:
        for code, what, area in obstacles:
            if _covers(printed.box_mm, area):
                problems.append(Problem(code, printed.what, (("other", what),)))
    return (*problems, *_gap_problems(layout, fonts))


def _paragraph_problems(paragraph: Paragraph, fonts: Fonts) -> list[Problem]:
    found = typeset(paragraph, fonts)
    if found.fits:
        return []
    needs = f"{found.width_mm:.1f} x {found.height_mm:.1f}"
    has = f"{found.room_mm[0]:.1f} x {found.room_mm[1]:.1f}"
    where = paragraph.name or paragraph.text[:40]
    return [Problem("layout_text_overflow", where, (("needs_mm", needs), ("has_mm", has)))]


def _glyph_problems(text: str, face: FontFace, fonts: Fonts) -> list[Problem]:
    missing = missing_characters("".join(char for char in text if char not in BOX_CHARACTERS), fonts, face=face)
    return [Problem("layout_glyph_missing", text[:40], (("characters", missing),))] if missing else []


def _prints(layout: Layout, fonts: Fonts) -> Iterator[_Print]:
    for item in layout.artwork:
        if isinstance(item, Heading):
            yield _Print(item.text[:40], heading_box(item, fonts))
        elif isinstance(item, Paragraph):
            for run in typeset(item, fonts).runs:
                line = Heading(run.x, run.y, run.text, item.size_pt, item.face)
                yield _Print(item.name or run.text[:40], heading_box(line, fonts))
    for layout_id, mark in layout.marks:
        area = mark.box_mm
        side = min(area.width, area.height)
        yield _Print("edition_mark", BoxMm(area.x, area.y, side, side))
        for heading in edition_mark_text(mark, layout_id, fonts):
            yield _Print("edition_mark", heading_box(heading, fonts))


def _lines(layout: Layout) -> Iterator[tuple[str, str, BoxMm]]:
    """Drawn lines as thin boxes, wide enough that crossing one counts; fills are ground, not obstacles."""
    for item in layout.artwork:
        if isinstance(item, Rule):
            yield _line(item.x1, item.y1, item.x2, item.y2)
        elif isinstance(item, Frame) and item.width_mm > 0:
            (x1, y1), (x2, _), (_, y2), _ = item.box_mm.corners
            for ends in ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2)):
                yield _line(*ends)


def _line(x1: float, y1: float, x2: float, y2: float) -> tuple[str, str, BoxMm]:
    area = BoxMm(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)).grown(TOUCH_MM)
    return "layout_text_on_line", _text_of(area), area


def _spaces(layout: Layout) -> Iterator[tuple[str, str, BoxMm]]:
    """Entry spaces, and check boxes; a space whose value is printed holds text on purpose."""
    for zone in layout.zones:
        if zone.kind in MARK_KINDS:
            for mark in zone.marks:
                yield "layout_text_on_entry", f"{zone.name}.{mark.name}", mark.box_mm
        elif zone.kind is not Kind.TEXT_BLOCK and zone.printed_value is None:
            yield "layout_text_on_entry", zone.name, zone.box_mm


def _gap_problems(layout: Layout, fonts: Fonts) -> Iterator[Problem]:
    """A check box that stands in a printed text must stand in a gap of it (and every gap must have its box)."""
    texts = [zone.box_mm for zone in layout.zones if zone.kind is Kind.TEXT_BLOCK]
    boxes = {f"{zone.name}": mark.box_mm for zone in layout.zones for mark in zone.marks if _within_any(zone, texts)}
    for name, gap in check_box_gaps(layout, fonts):
        if not any(_covers(gap, area) for area in boxes.values()):
            yield Problem("layout_gap_empty", name or "", (("box_mm", _text_of(gap)),))
    gaps = [gap for _, gap in check_box_gaps(layout, fonts)]
    for name, area in boxes.items():
        if not any(gap.x - TOUCH_MM <= area.x and area.right <= gap.right + TOUCH_MM for gap in gaps):
            yield Problem("layout_check_box_beside_gap", name, (("box_mm", _text_of(area)),))


def _within_any(zone: Zone, texts: list[BoxMm]) -> bool:
    return zone.kind is Kind.MARK and any(_covers(zone.box_mm, area) for area in texts)


def _covers(first: BoxMm, second: BoxMm) -> bool:
    width = min(first.right, second.right) - max(first.x, second.x)
    height = min(first.bottom, second.bottom) - max(first.y, second.y)
    return width > TOUCH_MM and height > TOUCH_MM


def _inside(part: BoxMm, whole: BoxMm) -> bool:
    return part.x >= 0 and part.y >= 0 and part.right <= whole.right and part.bottom <= whole.bottom


def _text_of(area: BoxMm) -> str:
    return ", ".join(f"{value:.1f}" for value in area.as_tuple())
