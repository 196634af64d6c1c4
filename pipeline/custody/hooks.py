"""The frozen values of webhooks: addresses that are told of events, and what became of each delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.custody.events import EventKind

HookId = NewType("HookId", str)
"""`h0007`; none is given twice."""
HookSecret = NewType("HookSecret", str)
"""`whsec_` and 256 bits in Base64. Handed over once and made anew from the site's key whenever something is signed."""


class HookState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    """Nothing is sent; what happens meanwhile is sent once it goes on."""
    REVOKED = "revoked"
    """For good: nothing is sent any more."""


class DeliveryState(StrEnum):
    """How far the delivery of one event to one address is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; later events of its statement wait until somebody sends it again or skips it."""
    SKIPPED = "skipped"
    """A dead one that somebody let go of."""


class Obstacle(StrEnum):
    """What keeps a message from being delivered."""

    ADDRESS_MALFORMED = "address_malformed"
    ADDRESS_UNKNOWN = "address_unknown"
    """Its name cannot be looked up."""
    ADDRESS_PRIVATE = "address_private"
    """It leads into a network that messages do not go to."""
    ADDRESS_OPEN = "address_open"
    """Without TLS, and not on this machine."""
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    ANSWER_MALFORMED = "answer_malformed"
    REDIRECTED = "redirected"
    STATUS = "status"
    """The answer is an error."""


UNSETTLED = (DeliveryState.WAITING, DeliveryState.DEAD)
"""What holds back later events of the same statement."""


@dataclass(frozen=True, slots=True)
class SecretTerm:
    """A secret of a hook, without the secret.

    Attributes:
        salt: what makes it, together with the site's key and the hook's id.
        expires_at: from this moment on nothing is signed with it; null for the one in force.
    """

    salt: str
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that is told of events. Hooks are revoked, never removed.

    Attributes:
        name: as ACCOUNT_NAME says; unique among hooks.
        url: `https://...`, or `http://` to this machine.
        kinds: of events it is told of; empty: all.
        issuer: the only issuer whose events it is told of; null: all.
        since: it is told of events after this sequence number.
        secrets: by the time they were made, those that have expired too; the last one has no end.
    """

    id: HookId
    name: str
    url: str
    created_at: datetime
    since: int
    kinds: frozenset[EventKind] = frozenset()
    issuer: str | None = None
    state: HookState = HookState.RUNNING
    secrets: tuple[SecretTerm, ...] = field(default=(), repr=False)

    @property
    def known_as(self) -> str:
        """Its name in the ledger."""
        return f"hook:{self.name}"

    def terms(self, at: datetime) -> tuple[SecretTerm, ...]:
        """What a message is signed with at that moment, newest first."""
        return tuple(its for its in reversed(self.secrets) if its.expires_at is None or at < its.expires_at)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one address.

    Attributes:
        sequence, event: of the event.
        statement: id of the `StatementRow`; with `numbered`, what is delivered in order.
        numbered: issuer and number of the statement; empty where it has none yet.
        tries: begun since it was queued or sent again; one that a killed process began counts.
        due_at: not before this moment. While a try is under way: when another process may take it for lost.
        status: HTTP status of the last try; null without an answer.
        obstacle: what kept the last try from being a delivery.
        last_at: when the last try ended.
    """

    hook: HookId
    sequence: int
    event: str
    kind: EventKind
    statement: str
    numbered: str
    due_at: datetime
    queued_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    status: int | None = None
    obstacle: Obstacle | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HookCounts:
    """Deliveries of a hook.

    Attributes:
        waiting: `held` ones too.
        held: waiting behind a dead one of their statement.
        behind: events that nobody has queued yet.
        oldest_waiting: when the oldest one waiting was queued; null without any.
    """

    waiting: int = 0
    held: int = 0
    delivered: int = 0
    dead: int = 0
    skipped: int = 0
    behind: int = 0
    oldest_waiting: datetime | None = None
