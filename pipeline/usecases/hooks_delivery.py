"""Sends events to hooks: in order per statement, at least once, each with the id that it has in the outbox.

A try is recorded before it is made and its end after: whoever is killed between the two sends the same message again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus

from pipeline.custody.events import Event
from pipeline.custody.hooks import Delivery, DeliveryState, Hook, HookId, HookState
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.evidence.webhook import secret_of, signed_headers
from pipeline.ports.hooks import Told
from pipeline.usecases.hooks import HookDesk, Patience, hook_named, required_key

AT_ONCE = 8
"""Messages under way to one hook, each of another statement."""
_QUEUED_AT_ONCE = 500
_MARGIN_S = 20
"""After the longest try, until another process takes it for lost: to record how it ended may take a while."""
_FAILURES_BEFORE_REST, _FIRST_REST_S, _LONGEST_REST_S = 3, 5, 300
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
Each = Callable[[Callable[[Delivery], Told], Iterable[Delivery]], Iterable[Told]]
"""Does something with each delivery, all at once or one after the other; `map` is one."""


@dataclass
class Rests:
    """Hooks whose receivers seem to be down. While one is, single messages find out when it is up again: an outage then
    costs a few messages their tries, and not all. Forgotten with the process."""

    _failures: dict[HookId, int] = field(default_factory=dict)
    _until: dict[HookId, datetime] = field(default_factory=dict)

    def most(self, hook: HookId, now: datetime) -> int:
        """How many messages may be sent to it now."""
        if hook in self._until and now < self._until[hook]:
            return 0
        return 1 if self._failures.get(hook, 0) >= _FAILURES_BEFORE_REST else AT_ONCE

    def note(self, hook: HookId, told: Told, now: datetime) -> None:
        if not _is_down(told):
            self._failures.pop(hook, None)
            self._until.pop(hook, None)
            return
        count = self._failures[hook] = self._failures.get(hook, 0) + 1
        if count >= _FAILURES_BEFORE_REST:
            rest_s = min(_LONGEST_REST_S, _FIRST_REST_S * 2 ** min(count - _FAILURES_BEFORE_REST, 10))
            self._until[hook] = now + timedelta(seconds=max(rest_s, min(told.wait_s or 0, _LONGEST_REST_S)))


def deliver_due(desk: HookDesk, rests: Rests, each: Each = map) -> int:
    """One round over all hooks: queue what is new, send what is due, once each.

    Args:
        each: as which the messages to one hook are sent.

    Returns:
        How many messages were sent or events queued; 0: nothing to do for now.

    Raises:
        OperatorError: `hooks_key_not_given`, where there are hooks that should send.
    """
    return sum(deliver_to(hook, desk, rests, each) for hook in desk.records.hooks.all())


def deliver_to(hook: Hook, desk: HookDesk, rests: Rests, each: Each = map) -> int:
    """As `deliver_due`, for one hook."""
    if hook.state is not HookState.RUNNING:
        return 0
    required_key(desk)
    return queue_events(hook, desk) + _send_due(hook, desk, rests, each)


def queue_events(hook: Hook, desk: HookDesk) -> int:
    """Queue deliveries of events that are new to this hook; how many events were looked at."""
    queued = desk.records.hooks.queued(hook.id)
    if desk.records.events.last() <= queued:
        return 0
    found = desk.records.events.after(queued, most=_QUEUED_AT_ONCE)
    if not found:
        return 0
    now = desk.clock.now()
    rows = tuple(_delivery(hook, event, now) for event in found if _is_for(event, hook, desk))
    with desk.records.transaction() as change:
        if change.hooks.queued(hook.id) == queued:
            change.hooks.queue(hook.id, rows, upto=found[-1].sequence)
    return len(found)


def send_test(name: str, *, desk: HookDesk) -> Told:
    """Send a message that tells of nothing, signed like all others. Raises OperatorError `unknown_hook`,
    `hooks_key_not_given`."""
    hook = hook_named(name, records=desk.records)
    body: Json = {"kind": "test", "at": desk.clock.now().isoformat(), "hook": hook.name}
    return _post(hook, f"test-{desk.chance.token()}", canonical_json(body).encode(), desk)


def wait_s(row: Delivery, told: Told, patience: Patience) -> float | None:
    """How long after this failed try the next one may begin; null when there is none."""
    if row.tries > len(patience.waits_s):
        return None
    plain = patience.waits_s[row.tries - 1]
    seed = hashlib.sha256(f"{row.hook}:{row.sequence}:{row.tries}".encode()).digest()
    share = int.from_bytes(seed[:4], "big") / 0xFFFFFFFF
    asked = min(told.wait_s or 0, patience.longest_asked_s) if told.status in _BUSY else 0
    return max(plain * (1 + patience.spread * (2 * share - 1)), asked)


def _send_due(hook: Hook, desk: HookDesk, rests: Rests, each: Each) -> int:
    now = desk.clock.now()
    most = rests.most(hook.id, now)
    if not most or not desk.records.hooks.deliveries(hook.id, state=DeliveryState.WAITING, most=1):
        return 0
    lost_at = now + timedelta(seconds=desk.sender.longest_s + _MARGIN_S)
    with desk.records.transaction() as change:
        taken = change.hooks.take(hook.id, now=now, until=lost_at, most=most)
    for told in each(partial(_send, hook, desk), taken):
        rests.note(hook.id, told, desk.clock.now())
    return len(taken)


def _send(hook: Hook, desk: HookDesk, row: Delivery) -> Told:
    event = _event(row, desk)
    if not desk.may_be_told(event, hook):
        return _kept_back(row, desk)
    told = _post(hook, event.id, desk.message(event), desk)
    _settle(row, told, desk)
    return told


def _kept_back(row: Delivery, desk: HookDesk) -> Told:
    """It was restricted since it was queued."""
    with desk.records.transaction() as change:
        change.hooks.put_delivery(replace(row, state=DeliveryState.SKIPPED, last_at=desk.clock.now()))
    return Told(None)


def _post(hook: Hook, message: str, body: bytes, desk: HookDesk) -> Told:
    now, key = desk.clock.now(), required_key(desk)
    secrets = [secret_of(key, hook.id, its.salt) for its in hook.terms(now)]
    return desk.sender.send(hook.url, signed_headers(secrets, message, now, body), body)


def _settle(row: Delivery, told: Told, desk: HookDesk) -> None:
    now, wait = desk.clock.now(), wait_s(row, told, desk.patience)
    if told.obstacle is None:
        state, due = DeliveryState.DELIVERED, now
    elif wait is None:
        state, due = DeliveryState.DEAD, now
    else:
        state, due = DeliveryState.WAITING, now + timedelta(seconds=wait)
    with desk.records.transaction() as change:
        current = change.hooks.delivery(row.hook, row.sequence)
        # Begun again meanwhile, by another process or because somebody asked for it: then that try says how it ends.
        if current is None or current.state is not DeliveryState.WAITING or current.tries != row.tries:
            return
        ended = replace(current, status=told.status, obstacle=told.obstacle, last_at=now)
        change.hooks.put_delivery(replace(ended, state=state, due_at=due))


def _is_for(event: Event, hook: Hook, desk: HookDesk) -> bool:
    wanted = not hook.kinds or event.kind in hook.kinds
    return wanted and hook.issuer in (None, event.issuer) and desk.may_be_told(event, hook)


def _delivery(hook: Hook, event: Event, now: datetime) -> Delivery:
    numbered = "" if event.number is None else f"{event.issuer}:{event.number}"
    return Delivery(
        hook=hook.id,
        sequence=event.sequence,
        event=event.id,
        kind=event.kind,
        statement=event.statement,
        numbered=numbered,
        due_at=now,
        queued_at=now,
    )


def _event(row: Delivery, desk: HookDesk) -> Event:
    found = desk.records.events.after(row.sequence - 1, most=1)
    if not found or found[0].id != row.event:
        raise InvariantBroken("hook_event_missing", event=row.event)
    return found[0]


def _is_down(told: Told) -> bool:
    """Nothing came back, or an answer that has nothing to do with the message."""
    return told.obstacle is not None and (told.status is None or told.status >= 500 or told.status in _BUSY)
