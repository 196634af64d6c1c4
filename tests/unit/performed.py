"""Workers of a queue that only note what they are told."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from pipeline.custody.queued import JobId
from pipeline.usecases.jobs import Performed as Performed
from pipeline.worker.actors import Performer, new_worker
from pipeline.worker.broker import open_broker


@contextmanager
def collecting(url: str, seen: list[JobId], *, queues: Collection[str], until: int) -> Iterator[None]:
    """A worker beside, which has seen so many messages when the block has ended."""
    enough = threading.Event()

    def perform(job: JobId) -> Performed:
        seen.append(job)
        if len(seen) >= until:
            enough.set()
        return Performed.DONE

    broker = open_broker(url)
    worker = new_worker(broker, Performer(perform), threads=2, queues=queues)
    worker.start()
    try:
        yield
        assert enough.wait(20.0), seen
    finally:
        worker.stop(timeout=20_000)
        broker.close()
