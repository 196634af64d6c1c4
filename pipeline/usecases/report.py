"""What is told of a batch: the values behind `intake --json`, `batch list` and `batch show`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.custody import BatchRow, BatchState, DerivativeRef, FileRow, FileState, ObjectRef, PageRow, StatementRow
from pipeline.custody.review import ReviewBatch
from pipeline.errors import OperatorError
from pipeline.model import BatchId, Decision, Digest, Document, FileId, PageId, PageLabel, PageOutcome, PageState
from pipeline.ports import Records
from pipeline.statements.electronic_names import is_registered_name
from pipeline.statements.envelopes import SeparatorAlarm
from pipeline.statements.review import Standing
from pipeline.usecases.balance import Balance, balance
from pipeline.usecases.envelope_sheets import mail_alarms
from pipeline.usecases.forms import with_form_reasons
from pipeline.usecases.reviewed import ReviewedPage, reviewed_outcomes, reviewed_page
from pipeline.usecases.standing import Standing as StatementStanding
from pipeline.usecases.standing import standing
from pipeline.usecases.stored_outcome import kept_outcome


@dataclass(frozen=True, slots=True)
class Counts:
    """The `counts` of the intake document, in its order."""

    files: int
    sheets: int
    images: int
    blank_sides: int
    statements: int
    returns: int
    enclosures: int
    unidentified: int
    refused: int
    fields: int
    accepted: int
    to_review: int
    empty: int


@dataclass(frozen=True, slots=True)
class PageReport:
    """A page with what was found on it; `outcome` is null until it is processed and for pages that failed.

    Attributes:
        outcome: with what persons decided laid over what was read.
        reviewed: by field that persons were asked about: what stands of what they said.
        references: where its objects are, by name: `original` is the file it is a page of, the others its derivatives.
            Objects stored before references were kept have none.
    """

    row: PageRow
    file_name: str
    issuer: str
    statement_number: str | None
    outcome: PageOutcome | None
    derivatives: tuple[DerivativeRef, ...] = ()
    references: tuple[tuple[str, ObjectRef], ...] = ()
    reviewed: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def electronic(self) -> bool:
        """One side of a statement that was electronic from the start."""
        return is_registered_name(self.file_name)


@dataclass(frozen=True, slots=True)
class BatchReport:
    """A batch as far as it is."""

    batch: BatchRow
    balance: Balance
    counts: Counts
    refused: tuple[FileRow, ...]
    pages: tuple[PageReport, ...]
    statements: tuple[StatementRow, ...]
    standings: tuple[StatementStanding, ...] = ()
    """Of the statements, in their order."""
    review: ReviewBatch | None = None
    """Whether its tasks were made, and when it was closed."""
    alarms: tuple[SeparatorAlarm, ...] = ()
    """Of its separators and envelopes."""

    @property
    def clean(self) -> bool:
        """Complete and balanced, no file refused, no page in exception, no alarm of its separators."""
        done = self.batch.state is BatchState.COMPLETE
        return done and self.balance.holds and not (self.refused or self.balance.exceptions or self.alarms)


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A line of `batch list`."""

    batch: BatchRow
    balance: Balance
    statements: int


def batch_report(batch: BatchId, *, records: Records) -> BatchReport:
    """Everything told of one batch.

    Raises:
        OperatorError: `unknown_batch`.
    """
    row = records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    files = records.files(batch)
    statements = tuple(row for row in records.statements(batch) if row.members)
    refused = tuple(file for file in files if file.state in (FileState.REFUSED, FileState.DUPLICATE))
    pages = page_reports(row, records=records)
    balanced = balance(row, records=records)
    complete = with_form_reasons(statements, records=records)
    standings = tuple(standing(statement, records=records) for statement in complete)
    return BatchReport(
        batch=row,
        balance=balanced,
        counts=_counts(balanced, pages, statements),
        refused=refused,
        pages=pages,
        statements=tuple(its.row for its in standings),
        standings=standings,
        review=records.review.batch(batch),
        alarms=mail_alarms(row, records=records, pages=tuple(its.row for its in pages)),
    )


def batch_list(*, records: Records) -> tuple[BatchSummary, ...]:
    """All batches, oldest first."""
    return tuple(
        BatchSummary(row, balance(row, records=records), sum(its.counts for its in records.statements(row.id)))
        for row in records.batches()
    )


@dataclass(frozen=True, slots=True)
class _Pages:
    """Pages in the order of the paper, and what is kept of them."""

    rows: tuple[PageRow, ...]
    files: Mapping[FileId, FileRow]
    owner: Mapping[PageId, StatementRow]
    laid: Mapping[PageId, ReviewedPage]
    derivatives: Mapping[PageId, Sequence[DerivativeRef]]


