"""Entries set in the spaces of a form as artwork: what a statement that was electronic from the start is shown with.

Type is never smaller than 6 point (s. 15); an entry that does not fit so is none, rather than one that is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.model import (
    MARK_KINDS,
    Align,
    Artwork,
    FieldValue,
    FontFace,
    Heading,
    Kind,
    Language,
    Layout,
    Paragraph,
    Rule,
    Zone,
)
from pipeline.templates.fonts import CAP_HEIGHT, MM_PER_PT, Fonts, missing_characters, text_width_mm
from pipeline.templates.typesetting import BOX_CHARACTERS, typeset

_SIZES_PT: Final = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
_FACES: Final = (FontFace.REGULAR, FontFace.NARROW)
_SIDE_MM, _TOP_MM = 0.8, 0.2
"""Free between an entry and the edge of its space."""
_CELL_SHARE: Final = 0.62
"""Of a cell's height, that a capital takes."""
_CROSS_INSET, _CROSS_MM = 0.18, 0.45
"""Of a check box's side, free around the cross in it; and the width of its strokes."""


def entry_text(zone: Zone, value: FieldValue, language: Language) -> str:
    """A normalised value as it is written on a form; empty for marks and for nothing."""
    if not isinstance(value, str) or zone.kind in MARK_KINDS:
        return ""
    if zone.kind is Kind.AMOUNT:
        digits = value.replace(".", "")
        # The sign stands on the form.
        return digits.rjust(len(zone.comb)) if zone.comb else _amount(value, language)
    if zone.kind is Kind.DATE and 0 < len(zone.comb) < len(value):
        return value.replace("-", "")
    if zone.kind is Kind.TIME and 0 < len(zone.comb) < len(value):
        return value.replace(":", "")
    return value


def _amount(value: str, language: Language) -> str:
    return value.replace(".", ",") if language is Language.FR else value


def entry_artwork(zone: Zone, text: str, fonts: Fonts) -> tuple[Artwork, ...] | None:
    """A text set in its space: in cells a character each, else as large as it fits; null where it does not.

    A text with a character that no typeface of the forms has does not fit.
    """
    if BOX_CHARACTERS & set(text) or missing_characters(text, fonts, face=FontFace.REGULAR):
        return None
    if zone.comb:
        return tuple(_celled(zone, text, fonts)) if len(text) <= len(zone.comb) else None
    inner = BoxMm(
        zone.box_mm.x + _SIDE_MM, zone.box_mm.y + _TOP_MM, zone.box_mm.width - 2 * _SIDE_MM, zone.box_mm.height
    )
    room = replace(inner, height=zone.box_mm.height - 2 * _TOP_MM)
    for face in _FACES:
        for size_pt in _SIZES_PT:
            paragraph = Paragraph(room, text, size_pt, face)
            found = typeset(paragraph, fonts)
            if found.fits:
                spare_mm = room.height - found.height_mm if zone.lines == 1 else 0.0
                return (replace(paragraph, box_mm=replace(room, y=room.y + spare_mm / 2)),)
    return None


def _celled(zone: Zone, text: str, fonts: Fonts) -> Iterator[Artwork]:
    for char, cell in zip(text, zone.comb, strict=False):
        if char == " ":
            continue
        size_pt = min(_SIZES_PT[0], _CELL_SHARE * cell.height / CAP_HEIGHT / MM_PER_PT)
        width_mm = text_width_mm(char, fonts, face=FontFace.REGULAR, size_pt=size_pt)
        size_pt = max(_SIZES_PT[-1], min(size_pt, size_pt * 0.95 * cell.width / max(width_mm, 0.01)))
        baseline_mm = cell.y + (cell.height + CAP_HEIGHT * size_pt * MM_PER_PT) / 2
        yield Heading(cell.x + cell.width / 2, baseline_mm, char, size_pt, align=Align.CENTER)


def mark_artwork(zone: Zone, value: FieldValue) -> tuple[Artwork, ...]:
    """A cross in each check box that a value names; none for a box that is not marked."""
    named = {"true"} if value is True else set(value.split(",")) if isinstance(value, str) else set()
    return tuple(line for mark in zone.marks if mark.name in named for line in _cross(mark.box_mm))


def _cross(box: BoxMm) -> tuple[Rule, Rule]:
    dx, dy = _CROSS_INSET * box.width, _CROSS_INSET * box.height
    left, top, right, bottom = box.x + dx, box.y + dy, box.right - dx, box.bottom - dy
    return Rule(left, top, right, bottom, _CROSS_MM), Rule(left, bottom, right, top, _CROSS_MM)


def sheet_of(layout: Layout, artwork: tuple[Artwork, ...]) -> Layout:
    """A sheet of the form's size with nothing but this on it."""
    return replace(layout, artwork=artwork, zones=(), edition_mark=None, detachable_mark=None)
