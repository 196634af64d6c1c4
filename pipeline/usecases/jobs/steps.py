"""What is done for a job of each kind. The last transaction of each records that it is done, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pipeline.custody import BatchRow, FileState, Job, JobFailed, JobResult
from pipeline.custody.queued import JobKind, QueuedJob
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import FileId, Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.intake import put_pairs, put_split, receive, split_job
from pipeline.usecases.jobs.desk import JobDesk
from pipeline.usecases.jobs.making import add_next, ask_for_split, job_of, jobs_of_sheets, sheet_of
from pipeline.usecases.process import complete, put_sheet, sheet_job
from pipeline.usecases.progress import SILENT
from pipeline.usecases.sealing import seal
from pipeline.usecases.transfer import note_software

GAVE_UP: Final = "job_gave_up"
"""The ledger's word for a job that was given up and concerns no sheet or file alone."""
_FROM_OUTSIDE = frozenset({"worker_died", "sheet_timed_out", "out_of_memory"})
"""What may have nothing to do with the sheet, and is tried again."""


def do(job: QueuedJob, desk: JobDesk) -> Reason | None:
    """Do a claimed job and record that it is done. A reason says why it should be tried again, or given up."""
    step = {
        JobKind.RECEIVE: _receive,
        JobKind.SPLIT: _split,
        JobKind.PAIR: _pair,
        JobKind.SHEET: _sheet,
        JobKind.ASSEMBLE: _assemble,
        JobKind.SEAL: _seal,
        JobKind.PUBLISH: _publish,
        JobKind.VERIFY: _verify,
    }[job.kind]
    return step(job, desk)


def give_up(job: QueuedJob, why: Reason, desk: JobDesk) -> None:
    """Record that a job is not tried any more, and what that means for the paper; the rest of its batch goes on."""
    facts = (("tries", str(desk.patience.tries)), ("why", why.code))
    if job.kind is JobKind.SHEET and job.batch is not None:
        sheet = sheet_job(job.batch, sheet_of(job.subject), keeping=desk.keeping)
        with ending(job, desk, reason=why, dead=True) as change:
            if sheet is not None:
                put_sheet(JobFailed(sheet, Reason("sheet_gave_up", facts)), change)
        return
    file = desk.keeping.records.file(FileId(job.subject)) if job.kind is JobKind.SPLIT else None
    with ending(job, desk, reason=why, dead=True) as change:
        if file is not None and file.state is FileState.RECEIVED:
            put_split(file, JobFailed(split_job(file), Reason("split_gave_up", facts)), change, keeping=desk.keeping)
        elif file is None:
            change.append(GAVE_UP, job.id, canonical_json({"attempts": job.attempts, "why": why.code}))


@contextmanager
def ending(
    job: QueuedJob, desk: JobDesk, *, cpu_s: float = 0.0, dead: bool = False, reason: Reason | None = None
) -> Iterator[RecordsTransaction]:
    """A transaction at whose end the job has come to its own, and the next is asked for."""
    with desk.keeping.records.transaction() as change:
        yield change
        now = desk.keeping.clock.now()
        ended = change.jobs.finish(job.id, at=now, dead=dead, reason=reason, cpu_s=cpu_s)
        # What was given up is followed only where the paper has its end state by that.
        if ended and job.batch is not None and (not dead or job.kind in (JobKind.SPLIT, JobKind.SHEET)):
            add_next(job.kind, _batch_of(job, desk), change, now)


def _receive(job: QueuedJob, desk: JobDesk) -> Reason | None:
    row = _batch_of(job, desk)
    receive(row.id, keeping=desk.keeping, progress=SILENT, also=ask_for_split(row))
    return _end(job, desk)


def _split(job: QueuedJob, desk: JobDesk) -> Reason | None:
    file = desk.keeping.records.file(FileId(job.subject))
    if file is None or file.state is not FileState.RECEIVED:
        return _end(job, desk)
    result = _result(split_job(file), desk)
    if (again := _again(result)) is not None:
        return again
    with ending(job, desk, cpu_s=result.cpu_s) as change:
        put_split(file, result, change, keeping=desk.keeping)
    return None


def _pair(job: QueuedJob, desk: JobDesk) -> Reason | None:
    row = _batch_of(job, desk)
    with ending(job, desk) as change:
        pages = put_pairs(row.id, change, keeping=desk.keeping)
        now = desk.keeping.clock.now()
        jobs = jobs_of_sheets(row, pages, now)
        change.jobs.add(jobs or (job_of(JobKind.ASSEMBLE, row.id, row, now),))
    return None


def _sheet(job: QueuedJob, desk: JobDesk) -> Reason | None:
    row = _batch_of(job, desk)
    sheet = sheet_job(row.id, sheet_of(job.subject), keeping=desk.keeping)
    if sheet is None:
        return _end(job, desk)
    note_software(row.id, keeping=desk.keeping)
    result = _result(sheet, desk)
    if (again := _again(result)) is not None:
        return again
    with ending(job, desk, cpu_s=result.cpu_s) as change:
        put_sheet(result, change)
    return None


def _assemble(job: QueuedJob, desk: JobDesk) -> Reason | None:
    row = _batch_of(job, desk)
    cpu_s = sum(its.cpu_s for its in desk.keeping.records.jobs.of_batch(row.id))
    complete(row.id, cpu_s=cpu_s, keeping=desk.keeping)
    return _end(job, desk)


def _seal(job: QueuedJob, desk: JobDesk) -> Reason | None:
    # What has to wait is told in `reconcile` and done by the next sealing.
    seal(keeping=desk.keeping, batch=job.batch)
    return _end(job, desk)


def _publish(job: QueuedJob, desk: JobDesk) -> Reason | None:
    if desk.publish is None:
        raise OperatorError("hooks_key_not_given")
    desk.publish(job.subject)
    return _end(job, desk)


def _verify(job: QueuedJob, desk: JobDesk) -> Reason | None:
    if desk.verify is None:
        raise InvariantBroken("nothing_verifies")
    return desk.verify() or _end(job, desk)


def _end(job: QueuedJob, desk: JobDesk) -> Reason | None:
    with ending(job, desk):
        return None


def _batch_of(job: QueuedJob, desk: JobDesk) -> BatchRow:
    row = None if job.batch is None else desk.keeping.records.batch(job.batch)
    if row is None:
        raise InvariantBroken("batch_vanished", batch=job.batch or "")
    return row


def _result(job: Job, desk: JobDesk) -> JobResult:
    found = tuple(desk.runner.run((job,)))
    if len(found) != 1:
        raise InvariantBroken("unexpected_result")
    return found[0]


def _again(result: JobResult) -> Reason | None:
    """Why it should be tried once more."""
    if not isinstance(result, JobFailed) or result.reason.code not in _FROM_OUTSIDE:
        return None
    return result.reason
