"""What consumes the queues: an actor of dramatiq a queue, which does the job that its message names.

Retries and dead letters are states in the records; nothing is tried again here but to reach the records at all.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from pipeline.custody.queued import JobId
from pipeline.errors import PipelineError
from pipeline.usecases.jobs import Performed
from pipeline.worker.broker import full_name
from pipeline.worker.queues import QUEUES, accepted
from pipeline.worker.seats import Stopped

if TYPE_CHECKING:
    from dramatiq import Broker, Worker

_LOG = logging.getLogger("constat.worker")
Perform: TypeAlias = Callable[[JobId], Performed]
_IDLE_MS: Final = 100
"""Between two looks at a queue of Redis; how long ending takes with RabbitMQ."""
_TRIES: Final = 6
_FIRST_WAIT_S: Final = 0.5


class Performer:
    """Does what a message names; whatever goes wrong, the message has served and the records say what is left."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._closed = threading.Event()

    def close(self) -> None:
        """Wait for nothing any more."""
        self._closed.set()

    def __call__(self, message: object) -> None:
        job = accepted(message)
        if job is None:
            _LOG.warning("message_not_ours")
            return
        began_s = time.monotonic()
        became = self._tried(job)
        if became not in (None, Performed.NOTHING):
            seconds = round(time.monotonic() - began_s, 3)
            _LOG.info("job_performed", extra={"job": job, "state": str(became), "seconds": seconds})

    def _tried(self, job: JobId) -> Performed | None:
        """Null where it was left: it is sent again, by whoever relays."""
        for attempt in range(_TRIES):
            try:
                return self._perform(job)
            except Stopped:
                _LOG.info("job_given_back", extra={"job": job})
                return None
            except PipelineError as error:
                # The records cannot be reached, or not be written: messages would be used up for nothing.
                _LOG.error("job_left", extra={"job": job, "error": error, "attempts": attempt + 1})
            except Exception:
                _LOG.exception("fault", extra={"job": job})
                return None
            if self._closed.wait(_FIRST_WAIT_S * 2.0**attempt):
                return None
        return None


def new_worker(broker: Broker, perform: Callable[[object], None], *, threads: int, queues: Collection[str]) -> Worker:
    """A consumer of these queues that is not begun yet.

    Args:
        threads: messages that are worked on at once; no more of each queue are at hand.
    """
    from dramatiq import Worker, actor

    for place, queue in enumerate(QUEUES):
        declared = actor(actor_name=queue, queue_name=full_name(queue), priority=place, broker=broker)
        # A function each: dramatiq keeps what it declares beside it.
        declared(partial(perform))
    # Nothing is delayed by messages, and each of these would be a connection more.
    broker.delay_queues.clear()
    worker = Worker(
        broker, queues={full_name(queue) for queue in queues}, worker_timeout=_IDLE_MS, worker_threads=threads
    )
    worker.queue_prefetch = threads
    return worker
