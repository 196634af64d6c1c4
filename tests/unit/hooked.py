"""A hook in the records of a test, with deliveries in every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.custody.events import EventKind
from pipeline.custody.hooks import Delivery, DeliveryState, Hook, HookId, Obstacle, SecretTerm
from pipeline.ports import Records
from pipeline.usecases.hook_entries import put_hook

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEAD = 3


def hook_with_everything(records: Records) -> Hook:
    """Named `court`; event 3 is a dead one, and event 4 waits behind it."""
    terms = (SecretTerm("a", NOON, NOON + timedelta(days=9000)), SecretTerm("b", NOON))
    with records.transaction() as change:
        id_ = change.hooks.new_id()
        hook = Hook(id_, "court", "https://court.example/in/se-cr-et", NOON, 0, secrets=terms)
        put_hook(hook, "added", by="os:root", change=change)
        rows = (
            _row(id_, 1, "s1", DeliveryState.DELIVERED, 204, None),
            _row(id_, 2, "s2", DeliveryState.SKIPPED, 410, Obstacle.STATUS),
            _row(id_, DEAD, "s3", DeliveryState.DEAD, 500, Obstacle.STATUS, tries=13),
            _row(id_, 4, "s3", DeliveryState.WAITING, None, None, tries=0),
            _row(id_, 5, "s4", DeliveryState.WAITING, None, Obstacle.UNREACHABLE, tries=2),
        )
        change.hooks.queue(id_, rows, upto=5)
    return hook


def _row(
    hook: HookId,
    sequence: int,
    statement: str,
    state: DeliveryState,
    status: int | None,
    obstacle: Obstacle | None,
    *,
    tries: int = 1,
) -> Delivery:
    kind = EventKind.RECEIVED if sequence % 2 else EventKind.NUMBER_ASSIGNED
    last = NOON + timedelta(minutes=sequence) if tries else None
    event = f"2026-11-20-001-{statement}-e{sequence:04d}"
    return Delivery(hook, sequence, event, kind, statement, "", NOON, NOON, state, tries, status, obstacle, last)
