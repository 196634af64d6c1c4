"""What the core asks of the outside for webhooks: hooks and deliveries in the records, and something that sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.hooks import Delivery, DeliveryState, Hook, HookCounts, HookId, Obstacle


class Hooks(Protocol):
    """Hooks and their deliveries, as last committed."""

    def all(self) -> tuple[Hook, ...]:
        """By name."""
        ...

    def attested(self) -> tuple[tuple[Hook, ...], tuple[LedgerEntry, ...]]:
        """All hooks, and the ledger's entries on how they stand (`hook_added`, `hook_changed`), as of one moment."""
        ...

    def counts(self, hook: HookId) -> HookCounts: ...

    def queued(self, hook: HookId) -> int:
        """Up to which event deliveries were queued; what is behind it is not sent."""
        ...

    def deliveries(
        self, hook: HookId, *, state: DeliveryState | None = None, before: int | None = None, most: int
    ) -> tuple[Delivery, ...]:
        """By sequence number, last first.

        Args:
            before: only those of earlier events than this one.
        """
        ...


class HooksChange(Protocol):
    """The same within a transaction, as it sees them."""

    def new_id(self) -> HookId: ...

    def named(self, name: str) -> Hook | None: ...

    def put(self, hook: Hook) -> None:
        """Add the hook, with nothing queued after its `since`, or replace the one with its id."""
        ...

    def queued(self, hook: HookId) -> int: ...

    def queue(self, hook: HookId, rows: Sequence[Delivery], *, upto: int) -> None:
        """Add deliveries, or begin those anew that there are for the same events. All events up to that one are
        queued with it; with an earlier one than before, those behind it are again not sent."""
        ...

    def take(self, hook: HookId, *, now: datetime, until: datetime, most: int) -> tuple[Delivery, ...]:
        """Begin the next tries: of what is waiting and due, what no earlier unsettled event of the same statement holds
        back, by sequence number. Each counts as a try and is due again at `until`, should nobody say how it ended."""
        ...

    def delivery(self, hook: HookId, sequence: int) -> Delivery | None: ...

    def put_delivery(self, row: Delivery) -> None:
        """Replace the delivery of the same event."""
        ...

    def revive(self, hook: HookId, *, at: datetime) -> int:
        """Have all dead ones sent again from the first try on; how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """How a try ended.

    Attributes:
        status: HTTP status; null without an answer.
        obstacle: what went wrong; null for a delivery.
        wait_s: after which the receiver asks to be tried again; null where it does not say.
    """

    status: int | None
    obstacle: Obstacle | None = None
    wait_s: int | None = None


class HookSender(Protocol):
    """Posts messages to addresses of others."""

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """Post once and say how it ended; it never raises for what the other side does, and ends in bounded time."""
        ...

    def obstacle(self, url: str) -> Obstacle | None:
        """Why nothing would be sent there; null if something would."""
        ...

    @property
    def longest_s(self) -> float:
        """A try never takes longer."""
        ...
