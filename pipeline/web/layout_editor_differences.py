"""How two versions of a form differ, space by space; drawn over the blank form and in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from babel.numbers import format_decimal

from pipeline.geometry import BoxMm
from pipeline.model import Layout
from pipeline.usecases.layouts.edits import (
    AddZone,
    ChooseIssuer,
    Edit,
    HeadZone,
    PlaceEditionMark,
    PlaceMark,
    PlaceText,
    PlaceZone,
    PrintInZone,
    RemoveMark,
    RemoveText,
    RemoveZone,
    RenameZone,
    Settle,
    ShapeZone,
    SizeSheet,
)
from pipeline.web.layout_editor_view import mark_label
from pipeline.web.words import Words

SAME_MM = 0.05
"""Files have measures to a hundredth; nobody sees less than this."""
EDITION_MARK, SHEET, ISSUER = "edition_mark", "size_mm", "issuer"


class Difference(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the form that differs; boxes are null where it is not there.

    Attributes:
        name: of a particular, or `plea.guilty` of a check box.
    """

    name: str
    difference: Difference
    before: BoxMm | None = None
    after: BoxMm | None = None


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box of a comparison: `sort` is `same`, `added`, `removed`, `before`, `after`."""

    sort: str
    x: float
    y: float
    width: float
    height: float
    label: str


def changes_between(before: Layout, after: Layout) -> tuple[Change, ...]:
    """What the second layout has otherwise than the first, by name; spaces in the order of the second."""
    old, new = boxes_of(before), boxes_of(after)
    found = [
        Change(name, Difference.ADDED if name not in old else Difference.MOVED, old.get(name), box)
        for name, box in new.items()
        if name not in old or not same_box(old[name], box)
    ]
    moved = {change.name for change in found}
    found += [Change(name, Difference.CHANGED, old[name], new[name]) for name in _otherwise(before, after) - moved]
    found += [Change(name, Difference.REMOVED, box) for name, box in old.items() if name not in new]
    return tuple(found)


def boxes_of(layout: Layout) -> Mapping[str, BoxMm]:
    """Every space, check box and compulsory text, and the edition mark, by name."""
    found: dict[str, BoxMm] = {}
    for zone in layout.zones:
        found[zone.name] = zone.box_mm
        found |= {f"{zone.name}.{mark.name}": mark.box_mm for mark in zone.marks if mark.box_mm != zone.box_mm}
    if layout.edition_mark is not None:
        found[EDITION_MARK] = layout.edition_mark.box_mm
    return found


def same_box(one: BoxMm, other: BoxMm) -> bool:
    return all(abs(a - b) < SAME_MM for a, b in zip(one.as_tuple(), other.as_tuple(), strict=True))


def _otherwise(before: Layout, after: Layout) -> set[str]:
    """Names of spaces whose cells, lines or printed words differ."""
    old = {zone.name: (zone.lines, len(zone.comb), zone.printed_value) for zone in before.zones}
    new = {zone.name: (zone.lines, len(zone.comb), zone.printed_value) for zone in after.zones}
    return {name for name, its in new.items() if name in old and old[name] != its}


def changes_made(edits: Iterable[Edit]) -> tuple[Change, ...]:
    """What a person's edits are about, each part once; decisions that were taken change no part."""
    found: dict[str, Change] = {}
    for name, difference in _named(edits):
        found.setdefault(name, Change(name, difference))
    return tuple(found.values())


def _named(edits: Iterable[Edit]) -> Iterator[tuple[str, Difference]]:
    for each in edits:
        match each:
            case RenameZone():
                yield each.name, Difference.REMOVED
                yield each.to, Difference.ADDED
            case AddZone():
                yield each.name, Difference.ADDED
            case RemoveZone() | RemoveText():
                yield each.name, Difference.REMOVED
            case PlaceZone() | PlaceText():
                yield each.name, Difference.MOVED
            case ShapeZone() | HeadZone() | PrintInZone():
                yield each.name, Difference.CHANGED
            case PlaceMark() | RemoveMark():
                yield f"{each.zone}.{each.mark}", _of_mark(each)
            case _:
                yield from _of_sheet(each)


