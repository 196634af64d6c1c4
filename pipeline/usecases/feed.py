"""The outbox as a client reads it: from a place on, what it wants and may be told."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody import StatementRow
from pipeline.custody.events import Event, EventKind, EventsWanted
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.ports import Records
from pipeline.usecases.court_index import MINOR
from pipeline.usecases.forms import family_of, rows_of

_ALL = 1_000_000
"""More than one statement ever has."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told.

    Attributes:
        issuer: the only issuer whose statements it sees; null: all.
        restricted: whether it may see files of minors.
    """

    issuer: str | None = None
    restricted: bool = True


@dataclass(frozen=True, slots=True)
class Leaf:
    """Events by sequence.

    Attributes:
        upto: from here the listener goes on; what is before and not in `events` it did not want or may not see.
        more: whether there is more at once.
    """

    events: tuple[Event, ...]
    upto: int
    more: bool


def leaf(after: int, wanted: EventsWanted, listener: Listener, *, most: int, records: Records) -> Leaf:
    """The next events behind a place.

    Raises:
        OperatorError: `events_not_reached`: the place is behind the newest event. Whoever has it got it from another
            outbox, or the records were put back from a copy.
    """
    newest = records.events.last()
    if after > newest:
        raise OperatorError("events_not_reached", after=after, newest=newest)
    found = records.events.after(after, most=most, issuer=listener.issuer, wanted=wanted)
    more = len(found) == most
    upto = found[-1].sequence if more else max((newest, *(its.sequence for its in found)))
    open_ones = {its: listener.restricted or is_open(its, records=records) for its in {its.statement for its in found}}
    return Leaf(tuple(its for its in found if open_ones[its.statement]), upto, more)


def is_open(statement: str, *, records: Records) -> bool:
    """Whether nothing of a statement's file is restricted, now: neither the row, nor what else belongs to it, nor what
    was last told of it. Then those are told of it too who may not see files of minors."""
    told = records.events.after(0, most=_ALL, wanted=EventsWanted(statement=statement))
    said = [its.kind for its in told if its.kind in (EventKind.RESTRICTED, EventKind.RELEASED)]
    if said and said[-1] is EventKind.RESTRICTED:
        return False
    row = records.statement_row(statement)
    return row is None or not any(map(_is_restricted, _file_of(row, records)))


def _file_of(row: StatementRow, records: Records) -> tuple[StatementRow, ...]:
    family = family_of(row, records=records)
    others = () if family is None else (each for rows in family.members for each in rows)
    return (row, *rows_of(row, records=records), *others)


def _is_restricted(row: StatementRow) -> bool:
    return any(reason.code == MINOR for reason in row.reasons)


def event_document(event: Event) -> dict[str, Json]:
    """An event for JSON."""
    return {
        "sequence": event.sequence,
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "issuer": event.issuer,
        "number": event.number,
        "statement": event.statement,
        "batch": event.batch,
        "received_on": None if event.received_on is None else event.received_on.isoformat(),
        "age_days": event.age_days,
        "data": dict(event.data),
    }
