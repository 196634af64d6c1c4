"""What is known of a box and its sheets, gathered from the records for the decision whether its paper may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.custody import BatchState, FileState, PageRow, StatementRow
from pipeline.custody.boxes import BoxRow, SheetRef
from pipeline.custody.retention import DocumentClass, Subject
from pipeline.errors import InvariantBroken
from pipeline.evidence.retention import BoxFacts, SheetFacts
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId, PageId, PageLabel, PageOutcome, PageState, Schedule
from pipeline.ports import Records
from pipeline.usecases.balance import balance
from pipeline.usecases.forms import rows_of
from pipeline.usecases.holds import holds_on
from pipeline.usecases.quality_sample import pages_at_fault
from pipeline.usecases.returns import receipt_of
from pipeline.usecases.standing import standing
from pipeline.usecases.stored_outcome import kept_outcomes

_CLASSES: Mapping[PageLabel, DocumentClass] = {
    PageLabel.ENCLOSURE: DocumentClass.ENCLOSURE,
    PageLabel.SEPARATOR: DocumentClass.SEPARATOR,
    PageLabel.BLANK: DocumentClass.BLANK,
    PageLabel.DIVIDED: DocumentClass.BLANK,
}


def local_day(moment: datetime) -> date:
    """The date where the paper is."""
    return moment.astimezone().date()


def by_sheet(pages: Sequence[PageRow]) -> dict[int, list[PageRow]]:
    """Pages of a batch by the number of their sheet."""
    found: dict[int, list[PageRow]] = {}
    for page in pages:
        found.setdefault(page.sheet, []).append(page)
    return found


def subject_of(label: PageLabel | None, outcome: PageOutcome | None) -> Subject:
    """What a page is, as far as keeping goes; a page that failed, or that nobody knows, is unidentified. One that
    another stands for is what it was; an image that was divided adds nothing to its parts."""
    if label is PageLabel.SUPERSEDED and outcome is not None:
        label = outcome.label
    if label is PageLabel.FORM and outcome is not None and outcome.layout is not None:
        schedule, document = outcome.layout.split(".")[:2]
        return Subject(DocumentClass(document), Schedule(schedule))
    return Subject(_CLASSES.get(label, DocumentClass.UNIDENTIFIED) if label else DocumentClass.UNIDENTIFIED)


def sheet_subjects(pages: Sequence[Subject]) -> tuple[Subject, ...]:
    """What a sheet is by its sides: a blank side adds nothing to one that is not."""
    written = [each for each in dict.fromkeys(pages) if each.document is not DocumentClass.BLANK]
    return tuple(written) or (Subject(DocumentClass.BLANK),)


def box_facts(
    row: BoxRow,
    *,
    records: Records,
    verification: Verdict | None = None,
    unsealed_batches: tuple[BatchId, ...] = (),
) -> BoxFacts:
    """Everything that decides whether the paper of a box may be destroyed.

    Args:
        verification: of the batches of its sheets, where it was made.
        unsealed_batches: batches without a signed seal, where the site signs.
    """
    sheets = records.boxes.sheets(row.name)
    samples = records.boxes.samples(row.name)
    at_fault = pages_at_fault(samples)
    batches = sorted({each.batch for each in sheets})
    found = [fact for batch in batches for fact in _Batch.of(batch, records).facts(sheets, at_fault)]
    return BoxFacts(
        box=row,
        sheets=tuple(fact for fact, _ in found),
        images=sum(images for _, images in found),
        holds=holds_on(row.name, sheets, records=records),
        sample=samples[-1] if samples else None,
        verification=verification,
        open_batches=tuple(batch for batch in batches if not _is_complete(batch, records)),
        unbalanced_batches=tuple(batch for batch in batches if not _is_balanced(batch, records)),
        unsealed_batches=unsealed_batches,
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch, read once for all of its sheets in the box."""

    id: BatchId
    sheets: Mapping[int, Sequence[PageRow]]
    outcomes: Mapping[PageId, PageOutcome]
    owners: Mapping[PageId, StatementRow]
    records: Records

    @staticmethod
    def of(batch: BatchId, records: Records) -> _Batch:
        owners = {
            page: row for row in records.statements(batch) for page in (*row.pages, *row.returns, *row.enclosures)
        }
        outcomes = kept_outcomes(records.outcomes(batch))
        return _Batch(batch, by_sheet(records.pages(batch)), outcomes, owners, records)

    def facts(self, sheets: Sequence[SheetRef], at_fault: frozenset[PageId]) -> list[tuple[SheetFacts, int]]:
        """Facts of those sheets of the box that came in with this batch, each with its number of images."""
        row = self.records.batch(self.id)
        if row is None:
            raise InvariantBroken("batch_vanished", batch=self.id)
        received_on = receipt_of(row).day
        documented = self.records.transfers.of_subject(self.id) is not None
        found = []
        for ref in sheets:
            if ref.batch != self.id:
                continue
            pages = self.sheets.get(ref.sheet, ())
            owners = {its.id: its for page in pages if (its := self.owners.get(page.id)) is not None}
            fact = SheetFacts(
                ref=ref,
                subjects=sheet_subjects([subject_of(page.label, self.outcomes.get(page.id)) for page in pages]),
                received_on=received_on,
                unidentified=any(page.label is PageLabel.UNIDENTIFIED for page in pages),
                in_exception=not pages or any(_failed(page) for page in pages),
                in_review=self._in_review(pages, owners),
                unnumbered=self._unnumbered(pages),
                at_fault=any(page.id in at_fault for page in pages),
                documented=documented and all(self._has_record(owner) for owner in owners),
            )
            found.append((fact, sum(page.part_of is None for page in pages)))
        return found

    def _in_review(self, pages: Sequence[PageRow], owners: Mapping[str, StatementRow]) -> bool:
        if any(page.state is PageState.IN_REVIEW for page in pages):
            return True
        return any(standing(row, records=self.records).row.state is PageState.IN_REVIEW for row in owners.values())

    def _unnumbered(self, pages: Sequence[PageRow]) -> bool:
        """Whether a form or an enclosure cannot be found by the number of a statement."""
        for page in pages:
            owner = self.owners.get(page.id)
            if owner is None:
                if page.label in (PageLabel.FORM, PageLabel.ENCLOSURE):
                    return True
            elif all(part.number is None for part in rows_of(owner, records=self.records)):
                return True
        return False

    def _has_record(self, statement: str) -> bool:
        return self.records.transfers.of_subject(statement) is not None


def _failed(page: PageRow) -> bool:
    """A page whose image is not there, or that was not processed; an unidentified one is told of apart."""
    if page.sha256 is None or page.label is None:
        return True
    return page.state is PageState.EXCEPTION and page.label is not PageLabel.UNIDENTIFIED


def _is_complete(batch: BatchId, records: Records) -> bool:
    row = records.batch(batch)
    return row is not None and row.state is BatchState.COMPLETE


def _is_balanced(batch: BatchId, records: Records) -> bool:
    row = records.batch(batch)
    return row is not None and balance(row, records=records).holds


def refused_files(batch: BatchId, *, records: Records) -> int:
    """Files of a batch that could not be taken in: their paper has no copy."""
    return sum(file.state is FileState.REFUSED for file in records.files(batch))
