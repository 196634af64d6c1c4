"""The form of the layout editor: what a browser sends becomes the changes that a person made. Pure.

Each space comes with the name it had in the version that the form was made of; only differences become changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.geometry import BoxMm
from pipeline.model import Reason
from pipeline.templates.document import Border
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
from pipeline.usecases.layouts.results import DraftView, ZoneView

EDITION_KEY, SHEET_KEY = "edition", "sheet"
SIDES = ("x", "y", "width", "height")
MOST_TEXT_CHARACTERS = 12_000
_FIELD = re.compile(r"(z\d{1,4}|t\d{1,4}|edition|sheet)\.([a-z]+)(?:\.([a-z][a-z0-9_]{0,79}))?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,4}(?:[.,]\d{0,6})?|-?[.,]\d{1,6}", re.ASCII)
_WHOLE = re.compile(r"\d{1,4}", re.ASCII)


class NotUnderstood(Exception):  # noqa: N818 - a value to be typed again, no fault
    """Raised for a form with values that are none; `reasons` has all of them."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(len(reasons))
        self.reasons = reasons


@dataclass
class SentPart:
    """A space, text or mark of the sheet as it was sent; boxes of check boxes by their names."""

    texts: dict[str, str] = field(default_factory=dict)
    marks: dict[str, dict[str, str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.texts.get(name, "").replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class Sent:
    """A form that was sent.

    Attributes:
        base: number of the version that the form was made of.
        version: number of the version that it is to follow.
        settled: numbers of decisions that were taken, of the base's list.
    """

    base: int
    version: int
    parts: Mapping[str, SentPart]
    settled: tuple[int, ...] = ()
    issuer: str | None = None


def sent_of(items: list[tuple[str, str]]) -> Sent:
    """The form's fields by what they are about. Raises NotUnderstood for a form that is not the editor's."""
    parts: dict[str, SentPart] = {}
    plain: dict[str, str] = {}
    settled: list[int] = []
    for name, value in items:
        found = _FIELD.fullmatch(name)
        if name == "settle" and _WHOLE.fullmatch(value):
            settled.append(int(value))
        elif found is None:
            plain[name] = value
        elif found[3] is None:
            parts.setdefault(found[1], SentPart()).texts[found[2]] = value
        else:
            parts.setdefault(found[1], SentPart()).marks.setdefault(found[3], {})[found[2]] = value
    base, version = plain.get("base", ""), plain.get("onto") or plain.get("version", "")
    if not (_WHOLE.fullmatch(base) and _WHOLE.fullmatch(version)):
        raise NotUnderstood((Reason("web.malformed"),))
    return Sent(int(base), int(version), parts, tuple(settled), plain.get("issuer"))


def number_text(value: float) -> str:
    """A measure as the form has it: millimetres to 0.01."""
    return f"{round(value, 2):g}" if abs(value) < 1000 else f"{value:.2f}"


def box_texts(box: BoxMm | None) -> tuple[str, str, str, str]:
    if box is None:
        return ("", "", "", "")
    x, y, width, height = map(number_text, box.as_tuple())
    return (x, y, width, height)


def edits_of(sent: Sent, view: DraftView) -> tuple[Edit, ...]:
    """The changes from a version to a form; settled decisions first, for they are told by their numbers.

    Raises:
        NotUnderstood: with every value that is none.
    """
    reading = _Reading()
    edits = tuple(_edits(sent, view, reading))
    if reading.reasons:
        raise NotUnderstood(tuple(reading.reasons))
    return edits


def _edits(sent: Sent, view: DraftView, reading: _Reading) -> Iterator[Edit]:
    zones = {zone.name: zone for zone in view.zones}
    spaces = [part for key, part in sent.parts.items() if key.startswith("z")]
    kept = [(zones[part.text("was")], part) for part in spaces if part.text("was") in zones and not _dropped(part)]
    yield from (Settle(number) for number in dict.fromkeys(sent.settled) if 1 <= number <= len(view.decisions))
    for part in spaces:
        if part.text("was") in zones and _dropped(part):
            yield RemoveZone(part.text("was"), part.text("why")[:400])
    yield from _renames([(zone.name, part.text("name")) for zone, part in kept], reading)
    for zone, part in kept:
        yield from _space(zone, part, reading)
    for part in spaces:
        if part.text("was") not in zones and not _dropped(part) and any(part.text(side) for side in SIDES):
            yield from _new_space(part, reading)
    yield from _texts(sent, view, reading)
    yield from _sheet(sent, view, reading)


def _dropped(part: SentPart) -> bool:
    return bool(part.text("drop"))


def _renames(pairs: list[tuple[str, str]], reading: _Reading) -> Iterator[Edit]:
    """In an order in which each new name is free; names that are exchanged have none."""
    waiting = {old: new for old, new in pairs if new and new != old}
    taken = {old for old, _ in pairs}
    while waiting:
        free = next((old for old, new in waiting.items() if new not in taken), None)
        if free is None:
            reading.reasons.append(Reason("web.layouts.names_taken", (("names", ", ".join(sorted(waiting.values()))),)))
            return
        new = waiting.pop(free)
        taken = (taken - {free}) | {new}
        yield RenameZone(free, new)


def _space(zone: ZoneView, part: SentPart, reading: _Reading) -> Iterator[Edit]:
    name = part.text("name") or zone.name
    if (box := reading.changed_box(zone.box_mm, part.texts, name)) is not None:
        yield PlaceZone(name, box)
    if (shape := _shape(zone, part, name, reading)) is not None:
        yield shape
    if "heading" in part.texts and part.text("heading") != zone.heading.strip():
        yield HeadZone(name, part.text("heading")[:400])
    if "printed" in part.texts and part.text("printed") != (zone.printed or "").strip():
        yield PrintInZone(name, part.text("printed")[:MOST_TEXT_CHARACTERS])
    if name == zone.name:
        yield from _marks(zone, part, reading)


def _marks(zone: ZoneView, part: SentPart, reading: _Reading) -> Iterator[Edit]:
    known = {mark.name: mark.box_mm for mark in zone.marks}
    for mark, texts in part.marks.items():
        if mark in known and not any(text.strip() for text in texts.values()):
            yield RemoveMark(zone.name, mark)
        elif any(text.strip() for text in texts.values()):
            box = reading.changed_box(known.get(mark), texts, zone.name)
            if box is not None:
                yield PlaceMark(zone.name, mark, box)


def _shape(zone: ZoneView, part: SentPart, name: str, reading: _Reading) -> ShapeZone | None:
    border = part.text("border") or zone.border.value
    if border not in set(Border):
        reading.reasons.append(Reason("web.malformed"))
        return None
    comb = reading.whole(part, "comb", name) if "comb" in part.texts else zone.comb
    lines = reading.whole(part, "lines", name) if "lines" in part.texts else zone.lines
    if (border, comb, lines or zone.lines) == (zone.border.value, zone.comb, zone.lines):
        return None
    return ShapeZone(name, Border(border), comb, lines)


def _new_space(part: SentPart, reading: _Reading) -> Iterator[Edit]:
    name = part.text("name")
    box = reading.box(part.texts, name)
    if not name:
        reading.reasons.append(Reason("web.layouts.name_missing"))
    elif box is not None:
        yield AddZone(name, box, part.text("heading")[:400])


def _texts(sent: Sent, view: DraftView, reading: _Reading) -> Iterator[Edit]:
    known = {text.name: text.box_mm for text in view.texts if text.name is not None}
    for key, part in sent.parts.items():
        if not key.startswith("t"):
            continue
        name = part.text("was") or part.text("name")
        if name in known and _dropped(part):
            yield RemoveText(name)
        elif name and not _dropped(part) and any(part.text(side) for side in SIDES):
            box = reading.changed_box(known.get(name), part.texts, name)
            if box is not None:
                yield PlaceText(name, box)


def _sheet(sent: Sent, view: DraftView, reading: _Reading) -> Iterator[Edit]:
    edition = sent.parts.get(EDITION_KEY)
    if edition is not None:
        gone = _dropped(edition) or not any(edition.text(side) for side in SIDES)
        if gone and view.edition_mark is not None:
            yield PlaceEditionMark(None)
        elif not gone and (box := reading.changed_box(view.edition_mark, edition.texts, "edition_mark")) is not None:
            yield PlaceEditionMark(box)
    sheet = sent.parts.get(SHEET_KEY)
    if sheet is not None and "width" in sheet.texts:
        width, height = (reading.number(sheet.text(side), "size_mm") for side in ("width", "height"))
        if width and height and (width, height) != tuple(round(side, 2) for side in view.size_mm):
            yield SizeSheet(width, height)
    if sent.issuer is not None and (sent.issuer or None) != view.issuer:
        yield ChooseIssuer(sent.issuer or None)


class _Reading:
    """Reads numbers; keeps why some are none."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def number(self, text: str, name: str) -> float | None:
        """With a comma or a point; null, and a reason, for what is none."""
        if not _NUMBER.fullmatch(text.strip()):
            self.reasons.append(Reason("web.layouts.no_number", (("name", name[:80]), ("found", text[:20]))))
            return None
        return round(float(text.strip().replace(",", ".")), 2)

    def whole(self, part: SentPart, name: str, zone: str) -> int | None:
        text = part.text(name)
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            self.reasons.append(Reason("web.layouts.no_number", (("name", zone[:80]), ("found", text[:20]))))
            return None
        return int(text)

    def box(self, texts: Mapping[str, str], name: str) -> BoxMm | None:
        before = len(self.reasons)
        found = [self.number(texts.get(side, ""), name) or 0.0 for side in SIDES]
        if len(self.reasons) > before:
            return None
        if found[2] <= 0.0 or found[3] <= 0.0:
            self.reasons.append(Reason("web.layouts.no_size", (("name", name[:80]),)))
            return None
        return BoxMm(*found)

    def changed_box(self, old: BoxMm | None, texts: Mapping[str, str], name: str) -> BoxMm | None:
        """Null where the form says what was there before; measures that nobody touched keep all their decimals."""
        if not set(SIDES) <= texts.keys():
            return None
        if old is not None and all(texts[side].strip() == its for side, its in zip(SIDES, box_texts(old), strict=True)):
            return None
        found = self.box(texts, name)
        if found is None or old is None:
            return found
        same = box_texts(old)
        sides = zip(SIDES, found.as_tuple(), old.as_tuple(), same, strict=True)
        return BoxMm(*(before if texts[side].strip() == its else now for side, now, before, its in sides))
