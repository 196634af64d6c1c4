"""Processing: run the sheets that are not done, record each outcome with its ledger entry, assemble the batch.

What is left to do comes from the records, so running twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from pipeline.custody import (
    BatchRow,
    BatchState,
    FileRow,
    JobFailed,
    JobResult,
    PageDone,
    PageRow,
    SheetDone,
    SheetJob,
    StoredPage,
)
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.model import BatchId, FileId, PageState
from pipeline.ports import JobRunner, Progress, RecordsTransaction
from pipeline.usecases.assemble import assemble
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.progress import SILENT
from pipeline.usecases.review.making import make_tasks
from pipeline.usecases.sealing import seal
from pipeline.usecases.transfer import note_software, record_transfers


def process_batch(
    batch: BatchId,
    *,
    since: datetime,
    cpu_s: float,
    keeping: Keeping,
    runner: JobRunner,
    progress: Progress = SILENT,
) -> None:
    """Process what is left of a batch whose sides are paired, and assemble it.

    Args:
        since: when this run began on the batch, for the batch's wall seconds.
        cpu_s: processor seconds that this run has already spent on it.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be written; sheets not recorded stay to be done.
    """
    jobs = list(sheet_jobs(batch, keeping=keeping, states=frozenset({PageState.RECEIVED})))
    if jobs:
        note_software(batch, keeping=keeping)
    progress.begin("process", len(jobs))
    for result in runner.run(jobs):
        cpu_s += result.cpu_s
        with keeping.records.transaction() as change:
            put_sheet(result, change)
        progress.advance()
    assemble(batch, keeping=keeping)
    record_transfers(batch, keeping=keeping)
    _add_work(batch, since=since, cpu_s=cpu_s, keeping=keeping)
    make_tasks(batch, keeping=keeping)
    seal(keeping=keeping, batch=batch)


def sheet_jobs(
    batch: BatchId, *, keeping: Keeping, states: frozenset[PageState], keep: bool = True
) -> Iterator[SheetJob]:
    """The sheets of a batch that have a page in one of the states, in order; only those pages."""
    files = {file.id: file for file in keeping.records.files(batch)}
    pages = [page for page in keeping.records.pages(batch) if page.state in states and _is_image(page)]
    pages.sort(key=lambda page: (page.sheet, page.side == "back"))
    row = keeping.records.batch(batch)
    # Read by the forms of the batch's first day, also if it is carried on later, or compared years after.
    known_at = None if row is None else row.started_at
    for sheet, sides in groupby(pages, key=lambda page: page.sheet):
        stored = tuple(_stored_page(page, files) for page in sides)
        yield SheetJob(batch, sheet, stored, keep=keep, known_at=known_at)


def sheet_job(batch: BatchId, sheet: int, *, keeping: Keeping) -> SheetJob | None:
    """The pages of one sheet that are still to be read; null where none is."""
    row = keeping.records.batch(batch)
    pages = [its for its in keeping.records.pages(batch, sheet=sheet) if is_waiting(its)]
    pages.sort(key=lambda page: page.side == "back")
    files = {its.file: file for its in pages if (file := keeping.records.file(its.file)) is not None}
    stored = tuple(_stored_page(page, files) for page in pages)
    return SheetJob(batch, sheet, stored, known_at=None if row is None else row.started_at) if stored else None


def is_waiting(page: PageRow) -> bool:
    """Whether it is still to be read."""
    return page.state is PageState.RECEIVED and _is_image(page)


def _is_image(page: PageRow) -> bool:
    """Whether there are bytes of it, and it is no part of another page's image."""
    return page.sha256 is not None and page.part_of is None


def _stored_page(page: PageRow, files: Mapping[FileId, FileRow]) -> StoredPage:
    file = files[page.file]
    if file.digest is None or page.sha256 is None:
        raise InvariantBroken("page_without_bytes", page=page.id)
    return StoredPage(page.id, file.digest, file.name, page.page_index, page.sha256)


def put_sheet(result: JobResult, change: RecordsTransaction) -> None:
    """Record what reading a sheet came to.

    A message may come twice, and another run may have been faster: what is recorded stays.
    """
    job = result.job
    if isinstance(result, SheetDone):
        done = result.pages
    elif isinstance(result, JobFailed) and isinstance(job, SheetJob):
        done = tuple(PageDone(stored.page, failure=result.reason) for stored in job.pages)
    if not isinstance(job, SheetJob):
        raise InvariantBroken("unexpected_result")
    news = [(page, row) for page in done if (row := change.page(page.page)) and row.state is PageState.RECEIVED]
    for page, row in news:
        _record_page(page, row, change)
    if news:
        subject = f"{job.batch}/{job.sheet}"
        change.append("sheet_processed", subject, canonical_json({"pages": [_facts(page) for page, _ in news]}))


def _record_page(page: PageDone, row: PageRow, change: RecordsTransaction) -> None:
    if page.outcome is None or page.failure is not None:
        reasons = () if page.failure is None else (page.failure,)
        change.put_page(replace(row, state=PageState.EXCEPTION, reasons=reasons))
        return
    change.put_page(
        replace(
            row,
            state=PageState.PROCESSED,
            label=page.label,
            outcome_digest=digest_of(page.outcome),
            reasons=page.reasons,
        )
    )
    change.put_outcome(page.page, page.outcome, page.derivatives)
    for ref in page.stored:
        change.objects.put(ref)


def _facts(page: PageDone) -> Json:
    return {
        "page": page.page,
        "outcome": None if page.outcome is None else digest_of(page.outcome),
        "derivatives": {derivative.name: derivative.digest for derivative in page.derivatives},
        "failure": None if page.failure is None else page.failure.code,
    }


def complete(batch: BatchId, *, cpu_s: float, keeping: Keeping) -> None:
    """Assemble and document a batch whose sheets are all read, and make its tasks. Does nothing twice.

    Args:
        cpu_s: processor seconds that were spent on it, all told.
    """
    assemble(batch, keeping=keeping)
    record_transfers(batch, keeping=keeping)
    row = _completed(batch, keeping)
    if row.wall_s == 0.0:
        _close(row, cpu_s=cpu_s, wall_s=(keeping.clock.now() - row.started_at).total_seconds(), keeping=keeping)
    make_tasks(batch, keeping=keeping)


def _add_work(batch: BatchId, *, since: datetime, cpu_s: float, keeping: Keeping) -> None:
    row = _completed(batch, keeping)
    wall_s = row.wall_s + (keeping.clock.now() - since).total_seconds()
    _close(row, cpu_s=row.cpu_s + cpu_s, wall_s=wall_s, keeping=keeping)


def _close(row: BatchRow, *, cpu_s: float, wall_s: float, keeping: Keeping) -> None:
    with keeping.records.transaction() as change:
        change.put_batch(replace(row, finished_at=keeping.clock.now(), wall_s=wall_s, cpu_s=cpu_s))


def _completed(batch: BatchId, keeping: Keeping) -> BatchRow:
    row = keeping.records.batch(batch)
    if row is None or row.state is not BatchState.COMPLETE:
        raise InvariantBroken("batch_not_assembled", batch=batch)
    return row
