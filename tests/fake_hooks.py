"""Hooks and deliveries in memory, held to the real ones by `tests/contract/test_hooks.py`; a sender to nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.custody import LedgerEntry
from pipeline.custody.hooks import UNSETTLED, Delivery, DeliveryState, Hook, HookCounts, HookId, Obstacle
from pipeline.ports.hooks import Told

DELIVERED = Told(204)


@dataclass
class HookTables:
    """Open to tests, which tamper with them as an insider would."""

    hooks: dict[HookId, Hook] = field(default_factory=dict)
    queued: dict[HookId, int] = field(default_factory=dict)
    deliveries: dict[tuple[HookId, int], Delivery] = field(default_factory=dict)


class MemoryHooks:
    """Fills `Hooks` and `HooksChange`."""

    def __init__(self, tables: HookTables, ledger: list[LedgerEntry], last: Callable[[], int]) -> None:
        """`last`: sequence of the newest event."""
        self._tables = tables
        self._ledger = ledger
        self._last = last

    def all(self) -> tuple[Hook, ...]:
        return tuple(sorted(self._tables.hooks.values(), key=lambda its: its.name))

    def attested(self) -> tuple[tuple[Hook, ...], tuple[LedgerEntry, ...]]:
        return self.all(), tuple(its for its in self._ledger if its.kind in ("hook_added", "hook_changed"))

    def counts(self, hook: HookId) -> HookCounts:
        rows = self._of(hook)
        many = {state: sum(1 for row in rows if row.state is state) for state in DeliveryState}
        waiting = [row for row in rows if row.state is DeliveryState.WAITING]
        return HookCounts(
            waiting=len(waiting),
            held=sum(1 for row in waiting if self._is_behind(row, (DeliveryState.DEAD,))),
            delivered=many[DeliveryState.DELIVERED],
            dead=many[DeliveryState.DEAD],
            skipped=many[DeliveryState.SKIPPED],
            behind=max(0, self._last() - self.queued(hook)),
            oldest_waiting=min((row.queued_at for row in waiting), default=None),
        )

    def queued(self, hook: HookId) -> int:
        return self._tables.queued.get(hook, 0)

    def deliveries(
        self, hook: HookId, *, state: DeliveryState | None = None, before: int | None = None, most: int
    ) -> tuple[Delivery, ...]:
        rows = (row for row in self._of(hook) if state in (None, row.state))
        wanted = [row for row in rows if before is None or row.sequence < before]
        return tuple(wanted[::-1][:most])

    def new_id(self) -> HookId:
        return HookId(f"h{len(self._tables.hooks) + 1:04d}")

    def named(self, name: str) -> Hook | None:
        return next((its for its in self.all() if its.name == name), None)

    def put(self, hook: Hook) -> None:
        self._tables.hooks[hook.id] = hook
        self._tables.queued.setdefault(hook.id, hook.since)

    def queue(self, hook: HookId, rows: Sequence[Delivery], *, upto: int) -> None:
        for row in rows:
            self.put_delivery(row)
        self._tables.queued[hook] = upto

    def take(self, hook: HookId, *, now: datetime, until: datetime, most: int) -> tuple[Delivery, ...]:
        waiting = (row for row in self._of(hook) if row.state is DeliveryState.WAITING and row.due_at <= now)
        free = [row for row in waiting if row.sequence <= self.queued(hook) and not self._is_behind(row, UNSETTLED)]
        taken = tuple(replace(row, tries=row.tries + 1, due_at=until) for row in free[:most])
        for row in taken:
            self.put_delivery(row)
        return taken

    def delivery(self, hook: HookId, sequence: int) -> Delivery | None:
        return self._tables.deliveries.get((hook, sequence))

    def put_delivery(self, row: Delivery) -> None:
        self._tables.deliveries[row.hook, row.sequence] = row

    def revive(self, hook: HookId, *, at: datetime) -> int:
        dead = [row for row in self._of(hook) if row.state is DeliveryState.DEAD]
        for row in dead:
            self.put_delivery(replace(row, state=DeliveryState.WAITING, tries=0, due_at=at, queued_at=at))
        return len(dead)

    def _of(self, hook: HookId) -> list[Delivery]:
        return [self._tables.deliveries[key] for key in sorted(self._tables.deliveries) if key[0] == hook]

    def _is_behind(self, row: Delivery, states: Collection[DeliveryState]) -> bool:
        earlier = (its for its in self._of(row.hook) if its.state in states and its.sequence < row.sequence)
        return any(its.statement == row.statement or its.numbered == row.numbered != "" for its in earlier)


@dataclass
class ScriptedReceiver:
    """Fills `HookSender`. Answers as `answers` say, one after the other, then as `then` does; keeps what was sent."""

    answers: list[Told] = field(default_factory=list)
    then: Told = DELIVERED
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    longest_s: float = 10.0

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        self.sent.append((url, dict(headers), body))
        return self.answers.pop(0) if self.answers else self.then

    def obstacle(self, url: str) -> Obstacle | None:
        return Obstacle.ADDRESS_PRIVATE if url in self.refused else None

    @property
    def ids(self) -> list[str]:
        """Of the messages, in the order of their coming."""
        return [headers["webhook-id"] for _, headers, _ in self.sent]
