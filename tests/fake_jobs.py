"""Jobs of workers in memory, held to the real ones by `tests/contract/test_jobs.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from pipeline.custody import BatchRow, BatchState
from pipeline.custody.queued import UNFINISHED, JobCounts, JobId, JobKind, JobState, QueuedJob
from pipeline.model import BatchId, Reason

JobTable = dict[JobId, QueuedJob]


class MemoryJobs:
    """Fills `Jobs` and `JobsChange`."""

    def __init__(self, table: JobTable, batches: Mapping[BatchId, BatchRow]) -> None:
        self._table = table
        self._batches = batches

    def job(self, job: JobId) -> QueuedJob | None:
        return self._table.get(job)

    def of_batch(self, batch: BatchId) -> tuple[QueuedJob, ...]:
        return self._ordered(lambda its: its.batch == batch)

    def counts(self, *, batch: BatchId | None = None) -> JobCounts:
        found = self._ordered(lambda its: its.state is not JobState.DONE if batch is None else its.batch == batch)
        states = {state: sum(its.state is state for its in found) for state in JobState}
        return JobCounts(
            {state: many for state, many in states.items() if many},
            min((its.made_at for its in found if its.state in UNFINISHED), default=None),
        )

    def listed(self, states: Collection[JobState], *, most: int, after: JobId | None = None) -> tuple[QueuedJob, ...]:
        rest = self._ordered(lambda its: its.state in states)
        if after is not None:
            place = _place(self._table[after])
            rest = tuple(its for its in rest if _place(its) > place)
        return rest[:most]

    def left_alone(self) -> tuple[BatchId, ...]:
        busy = {its.batch for its in self._table.values() if its.state in UNFINISHED}
        resting = (BatchState.COMPLETE, BatchState.SCANNING)
        rows = (row for row in self._batches.values() if row.state not in resting)
        return tuple(sorted(row.id for row in rows if row.id not in busy))

    def claim(self, job: JobId, *, by: str, now: datetime, until: datetime) -> QueuedJob | None:
        its = self._table.get(job)
        if its is None or not _is_free(its, now):
            return None
        claimed = replace(its, state=JobState.CLAIMED, attempts=its.attempts + 1, claimed_by=by, claimed_until=until)
        self._table[job] = claimed
        return claimed

    def take(self, *, by: str, now: datetime, until: datetime, kinds: Collection[JobKind]) -> QueuedJob | None:
        free = self._ordered(lambda its: its.kind in kinds and _is_free(its, now))
        return self.claim(free[0].id, by=by, now=now, until=until) if free else None

    def renew(self, claimed: QueuedJob, *, until: datetime) -> bool:
        return self._changed(claimed, lambda its: replace(its, claimed_until=until))

    def put_off(self, claimed: QueuedJob, *, until: datetime, reason: Reason, counts: bool = False) -> bool:
        less = 0 if counts else 1
        return self._changed(
            claimed,
            lambda its: replace(
                its,
                state=JobState.WAITING,
                not_before=until,
                attempts=its.attempts - less,
                put_off=its.put_off + less,
                reason=reason,
            ),
        )

    def give_back(self, claimed: QueuedJob) -> bool:
        return self._changed(claimed, lambda its: replace(its, state=JobState.WAITING, attempts=its.attempts - 1))

    @contextmanager
    def offered(self, *, now: datetime, most: int, kinds: Collection[JobKind]) -> Iterator[tuple[QueuedJob, ...]]:
        found = self._ordered(
            lambda its: its.state is JobState.WAITING and its.not_before <= now and its.kind in kinds
        )[:most]
        yield found
        for its in found:
            if self._table[its.id].state is JobState.WAITING:
                self._table[its.id] = replace(self._table[its.id], state=JobState.SENT, sent_at=now)

    def recall(self, *, now: datetime, sent_before: datetime) -> int:
        lost = [
            its
            for its in self._table.values()
            if (its.state is JobState.CLAIMED and its.claimed_until is not None and its.claimed_until <= now)
            or (its.state is JobState.SENT and its.sent_at is not None and its.sent_at <= sent_before)
        ]
        for its in lost:
            self._table[its.id] = replace(its, state=JobState.WAITING)
        return len(lost)

    def add(self, jobs: Sequence[QueuedJob]) -> int:
        new = {its.id: its for its in jobs if its.id not in self._table}
        self._table.update(new)
        return len(new)

    def unfinished(self, batch: BatchId, kinds: Collection[JobKind]) -> int:
        return len(self._ordered(lambda its: its.batch == batch and its.kind in kinds and its.state in UNFINISHED))

    def finish(
        self, job: JobId, *, at: datetime, dead: bool = False, reason: Reason | None = None, cpu_s: float = 0.0
    ) -> bool:
        its = self._table.get(job)
        if its is None or its.state not in UNFINISHED:
            return False
        state = JobState.DEAD if dead else JobState.DONE
        self._table[job] = replace(its, state=state, ended_at=at, reason=reason, cpu_s=its.cpu_s + cpu_s)
        return True

    def settle(self, batch: BatchId, *, at: datetime, kinds: Collection[JobKind]) -> int:
        wanted = self._ordered(lambda its: its.batch == batch and its.kind in kinds and its.state in UNFINISHED)
        return sum(self.finish(its.id, at=at) for its in wanted)

    def revive(self, job: JobId, *, at: datetime) -> bool:
        its = self._table.get(job)
        if its is None or its.state in UNFINISHED:
            return False
        self._table[job] = replace(
            its,
            state=JobState.WAITING,
            attempts=0,
            put_off=0,
            not_before=at,
            made_at=at,
            ended_at=None,
            reason=None,
        )
        return True

    def _ordered(self, wanted: Callable[[QueuedJob], bool]) -> tuple[QueuedJob, ...]:
        return tuple(sorted((its for its in self._table.values() if wanted(its)), key=_place))

    def _changed(self, claimed: QueuedJob, change: Callable[[QueuedJob], QueuedJob]) -> bool:
        its = self._table.get(claimed.id)
        if its is None or its.state is not JobState.CLAIMED or _token(its) != _token(claimed):
            return False
        self._table[its.id] = change(its)
        return True


def _place(its: QueuedJob) -> tuple[str, datetime, str]:
    return its.urgent_on.isoformat(), its.made_at, its.id


def _token(its: QueuedJob) -> tuple[str | None, int, int]:
    return its.claimed_by, its.attempts, its.put_off


def _is_free(its: QueuedJob, now: datetime) -> bool:
    if its.state is JobState.CLAIMED:
        return its.claimed_until is not None and its.claimed_until <= now
    return its.state in (JobState.WAITING, JobState.SENT) and its.not_before <= now
