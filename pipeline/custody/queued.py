"""The frozen values of work that is divided among processes: what is to be done, who is at it, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.model import BatchId, Reason

JobId = NewType("JobId", str)
"""`sheet:2026-11-22-001/3`: the kind and what it is done to, so that a job that is asked for twice is one job."""


class JobKind(StrEnum):
    """What is to be done, in the order in which a batch needs it."""

    RECEIVE = "receive"
    """Store the files of a batch: on the machine where they are, so that no message tells of it."""
    SPLIT = "split"
    """Take a stored file apart."""
    PAIR = "pair"
    """Make sheets of the pages of a batch."""
    SHEET = "sheet"
    """Read the sides of one sheet."""
    ASSEMBLE = "assemble"
    """Form statements of a batch whose sheets are read, and document them."""
    SEAL = "seal"
    """Seal the ledger and write the seals outside."""
    PUBLISH = "publish"
    """Send to one address what it is to be told."""
    VERIFY = "verify"
    """Recompute what is kept."""


SENT_KINDS = tuple(kind for kind in JobKind if kind is not JobKind.RECEIVE)
"""What messages tell of."""
BATCH_KINDS = (
    JobKind.RECEIVE,
    JobKind.SPLIT,
    JobKind.PAIR,
    JobKind.SHEET,
    JobKind.ASSEMBLE,
    JobKind.SEAL,
)


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    SENT = "sent"
    """The queue was told of it."""
    CLAIMED = "claimed"
    """Somebody is at it, until the end of the claim."""
    DONE = "done"
    DEAD = "dead"
    """Given up, with a reason: a person is asked."""


UNFINISHED = (JobState.WAITING, JobState.SENT, JobState.CLAIMED)


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as it is recorded.

    Attributes:
        subject: id of the file, the sheet (`BATCH/3`), the batch or the hook; a date for `verify`.
        batch: that it belongs to; null for none.
        urgent_on: the day of the deadline that is nearest, as far as it is known: smaller days come first.
        attempts: claims that did not end because a service was away, this one included.
        put_off: how often it was put off because a service was away.
        not_before: nobody begins it before.
        claimed_by, claimed_until: who is at it, and when it is taken for lost; of the last claim.
        sent_at: when the queue was told of it last.
        reason: why it was put off, or given up.
        cpu_s: processor seconds of its workers.
    """

    id: JobId
    kind: JobKind
    subject: str
    batch: BatchId | None
    urgent_on: date
    made_at: datetime
    not_before: datetime
    state: JobState = JobState.WAITING
    attempts: int = 0
    put_off: int = 0
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    reason: Reason | None = None
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs there are.

    Attributes:
        states: by state, those that occur.
        oldest: when the oldest one that is not finished was made; null where all are.
    """

    states: Mapping[JobState, int] = field(default_factory=dict)
    oldest: datetime | None = None

    @property
    def unfinished(self) -> int:
        return sum(self.states.get(state, 0) for state in UNFINISHED)

    @property
    def dead(self) -> int:
        return self.states.get(JobState.DEAD, 0)


def job_id(kind: JobKind, subject: str) -> JobId:
    return JobId(f"{kind}:{subject}")
