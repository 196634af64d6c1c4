"""Jobs of workers in the records: the database says what is left to do, the queue only says when to look."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from pipeline.custody.queued import JobCounts, JobId, JobKind, JobState, QueuedJob
from pipeline.model import BatchId, Reason


class Jobs(Protocol):
    """Jobs as last committed, and claims.

    What changes here is a short transaction of its own, which waits for no transaction of the records where the
    database can do without (PostgreSQL: rows, with SKIP LOCKED): nothing of custody follows from it.
    """

    def job(self, job: JobId) -> QueuedJob | None: ...

    def of_batch(self, batch: BatchId) -> tuple[QueuedJob, ...]:
        """Most urgent first."""
        ...

    def counts(self, *, batch: BatchId | None = None) -> JobCounts:
        """Of all batches, without those that are done: these grow without end."""
        ...

    def listed(self, states: Collection[JobState], *, most: int, after: JobId | None = None) -> tuple[QueuedJob, ...]:
        """Most urgent first: by day, moment of making and id."""
        ...

    def left_alone(self) -> tuple[BatchId, ...]:
        """Batches whose paper is in, that are not complete and have no job that is not finished; those with a dead one
        too."""
        ...

    def claim(self, job: JobId, *, by: str, now: datetime, until: datetime) -> QueuedJob | None:
        """Take on a job; this attempt is counted. Null where there is nothing to do: it has ended, is not there, is not
        due yet, or somebody is at it."""
        ...

    def take(self, *, by: str, now: datetime, until: datetime, kinds: Collection[JobKind]) -> QueuedJob | None:
        """Take on the most urgent job of these kinds that nobody is at."""
        ...

    def renew(self, claimed: QueuedJob, *, until: datetime) -> bool:
        """Prolong a claim; false where it is no longer this one's."""
        ...

    def put_off(self, claimed: QueuedJob, *, until: datetime, reason: Reason, counts: bool = False) -> bool:
        """Give a claimed job back, to be begun at that moment or later. False where it is no longer this one's.

        Args:
            counts: it stays counted as an attempt.
        """
        ...

    def give_back(self, claimed: QueuedJob) -> bool:
        """As if it had never been claimed: a worker that is being stopped does not do it."""
        ...

    def offered(
        self, *, now: datetime, most: int, kinds: Collection[JobKind]
    ) -> AbstractContextManager[tuple[QueuedJob, ...]]:
        """Jobs that wait and are due, most urgent first, to tell the queue of. Once left without an error they are
        `sent`; else, or if the process ends, they wait as before. Others skip them meanwhile, where the database can.
        """
        ...

    def recall(self, *, now: datetime, sent_before: datetime) -> int:
        """Have those wait again whose claim has ended, and those sent before that moment which nobody took on. Returns
        how many."""
        ...


class JobsChange(Protocol):
    """Jobs within a transaction of the records."""

    def job(self, job: JobId) -> QueuedJob | None: ...

    def add(self, jobs: Sequence[QueuedJob]) -> int:
        """Add those that are not there. Returns how many."""
        ...

    def unfinished(self, batch: BatchId, kinds: Collection[JobKind]) -> int: ...

    def finish(
        self, job: JobId, *, at: datetime, dead: bool = False, reason: Reason | None = None, cpu_s: float = 0.0
    ) -> bool:
        """It has come to its end; false where it had already, or is not there."""
        ...

    def settle(self, batch: BatchId, *, at: datetime, kinds: Collection[JobKind]) -> int:
        """Those of a batch that are not finished are done: others did what they were for. Returns how many."""
        ...

    def revive(self, job: JobId, *, at: datetime) -> bool:
        """Begin it anew, all its counts at zero; false where it has not ended."""
        ...
