"""Queues in memory, held to the real ones by `tests/contract/test_queues.py`."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.custody.queued import JobId, QueuedJob
from pipeline.errors import Unavailable
from pipeline.worker.queues import QUEUES, queue_of


class MemoryQueues:
    """Fills `JobQueues`. `away`: the server does not answer."""

    def __init__(self) -> None:
        self.messages: dict[str, list[JobId]] = {queue: [] for queue in QUEUES}
        self.away = False

    def tell(self, jobs: Sequence[QueuedJob]) -> None:
        self._reach()
        for job in jobs:
            self.messages[queue_of(job.kind)].append(job.id)

    def waiting(self, queue: str) -> int:
        self._reach()
        return len(self.messages[queue])

    def lose(self) -> None:
        """As a server does that kept nothing."""
        for waiting in self.messages.values():
            waiting.clear()

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("broker_unreachable", kind="fake")
