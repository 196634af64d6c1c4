"""Verification: recompute every digest and link, compare records, objects and ledger, name every difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.custody import (
    BatchRow,
    BatchState,
    FileRow,
    FileState,
    JobResult,
    PageDone,
    PageRow,
    SheetDone,
    SheetJob,
    Split,
    SplitJob,
    StatementRow,
)
from pipeline.errors import IntegrityError, OperatorError, Param, PipelineError
from pipeline.evidence import ledger
from pipeline.evidence.canonical import digest_of
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import BatchId, Digest, PageId, PageState
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.process import sheet_jobs
from pipeline.usecases.progress import SILENT
from pipeline.usecases.reconcile import referenced
from pipeline.usecases.testimony import (
    Processed,
    Testimony,
    compare_batch,
    compare_files,
    compare_matches,
    compare_pages,
    testimony,
)

_PROCESSED = frozenset(
    {PageState.PROCESSED, PageState.IN_REVIEW, PageState.READY, PageState.ARCHIVED, PageState.EXCEPTION}
)


def verify_all(*, keeping: Keeping, runner: JobRunner, again: bool = False, progress: Progress = SILENT) -> Verdict:
    """Verify everything kept: the ledger, every object, every record, and every file's pages.

    Args:
        again: also process every sheet again and compare with what was recorded, storing nothing.

    Raises:
        Unavailable: the store or the database cannot be read.
    """
    report = _Report()
    told = _ledger(report, keeping)
    try:
        batches = keeping.records.batches()
        _objects(report, keeping, progress)
        _adopted(report, keeping, told)
        for missing in sorted(told.batches - {row.id for row in batches}):
            report.add("record_missing", missing)
        for row in batches:
            scope = _Scope.of(row, keeping)
            _batch(report, scope, told, keeping)
            _pages_anew(report, scope, keeping, runner, progress)
            if again:
                _outcomes_anew(report, row.id, told, keeping, runner, progress)
    except IntegrityError as error:
        report.add(error.code, "database", **error.params)
    return report.verdict()


def verify_batch(
    batch: BatchId, *, keeping: Keeping, runner: JobRunner, again: bool = False, progress: Progress = SILENT
) -> Verdict:
    """Verify the ledger, and one batch with its objects. Raises as `verify_all`, and OperatorError `unknown_batch`."""
    row = keeping.records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    report = _Report()
    told = _ledger(report, keeping)
    scope = _Scope.of(row, keeping)
    _objects_of(report, scope, keeping, progress)
    _batch(report, scope, told, keeping)
    _pages_anew(report, scope, keeping, runner, progress)
    if again:
        _outcomes_anew(report, batch, told, keeping, runner, progress)
    return report.verdict()


def verify_statement(
    parts: Sequence[StatementRow], *, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT
) -> Verdict:
    """Verify the ledger, and files, pages and derivatives of a statement (`StatementReport.parts`). Raises as above."""
    report = _Report()
    told = _ledger(report, keeping)
    for part in parts:
        row = keeping.records.batch(part.batch)
        if row is None:
            raise OperatorError("unknown_batch", batch=part.batch)
        scope = _Scope.of(row, keeping).only(frozenset((*part.pages, *part.returns, *part.enclosures)))
        _objects_of(report, scope, keeping, progress)
        _batch(report, scope, told, keeping)
        _pages_anew(report, scope, keeping, runner, progress)
    return report.verdict()


@dataclass(slots=True)
class _Report:
    """Differences and counts as they come up."""

    differences: list[Difference] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, subject: str, **facts: Param) -> None:
        self.differences.append(Difference(code, subject, tuple(facts.items())))

    def count(self, sort: str, number: int = 1) -> None:
        self.checked[sort] = self.checked.get(sort, 0) + number

    def verdict(self) -> Verdict:
        return Verdict(tuple(dict.fromkeys(self.differences)), tuple(self.checked.items()))


@dataclass(frozen=True, slots=True)
class _Scope:
    """What of a batch is verified: all of it, or the files and pages of one statement."""

    batch: BatchRow
    files: tuple[FileRow, ...]
    pages: tuple[PageRow, ...]
    whole: bool

    @staticmethod
    def of(batch: BatchRow, keeping: Keeping) -> _Scope:
        return _Scope(batch, keeping.records.files(batch.id), keeping.records.pages(batch.id), whole=True)

    def only(self, members: frozenset[PageId]) -> _Scope:
        pages = tuple(page for page in self.pages if page.id in members)
        kept = {page.file for page in pages}
        return _Scope(self.batch, tuple(file for file in self.files if file.id in kept), pages, whole=False)


def _ledger(report: _Report, keeping: Keeping) -> Testimony:
    """Check the chain; returns what its entries say."""
    try:
        head = keeping.records.ledger_head()
    except IntegrityError as error:
        report.add(error.code, "ledger", **error.params)
        head = None
    else:
        if head is None:
            report.add("ledger_head_missing", "ledger")
    try:
        entries = tuple(keeping.records.ledger())
    except IntegrityError as error:
        report.add(error.code, "ledger", **error.params)
        return Testimony()
    report.differences.extend(ledger.verify(entries, head))
    report.count("ledger_entries", len(entries))
    told, unreadable = testimony(entries)
    for number in unreadable:
        report.add("ledger_entry_unreadable", str(number))
    return told


# Objects


def _objects(report: _Report, keeping: Keeping, progress: Progress) -> None:
    """Every object there is; then what the records refer to and is not there, or is there and nothing refers to."""
    there = tuple(keeping.objects.digests())
    progress.begin("verify", len(there))
    for digest in there:
        _object(report, digest, keeping)
        progress.advance()
    known = referenced(keeping)
    for digest in sorted(known - set(there)):
        report.add("object_missing", digest)
    for digest in there:
        if digest not in known:
            report.add("object_unrecorded", digest)
    for name in keeping.objects.strays():
        report.add("stray_in_store", name)


def _objects_of(report: _Report, scope: _Scope, keeping: Keeping, progress: Progress) -> None:
    members = {page.id for page in scope.pages}
    wanted = {file.digest for file in scope.files if file.digest is not None}
    wanted |= {ref.digest for page, ref in keeping.records.derivatives(scope.batch.id) if page in members}
    progress.begin("verify", len(wanted))
    for digest in sorted(wanted):
        _object(report, digest, keeping)
        progress.advance()


def _object(report: _Report, digest: Digest, keeping: Keeping) -> None:
    try:
        keeping.objects.check(digest)
    except KeyError:
        report.add("object_missing", digest)
    except (IntegrityError, OperatorError) as error:
        # One unreadable object must not hide what is wrong with the others.
        report.add("object_altered" if isinstance(error, IntegrityError) else "object_unreadable", digest)
    report.count("objects")


def _adopted(report: _Report, keeping: Keeping, told: Testimony) -> None:
    for digest in sorted(keeping.records.adopted() ^ told.adopted):
        report.add("adopted_object_differs", digest)


# Records against the ledger


def _batch(report: _Report, scope: _Scope, told: Testimony, keeping: Keeping) -> None:
    batch = scope.batch
    if batch.id not in told.batches:
        report.add("record_unknown_to_ledger", batch.id)
    report.differences.extend(compare_files(scope.files, told, batch=batch.id if scope.whole else None))
    derivatives: dict[PageId, dict[str, Digest]] = {page.id: {} for page in scope.pages}
    for page, ref in keeping.records.derivatives(batch.id):
        if page in derivatives:
            derivatives[page][ref.name] = ref.digest
    report.differences.extend(
        compare_pages(scope.pages, scope.files, derivatives, told, batch=batch.id if scope.whole else None)
    )
    texts = {page: digest_of(text) for page, text in keeping.records.outcomes(batch.id)}
    for page_row in scope.pages:
        if texts.get(page_row.id) != page_row.outcome_digest:
            report.add("outcome_altered", page_row.id)
    report.count("files", len(scope.files))
    report.count("pages", len(scope.pages))
    if scope.whole:
        statements = keeping.records.statements(batch.id)
        report.differences.extend(compare_batch(batch, scope.pages, statements, told))
        report.count("statements", len(statements))
        matches = [its for row in statements for its in keeping.records.matches(row.id) if its.returned == row.id]
        report.differences.extend(compare_matches(batch.id, matches, told))
    if batch.state is not BatchState.COMPLETE:
        report.add("batch_not_finished", batch.id, state=batch.state)


# Work done again


def _pages_anew(report: _Report, scope: _Scope, keeping: Keeping, runner: JobRunner, progress: Progress) -> None:
    """Take the files apart again: page counts and page digests must be those recorded."""
    split = {file.id: file for file in scope.files if file.state is FileState.SPLIT and file.digest is not None}
    readable = [file for file in split.values() if file.digest is not None and _is_sound(file.digest, keeping)]
    jobs = [SplitJob(file.id, file.digest, file.name) for file in readable if file.digest is not None]
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


def _is_sound(digest: Digest, keeping: Keeping) -> bool:
    """Whether the object is worth taking apart; what is wrong with it is reported where objects are checked."""
    try:
        keeping.objects.check(digest)
    except (KeyError, PipelineError):
        return False
    return True


def _compare_split(report: _Report, file: FileRow, pages: Sequence[PageRow], split: Split) -> None:
    if file.page_count != len(split.pages):
        report.add("page_count_differs", file.id, recorded=file.page_count or 0, found=len(split.pages))
    for page in pages:
        found = split.pages[page.page_index].sha256 if page.page_index < len(split.pages) else None
        if found != page.sha256:
            report.add("page_differs", page.id)


def _outcomes_anew(
    report: _Report, batch: BatchId, told: Testimony, keeping: Keeping, runner: JobRunner, progress: Progress
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
