"""What is wrong with the paper of a session, and what to do about it: from rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.custody.scanning import Feeding, ScannedSide, ScanSession, SessionState
from pipeline.model import Reason, Side
from pipeline.statements.envelopes import Envelope, SheetSeen, envelopes
from pipeline.usecases.scanning.counting import ScanCounts
from pipeline.usecases.scanning.course import BACK_PASSES
from pipeline.usecases.scanning.look import looks_of
from pipeline.usecases.scanning.paper import (
    ScannedSheet,
    half_sheets,
    next_sheet,
    numbers,
    sheets_of,
    unanswered_doubts,
    waiting_for_backs,
)

NOT_QUALIFIED: Final = "scanner_not_qualified"
HARMLESS: Final = frozenset({"scan_stopped", "scanner_no_paper"})
"""Stops between sheets, or before the first."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must look at.

    Attributes:
        code: of the sentence that says what is wrong, with `params`.
        sheets: that it is about; none where it is about the paper as a whole.
        act: code of the sentence that says what to do, with the same `params`.
        blocks: the session cannot be ended so without a supervisor's reason.
    """

    code: str
    sheets: tuple[int, ...]
    params: tuple[tuple[str, str], ...] = ()
    act: str = "scan.act.look"
    blocks: bool = True


def alarms_of(
    session: ScanSession, feedings: Sequence[Feeding], sides: Sequence[ScannedSide], counts: ScanCounts
) -> tuple[Alarm, ...]:
    """All alarms: what stopped the last feeding first, then by what they are about."""
    return (
        *_stopped(session, feedings, sides),
        *_of_sheets(session, feedings, sides),
        *_of_overlaps(sides),
        *_of_counts(session, counts),
        *_of_separators(session, sheets_of(sides)),
        *_of_scanners(feedings, sides),
    )


def _alarm(code: str, sheets: Iterable[int], act: str, *, blocks: bool = True, **facts: str) -> Alarm:
    named = tuple(sorted(set(sheets)))
    return Alarm(code, named, (("sheets", numbers(named)), *facts.items()), act, blocks)


def _stopped(session: ScanSession, feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    if session.state is SessionState.FEEDING or not feedings:
        return
    last = feedings[-1]
    if last.stopped is not None and not _goes_on(last):
        yield Alarm(last.stopped.code, (), last.stopped.params, "scan.act.go_on", blocks=False)
    its = _stop_left(feedings)
    if its is None or its.stopped is None:
        return
    begin = next_sheet(feedings, sides)
    facts = (*its.stopped.params, ("sheet", str(begin)), ("imprint", _imprint(begin, sides)))
    act = "scan.act.begin_with_imprint" if facts[-1][1] else "scan.act.begin_with"
    # Whatever stopped it may hold a sheet that nothing came of.
    yield Alarm(its.stopped.code, (begin,), facts, act, blocks=its.stopped.code not in HARMLESS)


def _goes_on(feeding: Feeding) -> bool:
    return not feeding.again and feeding.sides not in BACK_PASSES


def _stop_left(feedings: Sequence[Feeding]) -> Feeding | None:
    """The feeding that stopped with paper left and after which the paper did not go on; of several the gravest."""
    left: Feeding | None = None
    for its in reversed([each for each in feedings if _goes_on(each)]):
        if its.stopped is not None and its.stopped.code not in HARMLESS:
            return its
        left = left or (its if its.stopped is not None else None)
        if its.sheets:
            break
    return left


def _imprint(sheet: int, sides: Sequence[ScannedSide]) -> str:
    own = (its.imprint for its in reversed(sides) if its.sheet == sheet)
    return next((its for its in own if its is not None), "")


def _of_sheets(session: ScanSession, feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    half = set(half_sheets(sides, feedings))
    begin = next_sheet(feedings, sides) if session.state is SessionState.INTERRUPTED else 0
    if begin in half:
        # It comes by itself with the rest of the paper.
        yield _alarm("scan_half_sheet", (begin,), "scan.act.begin_with", sheet=str(begin))
    if half - {begin}:
        yield _alarm("scan_half_sheet", half - {begin}, "scan.act.feed_again")
    doubtful = [number for its in feedings for number in unanswered_doubts(its, feedings, sides)]
    if doubtful:
        yield _alarm("scan_double_feed", doubtful, "scan.act.feed_again")
    yield from _of_backs(feedings, sides)
    yield from (alarm for its in feedings if its.again for alarm in _of_again(its, sides))


def _of_overlaps(sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    """Sheets that stand twice: once for themselves, and once in a file that holds others too."""
    stacks = [its for its in sides if its.superseded_by is None and its.sheets > 1]
    alone = {its.sheet for its in sides if its.superseded_by is None and its.sheets == 1}
    twice = [number for its in stacks for number in range(its.sheet, its.sheet + its.sheets)]
    both = {number for number in twice if number in alone or twice.count(number) > 1}
    if both:
        yield _alarm("scan_sheets_twice", both, "scan.act.stack_again")


def _of_again(feeding: Feeding, sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    """Exactly the sheets that were named must have come, then or since."""
    since = {its.sheet for its in sides if its.feeding >= feeding.number}
    missing = set(feeding.again) - since
    own = {its.sheet for its in sides if its.feeding == feeding.number and its.superseded_by is None}
    more = own - set(feeding.again)
    if missing and feeding.ended_at is not None:
        yield _alarm("scan_again_fewer", missing, "scan.act.feed_again")
    if more:
        yield _alarm("scan_again_more", more, "scan.act.look")


def _of_backs(feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    waiting = waiting_for_backs(sides, feedings)
    if waiting:
        yield _alarm("scan_backs_missing", waiting, "scan.act.feed_backs")
    standing = [its for its in sides if its.superseded_by is None]
    fronts = {its.sheet for its in standing if its.side is not Side.BACK}
    alone = {its.sheet for its in standing if its.side is Side.BACK} - fronts
    if alone:
        yield _alarm("scan_fronts_missing", alone, "scan.act.look")


def _of_counts(session: ScanSession, counts: ScanCounts) -> Iterator[Alarm]:
    if session.state is SessionState.FEEDING:
        # The device counts a sheet before its sides are here.
        return
    if not counts.all_received:
        received = str(counts.whole_sides - counts.uncounted_sides)
        yield _alarm("scan_fed_differs", (), "scan.act.count", fed=str(counts.fed_sides or 0), received=received)
    if counts.expected is not None and counts.sheets > counts.expected:
        yield _alarm("scan_too_many", (), "scan.act.count", expected=str(counts.expected), found=str(counts.sheets))


def _of_separators(session: ScanSession, sheets: Sequence[ScannedSheet]) -> Iterator[Alarm]:
    found = envelopes([_seen(its) for its in sheets if its.sides])
    if not found.separated:
        return
    last = found.envelopes[-1]
    for its in found.alarms:
        unfinished = its.code == "separator_count" and its.sheets == (last.separator,)
        if unfinished and session.state is not SessionState.ENDED and _may_grow(last):
            continue
        yield Alarm(its.code, its.sheets, its.params, "scan.act.separator")


def _may_grow(envelope: Envelope) -> bool:
    """More sheets of it may still be fed."""
    follow = None if envelope.text is None else envelope.text.follow
    return follow is not None and len(envelope.sheets) < follow


def _seen(sheet: ScannedSheet) -> SheetSeen:
    looked = [(its.side or Side.FRONT, look) for its in sheet.sides for look in looks_of(its)]
    return SheetSeen(sheet.number, tuple(look.seen(side) for side, look in looked))


def _of_scanners(feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> Iterator[Alarm]:
    """What spoke against a feeding, while what it gave stands; that a scanner is not qualified is said once."""
    standing = {(its.feeding, its.sheet) for its in sides if its.superseded_by is None}
    unqualified: Reason | None = None
    for feeding in feedings:
        own = {sheet for number, sheet in standing if number == feeding.number}
        for doubt in feeding.doubts if own else ():
            if doubt.code == NOT_QUALIFIED:
                unqualified = doubt
                continue
            about = {int(each) for each in dict(doubt.params).get("numbers", "").split()}
            if not about or about & own:
                yield Alarm(doubt.code, tuple(sorted(about & own)), doubt.params, "scan.act.backs_again")
    if unqualified is not None:
        yield Alarm(unqualified.code, (), unqualified.params, "scan.act.qualify", blocks=False)
