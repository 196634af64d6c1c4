"""Taking in where workers do the work: files are stored and recorded here, all else is asked for as jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.custody.queued import JobKind, JobState, QueuedJob, job_id
from pipeline.errors import InvariantBroken, Unavailable
from pipeline.model import BatchId, Reason
from pipeline.ports import Listing, Progress, Records, RecordsTransaction
from pipeline.usecases.intake import announce, receive
from pipeline.usecases.jobs.desk import Beating, JobPatience
from pipeline.usecases.jobs.making import add_next, ask_for_split, job_of
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.progress import SILENT


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be taken in before it is worked off.

    Attributes:
        most_jobs: jobs that are not finished, of all batches.
        least_free_bytes: of the places where bytes are kept.
        free_bytes: how many there are now; null where nobody knows.
    """

    most_jobs: int
    least_free_bytes: int
    free_bytes: Callable[[], int | None]

    def lacks(self, records: Records) -> Reason | None:
        """Why nothing should be taken in now."""
        free = self.free_bytes()
        if free is not None and free < self.least_free_bytes:
            return Reason("too_little_space", (("free", str(free)), ("limit", str(self.least_free_bytes))))
        unfinished = records.jobs.counts().unfinished
        if unfinished > self.most_jobs:
            return Reason("too_many_jobs", (("jobs", str(unfinished)), ("limit", str(self.most_jobs))))
        return None


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """What takes in.

    Attributes:
        worker: by which name its claims are known.
        wait: called while it waits, with the reason the first time that it is known; it takes a moment.
    """

    keeping: Keeping
    worker: str
    room: Room
    wait: Callable[[Reason | None], None]
    beating: Beating
    patience: JobPatience = field(default_factory=JobPatience)


def take_in_for_workers(
    listing: Listing, options: BatchOptions, *, door: FrontDoor, progress: Progress = SILENT
) -> BatchId:
    """Store and record the files listed, as one batch, and ask for the rest. Waits while there is no room.

    Raises:
        Unavailable: `too_little_space`, before anything is accepted; no space or no service later: what was accepted
            is recorded, `constat reconcile` on this machine does the rest.
        OperatorError: as `take_in`.
    """
    keeping = door.keeping
    keeping.objects.ready()
    lack = door.room.lacks(keeping.records)
    if lack is not None and lack.code == "too_little_space":
        raise Unavailable("too_little_space", **dict(lack.params))
    batch = announce(listing, options, keeping=keeping, also=partial(_begun, door=door))
    row, claimed = keeping.records.batch(batch), keeping.records.jobs.job(job_id(JobKind.RECEIVE, batch))
    if row is None or claimed is None:
        raise InvariantBroken("batch_vanished", batch=batch)
    with door.beating(partial(_prolong, claimed, door), door.patience.lease_s / 3):
        receive(batch, keeping=keeping, progress=progress, before=partial(_make_room, door), also=ask_for_split(row))
    with keeping.records.transaction() as change:
        now = keeping.clock.now()
        if change.jobs.finish(claimed.id, at=now):
            add_next(JobKind.RECEIVE, row, change, now)
    return batch


def follow(batch: BatchId, *, door: FrontDoor, progress: Progress = SILENT) -> bool:
    """Wait until workers have come to the end of a batch; false where a job of it was given up that the rest needs."""
    records = door.keeping.records
    done, total = 0, 0
    while True:
        row = records.batch(batch)
        counts = records.jobs.counts(batch=batch)
        known = sum(counts.states.values())
        if known != total:
            progress.begin("process", known)
            done, total = 0, known
        progress.advance(known - counts.unfinished - done)
        done = known - counts.unfinished
        if not counts.unfinished:
            return row is not None and row.state is BatchState.COMPLETE
        door.wait(None)


def _begun(row: BatchRow, change: RecordsTransaction, *, door: FrontDoor) -> None:
    until = row.started_at + timedelta(seconds=door.patience.lease_s)
    job = job_of(JobKind.RECEIVE, row.id, row, row.started_at)
    claimed = replace(job, state=JobState.CLAIMED, attempts=1, claimed_by=door.worker, claimed_until=until)
    change.jobs.add((claimed,))


def _make_room(door: FrontDoor) -> None:
    known = None
    while (lack := door.room.lacks(door.keeping.records)) is not None:
        door.wait(lack if lack.code != known else None)
        known = lack.code


def _prolong(claimed: QueuedJob, door: FrontDoor) -> bool:
    until = door.keeping.clock.now() + timedelta(seconds=door.patience.lease_s)
    return door.keeping.records.jobs.renew(claimed, until=until)
