"""The frozen values of the outbox: what the court, the prosecutors and the payment side are told of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from pipeline.custody.rows import EntryHash
from pipeline.model import BatchId

NOTHING_TOLD: Final = EntryHash("0" * 64)
"""What the first event has before it."""


class EventKind(StrEnum):
    """What an event says. Kinds are only ever added; whoever gets one that it does not know passes over it."""

    RECEIVED = "received"
    """It came in on paper and counts from now on."""
    READABLE = "readable"
    """It has a sure number, which is the event's and under which it can be asked for; data: `source`."""
    PUBLISHED = "published"
    """A value is accepted, while others may be in review; data: `field`, `value`, `source`."""
    CORRECTED = "corrected"
    """Another value stands in place of one that was told; data: `field`, `value`, `source`, `earlier_source`. Of the
    statement's number (`field` is `statement_number`) the new one is the event's too."""
    RETRACTED = "retracted"
    """A value that was told stands no more, and no other does yet; data: `field`, `earlier_source`."""
    RETURNED = "returned"
    """Return documents of the defendant are with it; data: `documents`, how many sides."""
    REVIEWED = "reviewed"
    """Nothing of it waits for a person."""
    REOPENED = "reopened"
    """It was reviewed, and something waits again."""
    ARCHIVED = "archived"
    """Its batch is closed: what was recorded of it stays."""
    NUMBER_ASSIGNED = "number_assigned"
    """It was tied to a court record; data: `assignment`, the sequence of the `CourtNumber`. The number is asked for."""
    CONFORMITY_FAILED = "conformity_failed"
    """Something is not as the Regulation asks; data: `findings`, codes parted by blanks."""
    CONFORMITY_HOLDS = "conformity_holds"
    """It had failed, and does no more."""
    RESTRICTED = "restricted"
    """Its file is a minor's: from now on only whoever may see such files is told of it."""
    RELEASED = "released"
    """The restriction was lifted: whoever was told nothing asks for the statement."""
    WITHDRAWN = "withdrawn"
    """It counts no more: another stands for it, or its pages are other statements'; data: `reason`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was told of a statement. Events are only ever added.

    Attributes:
        sequence: from 1, without gaps, over all statements; what happened later has a higher one.
        id: stable, the same however often it is handed out; `STATEMENT-e0001`, counted within the statement.
        at: when it became so, aware UTC: the moment of the transaction that changed it.
        issuer: whose statement; empty while none is known.
        statement: id of the `StatementRow`: what one batch brought of a statement.
        number: the statement's, as it stood then; null while none is sure.
        data: as its kind says; empty texts are never in it.
        received_on: the day of the mail, from which ages are counted; null where it is not known, and for what was so
            before there were events.
        previous, hash: SHA-256 of the event before, and of that and this one; NOTHING_TOLD stands before the first.
    """

    sequence: int
    id: str
    kind: EventKind
    at: datetime
    issuer: str
    statement: str
    number: str | None
    batch: BatchId
    data: Mapping[str, str] = field(default_factory=dict, hash=False)
    received_on: date | None = None
    previous: EntryHash = NOTHING_TOLD
    hash: EntryHash = NOTHING_TOLD

    @property
    def age_days(self) -> int | None:
        """Whole days of the place from the mail to this; null where the day of the mail is not known."""
        day = self.at.astimezone().date()
        return None if self.received_on is None else max(0, (day - self.received_on).days)


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that is not yet in the outbox: all but its place there. Attributes as of `Event`."""

    kind: EventKind
    at: datetime
    issuer: str
    statement: str
    number: str | None
    batch: BatchId
    data: Mapping[str, str] = field(default_factory=dict, hash=False)
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """Which events: all that is given must hold; null for any.

    Attributes:
        kinds: none for all.
        statement: a statement's number, or the id of its row.
    """

    issuer: str | None = None
    kinds: frozenset[EventKind] = frozenset()
    statement: str | None = None
