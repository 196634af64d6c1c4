"""Where on a form the space of a task lies, and how much around it is shown: the same for the same kind of field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.geometry import BoxMm
from pipeline.model import Field, Layout, LayoutId, Zone
from pipeline.screens.page_screen import ScreenSection
from pipeline.screens.sections import sections_of
from pipeline.wiring import catalogue

MARGIN_MM = 1.5
"""Around a space: entries run over its lines."""
ASPECT = 6.0
"""Of every window, width to height: what follows on the screen never moves."""
WIDTHS_MM = (42.0, 60.0, 90.0, 132.0, 200.0)
"""A window has the first of these widths that holds its space: spaces of one kind come in one scale."""
AROUND_MM = 12.0
"""Above and below a space that lies in no section."""
MOST_AROUND = 0.24
"""Height of what is shown around a space, by the width of the paper: it fits below the value without scrolling. Of a
taller section, the part with the space in its middle."""


@dataclass(frozen=True, slots=True)
class Place:
    """In millimetres of the form.

    Attributes:
        zone: the space with its check boxes and their words.
        window: what the crop shows; it may reach over the edge of the paper.
        around: the part of the page that is shown below it.
        size: of the sheet.
    """

    zone: BoxMm
    window: BoxMm
    around: BoxMm
    size: tuple[float, float]


def place_of(field: Field, layout: Layout | None) -> Place:
    known = None if layout is None else next((its for its in layout.zones if its.name == field.name), None)
    box = field.box_mm if known is None else joined_box(known)
    size = (215.9, 355.6) if layout is None else layout.size_mm
    return Place(box, window_of(box), _around(box, field.name, layout, size), size)


def joined_box(zone: Zone) -> BoxMm:
    """The space and its check boxes."""
    boxes = (zone.box_mm, *(mark.box_mm for mark in zone.marks))
    left, top = min(its.x for its in boxes), min(its.y for its in boxes)
    return BoxMm(left, top, max(its.right for its in boxes) - left, max(its.bottom for its in boxes) - top)


def window_of(box: BoxMm) -> BoxMm:
    """The space in the middle of a window of one of few sizes."""
    grown = box.grown(MARGIN_MM)
    least = max(grown.width, grown.height * ASPECT)
    width = next((its for its in WIDTHS_MM if its >= least), least)
    height = width / ASPECT
    return BoxMm(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2, width, height)


def _around(box: BoxMm, name: str, layout: Layout | None, size: tuple[float, float]) -> BoxMm:
    """The section, over the whole width of the paper."""
    sections, names = ((), {}) if layout is None else _sections(layout)
    section = next((its.box_mm for its in sections if its.name == names.get(name)), None)
    top, bottom = (box.y - AROUND_MM, box.bottom + AROUND_MM)
    if section is not None:
        top, bottom = min(top, section.y - 1.0), max(bottom, section.bottom + 1.0)
    most = MOST_AROUND * size[0]
    if bottom - top > most:
        half = max(most, box.height + AROUND_MM) / 2
        top, bottom = max(top, box.y + box.height / 2 - half), min(bottom, box.y + box.height / 2 + half)
    top, bottom = max(0.0, top), min(size[1], bottom)
    return BoxMm(0.0, top, size[0], bottom - top)


@lru_cache(maxsize=512)
def _sections(layout: Layout) -> tuple[tuple[ScreenSection, ...], Mapping[str, str]]:
    """Of each field's picture anew they would take as long as the picture."""
    return sections_of(layout)


@lru_cache(maxsize=4096)
def regulation_section(layout: LayoutId | None, field: str) -> str:
    """Section of the Regulation that prescribes the particular, `34(4)(c)`; empty where it is not known."""
    if layout is None:
        return ""
    face = str(layout).partition("@")[0].rpartition(".")[0]
    found = catalogue().faces.get(face, ())
    return next((its.ref for its in found if its.name == field), "")
