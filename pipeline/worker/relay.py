"""Tells the queue of jobs that wait in the records: its own process, which may end at any moment and be there twice.

A job counts as sent once the queue has confirmed its message and that is committed: whoever is killed between the two
sends a second message, which does no harm. What was sent and never taken on is sent again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pipeline.custody.queued import JobState
from pipeline.errors import PipelineError
from pipeline.ports import Clock, Jobs
from pipeline.worker.queues import QUEUES, JobQueues, kinds_of

_LOG = logging.getLogger("constat.relay")


@dataclass(frozen=True, slots=True)
class RelayPace:
    """How often, and how much.

    Attributes:
        poll_s: between two looks when there was nothing to tell.
        most_waiting: messages of one queue that no worker has at hand. The rest waits in the records, where the most
            urgent one comes first whenever it was made; and a queue without workers does not grow.
        recall_s: between two looks for what was lost.
        lost_s: a job that was sent so long ago and not taken on is sent again, where the queues are empty.
        again_s: the same, where they are not: its message may be one of those that wait.
        longest_wait_s: between two tries while the queue or the database is away.
    """

    poll_s: float = 0.2
    most_waiting: int = 32
    recall_s: float = 2.0
    lost_s: float = 5.0
    again_s: float = 60.0
    longest_wait_s: float = 5.0


PACE: Final = RelayPace()


class Relay:
    """Goes on until it is closed. What is to be told is in the records; here is nothing that could be lost."""

    def __init__(self, jobs: Jobs, queues: JobQueues, clock: Clock, *, pace: RelayPace = PACE) -> None:
        self._jobs = jobs
        self._queues = queues
        self._clock = clock
        self._pace = pace
        self._closed = threading.Event()
        self._recall_at_s = 0.0
        self._sweeps: list[_Sweep] = []
        self._last_problem = ""

    def every(self, seconds: float, sweep: Callable[[], None]) -> None:
        """Have something else done by the way, at the beginning and every so many seconds."""
        self._sweeps.append(_Sweep(seconds, sweep))

    def close(self) -> None:
        """From whatever thread or signal: `work` ends after the messages it is at."""
        self._closed.set()

    def work(self) -> None:
        wait_s = 0.0
        while not self._closed.wait(wait_s):
            try:
                told = self.turn()
            except PipelineError as error:
                self._tell(error)
                wait_s = min(self._pace.longest_wait_s, max(self._pace.poll_s, 2 * wait_s))
            except Exception:
                # The trace goes to whoever runs it; the jobs wait as before.
                _LOG.exception("fault")
                wait_s = self._pace.longest_wait_s
            else:
                if self._last_problem:
                    _LOG.info("relay_goes_on")
                self._last_problem = ""
                wait_s = 0.0 if told else self._pace.poll_s

    def turn(self) -> int:
        """One look at everything; how many jobs were told of. Raises as the ports."""
        now_s = time.monotonic()
        if now_s >= self._recall_at_s:
            self._recall()
            self._recall_at_s = now_s + self._pace.recall_s
        for sweep in self._sweeps:
            if now_s >= sweep.at_s:
                sweep.at_s = now_s + sweep.every_s
                sweep.do()
        # The one question of a look that finds nothing.
        if not self._jobs.listed((JobState.WAITING,), most=1):
            return 0
        return sum(self._told(queue) for queue in QUEUES)

    def _told(self, queue: str) -> int:
        room = self._pace.most_waiting - self._queues.waiting(queue)
        if room <= 0:
            return 0
        with self._jobs.offered(now=self._clock.now(), most=room, kinds=kinds_of(queue)) as jobs:
            self._queues.tell(jobs)
        return len(jobs)

    def _recall(self) -> None:
        now = self._clock.now()
        empty = not any(self._queues.waiting(queue) for queue in QUEUES)
        patience_s = self._pace.lost_s if empty else self._pace.again_s
        recalled = self._jobs.recall(now=now, sent_before=now - timedelta(seconds=patience_s))
        if recalled:
            _LOG.info("jobs_recalled", extra={"jobs": recalled})

    def _tell(self, error: PipelineError) -> None:
        """Once, not at every try for as long as it lasts."""
        if error.code != self._last_problem:
            self._last_problem = error.code
            _LOG.error("relay_waits", extra={"error": error})


@dataclass(slots=True)
class _Sweep:
    every_s: float
    do: Callable[[], None]
    at_s: float = 0.0
