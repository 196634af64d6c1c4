"""Which decisions of a draft are still open after edits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from pipeline.geometry import BoxMm
from pipeline.model import Reason
from pipeline.templates.document import LayoutFile, box
from pipeline.usecases.layouts.edits import (
    Edit,
    PlaceEditionMark,
    PlaceMark,
    PlaceText,
    PlaceZone,
    PrintInZone,
    RenameZone,
    Settle,
    SizeSheet,
)

COVERED = 0.5
"""Share of a nameless space that a named one must cover to be it."""


def still_open(decisions: Sequence[Reason], file: LayoutFile, edits: Iterable[Edit]) -> tuple[Reason, ...]:
    """Those that neither a person settled nor an edit answers.

    Args:
        file: with the edits made.
    """
    made = tuple(edits)
    settled = {edit.number for edit in made if isinstance(edit, Settle)}
    waiting = (each for number, each in enumerate(decisions, start=1) if number not in settled)
    return tuple(each for each in waiting if not _answered(each, file, made))


def _answered(decision: Reason, file: LayoutFile, edits: tuple[Edit, ...]) -> bool:
    facts = dict(decision.params)
    name = facts.get("name", "")
    match decision.code:
        case "authoring_confirm_name" | "authoring_place_unruled" | "authoring_place_by_words":
            return _touched(name, edits) or not _has(name, file)
        case "authoring_printed_words":
            return any(isinstance(edit, PrintInZone) and edit.name == name for edit in edits) or not _has(name, file)
        case "authoring_space_missing" | "authoring_space_absent":
            return _has(name, file) or name in file.left_out
        case "authoring_mark_missing":
            return _has(f"{name}.{facts.get('mark', '')}", file)
        case "authoring_text_not_found":
            return any(text.name == name for text in file.texts)
        case "authoring_text_incomplete":
            return any(isinstance(edit, PlaceText) and edit.name == name for edit in edits)
        case "authoring_space_unnamed" | "authoring_box_unnamed":
            return _covered(facts.get("box", ""), file)
        case "authoring_size" | "authoring_size_measure":
            return any(isinstance(edit, SizeSheet) for edit in edits)
        case "authoring_edition_mark":
            return any(isinstance(edit, PlaceEditionMark) for edit in edits)
        case _:
            return False


def _touched(name: str, edits: tuple[Edit, ...]) -> bool:
    """A space, or a check box as `zone.mark`, that a person placed or named."""
    zone, _, mark = name.partition(".")
    for edit in edits:
        match edit:
            case PlaceZone() if not mark and edit.name == zone:
                return True
            case RenameZone() if not mark and edit.to == zone:
                return True
            case PlaceMark() if mark and (edit.zone, edit.mark) == (zone, mark):
                return True
    return False


def _has(name: str, file: LayoutFile) -> bool:
    zone, _, mark = name.partition(".")
    for each in file.zones:
        if each.name == zone:
            return not mark or any(its.name == mark for its in each.marks)
    return False


def _covered(said: str, file: LayoutFile) -> bool:
    """Whether a space or check box has a name now where there was none."""
    with suppress(ValueError):
        x, y, width, height = (float(part) for part in said.split())
        place = BoxMm(x, y, width, height)
        boxes = [box(zone.box_mm) for zone in file.zones if not zone.marks]
        boxes += [box(mark.box_mm) for zone in file.zones for mark in zone.marks]
        return any(its.overlap_mm2(place) > COVERED * width * height for its in boxes)
    return False