def page_reports(
    batch: BatchRow, *, records: Records, members: frozenset[PageId] | None = None
) -> tuple[PageReport, ...]:
    """Pages of a batch, in the order of the paper; with `members`, only these."""
    kept = _all_pages(batch.id, records) if members is None else _some_pages(batch.id, members, records)
    pages, files, owner, laid, derivatives = kept.rows, kept.files, kept.owner, kept.laid, kept.derivatives
    named = {page.id: _objects(files[page.file], derivatives.get(page.id, ())) for page in pages}
    found = records.objects.several({digest for its in named.values() for _, digest in its})
    return tuple(
        PageReport(
            row=page,
            file_name=files[page.file].name,
            issuer=owner[page.id].issuer if page.id in owner else batch.options.issuer or "",
            statement_number=owner[page.id].number if page.id in owner else None,
            outcome=laid[page.id].effective if page.id in laid else None,
            reviewed=laid[page.id].standings if page.id in laid else {},
            derivatives=tuple(derivatives.get(page.id, ())),
            references=tuple((name, found[digest]) for name, digest in named[page.id] if digest in found),
        )
        for page in pages
    )


def _all_pages(batch: BatchId, records: Records) -> _Pages:
    outcomes = {page: kept_outcome(page, text) for page, text in records.outcomes(batch)}
    derivatives: dict[PageId, list[DerivativeRef]] = {}
    for page, ref in records.derivatives(batch):
        derivatives.setdefault(page, []).append(ref)
    return _Pages(
        records.pages(batch),
        {file.id: file for file in records.files(batch)},
        _owners(records.statements(batch)),
        reviewed_outcomes(batch, outcomes, records=records),
        derivatives,
    )


def _some_pages(batch: BatchId, members: frozenset[PageId], records: Records) -> _Pages:
    """Asked for one by one, not by batch: the others of a batch of hundreds are left where they are."""
    records.look_ahead(members)
    found = [row for page in sorted(members) if (row := records.page(page)) is not None and row.batch == batch]
    files = {its: file for its in {row.file for row in found} if (file := records.file(its)) is not None}
    rows = tuple(sorted(found, key=lambda row: (files[row.file].position, row.page_index, row.id)))
    laid = {row.id: reviewed_page(row.id, records.review, records=records) for row in rows}
    return _Pages(
        rows,
        files,
        _owners_of(rows, records),
        {page: its for page, its in laid.items() if its is not None},
        {row.id: records.derivatives_of(row.id) for row in rows},
    )


def _owners(statements: Sequence[StatementRow]) -> Mapping[PageId, StatementRow]:
    return {page: row for row in statements for page in (*row.pages, *row.returns, *row.enclosures)}


def _owners_of(pages: Sequence[PageRow], records: Records) -> Mapping[PageId, StatementRow]:
    found = {page.id: [row for row in records.statements_of_page(page.id) if row.batch == page.batch] for page in pages}
    if any(len(rows) > 1 for rows in found.values()):
        # Which of them is told follows from their order in the batch.
        return _owners(records.statements(pages[0].batch))
    return {page: rows[0] for page, rows in found.items() if rows}


def _objects(file: FileRow, derivatives: Sequence[DerivativeRef]) -> list[tuple[str, Digest]]:
    """The objects of a page, by name."""
    original = [] if file.digest is None else [("original", file.digest)]
    return original + [(its.name, its.digest) for its in derivatives]


def _counts(balanced: Balance, pages: tuple[PageReport, ...], statements: tuple[StatementRow, ...]) -> Counts:
    # What other pages stand for counts with them.
    counted = [page for page in pages if page.row.label not in (PageLabel.DIVIDED, PageLabel.SUPERSEDED)]
    fields = [field for page in counted if page.outcome for field in page.outcome.fields]
    return_sheets = {_paper(page.row) for page in counted if _document(page) is Document.RETURN}
    enclosure_sheets = {_paper(page.row) for page in counted if page.row.label is PageLabel.ENCLOSURE}
    return Counts(
        files=balanced.files,
        sheets=balanced.sheets,
        images=balanced.images,
        blank_sides=sum(page.row.label is PageLabel.BLANK for page in pages),
        statements=len(statements),
        returns=len(return_sheets),
        enclosures=len(enclosure_sheets),
        unidentified=sum(page.row.label is PageLabel.UNIDENTIFIED for page in pages),
        refused=balanced.refused,
        fields=len(fields),
        accepted=sum(field.decision is Decision.ACCEPTED for field in fields),
        to_review=sum(field.decision is Decision.REVIEW for field in fields),
        empty=sum(field.decision is Decision.EMPTY for field in fields),
    )


def _paper(row: PageRow) -> str:
    """What counts as one document: a sheet, or a part of an image that holds several."""
    return str(row.sheet) if row.part_of is None else row.id


def _document(page: PageReport) -> Document | None:
    if page.outcome is None or page.outcome.layout is None:
        return None
    return Document(page.outcome.layout.split(".")[1])


def in_exception(report: BatchReport) -> tuple[PageReport, ...]:
    """Pages set aside, with their reasons."""
    return tuple(page for page in report.pages if page.row.state is PageState.EXCEPTION)