def _of_mark(edit: PlaceMark | RemoveMark) -> Difference:
    return Difference.MOVED if isinstance(edit, PlaceMark) else Difference.REMOVED


def _of_sheet(edit: PlaceEditionMark | SizeSheet | ChooseIssuer | Settle) -> Iterator[tuple[str, Difference]]:
    if isinstance(edit, PlaceEditionMark):
        yield EDITION_MARK, Difference.MOVED
    elif not isinstance(edit, Settle):
        yield SHEET if isinstance(edit, SizeSheet) else ISSUER, Difference.CHANGED


def label_of(name: str, words: Words) -> str:
    if name in (EDITION_MARK, SHEET, ISSUER):
        return words(f"web.layouts.part.{name}")
    zone, _, mark = name.partition(".")
    return f"{words.particular(zone)} · {mark_label(mark, words)}" if mark else words.particular(zone)


def said_change(change: Change, words: Words) -> str:
    """`Name of the defendant: moved by 0.0 and +3.0 mm`."""
    return words("web.layouts.difference", name=label_of(change.name, words), what=_what(change, words))


def said_changes(changes: Iterable[Change], words: Words) -> tuple[str, ...]:
    """The same, a line for all parts that were changed alike: whole sections move together."""
    alike: dict[str, list[str]] = {}
    for change in changes:
        alike.setdefault(_what(change, words), []).append(label_of(change.name, words))
    return tuple(
        words("web.layouts.difference", name=names[0], what=what)
        if len(names) == 1
        else words("web.layouts.differences_alike", what=what, count=len(names), names=", ".join(names))
        for what, names in alike.items()
    )


def _what(change: Change, words: Words) -> str:
    if change.before is None or change.after is None or change.difference is not Difference.MOVED:
        return words(f"web.layouts.difference.{change.difference}")
    x, y = change.after.x - change.before.x, change.after.y - change.before.y
    wider, higher = change.after.width - change.before.width, change.after.height - change.before.height
    moved, sized = max(abs(x), abs(y)) >= SAME_MM, max(abs(wider), abs(higher)) >= SAME_MM
    code = "moved_sized" if moved and sized else "sized" if sized else "moved_by"
    facts = {name: _mm(value, words) for name, value in zip("xywh", (x, y, wider, higher), strict=True)}
    return words(f"web.layouts.difference.{code}", **facts)


def _mm(value: float, words: Words) -> str:
    """With its sign; nothing is `0.0`."""
    shown = round(value, 1)
    return format_decimal(shown or 0.0, format="0.0" if not shown else "+0.0;\u22120.0", locale=words.locale)


def drawn(before: Layout | None, after: Layout, words: Words) -> tuple[DrawnBox, ...]:
    """Every part of the second layout, and those of the first that it has otherwise."""
    changes = {} if before is None else {change.name: change for change in changes_between(before, after)}
    boxes: list[DrawnBox] = []
    for name, box in boxes_of(after).items():
        change = changes.get(name)
        label = label_of(name, words) if change is None else said_change(change, words)
        sort = "same" if change is None or change.difference is Difference.CHANGED else "after"
        boxes.append(_box("added" if change is not None and change.before is None else sort, box, label))
    for change in changes.values():
        if change.before is not None and change.difference is not Difference.CHANGED:
            sort = "removed" if change.difference is Difference.REMOVED else "before"
            boxes.append(_box(sort, change.before, said_change(change, words)))
    return tuple(boxes)


def _box(sort: str, box: BoxMm, label: str) -> DrawnBox:
    x, y, width, height = (round(side, 2) for side in box.as_tuple())
    return DrawnBox(sort, x, y, width, height, label)
