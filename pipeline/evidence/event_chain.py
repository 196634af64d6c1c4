"""The outbox as a chain: each event is hashed as an entry of the ledger is, so that the same checks find the same
tampering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.custody import LedgerEntry
from pipeline.custody.events import NOTHING_TOLD, Event, Telling
from pipeline.evidence import ledger
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference

_CODES: Mapping[str, str] = {
    "ledger_gap": "events_gap",
    "ledger_broken_link": "events_broken_link",
    "ledger_entry_altered": "event_altered",
}


def as_chained(event: Event) -> LedgerEntry:
    """The event as the chain sees it."""
    body = canonical_json(
        {
            "id": event.id,
            "issuer": event.issuer,
            "number": event.number,
            "batch": event.batch,
            "received_on": None if event.received_on is None else event.received_on.isoformat(),
            "data": dict(event.data),
        }
    )
    return LedgerEntry(event.sequence, event.at, event.kind, event.statement, body, event.previous, event.hash)


def next_event(telling: Telling, *, last: Event | None, earlier: int) -> Event:
    """The event that follows the last one.

    Args:
        last: newest of the outbox; null for the first.
        earlier: how many events its statement has.
    """
    bare = Event(
        sequence=1 if last is None else last.sequence + 1,
        id=f"{telling.statement}-e{earlier + 1:04d}",
        kind=telling.kind,
        at=telling.at,
        issuer=telling.issuer,
        statement=telling.statement,
        number=telling.number,
        batch=telling.batch,
        data=telling.data,
        received_on=telling.received_on,
        previous=NOTHING_TOLD if last is None else last.hash,
    )
    return replace(bare, hash=ledger.entry_hash(as_chained(bare)))


def verify_events(events: Iterable[Event]) -> tuple[Difference, ...]:
    """Every difference in the chain, as `ledger.verify`, under codes of its own: `events_gap`, `events_broken_link`,
    `event_altered`."""
    found = ledger.verify(map(as_chained, events))
    return tuple(replace(its, code=_CODES[its.code]) for its in found)
