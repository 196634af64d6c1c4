"""Sheets of a batch become envelopes, cut at separators; what is wrong with the separators is an alarm, not a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.model import PageLabel, Reason, Side
from pipeline.ocr.separator_text import SeparatorText

DOUBTFUL: Final = "separator_doubtful"
"""Reason of a page that may be a separator, and may not."""
_TO_LOOK_AT: Final = frozenset(
    {"separator_missing", "separator_twice", "separator_order", "separator_foreign", "separator_count"}
)
ENVELOPE_REASONS: Final = _TO_LOOK_AT | {"separator_unsure", "separator_sides_differ", "separator_within"}
"""Why it is not sure which sheets came in one envelope: said of each statement in it; the last where a person knew a
separator later."""


@dataclass(frozen=True, slots=True)
class SideSeen:
    """One side of a sheet.

    Attributes:
        separator: surely one; `doubtful`: perhaps one.
        text: what it says, as far as it can be read; null for a side that is none, and for one that only a person knew.
    """

    side: Side
    separator: bool = False
    doubtful: bool = False
    text: SeparatorText | None = None


@dataclass(frozen=True, slots=True)
class SheetSeen:
    """A sheet in the order of the paper. `group`: of files that make sheets together; envelopes do not cross groups."""

    sheet: int
    sides: tuple[SideSeen, ...]
    group: int = 1

    @property
    def cuts(self) -> bool:
        """An envelope ends before it. Either side suffices, and a doubt: nothing is glued together across it."""
        return any(side.separator or side.doubtful for side in self.sides)

    @property
    def sure(self) -> bool:
        return any(side.separator for side in self.sides)

    @property
    def text(self) -> SeparatorText | None:
        """What it says, of a sure side by preference, as of the front."""
        said = sorted((side for side in self.sides if side.text is not None), key=lambda side: not side.separator)
        return next((replace(side.text, side=Side.FRONT) for side in said if side.text is not None), None)


@dataclass(frozen=True, slots=True)
class SeparatorAlarm:
    """Something that a person must look at: a code, its facts, and the sheets that it is about."""

    code: str
    sheets: tuple[int, ...]
    params: tuple[tuple[str, str], ...] = ()

    @property
    def reason(self) -> Reason:
        return Reason(self.code, self.params)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What came in one envelope.

    Attributes:
        separator: sheet that it begins with; null for what lies before the first separator.
        text: what the separator says.
        sheets: that are in it, the separator left out.
        doubts: why it is not sure that these sheets, and no others, came together.
    """

    separator: int | None
    text: SeparatorText | None
    sheets: tuple[int, ...]
    doubts: tuple[Reason, ...] = ()

    @property
    def first_sheet(self) -> int:
        """By which it is known in its batch: the separator's, or the first of its own."""
        return self.separator if self.separator is not None else self.sheets[0]


@dataclass(frozen=True, slots=True)
class Envelopes:
    """A batch by its envelopes, in the order of the paper."""

    envelopes: tuple[Envelope, ...]
    alarms: tuple[SeparatorAlarm, ...]

    @property
    def separated(self) -> bool:
        """Whether there are separators at all."""
        return any(its.separator is not None for its in self.envelopes)

    def of_sheet(self, sheet: int) -> Envelope | None:
        """The envelope that a sheet is in, or begins."""
        return next((its for its in self.envelopes if sheet == its.separator or sheet in its.sheets), None)


def cuts(label: PageLabel | None, reasons: Iterable[Reason]) -> bool:
    """Whether nothing may be put together across a page: it is a separator, or perhaps one that nobody looked at."""
    if label is PageLabel.SEPARATOR:
        return True
    return label is PageLabel.UNIDENTIFIED and any(reason.code == DOUBTFUL for reason in reasons)


def envelopes(sheets: Sequence[SheetSeen]) -> Envelopes:
    """Cut a batch into envelopes and check its separators.

    1. An envelope begins with a separator, or what may be one, and reaches to the next, within its group.
    2. Of a set, serial numbers follow each other: a gap means that a separator was lost or not seen, and that two
       envelopes may lie together.
    3. Another set may begin only where the one before it is at its end.
    4. The sheets that a separator announces are there, and no others.
    5. Both sides of a separator say the same.
    """
    alarms = [*_of_sides(sheets), *_of_order([sheet for sheet in sheets if sheet.cuts], sheets)]
    found = tuple(_cut(sheets))
    alarms += _of_counts(found)
    by_sheet: dict[int, list[Reason]] = {}
    for alarm in alarms:
        for sheet in alarm.sheets if alarm.code in ENVELOPE_REASONS else ():
            by_sheet.setdefault(sheet, []).append(alarm.reason)
    doubted = tuple(_with_doubts(found, by_sheet))
    return Envelopes(doubted, tuple(sorted(alarms, key=lambda alarm: (alarm.sheets, alarm.code))))


