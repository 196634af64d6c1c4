"""Telling: at the end of each transaction, what it changed of statements goes into the outbox, in the same transaction.

So an event is there with what it tells of or neither is, and what changed twice within one transaction is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from pipeline.custody import ReturnMatch, StatementRow
from pipeline.custody.court import CourtNumber
from pipeline.custody.events import Event, EventKind, Telling
from pipeline.custody.review import ReviewBatch
from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, PageId
from pipeline.ports import Clock, EventsChange, RecordsTransaction
from pipeline.ports.records import StatementsChange
from pipeline.usecases.events import Change, Told, changes, told_by
from pipeline.usecases.events_standing import standing_of, why_gone
from pipeline.usecases.returns import is_lone_return
from pipeline.usecases.reviewed import Histories, Outcomes, ReviewedPage, reviewed_page
from pipeline.usecases.standing import asks_of, is_parted, matches_that_count

ANCHORED: Final = "events_anchored"
ANCHOR_EVERY: Final = 256
"""After so many events the ledger is told the outbox's hash: seals and time stamps of the ledger then cover it."""


class Reviews(Histories, Protocol):
    """Both sides of the records have these."""

    def batch(self, batch: BatchId) -> ReviewBatch | None: ...


class Standings(Outcomes, Protocol):
    """What is told follows from these; both sides of the records have them."""

    @property
    def review(self) -> Reviews: ...

    def statement_row(self, row: str) -> StatementRow | None: ...

    def matches(self, row: str) -> tuple[ReturnMatch, ...]: ...


class Outbox(Standings, Protocol):
    """A transaction, as far as telling needs it."""

    @property
    def statements(self) -> StatementsChange: ...

    @property
    def events(self) -> EventsChange: ...


@dataclass(slots=True)
class Touched:
    """What a transaction changed: rows of statements, outcomes and told fields of pages, whether the tasks of a batch
    were made, court record numbers. Rather too much than too little: what is as it was told is not told again."""

    statements: set[str] = field(default_factory=set)
    pages: set[PageId] = field(default_factory=set)
    batches: set[BatchId] = field(default_factory=set)
    numbers: list[CourtNumber] = field(default_factory=list)


def tell(touched: Touched, change: Outbox, *, clock: Clock, dated: bool = True) -> tuple[Event, ...]:
    """Put into the outbox what has to be told of what was touched. Returns what was told.

    Args:
        dated: whether the day of the mail is told, from which ages count; not for what was so long before.
    """
    found: list[Telling] = []
    at: datetime | None = None
    for statement, row in sorted(_rows(touched, change).items()):
        told = change.events.of_statement(statement)
        made = _changes(row, told, change)
        if made:
            at = at or clock.now()
            found.extend(_tellings(statement, row, told, made, at=at, dated=dated))
    for number in touched.numbers:
        found.append(_assigned(number, change, dated=dated))
    return tuple(change.events.append(its) for its in found)


def anchor(told: Iterable[Event], change: RecordsTransaction) -> None:
    """Tell the ledger of the outbox, every so often."""
    for event in told:
        if event.sequence % ANCHOR_EVERY == 0:
            change.append(ANCHORED, str(event.sequence), canonical_json({"hash": event.hash}))


def standing_now(row: StatementRow, source: Standings) -> Told:
    """What stands of a row.

    Raises:
        IntegrityError: `outcome_unreadable`: what is kept of a page is no outcome any more.
    """
    made = source.review.batch(row.batch) is not None
    pages = _reviewed(row.pages, source) if made and row.counts else ()
    returns = _reviewed(row.returns, source) if made and row.counts else ()
    if not made or not row.counts:
        return standing_of(row, pages, returns, made=made)
    asked = asks_of(row, matches_that_count(row, records=source))
    answers = not is_lone_return(row) or not (asked or is_parted(row, records=source))
    return standing_of(row, pages, returns, made=made, asked=asked, answers=answers)


def _reviewed(pages: Iterable[PageId], source: Standings) -> tuple[ReviewedPage, ...]:
    found = (reviewed_page(page, source.review, records=source) for page in pages)
    return tuple(its for its in found if its is not None)


def _rows(touched: Touched, change: Outbox) -> dict[str, StatementRow | None]:
    rows: dict[str, StatementRow | None] = {its: change.statement_row(its) for its in touched.statements}
    rows |= {row.id: row for page in touched.pages for row in change.statements.of_page(page)}
    rows |= {row.id: row for batch in touched.batches for row in change.statements.of_batch(batch)}
    # What one of a pair is decides how the other stands.
    pairs = {its for row in rows for match in change.matches(row) for its in (match.returned, match.statement)}
    return rows | {its: change.statement_row(its) for its in pairs - rows.keys()}


def _changes(row: StatementRow | None, told: tuple[Event, ...], change: Outbox) -> tuple[Change, ...]:
    """None for a row of which a page cannot be read: `verify` names it, and what was told of it stays."""
    if row is None:
        return changes(told_by(told), Told())
    try:
        now = standing_now(row, change)
    except IntegrityError:
        return ()
    return changes(told_by(told), now, gone=why_gone(row))


def _tellings(
    statement: str,
    row: StatementRow | None,
    told: tuple[Event, ...],
    made: tuple[Change, ...],
    *,
    at: datetime,
    dated: bool,
) -> Iterator[Telling]:
    """With the number as it is known after each: of what is withdrawn, the one it was known by."""
    number = told_by(told).number
    for its in made:
        if its.kind is EventKind.READABLE and row is not None:
            number = row.number
        elif its.data.get("field") == "statement_number":
            number = its.data.get("value")
        issuer, batch = (told[-1].issuer, told[-1].batch) if row is None else (row.issuer, row.batch)
        received_on = row.received_on if row is not None and dated else None
        yield Telling(its.kind, at, issuer, statement, number, batch, its.data, received_on)


def _assigned(number: CourtNumber, change: Outbox, *, dated: bool) -> Telling:
    """Of the row that brought the statement itself, as far as it is there."""
    rows = [row for row in change.statements.numbered(number.statement) if row.issuer == number.issuer]
    first = min(rows, key=lambda row: (not row.counts, not row.pages, row.id), default=None)
    return Telling(
        kind=EventKind.NUMBER_ASSIGNED,
        at=number.at,
        issuer=number.issuer,
        statement=number.statement if first is None else first.id,
        number=number.statement,
        batch=BatchId("") if first is None else first.batch,
        data={"assignment": str(number.sequence)},
        received_on=first.received_on if first is not None and dated else None,
    )
