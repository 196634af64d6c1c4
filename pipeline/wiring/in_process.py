"""Runs jobs in the process that asks: for what needs no reader and opens no file of strangers but text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Lock

from pipeline.custody import Job, JobResult
from pipeline.usecases.work import Worker, WorkerParts


class InProcess:
    """Fills `JobRunner`. Threads take turns; the worker is built with the first job."""

    def __init__(self, factory: Callable[[], WorkerParts]) -> None:
        self._factory = factory
        self._worker: Worker | None = None
        self._turn = Lock()

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for job in jobs:
            with self._turn:
                if self._worker is None:
                    self._worker = Worker(self._factory())
                began_s = time.thread_time()
                result = self._worker.run(job)
                cpu_s = time.thread_time() - began_s
            yield replace(result, cpu_s=cpu_s)
