"""Work done again: files taken apart and sheets processed anew, compared with what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.custody import (
    FileRow,
    FileState,
    JobResult,
    PageDone,
    PageRow,
    SheetDone,
    SheetJob,
    Split,
    SplitJob,
    StoredPage,
)
from pipeline.custody.review import TaskId
from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import digest_of
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, PageState
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.process import sheet_jobs
from pipeline.usecases.review.versions import placement_of, placing_of
from pipeline.usecases.stored_outcome import as_written_before, says_the_same
from pipeline.usecases.testimony import Testimony
from pipeline.usecases.testimony_placing import PlacingTestimony, Processed
from pipeline.usecases.verify.report import Report, Scope

_PROCESSED = frozenset(
    {PageState.PROCESSED, PageState.IN_REVIEW, PageState.READY, PageState.ARCHIVED, PageState.EXCEPTION}
)


def compare_pages_anew(report: Report, scope: Scope, runner: JobRunner, progress: Progress) -> None:
    """Take the files apart again: page counts and page digests must be those recorded. Objects are checked before."""
    split = {file.id: file for file in scope.files if file.state is FileState.SPLIT and file.digest is not None}
    unsound = report.unsound_objects()
    sound = ((file, file.digest) for file in split.values() if file.digest is not None)
    jobs = [SplitJob(file.id, digest, file.name) for file, digest in sound if digest not in unsound]
    progress.begin("split", len(jobs))
    for result in runner.run(jobs):
        if isinstance(result.job, SplitJob):
            file = split[result.job.file]
            pages = [page for page in scope.pages if page.file == file.id]
            if isinstance(result, Split):
                _compare_split(report, file, pages, result)
            else:
                report.add("file_no_longer_readable", file.id)
        progress.advance()


def _compare_split(report: Report, file: FileRow, pages: Sequence[PageRow], split: Split) -> None:
    if file.page_count != len(split.pages):
        report.add("page_count_differs", file.id, recorded=file.page_count or 0, found=len(split.pages))
    for page in pages:
        found = split.pages[page.page_index].sha256 if page.page_index < len(split.pages) else None
        if found != page.sha256:
            report.add("page_differs", page.id)


def compare_outcomes_anew(
    report: Report, batch: BatchId, told: Testimony, keeping: Keeping, runner: JobRunner, progress: Progress
) -> None:
    """Process every sheet again, as it was first read and as persons placed its pages since, and compare outcomes and
    derivatives with those recorded then."""
    first = list(sheet_jobs(batch, keeping=keeping, states=_PROCESSED, keep=False))
    placed = dict(_placed_jobs(report, batch, told.placing, keeping))
    progress.begin("process", len(first) + len(placed))
    for result in runner.run([*first, *placed]):
        for done in _pages_of(result):
            own = None if not isinstance(result.job, SheetJob) else placed.get(result.job)
            said = told.placing.first.get(done.page, Processed(None, {})) if own is None else own
            if not _is_reproduced(done, said.outcome, keeping):
                report.add("outcome_not_reproduced", done.page)
            derived = {ref.name: str(ref.digest) for ref in done.derivatives}
            for name in _differing(derived, said.derivatives):
                report.add("derivative_not_reproduced", done.page, name=name)
            report.count("pages_processed_again")
        progress.advance()


def _is_reproduced(done: PageDone, said: str | None, keeping: Keeping) -> bool:
    """Whether a page reads as the ledger says; by what an older edition of the program did not say it is not judged."""
    if done.outcome is None or said is None:
        return done.outcome is None and said is None
    if digest_of(done.outcome) == said:
        return True
    records = keeping.records
    texts = (records.outcome(done.page), *(its.outcome for its in records.placing.versions(done.page)))
    kept = next((text for text in texts if text is not None and digest_of(text) == said), None)
    if kept is not None:
        return says_the_same(kept, done.outcome)
    # Revised since: of the first text the digest alone is left.
    return any(digest_of(text) == said for text in as_written_before(done.outcome))


def _placed_jobs(
    report: Report, batch: BatchId, told: PlacingTestimony, keeping: Keeping
) -> Iterator[tuple[SheetJob, Processed]]:
    """Each reading of a placed page, as its history says that it was to be read."""
    for reading in told.readings:
        row = keeping.records.page(PageId(reading.page))
        if row is None or row.batch != batch or row.sha256 is None:
            continue
        file = keeping.records.file(row.file)
        said = [its for its in keeping.records.review.history(TaskId(reading.placed)) if its.number == reading.said]
        if file is None or file.digest is None or not said:
            report.add("outcome_not_reproduced", reading.page)
            continue
        try:
            box = None if reading.box is None else BoxPx(*reading.box)
            placing = placing_of(placement_of(said[0]), box)
        except (TypeError, IntegrityError):
            report.add("outcome_not_reproduced", reading.page)
            continue
        stored = StoredPage(row.id, file.digest, file.name, row.page_index, row.sha256, placing)
        yield SheetJob(batch, row.sheet, (stored,), keep=False, known_at=said[0].at), reading.found


def _pages_of(result: JobResult) -> tuple[PageDone, ...]:
    """The pages of a sheet's result; without outcome when the job failed as a whole."""
    if isinstance(result, SheetDone):
        return result.pages
    stored = result.job.pages if isinstance(result.job, SheetJob) else ()
    return tuple(PageDone(page.page) for page in stored)


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[str]:
    return (name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name))
