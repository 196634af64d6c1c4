"""Puts work on its batch's trace: what was done for which job, from when to when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from pipeline.custody import Job, JobFailed, JobResult, SplitJob
from pipeline.custody.queued import JobId, JobKind, job_id
from pipeline.model import BatchId
from pipeline.ports import Clock, JobRunner, Records
from pipeline.ports.tracing import WHOLE, Tracing, Way
from pipeline.usecases.jobs.desk import Performed

_BATCH = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3,9}", re.ASCII)
_OVER = frozenset({Performed.DONE, Performed.GAVE_UP})


class Untraced:
    """Fills `Tracing` where nobody collects."""

    def tell(
        self, name: str, way: Way, *, began_at: datetime, ended_at: datetime, facts: tuple[tuple[str, str], ...] = ()
    ) -> None:
        del name, way, began_at, ended_at, facts

    def step(self, name: str, way: Way | None = None) -> AbstractContextManager[None]:
        del name, way
        return nullcontext()


UNTRACED = Untraced()


def way_of(job: Job) -> Way:
    """Of what is done in a worker process for a job: part of that job."""
    return Way(_batch_of(key_of(job)) or BatchId(""), part_of=key_of(job))


def key_of(job: Job) -> str:
    """By which the job's own span is known, whoever tells of it."""
    if isinstance(job, SplitJob):
        return job_id(JobKind.SPLIT, job.file)
    return job_id(JobKind.SHEET, f"{job.batch}/{job.sheet}")


def intake_told(batch: BatchId, *, began_at: datetime, ended_at: datetime, tracing: Tracing) -> None:
    """The whole, that everything else of the batch is part of."""
    tracing.tell("intake", Way(batch, key=WHOLE, part_of=""), began_at=began_at, ended_at=ended_at)


def traced_jobs(
    perform: Callable[[JobId], Performed], *, records: Records, clock: Clock, tracing: Tracing
) -> Callable[[JobId], Performed]:
    """The same, each attempt told; and the job once, from its making to its end, by whoever ended it."""

    def traced(job: JobId) -> Performed:
        began_at = clock.now()
        became = perform(job)
        batch = _batch_of(job)
        if became is Performed.NOTHING or batch is None:
            return became
        ended_at, facts = clock.now(), (("job", str(job)), ("became", str(became)))
        tracing.tell("attempt", Way(batch, part_of=job), began_at=began_at, ended_at=ended_at, facts=facts)
        row = records.jobs.job(job) if became in _OVER else None
        if row is not None:
            way = Way(batch, key=job)
            tracing.tell(f"job {row.kind}", way, began_at=row.made_at, ended_at=ended_at, facts=facts)
        return became

    return traced


@dataclass(frozen=True, slots=True)
class TracedRunner:
    """Fills `JobRunner` where the command itself does the jobs: each is told when its result is there."""

    runner: JobRunner
    clock: Clock
    tracing: Tracing

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        began: dict[str, datetime] = {}

        def noted() -> Iterator[Job]:
            for job in jobs:
                began[key_of(job)] = self.clock.now()
                yield job

        for result in self.runner.run(noted()):
            key, now = key_of(result.job), self.clock.now()
            batch = _batch_of(key)
            if batch is not None:
                became = result.reason.code if isinstance(result, JobFailed) else str(Performed.DONE)
                kind = JobKind.SPLIT if isinstance(result.job, SplitJob) else JobKind.SHEET
                facts = (("job", key), ("became", became))
                self.tracing.tell(
                    f"job {kind}", Way(batch, key=key), began_at=began.get(key, now), ended_at=now, facts=facts
                )
            yield result


def _batch_of(key: str) -> BatchId | None:
    """The batch that a job is of: its id stands first in those of files and sheets."""
    found = _BATCH.match(key.partition(":")[2])
    return None if found is None else BatchId(found[0])
