"""Numbers of a worker for Prometheus: what it did and how long it took. Labels are words of the program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from pipeline.custody import Job, JobResult, PageDone, SheetDone, SheetJob, Split
from pipeline.custody.queued import JobId, JobKind
from pipeline.model import Decision
from pipeline.ports import JobRunner
from pipeline.usecases.jobs import Performed

_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 300.0)
_KINDS: Final = frozenset(JobKind)
_LEFT: Final = "left"


class WorkerMeter:
    """Counts what this process did; a job that is done twice is counted twice."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        its = self.registry
        self._jobs = Counter("constat_jobs_performed", "Jobs taken on.", ("kind", "became"), registry=its)
        self._seconds = Histogram(
            "constat_job_seconds", "From taking a job on to its end.", ("kind",), buckets=_BUCKETS_S, registry=its
        )
        self._images = Counter("constat_images_read", "Images read, by what they are.", ("label",), registry=its)
        self._fields = Counter("constat_fields_read", "Fields, as the reader decided.", ("decision",), registry=its)
        self._cpu = Counter("constat_reading_cpu_seconds", "Processor time of reading.", registry=its)

    def performing(self, perform: Callable[[JobId], Performed]) -> Callable[[JobId], Performed]:
        """The same, counted."""

        def counted(job: JobId) -> Performed:
            begun_s, became = time.perf_counter(), _LEFT
            try:
                performed = perform(job)
                became = str(performed)
                return performed
            finally:
                self._note(job.partition(":")[0], became, time.perf_counter() - begun_s)

        return counted

    def running(self, runner: JobRunner) -> JobRunner:
        """The same, its results counted."""
        return _Counted(runner, self)

    def note_result(self, result: JobResult) -> None:
        self._cpu.inc(result.cpu_s)
        if isinstance(result, Split):
            return
        if isinstance(result, SheetDone):
            for page in result.pages:
                self._note_page(page)
        elif isinstance(result.job, SheetJob):
            self._images.labels("failed").inc(len(result.job.pages))

    def _note(self, kind: str, became: str, took_s: float) -> None:
        kind = kind if kind in _KINDS else "other"
        self._jobs.labels(kind, became).inc()
        if became != Performed.NOTHING:
            self._seconds.labels(kind).observe(took_s)

    def _note_page(self, page: PageDone) -> None:
        self._images.labels("failed" if page.label is None else str(page.label)).inc()
        for decision in Decision:
            # Canonical JSON: a text that was read has its quotes escaped and is not taken for this.
            self._fields.labels(str(decision)).inc((page.outcome or "").count(f'"decision":"{decision}"'))


@dataclass(frozen=True, slots=True)
class _Counted:
    """Fills `JobRunner`."""

    runner: JobRunner
    meter: WorkerMeter

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for result in self.runner.run(jobs):
            self.meter.note_result(result)
            yield result
