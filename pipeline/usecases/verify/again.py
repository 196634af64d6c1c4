"""Work done again: files taken apart and sheets processed anew, compared with what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.custody import FileRow, FileState, JobResult, PageDone, PageRow, SheetDone, SheetJob, Split, SplitJob
from pipeline.evidence.canonical import digest_of
from pipeline.model import BatchId, PageState
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.process import sheet_jobs
from pipeline.usecases.testimony import Processed, Testimony
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
    """Process every sheet again and compare outcomes and derivatives with those first recorded."""
    jobs = list(sheet_jobs(batch, keeping=keeping, states=_PROCESSED, keep=False))
    progress.begin("process", len(jobs))
    for result in runner.run(jobs):
        for done in _pages_of(result):
            said = told.processed.get(done.page, Processed(None, {}))
            if (None if done.outcome is None else digest_of(done.outcome)) != said.outcome:
                report.add("outcome_not_reproduced", done.page)
            derived = {ref.name: str(ref.digest) for ref in done.derivatives}
            for name in _differing(derived, said.derivatives):
                report.add("derivative_not_reproduced", done.page, name=name)
            report.count("pages_processed_again")
        progress.advance()


def _pages_of(result: JobResult) -> tuple[PageDone, ...]:
    """The pages of a sheet's result; without outcome when the job failed as a whole."""
    if isinstance(result, SheetDone):
        return result.pages
    stored = result.job.pages if isinstance(result.job, SheetJob) else ()
    return tuple(PageDone(page.page) for page in stored)


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[str]:
    return (name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name))
