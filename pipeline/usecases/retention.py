"""Applies the retention schedule to the copies: the store is told until when it must keep each object of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pipeline.custody import BatchRow, BatchState, FileState, PageRow, RetentionMode
from pipeline.custody.boxes import Person, RetentionApplied
from pipeline.custody.retention import DocumentClass, RetentionSchedule, Subject
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.retention import retain_until, rule_in_force
from pipeline.evidence.retention_schema import subject_text
from pipeline.model import BatchId, Digest, PageId, PageOutcome
from pipeline.ports import Progress, Records
from pipeline.usecases.box_facts import local_day, sheet_subjects, subject_of
from pipeline.usecases.earlier import earlier_derivatives
from pipeline.usecases.holds import apply_holds
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import entry_body, retention_now
from pipeline.usecases.progress import SILENT
from pipeline.usecases.returns import receipt_of
from pipeline.usecases.stored_outcome import kept_outcomes

_STRICTNESS = (RetentionMode.GOVERNANCE, RetentionMode.COMPLIANCE)


@dataclass(frozen=True, slots=True)
class Term:
    """Until when an object stays, how strictly, and by which rule."""

    until: date
    mode: RetentionMode
    rule: str


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """Terms of the objects of a batch; `uncovered` is what no rule in force speaks of, with its number of pages."""

    terms: Mapping[Digest, Term]
    uncovered: tuple[tuple[Subject, int], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done for a batch.

    Attributes:
        changed: the store was told something new.
        missing: objects that are not in the store.
    """

    batch: BatchId
    objects: int
    last_until: date | None
    changed: bool
    uncovered: tuple[tuple[Subject, int], ...]
    missing: tuple[Digest, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.uncovered and not self.missing


def apply_retention(
    schedule: RetentionSchedule,
    batch: BatchId | None = None,
    *,
    again: bool = False,
    who: Person,
    keeping: Keeping,
    progress: Progress = SILENT,
) -> tuple[Applied, ...]:
    """Tell the store until when to keep the objects of a complete batch, or of all; terms only ever grow.

    A batch whose terms are as they were told last is left alone. Copies of statements on hold are held as well.

    Args:
        again: tell the store even so, as after one was restored.

    Raises:
        OperatorError: `unknown_batch`, `batch_not_complete`.
    """
    rows = _batches(batch, keeping.records)
    progress.begin("retain", len(rows))
    done = []
    for row in rows:
        done.append(_apply(row, schedule, again=again, who=who, keeping=keeping))
        progress.advance()
    apply_holds(keeping=keeping)
    return tuple(done)


def batch_terms(row: BatchRow, schedule: RetentionSchedule, *, day: date, records: Records) -> BatchTerms:
    """Until when each object of a batch stays by the rules in force on a day; what pages share stays longest."""
    received_on = receipt_of(row).day
    outcomes = kept_outcomes(records.outcomes(row.id))
    subjects = _subjects(records.pages(row.id), outcomes)
    speaks_of = {each for its in subjects.values() for each in its} | {_REFUSED}
    by_subject = {each: _term(schedule, each, received_on, day) for each in speaks_of}
    terms: dict[Digest, Term] = {}
    for digest, its in _members(row.id, subjects, records):
        for term in (by_subject[each] for each in its):
            if term is not None:
                terms[digest] = _longer(terms.get(digest), term)
    missing = [each for its in subjects.values() for each in its if by_subject[each] is None]
    uncovered = sorted(set(missing), key=subject_text)
    return BatchTerms(terms, tuple((each, missing.count(each)) for each in uncovered))


_REFUSED = Subject(DocumentClass.UNIDENTIFIED)
"""A file that was kept and could not be taken apart."""


def _subjects(pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> Mapping[PageId, tuple[Subject, ...]]:
    """What each page is; a blank side is what its sheet is."""
    own = {page.id: subject_of(page.label, outcomes.get(page.id)) for page in pages}
    sheets: dict[int, list[Subject]] = {}
    for page in pages:
        sheets.setdefault(page.sheet, []).append(own[page.id])
    blank = Subject(DocumentClass.BLANK)
    return {page.id: sheet_subjects(sheets[page.sheet]) if own[page.id] == blank else (own[page.id],) for page in pages}


def _members(
    batch: BatchId, subjects: Mapping[PageId, tuple[Subject, ...]], records: Records
) -> Iterator[tuple[Digest, Iterable[Subject]]]:
    """Objects of a batch, each with what it shows: files, derivatives, records of transfers."""
    pages = records.pages(batch)
    for file in records.files(batch):
        # The bytes of a duplicate belong to the batch that first brought them.
        if file.digest is not None and file.state is not FileState.DUPLICATE:
            yield (
                file.digest,
                [each for page in pages if page.file == file.id for each in subjects[page.id]] or [_REFUSED],
            )
    for page_id, ref in records.derivatives(batch):
        yield ref.digest, subjects[page_id]
    for page_id, digest in earlier_derivatives(batch, records=records):
        yield digest, subjects[page_id]
    owned = {row.id: (*row.pages, *row.returns, *row.enclosures) for row in records.statements(batch)}
    for transfer in (*records.transfers.of_batch(batch), *records.transfers.earlier(batch)):
        # Of a statement whose pages were all moved, as long as anything of its batch.
        members = owned.get(transfer.subject) or tuple(subjects)
        yield transfer.digest, {each for page in members if page in subjects for each in subjects[page]}


def _batches(batch: BatchId | None, records: Records) -> tuple[BatchRow, ...]:
    if batch is None:
        return tuple(row for row in records.batches() if row.state is BatchState.COMPLETE)
    row = records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    if row.state is not BatchState.COMPLETE:
        raise OperatorError("batch_not_complete", batch=batch)
    return (row,)


def _apply(row: BatchRow, schedule: RetentionSchedule, *, again: bool, who: Person, keeping: Keeping) -> Applied:
    now = keeping.clock.now()
    found = batch_terms(row, schedule, day=local_day(now), records=keeping.records)
    listed = [[digest, its.until.isoformat(), its.mode, its.rule] for digest, its in sorted(found.terms.items())]
    told = digest_of(canonical_json(listed))
    last = max((its.until for its in found.terms.values()), default=None)
    before = keeping.records.boxes.retention_applied(row.id)
    same = before is not None and before.digest == told
    if same and not again:
        return Applied(row.id, len(listed), last, False, found.uncovered)
    missing = tuple(digest for digest, its in sorted(found.terms.items()) if not _retained(digest, its, keeping))
    # Told first, recorded after: a kill between the two only makes the next run tell it again.
    if not same and not missing and listed:
        applied = RetentionApplied(row.id, now, len(listed), told)
        rules = sorted({its.rule for its in found.terms.values()})
        with keeping.records.transaction() as change:
            change.boxes.put_retention_applied(applied)
            until = None if last is None else last.isoformat()
            facts = entry_body(retention_now(applied), who, rules=rules, until=until, schedule=schedule.digest)
            change.append("retention_applied", row.id, facts)
    return Applied(row.id, len(listed), last, not same, found.uncovered, missing)


def _retained(digest: Digest, term: Term, keeping: Keeping) -> bool:
    """Whether the object is there to be kept."""
    # A day more than the date in Greenwich: the last day is over everywhere.
    until = datetime.combine(term.until, time(), tzinfo=UTC) + timedelta(days=1)
    try:
        keeping.objects.retain(digest, until, term.mode)
    except KeyError:
        return False
    return True


def _term(schedule: RetentionSchedule, subject: Subject, received_on: date, day: date) -> Term | None:
    rule = rule_in_force(schedule, subject, day)
    return None if rule is None else Term(retain_until(rule, received_on), rule.digital.mode, rule.id)


def _longer(one: Term | None, other: Term) -> Term:
    """The later date with the stricter mode of two."""
    if one is None:
        return other
    longest = max(one, other, key=lambda its: (its.until, its.rule))
    strictest = max(one.mode, other.mode, key=_STRICTNESS.index)
    return Term(longest.until, strictest, longest.rule)
