"""Tying a statement to a court record: rows only ever added, a request that is repeated answered as the first time."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody.court import CourtNumber
from pipeline.errors import OperatorError
from pipeline.ports import RecordsTransaction
from pipeline.usecases.court_entries import add_number
from pipeline.usecases.gate import Gate

MOST_STATEMENTS = 50
"""Of one court record, so that its answer stays of a bounded size."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for.

    Attributes:
        issuer, statement: whose statement, by its number.
        number: of the court record, normalised.
        key: by which the client names this request, so that it may send it again.
        version: how many rows the client knows of the statement; null: it did not say.
    """

    issuer: str
    statement: str
    number: str
    key: str
    version: int | None = None


def assign_number(wish: Wish, *, by: str, gate: Gate) -> tuple[CourtNumber, ...]:
    """Tie a statement to a court record. Returns its history up to what this request brought about.

    Args:
        by: the client's name.

    Raises:
        OperatorError: `court_number_key_reused` (the client named another request so), `court_number_stale` (somebody
            was faster), `court_number_assigned` (it is tied to another record, and the client did not say that it
            knows), `court_record_full`.
    """
    with gate.records.transaction() as change:
        earlier = change.court.requested(by, wish.key)
        if earlier is not None:
            return _again(earlier, wish, change)
        history = change.court.history(wish.issuer, wish.statement)
        if wish.version is not None and wish.version != len(history):
            raise OperatorError("court_number_stale", version=len(history))
        if history and history[-1].number == wish.number:
            return history
        if history and wish.version is None:
            raise OperatorError("court_number_assigned", number=history[-1].number)
        if len(change.court.tied_to(wish.number)) >= MOST_STATEMENTS:
            raise OperatorError("court_record_full", number=wish.number, most=MOST_STATEMENTS)
        row = CourtNumber(
            sequence=change.court.count() + 1,
            issuer=wish.issuer,
            statement=wish.statement,
            number=wish.number,
            at=gate.clock.now(),
            by=by,
            key=wish.key,
            salt=gate.chance.token(),
        )
        add_number(row, change=change)
    return (*history, row)


def _again(earlier: CourtNumber, wish: Wish, change: RecordsTransaction) -> tuple[CourtNumber, ...]:
    if (earlier.issuer, earlier.statement, earlier.number) != (wish.issuer, wish.statement, wish.number):
        raise OperatorError("court_number_key_reused", key=wish.key)
    history = change.court.history(wish.issuer, wish.statement)
    return tuple(row for row in history if row.sequence <= earlier.sequence)
