"""The outbox in memory; held to the real one by `tests/contract/test_events.py`."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.custody import LedgerEntry
from pipeline.custody.events import Event, EventsWanted, Telling
from pipeline.evidence.event_chain import next_event
from pipeline.ports.events import EVERYTHING


class MemoryEvents:
    """Fills `Events` and `EventsChange`; the list is open to tests, which tamper with it as an insider would."""

    def __init__(self, told: list[Event], ledger: list[LedgerEntry]) -> None:
        self._told = told
        self._ledger = ledger

    def after(
        self, sequence: int, *, most: int, issuer: str | None = None, wanted: EventsWanted = EVERYTHING
    ) -> tuple[Event, ...]:
        behind = (its for its in self._told if its.sequence > sequence and issuer in (None, its.issuer))
        return tuple(its for its in behind if _is_wanted(its, wanted))[:most]

    def last(self) -> int:
        return self._told[-1].sequence if self._told else 0

    def all(self) -> Iterator[Event]:
        return iter(self._told)

    def attested(self) -> tuple[LedgerEntry, ...]:
        return tuple(its for its in self._ledger if its.kind.startswith("events_"))

    def append(self, telling: Telling) -> Event:
        last = self._told[-1] if self._told else None
        event = next_event(telling, last=last, earlier=len(self.of_statement(telling.statement)))
        self._told.append(event)
        return event

    def of_statement(self, statement: str) -> tuple[Event, ...]:
        return tuple(its for its in self._told if its.statement == statement)


def _is_wanted(its: Event, wanted: EventsWanted) -> bool:
    return (
        wanted.issuer in (None, its.issuer)
        and (not wanted.kinds or its.kind in wanted.kinds)
        and wanted.statement in (None, its.number, its.statement)
    )
