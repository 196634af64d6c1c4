"""Workers in memory: an archive whose files are taken in for them, and shorthand for having them at work."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pipeline.custody import BatchOptions
from pipeline.custody.queued import SENT_KINDS, JobId
from pipeline.errors import PipelineError
from pipeline.model import BatchId, Reason
from pipeline.ports import JobRunner
from pipeline.usecases.jobs import (
    FrontDoor,
    JobDesk,
    JobPatience,
    Performed,
    Room,
    perform,
    perform_next,
    take_in_for_workers,
)
from tests.fakes import FakeClock
from tests.unit.custody import Archive

LEASE_S = 60.0


@dataclass
class Works:
    """An archive, and how much room there is in front of it. Whoever has to wait does what workers would."""

    archive: Archive
    waits: list[Reason | None] = field(default_factory=list)
    free_bytes: int = 10**12
    most_jobs: int = 10**6

    @staticmethod
    def make(folder: Path, *, dies_on: Iterable[int] = ()) -> Works:
        folder.mkdir(exist_ok=True)
        return Works(Archive.make(folder, dies_on=dies_on))

    @property
    def clock(self) -> FakeClock:
        clock = self.archive.keeping.clock
        assert isinstance(clock, FakeClock)
        return clock

    def desk(self, *, runner: JobRunner | None = None) -> JobDesk:
        its = self.archive
        return JobDesk(its.keeping, runner or its.runner, "w", JobPatience(lease_s=LEASE_S, tries=3))

    def door(self) -> FrontDoor:
        room = Room(self.most_jobs, 1000, lambda: self.free_bytes)
        return FrontDoor(self.archive.keeping, "door", room, self._wait, lambda _beat, _every_s: nullcontext())

    def take(self, files: dict[str, bytes | PipelineError], *, duplex: bool = False) -> BatchId:
        listing = self.archive.listing(files, duplex=duplex)
        return take_in_for_workers(listing, BatchOptions(), door=self.door())

    def perform(self, job: str) -> Performed:
        return perform(JobId(job), desk=self.desk())

    def work(self, desk: JobDesk | None = None) -> list[Performed]:
        """Until nothing is due."""
        found: list[Performed] = []
        while (its := perform_next(desk=desk or self.desk(), kinds=SENT_KINDS)) is not Performed.NOTHING:
            found.append(its)
        return found

    def later(self, seconds: float) -> None:
        self.clock.wait(timedelta(seconds=seconds))

    def _wait(self, why: Reason | None) -> None:
        self.waits.append(why)
        self.work()