def _cut(sheets: Sequence[SheetSeen]) -> Iterator[Envelope]:
    begun: SheetSeen | None = None
    inside: list[int] = []
    group = sheets[0].group if sheets else 1
    for sheet in sheets:
        if sheet.cuts or sheet.group != group:
            if begun is not None or inside:
                yield _envelope(begun, inside)
            begun, inside, group = (sheet if sheet.cuts else None), [], sheet.group
        if not sheet.cuts:
            inside.append(sheet.sheet)
    if begun is not None or inside:
        yield _envelope(begun, inside)


def _envelope(begun: SheetSeen | None, inside: Sequence[int]) -> Envelope:
    return Envelope(None if begun is None else begun.sheet, None if begun is None else begun.text, tuple(inside))


def _with_doubts(found: Sequence[Envelope], by_sheet: Mapping[int, Sequence[Reason]]) -> Iterator[Envelope]:
    """What is wrong with a separator is a doubt about the envelope that it begins, and about the one that it ends."""
    for place, envelope in enumerate(found):
        after = found[place + 1].separator if place + 1 < len(found) else None
        own = [] if envelope.separator is None else list(by_sheet.get(envelope.separator, ()))
        ends = [] if after is None else [its for its in by_sheet.get(after, ()) if its.code != "separator_count"]
        yield replace(envelope, doubts=tuple(dict.fromkeys((*own, *ends))))


def _of_sides(sheets: Sequence[SheetSeen]) -> Iterator[SeparatorAlarm]:
    """5, and sheets of which it is not sure that they are separators."""
    for sheet in (its for its in sheets if its.cuts):
        facts = (("sheet", str(sheet.sheet)),)
        texts = {replace(side.text, side=Side.FRONT) for side in sheet.sides if side.text is not None}
        if len(texts) > 1:
            yield SeparatorAlarm("separator_sides_differ", (sheet.sheet,), facts)
        elif not sheet.sure:
            yield SeparatorAlarm("separator_unsure", (sheet.sheet,), facts)
        elif not all(side.separator for side in sheet.sides):
            yield SeparatorAlarm("separator_side_missing", (sheet.sheet,), facts)


def _of_order(separators: Sequence[SheetSeen], sheets: Sequence[SheetSeen]) -> Iterator[SeparatorAlarm]:
    """2, 3."""
    saying = [(sheet.sheet, sheet.text) for sheet in separators if sheet.text is not None]
    if not saying:
        return
    usual = Counter(text.set_name for _, text in saying).most_common(1)[0][0]
    first_sheet = sheets[0].sheet
    last: dict[str, SeparatorText] = {}
    seen: dict[SeparatorText, int] = {}
    ended = True
    before: SeparatorText | None = None
    for sheet, text in saying:
        if text in seen:
            yield _twice(text, seen[text], sheet)
        elif text.set_name in last:
            yield from _next_in_set(last[text.set_name], text, sheet)
        elif before is not None and not (ended and text.serial == 1):
            expected = usual if usual != text.set_name else before.set_name
            yield _alarm("separator_foreign", sheet, text, expected=expected)
        elif text.serial > 1 and sheet > first_sheet and before is None:
            yield _missing(text, text.serial - 1, text.serial - 1, sheet)
        seen.setdefault(text, sheet)
        last[text.set_name] = text if text.set_name not in last else max(last[text.set_name], text, key=_serial)
        before, ended = text, text.serial == text.of


def _next_in_set(last: SeparatorText, text: SeparatorText, sheet: int) -> Iterator[SeparatorAlarm]:
    if text.serial > last.serial + 1:
        yield _missing(text, last.serial + 1, text.serial - 1, sheet)
    elif text.serial <= last.serial or text.of != last.of:
        yield _alarm("separator_order", sheet, text, serial=str(text.serial))


def _missing(text: SeparatorText, first: int, last: int, sheet: int) -> SeparatorAlarm:
    serials = str(first) if first == last else f"{first}-{last}"
    return _alarm("separator_missing", sheet, text, serials=serials)


def _twice(text: SeparatorText, first: int, sheet: int) -> SeparatorAlarm:
    facts = (("set", text.set_name), ("serial", str(text.serial)), ("sheets", f"{first}, {sheet}"))
    return SeparatorAlarm("separator_twice", (first, sheet), facts)


def _alarm(code: str, sheet: int, text: SeparatorText, **facts: str) -> SeparatorAlarm:
    return SeparatorAlarm(code, (sheet,), (("set", text.set_name), ("sheet", str(sheet)), *facts.items()))


def _serial(text: SeparatorText) -> int:
    return text.serial


def _of_counts(found: Sequence[Envelope]) -> Iterator[SeparatorAlarm]:
    """4."""
    for its in found:
        if its.text is not None and its.text.follow is not None and its.separator is not None:
            expected, number = its.text.follow, len(its.sheets)
            if expected != number:
                facts = (
                    ("envelope", str(its.text.envelope)),
                    ("expected", str(expected)),
                    ("found", str(number)),
                )
                yield SeparatorAlarm("separator_count", (its.separator,), facts)
