"""Which queue tells of a job, and what the relay asks of whatever keeps the queues."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final, Protocol

from pipeline.custody.queued import SENT_KINDS, JobId, JobKind, QueuedJob

SHEETS, RECORDS, CHECKS = "sheets", "records", "checks"
QUEUES: Final = (RECORDS, SHEETS, CHECKS)
"""Most urgent first for a worker that has messages of several at hand."""
_ELSEWHERE: Final = MappingProxyType(
    {
        JobKind.SPLIT: SHEETS,
        JobKind.SHEET: SHEETS,
        # Goes through all that is kept: nothing should wait behind it that people wait for.
        JobKind.VERIFY: CHECKS,
    }
)


def queue_of(kind: JobKind) -> str:
    """Sheets ask for processors, records for the database: a site may divide them among machines."""
    return _ELSEWHERE.get(kind, RECORDS)


def kinds_of(queue: str) -> tuple[JobKind, ...]:
    return tuple(kind for kind in SENT_KINDS if queue_of(kind) == queue)


class JobQueues(Protocol):
    """Tells workers of jobs. A message is an id and may be lost, come twice, late or in another order."""

    def tell(self, jobs: Sequence[QueuedJob]) -> None:
        """Have the queue take a message for each job; it has confirmed all of them when this ends.

        Raises:
            Unavailable: `broker_unreachable`, `broker_error`.
            OperatorError: `broker_refused`.
        """
        ...

    def waiting(self, queue: str) -> int:
        """Messages that no worker has at hand. Raises as `tell`."""
        ...


def accepted(message: object) -> JobId | None:
    """The id that a message carries; null where it is none of ours."""
    return JobId(message) if isinstance(message, str) and 0 < len(message) <= _LONGEST_ID else None


_LONGEST_ID: Final = 200
