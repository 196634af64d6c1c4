"""The sections of a form, by which particulars are found: their printed titles, their spaces, where they lie."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import MM_PER_INCH, BoxMm
from pipeline.model import Frame, Heading, Layout, Zone
from pipeline.screens.page_screen import ScreenSection

WHITE_FROM: Final = 0.9
"""Headings at least this light stand in a dark bar: titles. On plain paper a title is bold."""
TITLE_PT: Final = 7.0
LEAST_LETTERS: Final = 4
TITLE_REACH_MM: Final = 10.0
"""A title begins its section no further above the first space, whose own heading stands between."""
_POINT_MM: Final = MM_PER_INCH / 72
_LETTERED: Final = re.compile(r"^([A-Z])\s{2,}(\S.*)$")
_LETTER: Final = re.compile(r"^[A-Z]$")


@dataclass(frozen=True, slots=True)
class _Title:
    letter: str | None
    words: str
    box_mm: BoxMm


def sections_of(layout: Layout) -> tuple[tuple[ScreenSection, ...], Mapping[str, str]]:
    """The sections from top to bottom, and for each space that lies in one the name of its section.

    Where the catalogue names sections, those are taken (`a` to `g`, `plea`); else spaces belong to the printed title
    above them, and sections are named by their titles (`peine-reclamee`).
    """
    titles = _titles(layout)
    if any(zone.section for zone in layout.zones):
        names = {zone.name: zone.section.lower() for zone in layout.zones if zone.section}
    else:
        above = {zone.name: _above(zone.box_mm, titles) for zone in layout.zones}
        names = {zone: _slug(title.words) for zone, title in above.items() if title is not None}
    found = []
    for name in dict.fromkeys(names.values()):
        zones = [zone for zone in layout.zones if names.get(zone.name) == name]
        found.append(_section(name, _title_of(name, zones, titles), zones))
    return tuple(sorted(found, key=lambda section: (section.box_mm.y, section.box_mm.x))), names


def _titles(layout: Layout) -> tuple[_Title, ...]:
    labels = {word for zone in layout.zones for word in zone.words}
    headings = [item for item in layout.artwork if isinstance(item, Heading) and item not in labels]
    largest = max((item.size_pt for item in headings), default=0.0)
    bars = [
        item.box_mm
        for item in layout.artwork
        if isinstance(item, Frame) and item.fill_gray is not None and item.fill_gray < WHITE_FROM
    ]
    letters = [item for item in headings if _LETTER.match(item.text)]
    found = []
    for item in headings:
        lettered = _LETTERED.match(item.text)
        words = lettered[2] if lettered else item.text
        white = item.gray >= WHITE_FROM
        # The largest is the form's own title.
        bold = "bold" in item.face.value and TITLE_PT <= item.size_pt < largest
        if not (white or bold or lettered) or sum(char.isalpha() for char in words) < LEAST_LETTERS:
            continue
        beside = [its for its in letters if abs(its.y - item.y) < 0.2 and its.x < item.x]
        letter = lettered[1] if lettered else (max(beside, key=lambda its: its.x).text if beside else None)
        found.append(_Title(letter, words, _title_box(item, bars)))
    return tuple(sorted(found, key=lambda title: title.box_mm.y))


def _title_box(item: Heading, bars: Iterable[BoxMm]) -> BoxMm:
    """Its bar; without one, as high as its letters and no width: where a title ends says nothing of its section."""
    for bar in bars:
        if bar.x <= item.x <= bar.right and bar.y <= item.y <= bar.bottom:
            return bar
    height = item.size_pt * _POINT_MM
    return BoxMm(item.x, item.y - height, 0.0, 1.3 * height)


def _above(box_mm: BoxMm, titles: Sequence[_Title]) -> _Title | None:
    """The nearest title above; a bar that does not reach over the space is another column's."""
    found = None
    for title in titles:
        beside = title.box_mm.width > 0 and not (title.box_mm.x < box_mm.right and box_mm.x < title.box_mm.right)
        if title.box_mm.y <= box_mm.y + box_mm.height / 2 and not beside:
            found = title
    return found


def _title_of(name: str, zones: Sequence[Zone], titles: Sequence[_Title]) -> _Title | None:
    """The title that bears the section's letter or is its name; else the first that stands among its spaces."""
    for title in titles:
        if name in (_slug(title.words), (title.letter or "").lower()):
            return title
    top = min(zone.box_mm.y for zone in zones) - TITLE_REACH_MM
    bottom = max(zone.box_mm.y for zone in zones)
    return next((title for title in titles if top < title.box_mm.y < bottom), None)


def _section(name: str, title: _Title | None, zones: Sequence[Zone]) -> ScreenSection:
    boxes = [zone.box_mm for zone in zones]
    boxes += [mark.box_mm for zone in zones for mark in zone.marks]
    boxes += [_title_box(word, ()) for zone in zones for word in zone.words]
    boxes += [] if title is None else [title.box_mm]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    words = name.upper() if title is None else title.words
    return ScreenSection(name, words, BoxMm(left, top, right - left, bottom - top))


def _slug(words: str) -> str:
    """`peine-reclamee` for `PEINE RÉCLAMÉE`; what stands in brackets is left out."""
    plain = unicodedata.normalize("NFKD", words.split("(")[0]).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain)) or "section"
