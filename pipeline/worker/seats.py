"""Processes that compute for the threads of a worker: one sheet each, given back when the worker is stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pipeline.custody import Job, JobResult
from pipeline.errors import PipelineError
from pipeline.worker.pool import ProcessPool


class Stopped(BaseException):
    """The worker is being stopped: what it had in hand is given back. No error, and not to be caught as one."""


class Seats:
    """Fills `JobRunner` for several threads at once: each is given a pool of one process for the time of its run."""

    def __init__(self, pools: Iterable[ProcessPool]) -> None:
        self._pools = tuple(pools)
        self._free: queue.SimpleQueue[ProcessPool] = queue.SimpleQueue()
        self._stopping = threading.Event()
        for pool in self._pools:
            self._free.put(pool)

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """As the port says. Raises Stopped when the worker is stopped before a result is there."""
        pool = self._free.get()
        try:
            if self._stopping.is_set():
                raise Stopped
            for result in pool.run(jobs):
                # Of a process that was ended by us, its sheet has not failed.
                if self._stopping.is_set():
                    raise Stopped
                yield result
        except PipelineError as error:
            if self._stopping.is_set():
                raise Stopped from error
            raise
        finally:
            self._free.put(pool)

    def stop(self) -> None:
        """End what is computed at once, from whatever thread."""
        self._stopping.set()
        for pool in self._pools:
            pool.kill()

    def close(self) -> None:
        """Once no thread runs anything any more."""
        for pool in self._pools:
            pool.close()


@contextmanager
def beating(beat: Callable[[], bool], every_s: float) -> Iterator[None]:
    """Within it the call is made every so many seconds, by a thread beside, until it is false."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(every_s):
            try:
                if not beat():
                    return
            except PipelineError:
                # The database is away for the moment; the next one may come in time.
                continue

    thread = threading.Thread(target=go_on, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
