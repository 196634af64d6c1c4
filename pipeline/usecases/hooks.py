"""Webhooks: made, paused, given new secrets, revoked; events sent again or let go of: entries in the ledger, all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.custody.events import Event, EventKind
from pipeline.custody.hooks import DeliveryState, Hook, HookCounts, HookSecret, HookState, Obstacle, SecretTerm
from pipeline.custody.people import ACCOUNT_NAME
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.evidence.webhook import secret_of
from pipeline.ports import Chance, Clock, HookSender, Records, RecordsTransaction
from pipeline.usecases.gate import Gate
from pipeline.usecases.hook_entries import enter_act, put_hook

DEFAULT_OVERLAP_HOURS, MOST_OVERLAP_HOURS = 24, 24 * 30
LONGEST_URL = 2000
MessageMaker = Callable[[Event], bytes]
MayBeTold = Callable[[Event, Hook], bool]


@dataclass(frozen=True, slots=True)
class Patience:
    """When a delivery is tried again, and when it is given up.

    Attributes:
        waits_s: after the first failed try, after the second...; once there is no further one, it is dead.
        spread: a wait is longer or shorter by up to this share, so that many do not come back at one moment.
        longest_asked_s: a receiver that asks for a longer pause is not obeyed beyond it.
    """

    waits_s: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400)
    spread: float = 0.2
    longest_asked_s: int = 3600

    def scaled(self, first_s: float, tries: int) -> Patience:
        """The same with another first wait, the others in proportion, and another number of tries."""
        factor = first_s / self.waits_s[0]
        return replace(self, waits_s=tuple(wait * factor for wait in self.waits_s[: tries - 1]))


MOST_TRIES = len(Patience().waits_s) + 1


@dataclass(frozen=True, slots=True)
class HookDesk:
    """What webhooks work with; it may be shared by threads.

    Attributes:
        key: of the site, at least 32 bytes, from which all secrets follow; null where none is set.
        message: an event as receivers get it.
        may_be_told: whether this hook is one to tell of this event, besides its kinds and issuer.
    """

    records: Records
    clock: Clock
    chance: Chance
    sender: HookSender
    key: bytes | None = field(repr=False)
    message: MessageMaker
    may_be_told: MayBeTold
    patience: Patience = Patience()


@dataclass(frozen=True, slots=True)
class NewHook:
    """An address that is to be told of events; as `Hook`.

    Attributes:
        since: tell of events after this sequence number; null: of what comes from now on.
    """

    name: str
    url: str
    kinds: frozenset[EventKind] = frozenset()
    issuer: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class HandedSecret:
    """A hook with a new secret: to be handed over, and kept nowhere."""

    hook: Hook
    secret: HookSecret = field(repr=False)


@dataclass(frozen=True, slots=True)
class HookReport:
    """A hook and how its deliveries stand."""

    hook: Hook
    counts: HookCounts


def hook_reports(*, records: Records) -> tuple[HookReport, ...]:
    """All hooks, by name."""
    return tuple(HookReport(its, records.hooks.counts(its.id)) for its in records.hooks.all())


def hook_named(name: str, *, records: Records) -> Hook:
    """Raises OperatorError `unknown_hook`."""
    found = next((its for its in records.hooks.all() if its.name == name), None)
    if found is None:
        raise OperatorError("unknown_hook", name=name[:40])
    return found


def add_hook(new: NewHook, *, by: str, desk: HookDesk) -> HandedSecret:
    """Tell an address of events from now on.

    Raises:
        OperatorError: `bad_hook_name`, `hook_exists`, `hooks_key_not_given`; what the sender says against the address
            (`obstacle.*`).
    """
    if not ACCOUNT_NAME.fullmatch(new.name):
        raise OperatorError("bad_hook_name", name=new.name[:40])
    obstacle = Obstacle.ADDRESS_MALFORMED if len(new.url) > LONGEST_URL else desk.sender.obstacle(new.url)
    if obstacle:
        raise OperatorError(f"obstacle.{obstacle}")
    key, now = required_key(desk), desk.clock.now()
    since = desk.records.events.last() if new.since is None else new.since
    with desk.records.transaction() as change:
        if change.hooks.named(new.name) is not None:
            raise OperatorError("hook_exists", name=new.name)
        term = SecretTerm(desk.chance.token(), now)
        id_ = change.hooks.new_id()
        hook = Hook(id_, new.name, new.url, now, since, new.kinds, new.issuer, secrets=(term,))
        put_hook(hook, "added", by=by, change=change)
    return HandedSecret(hook, secret_of(key, hook.id, term.salt))


def set_paused(name: str, paused: bool, *, by: str, gate: Gate) -> Hook:
    """Stop sending, or go on with what happened meanwhile. Raises OperatorError `unknown_hook`, `hook_revoked`."""
    with gate.records.transaction() as change:
        known = _usable(name, change)
        hook = replace(known, state=HookState.PAUSED if paused else HookState.RUNNING)
        if hook != known:
            put_hook(hook, "paused" if paused else "resumed", by=by, change=change)
    return hook


def revoke_hook(name: str, *, by: str, gate: Gate) -> Hook:
    """Tell an address nothing any more, for good. Raises OperatorError `unknown_hook`."""
    with gate.records.transaction() as change:
        known = _known(name, change)
        hook = replace(known, state=HookState.REVOKED)
        if hook != known:
            put_hook(hook, "revoked", by=by, change=change)
    return hook


def rotate_hook(name: str, *, overlap_hours: int, by: str, desk: HookDesk) -> HandedSecret:
    """Give a hook a new secret. Messages bear both signatures for the overlap.

    Args:
        overlap_hours: 0: the old one is not signed with any more.

    Raises:
        OperatorError: `unknown_hook`, `hook_revoked`, `hooks_key_not_given`.
    """
    key, now = required_key(desk), desk.clock.now()
    end = now + timedelta(hours=overlap_hours)
    with desk.records.transaction() as change:
        known = _usable(name, change)
        term = SecretTerm(desk.chance.token(), now)
        old = (replace(its, expires_at=_earlier(its.expires_at, end)) for its in known.secrets)
        hook = replace(known, secrets=(*old, term))
        put_hook(hook, "rotated", by=by, change=change)
    return HandedSecret(hook, secret_of(key, hook.id, term.salt))


def replay_from(name: str, sequence: int, *, by: str, gate: Gate) -> int:
    """Send events again from that one on, with the ids that they had; those before the hook was made too.

    Returns:
        How many events are behind it, of whatever kind.

    Raises:
        OperatorError: `unknown_hook`, `hook_revoked`.
    """
    with gate.records.transaction() as change:
        hook = _usable(name, change)
        queued = change.hooks.queued(hook.id)
        upto = min(queued, max(0, sequence - 1))
        change.hooks.queue(hook.id, (), upto=upto)
        enter_act(hook, "hook_replayed", {"from": upto + 1}, by=by, change=change)
    return gate.records.events.last() - upto


def replay_dead(name: str, *, by: str, gate: Gate) -> int:
    """Send dead deliveries again, from the first try on; how many. Raises as `replay_from`."""
    with gate.records.transaction() as change:
        hook = _usable(name, change)
        count = change.hooks.revive(hook.id, at=gate.clock.now())
        if count:
            enter_act(hook, "hook_replayed", {"dead": count}, by=by, change=change)
    return count


def skip_dead(name: str, sequence: int, *, by: str, gate: Gate) -> None:
    """Let go of a dead delivery, so that later events of its statement are sent.

    Raises:
        OperatorError: `unknown_hook`, `hook_nothing_dead` when that event is not a dead one here.
    """
    with gate.records.transaction() as change:
        hook = _known(name, change)
        row = change.hooks.delivery(hook.id, sequence)
        if row is None or row.state is not DeliveryState.DEAD:
            raise OperatorError("hook_nothing_dead", name=name, sequence=sequence)
        change.hooks.put_delivery(replace(row, state=DeliveryState.SKIPPED))
        enter_act(hook, "hook_skipped", {"sequence": sequence, "event": row.event}, by=by, change=change)


def required_key(desk: HookDesk) -> bytes:
    """Raises OperatorError `hooks_key_not_given`."""
    if desk.key is None:
        raise OperatorError("hooks_key_not_given")
    return desk.key


def hook_document(report: HookReport) -> Mapping[str, Json]:
    """For JSON."""
    hook, counts = report.hook, report.counts
    oldest = counts.oldest_waiting
    return {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "state": hook.state,
        "kinds": sorted(hook.kinds),
        "issuer": hook.issuer,
        "since": hook.since,
        "created_at": hook.created_at.isoformat(),
        "waiting": counts.waiting,
        "held": counts.held,
        "delivered": counts.delivered,
        "dead": counts.dead,
        "skipped": counts.skipped,
        "behind": counts.behind,
        "oldest_waiting": None if oldest is None else oldest.isoformat(),
    }


def _known(name: str, change: RecordsTransaction) -> Hook:
    hook = change.hooks.named(name)
    if hook is None:
        raise OperatorError("unknown_hook", name=name[:40])
    return hook


def _usable(name: str, change: RecordsTransaction) -> Hook:
    hook = _known(name, change)
    if hook.state is HookState.REVOKED:
        raise OperatorError("hook_revoked", name=name)
    return hook


def _earlier(end: datetime | None, other: datetime) -> datetime:
    return other if end is None else min(end, other)
