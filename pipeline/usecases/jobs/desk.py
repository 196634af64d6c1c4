"""What jobs are done with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pipeline.custody.queued import QueuedJob
from pipeline.model import Reason
from pipeline.ports import JobRunner
from pipeline.usecases.keeping import Keeping

Beating: TypeAlias = Callable[[Callable[[], bool], float], AbstractContextManager[None]]
"""Within it the call given is made every so many seconds, until it is false."""


class Performed(StrEnum):
    """What became of a job that was to be done."""

    DONE = "done"
    NOTHING = "nothing"
    """It has ended, is not due or somebody else is at it: its message has served."""
    PUT_OFF = "put_off"
    """It waits, and the queue will be told of it again."""
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class JobPatience:
    """How long for, and how often.

    Attributes:
        lease_s: a claim that nobody prolonged for so long is taken for lost.
        tries: attempts after which a job is given up; what a service that is away delays is no attempt.
        first_wait_s, longest_wait_s: before a job that was put off is begun again: twice as long each time.
        spread: share by which waits differ, so that not all jobs come back at once.
    """

    lease_s: float = 60.0
    tries: int = 5
    first_wait_s: float = 2.0
    longest_wait_s: float = 300.0
    spread: float = 0.25

    def wait_s(self, job: QueuedJob) -> float:
        """Before it is begun again, having been put off once more."""
        plain = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(job.put_off + job.attempts, 16))
        seed = hashlib.sha256(f"{job.id}:{job.put_off}:{job.attempts}".encode()).digest()
        share = int.from_bytes(seed[:4], "big") / 0xFFFFFFFF
        return plain * (1 + self.spread * (2 * share - 1))


def _unbeaten(_beat: Callable[[], bool], _every_s: float) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class JobDesk:
    """What a worker has.

    Attributes:
        runner: takes files apart and reads sheets; one job at a time is given to it.
        worker: by which name claims are known: of the machine and the process.
        beating: how claims are prolonged while a job takes long; the plain one never does.
        publish: sends what one webhook is to be told, by the id of the hook; null where there is no key for it.
        verify: recomputes what is kept; the reason says what was found, null: all holds.
    """

    keeping: Keeping
    runner: JobRunner
    worker: str
    patience: JobPatience = field(default_factory=JobPatience)
    beating: Beating = _unbeaten
    publish: Callable[[str], None] | None = None
    verify: Callable[[], Reason | None] | None = None
