"""Whose turn it is to feed a session: one feeding at a time, which gives signs of life until it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.custody.scanning import Feeding, Pass, ScannedSide, ScanSession, ScanWish, SessionState
from pipeline.custody.transfer import Device
from pipeline.errors import InvariantBroken, OperatorError, Unavailable
from pipeline.model import BatchId, Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.scanning.course import BACK_PASSES, Again, Course, course_of
from pipeline.usecases.scanning.entries import record_began, record_ended
from pipeline.usecases.scanning.opening import open_one
from pipeline.usecases.scanning.paper import next_sheet, numbers

LEASE_S: Final = 60.0
"""A feeding of which nothing was heard for so long was killed."""
TAKEN_OVER: Final = "session_taken_over"


@dataclass(frozen=True, slots=True)
class Asked:
    """A feeding as it was asked for.

    Attributes:
        scanner: its address.
        begin_with: number of the sheet that is fed first; null: that with which to go on.
        doubts: what speaks against it.
    """

    scanner: str
    device: Device
    wish: ScanWish
    sides: Pass
    who: str
    again: Again | None = None
    begin_with: int | None = None
    doubts: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A feeding that has begun; `files`: that the session has so far."""

    feeding: Feeding
    course: Course
    files: int


def begin(batch: BatchId, asked: Asked, *, keeping: Keeping) -> Begun:
    """Take the turn. Raises as `feed`."""
    now = keeping.clock.now()
    with keeping.records.transaction() as change:
        session = open_one(batch, change, keeping)
        if session.state is SessionState.FEEDING:
            _end_silent(session, now, change)
        feedings, sides = change.scans.feedings(batch), change.scans.sides(batch)
        waits = next_sheet(feedings, sides)
        first = asked.begin_with or waits
        if first < waits and asked.again is None and asked.sides not in BACK_PASSES:
            # What stands is superseded by naming it, with a reason.
            raise OperatorError("scan_sheet_stands", sheet=first, next=waits)
        _require_known(asked, sides)
        course = course_of(asked.sides, asked.again, first, known=sides, feedings=feedings)
        if asked.sides in BACK_PASSES and not course.named:
            raise OperatorError("scan_no_fronts", batch=batch)
        feeding = Feeding(
            batch=batch,
            number=len(feedings) + 1,
            scanner=asked.scanner,
            device=asked.device,
            wish=asked.wish,
            sides=asked.sides,
            began_at=now,
            by=asked.who,
            heard_at=now,
            first_sheet=course.sheet(1),
            again=() if asked.again is None else asked.again.sheets,
            doubts=asked.doubts,
        )
        record_began(feeding, change)
        change.scans.put_session(replace(session, state=SessionState.FEEDING))
    return Begun(feeding, course, len(sides))


def _require_known(asked: Asked, sides: tuple[ScannedSide, ...]) -> None:
    if asked.again is None:
        return
    known = {number for its in sides for number in range(its.sheet, its.sheet + its.sheets)}
    strange = sorted(set(asked.again.sheets) - known)
    if strange or not asked.again.sheets:
        raise OperatorError("scan_sheets_unknown", sheets=", ".join(map(str, strange)))
    if not asked.again.reason.strip():
        raise OperatorError("scan_again_needs_reason")


def require_alive(feeding: Feeding, change: RecordsTransaction) -> None:
    """Raises Unavailable `session_taken_over` when the feeding was ended by somebody else."""
    if not _is_alive(feeding, change):
        raise Unavailable("session_taken_over", batch=feeding.batch)


def _is_alive(feeding: Feeding, change: RecordsTransaction) -> bool:
    session = change.scans.session(feeding.batch)
    if session is None or session.state is not SessionState.FEEDING:
        return False
    last = change.scans.feedings(feeding.batch)[-1]
    return last.number == feeding.number and last.ended_at is None


def renew(feeding: Feeding, *, keeping: Keeping) -> None:
    """A sign of life of a feeding."""
    now = keeping.clock.now()
    with keeping.records.transaction() as change:
        if _is_alive(feeding, change):
            current = change.scans.feedings(feeding.batch)[-1]
            change.scans.put_feeding(replace(current, heard_at=now))


def end(feeding: Feeding, *, keeping: Keeping) -> Feeding:
    """Record how a feeding ended, unless somebody else did: the session waits for paper then, or is interrupted."""
    now = keeping.clock.now()
    ended = replace(feeding, ended_at=now, heard_at=now)
    with keeping.records.transaction() as change:
        session = change.scans.session(feeding.batch)
        if session is None:
            raise InvariantBroken("session_vanished", batch=feeding.batch)
        if not _is_alive(feeding, change):
            return feeding
        _end(session, ended, change)
    return ended


def _end(session: ScanSession, ended: Feeding, change: RecordsTransaction) -> None:
    record_ended(ended, change)
    state = SessionState.OPEN if ended.stopped is None else SessionState.INTERRUPTED
    change.scans.put_session(replace(session, state=state))


def _end_silent(session: ScanSession, now: datetime, change: RecordsTransaction) -> None:
    """Raises Unavailable `session_busy` while the feeding gives signs of life."""
    last = change.scans.feedings(session.batch)[-1]
    if not is_silent(last, now):
        raise Unavailable("session_busy", batch=session.batch, by=last.by)
    _end_killed(session, last, now, change)


def _end_killed(session: ScanSession, last: Feeding, now: datetime, change: RecordsTransaction) -> None:
    killed = replace(last, ended_at=now, stopped=Reason("scan_killed"))
    _end(session, not_compared(killed, change.scans.sides(session.batch)), change)


def not_compared(feeding: Feeding, sides: Sequence[ScannedSide]) -> Feeding:
    """The feeding, of backs, with the doubt that nobody compared these with their fronts."""
    backs = sorted({its.sheet for its in sides if its.feeding == feeding.number})
    if feeding.sides not in BACK_PASSES or not backs:
        return feeding
    facts = (("sheets", numbers(backs)), ("numbers", " ".join(map(str, backs))))
    return replace(feeding, doubts=(*feeding.doubts, Reason("backs_not_compared", facts)))


def is_silent(feeding: Feeding, now: datetime) -> bool:
    """Whether nothing was heard of a feeding for so long that it must have been killed."""
    return feeding.ended_at is None and now - feeding.heard_at > timedelta(seconds=LEASE_S)


def silent_feedings(*, keeping: Keeping, alone: bool = False) -> tuple[BatchId, ...]:
    """Record of feedings that were killed that they were; returns their batches, which can be fed again.

    Args:
        alone: it is sure that nothing is being fed just now: whatever was, was killed, however lately it was heard.
    """
    now = keeping.clock.now()
    found = []
    for batch in keeping.records.scans.fed():
        with keeping.records.transaction() as change:
            session = change.scans.session(batch)
            if session is None or session.state is not SessionState.FEEDING:
                continue
            last = change.scans.feedings(batch)[-1]
            if alone or is_silent(last, now):
                _end_killed(session, last, now, change)
                found.append(batch)
    return tuple(found)


def require_nobody_feeds(keeping: Keeping) -> None:
    """Raises Unavailable `scanner_at_work` while a feeding gives signs of life, on whatever machine. Writes nothing."""
    now, scans = keeping.clock.now(), keeping.records.scans
    alive = []
    for batch in scans.fed():
        feedings = scans.feedings(batch)
        if feedings and feedings[-1].ended_at is None and not is_silent(feedings[-1], now):
            alive.append(batch)
    if alive:
        raise Unavailable("scanner_at_work", batches=", ".join(alive))
