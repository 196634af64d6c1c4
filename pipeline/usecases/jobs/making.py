"""Jobs as they are asked for: in the transaction that needs them, and by what the records say is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from pipeline.custody import FILE_END_STATES, BatchRow, BatchState, FileRow, FileState, PageRow
from pipeline.custody.queued import BATCH_KINDS, JobKind, QueuedJob, job_id
from pipeline.model import BatchId
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.deadlines import DAYS_TO_PLEA
from pipeline.usecases.process import is_waiting

_TAKEN_APART = (JobKind.RECEIVE, JobKind.SPLIT)


def job_of(kind: JobKind, subject: str, row: BatchRow, now: datetime) -> QueuedJob:
    """A job about a batch, as urgent as its paper is."""
    return QueuedJob(job_id(kind, subject), kind, subject, row.id, urgent_on(row), now, now)


def urgent_on(row: BatchRow) -> date:
    """The day of the first deadline there may be: nothing was served later than it came in."""
    came = row.options.received_on or row.started_at.astimezone().date()
    return came + timedelta(days=DAYS_TO_PLEA)


def sheet_subject(batch: BatchId, sheet: int) -> str:
    return f"{batch}/{sheet}"


def sheet_of(subject: str) -> int:
    return int(subject.rpartition("/")[2])


def jobs_of_sheets(row: BatchRow, pages: Sequence[PageRow], now: datetime) -> tuple[QueuedJob, ...]:
    """One for each sheet with a page that is to be read, in order."""
    sheets = sorted({page.sheet for page in pages if is_waiting(page)})
    return tuple(job_of(JobKind.SHEET, sheet_subject(row.id, sheet), row, now) for sheet in sheets)


def add_next(kind: JobKind, row: BatchRow, change: RecordsTransaction, now: datetime) -> None:
    """What is to be done once the last job of a kind has ended in this transaction."""
    if kind in _TAKEN_APART and not change.jobs.unfinished(row.id, _TAKEN_APART):
        change.jobs.add((job_of(JobKind.PAIR, row.id, row, now),))
    if kind is JobKind.SHEET and not change.jobs.unfinished(row.id, (JobKind.SHEET,)):
        change.jobs.add((job_of(JobKind.ASSEMBLE, row.id, row, now),))
    if kind is JobKind.ASSEMBLE:
        change.jobs.add((job_of(JobKind.SEAL, row.id, row, now),))


def needed(row: BatchRow, *, records: Records, now: datetime) -> tuple[QueuedJob, ...]:
    """What the records say is to be done next of a batch, whoever asked for it or did not."""
    if row.state is BatchState.SCANNING:
        return ()
    if row.state is BatchState.RECEIVING:
        return _of_files(row, records.files(row.id), now)
    if row.state is BatchState.PROCESSING:
        return jobs_of_sheets(row, records.pages(row.id), now) or (job_of(JobKind.ASSEMBLE, row.id, row, now),)
    undocumented = records.transfers.of_subject(row.id) is None or records.review.batch(row.id) is None
    return (job_of(JobKind.ASSEMBLE, row.id, row, now),) if undocumented else ()


def _of_files(row: BatchRow, files: Sequence[FileRow], now: datetime) -> tuple[QueuedJob, ...]:
    found = [job_of(JobKind.SPLIT, its.id, row, now) for its in files if its.state is FileState.RECEIVED]
    if any(its.state is FileState.ANNOUNCED for its in files):
        found.append(job_of(JobKind.RECEIVE, row.id, row, now))
    if all(its.state in FILE_END_STATES for its in files):
        found.append(job_of(JobKind.PAIR, row.id, row, now))
    return tuple(found)


def superseded(row: BatchRow) -> tuple[JobKind, ...]:
    """Kinds of which nothing is left to do, by the state of the batch."""
    return {
        BatchState.SCANNING: (),
        BatchState.RECEIVING: (),
        BatchState.PROCESSING: (*_TAKEN_APART, JobKind.PAIR),
        BatchState.COMPLETE: tuple(kind for kind in BATCH_KINDS if kind not in (JobKind.ASSEMBLE, JobKind.SEAL)),
    }[row.state]


def ask_for_split(row: BatchRow) -> Callable[[FileRow, RecordsTransaction], None]:
    """To be done in the transaction that records a file of the batch as received."""

    def ask(file: FileRow, change: RecordsTransaction) -> None:
        if file.state is FileState.RECEIVED and file.received_at is not None:
            change.jobs.add((job_of(JobKind.SPLIT, file.id, row, file.received_at),))

    return ask
