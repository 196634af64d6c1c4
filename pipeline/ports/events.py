"""What the core asks of the outside for the outbox: events in their order, only ever added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.events import Event, EventsWanted, Telling

EVERYTHING = EventsWanted()


class Events(Protocol):
    """The outbox as last committed: an event is there with what it tells of, or neither is."""

    def after(
        self, sequence: int, *, most: int, issuer: str | None = None, wanted: EventsWanted = EVERYTHING
    ) -> tuple[Event, ...]:
        """The first `most` events behind that sequence (0: from the first on), by sequence.

        Args:
            issuer: only of this one's statements; `wanted` is asked for besides.
        """
        ...

    def last(self) -> int:
        """Sequence of the newest event; 0 without any."""
        ...

    def all(self) -> Iterator[Event]:
        """By sequence."""
        ...

    def attested(self) -> tuple[LedgerEntry, ...]:
        """The ledger's entries on the outbox (`events_anchored`), by number."""
        ...


class EventsChange(Protocol):
    """The same within a transaction, as it sees it."""

    def append(self, telling: Telling) -> Event:
        """Put an event at the end. Most are put there by the transaction itself, once all its changes are made: what it
        changed of a statement is compared with what was told of it."""
        ...

    def of_statement(self, statement: str) -> tuple[Event, ...]:
        """All that was told of this row, by sequence."""
        ...
