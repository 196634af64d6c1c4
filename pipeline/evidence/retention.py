"""Decisions of keeping: which rule is in force, until when copies stay, and what hinders the destruction of a box."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from pipeline.custody.boxes import BoxRow, BoxState, Hold, HoldKind, Sample, SheetRef
from pipeline.custody.retention import DocumentClass, PaperTerm, RetentionRule, RetentionSchedule, SampleSize, Subject
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.retention_schema import subject_text
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId, Digest, PageId, Reason

MOST_NAMED = 5
"""Sheets named in a sentence; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What is known of a sheet in a box.

    Attributes:
        subjects: what it is, by its sides; a blank back adds nothing to its front.
        received_on: the day the paper came in.
        unidentified: it shows a page that nobody knows what it is.
        in_exception: a page of it could not be processed.
        in_review: a page of it, or how it was put together, waits for a person.
        unnumbered: a form or enclosure of no statement with a sure number: no hold on a number can reach it.
        at_fault: a page of it was found at fault and no later sample found it well.
        documented: there is a transfer record of every page (Act C-1.1, s. 17).
    """

    ref: SheetRef
    subjects: tuple[Subject, ...]
    received_on: date
    unidentified: bool = False
    in_exception: bool = False
    in_review: bool = False
    unnumbered: bool = False
    at_fault: bool = False
    documented: bool = True


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What is known of a box.

    Attributes:
        images: pages of its sheets.
        holds: in force, on it or on a statement with paper in it.
        sample: the last one drawn.
        verification: of all batches with a sheet in it, made now; null when it was not made.
        unsealed_batches: batches without a signed seal; none where the site signs nothing.
    """

    box: BoxRow
    sheets: tuple[SheetFacts, ...]
    images: int
    holds: tuple[Hold, ...] = ()
    sample: Sample | None = None
    verification: Verdict | None = None
    open_batches: tuple[BatchId, ...] = ()
    unbalanced_batches: tuple[BatchId, ...] = ()
    unsealed_batches: tuple[BatchId, ...] = ()

    @property
    def contents(self) -> Digest:
        return contents_digest(sheet.ref for sheet in self.sheets)


def contents_digest(sheets: Iterable[SheetRef]) -> Digest:
    """Digest of what a box holds: its sheets in order."""
    return digest_of(canonical_json([[each.batch, each.sheet] for each in sorted(sheets)]))


def rule_in_force(schedule: RetentionSchedule, subject: Subject, day: date) -> RetentionRule | None:
    """The one rule that speaks of the subject on this day; null when none does."""
    return next((rule for rule in schedule.rules if subject in rule.subjects and rule.in_force(day)), None)


def retain_until(rule: RetentionRule, received_on: date) -> date:
    """The first day on which the store may let a copy go; 29 February comes to 1 March."""
    year = received_on.year + rule.digital.years
    try:
        return received_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def sample_size(size: SampleSize, images: int) -> int:
    """How many of so many images a person must compare with the paper."""
    return min(images, max(size.least, ceil(images * size.percent / 100)))


def draw(pages: Sequence[PageId], *, count: int, seed: str) -> tuple[PageId, ...]:
    """A random sample in the order given; the same seed draws the same pages.

    Pages are ranked by SHA-256 of the seed, a colon and the page's id, and the first `count` are taken: whoever knows
    the seed can do it over with any program.
    """
    ranked = sorted(pages, key=lambda page: (hashlib.sha256(f"{seed}:{page}".encode()).hexdigest(), page))
    taken = frozenset(ranked[:count])
    return tuple(page for page in pages if page in taken)


def rules_of(schedule: RetentionSchedule, sheets: Iterable[SheetFacts], day: date) -> tuple[RetentionRule, ...]:
    """The rules in force that speak of the sheets, in the order of the schedule."""
    subjects = {each for sheet in sheets for each in subjects_of(sheet)}
    return tuple(rule for rule in schedule.rules if rule.in_force(day) and subjects & set(rule.subjects))


def subjects_of(sheet: SheetFacts) -> tuple[Subject, ...]:
    """What rules must speak of the sheet; one that is nothing known is unidentified."""
    return sheet.subjects or (Subject(DocumentClass.UNIDENTIFIED),)


def obstacles(facts: BoxFacts, schedule: RetentionSchedule | None, *, day: date) -> tuple[Reason, ...]:
    """Everything that hinders the destruction of a box on this day, and not only the first; none when it may go.

    Args:
        schedule: null where the site has none; then nothing may be destroyed.
    """
    return (
        *_of_box(facts),
        *_of_rules(facts, schedule, day),
        *_of_holds(facts.holds),
        *_of_sample(facts, schedule, day),
        *_of_sheets(facts, schedule, day),
        *_of_batches(facts),
        *_of_copies(facts),
    )


def _of_box(facts: BoxFacts) -> Iterator[Reason]:
    if facts.box.state is BoxState.OPEN:
        yield Reason("box_open")
    if facts.box.state is BoxState.DESTROYED:
        yield Reason("box_destroyed")
    if not facts.sheets:
        yield Reason("box_empty")
    if facts.box.state is BoxState.SEALED and facts.box.counted != len(facts.sheets):
        its = (("counted", str(facts.box.counted)), ("recorded", str(len(facts.sheets))))
        yield Reason("box_count_differs", its)


def _of_rules(facts: BoxFacts, schedule: RetentionSchedule | None, day: date) -> Iterator[Reason]:
    subjects = sorted({each for sheet in facts.sheets for each in subjects_of(sheet)}, key=subject_text)
    rules = () if schedule is None else schedule.rules
    for subject in subjects:
        its = [rule for rule in rules if subject in rule.subjects]
        if not its:
            yield Reason("no_retention_rule", (("subject", subject_text(subject)),))
        elif not any(rule.in_force(day) for rule in its):
            named = ", ".join(rule.id for rule in its)
            yield Reason("rule_not_in_force", (("subject", subject_text(subject)), ("rules", named)))
    for rule in _in_force(facts, schedule, day):
        if rule.paper is None:
            yield Reason("paper_kept_by_rule", (("rule", rule.id),))
    yield from _of_age(facts, schedule, day)


def _of_age(facts: BoxFacts, schedule: RetentionSchedule | None, day: date) -> Iterator[Reason]:
    for rule, paper in _paper_terms(facts, schedule, day):
        young = [
            sheet.ref
            for sheet in facts.sheets
            if set(subjects_of(sheet)) & set(rule.subjects)
            and day < sheet.received_on + timedelta(days=paper.least_age_days)
        ]
        if young:
            its = (("rule", rule.id), ("days", str(paper.least_age_days)), ("sheets", named_sheets(young)))
            yield Reason("paper_too_young", its)
        passed_at = None if facts.sample is None else facts.sample.passed_at
        if passed_at is not None:
            first_day = passed_at.astimezone().date() + timedelta(days=paper.destroy_after_days)
            if day < first_day:
                yield Reason("sample_too_recent", (("rule", rule.id), ("first_day", first_day.isoformat())))


def _of_holds(holds: Iterable[Hold]) -> Iterator[Reason]:
    for hold in holds:
        if hold.kind is HoldKind.BOX:
            yield Reason("box_on_hold", (("hold", hold.id), ("why", hold.reason)))
        else:
            number = f"{hold.issuer}:{hold.subject}"
            yield Reason("statement_on_hold", (("hold", hold.id), ("number", number), ("why", hold.reason)))


def _of_sample(facts: BoxFacts, schedule: RetentionSchedule | None, day: date) -> Iterator[Reason]:
    sample = facts.sample
    if sample is None:
        yield Reason("quality_sample_missing")
        return
    if sample.contents != facts.contents:
        yield Reason("quality_sample_outdated", (("sample", sample.id),))
    if sample.waiting:
        yield Reason("quality_sample_unfinished", (("sample", sample.id), ("waiting", str(len(sample.waiting)))))
    terms = [paper.sample for _, paper in _paper_terms(facts, schedule, day)]
    most = min([sample.most_faults, *(its.most_faults for its in terms)])
    if len(sample.faults) > most:
        its = (("sample", sample.id), ("faults", str(len(sample.faults))), ("most", str(most)))
        yield Reason("quality_sample_failed", its)
    wanted = max((sample_size(size, facts.images) for size in terms), default=min(1, facts.images))
    if len(sample.pages) < wanted:
        its = (("sample", sample.id), ("pages", str(len(sample.pages))), ("wanted", str(wanted)))
        yield Reason("quality_sample_small", its)


def _of_sheets(facts: BoxFacts, schedule: RetentionSchedule | None, day: date) -> Iterator[Reason]:
    strict = any(paper.after_review for _, paper in _paper_terms(facts, schedule, day))
    if found := [sheet.ref for sheet in facts.sheets if sheet.in_exception]:
        yield Reason("sheet_in_exception", (("sheets", named_sheets(found)),))
    if found := [sheet.ref for sheet in facts.sheets if sheet.unidentified]:
        yield Reason("sheet_unidentified", (("sheets", named_sheets(found)),))
    if strict and (found := [sheet.ref for sheet in facts.sheets if sheet.in_review]):
        yield Reason("sheet_in_review", (("sheets", named_sheets(found)),))
    if found := [sheet.ref for sheet in facts.sheets if sheet.unnumbered]:
        yield Reason("statement_unnumbered", (("sheets", named_sheets(found)),))
    if found := [sheet.ref for sheet in facts.sheets if sheet.at_fault]:
        yield Reason("sheet_at_fault", (("sheets", named_sheets(found)),))
    if found := [sheet.ref for sheet in facts.sheets if not sheet.documented]:
        yield Reason("sheet_undocumented", (("sheets", named_sheets(found)),))


def _of_batches(facts: BoxFacts) -> Iterator[Reason]:
    for batch in facts.open_batches:
        yield Reason("batch_not_complete", (("batch", batch),))
    for batch in facts.unbalanced_batches:
        yield Reason("batch_unbalanced", (("batch", batch),))
    for batch in facts.unsealed_batches:
        yield Reason("batch_unsealed", (("batch", batch),))


def _of_copies(facts: BoxFacts) -> Iterator[Reason]:
    if facts.verification is None:
        yield Reason("copies_not_verified")
    elif not facts.verification.clean:
        first = facts.verification.differences[0]
        its = (("differences", str(len(facts.verification.differences))), ("first", f"{first.code} {first.subject}"))
        yield Reason("copies_unverified", its)


def _in_force(facts: BoxFacts, schedule: RetentionSchedule | None, day: date) -> tuple[RetentionRule, ...]:
    return () if schedule is None else rules_of(schedule, facts.sheets, day)


def _paper_terms(
    facts: BoxFacts, schedule: RetentionSchedule | None, day: date
) -> Iterator[tuple[RetentionRule, PaperTerm]]:
    for rule in _in_force(facts, schedule, day):
        if rule.paper is not None:
            yield rule, rule.paper


def named_sheets(sheets: Sequence[SheetRef]) -> str:
    """`2026-11-24-001/3, 2026-11-24-001/7 (+12)`."""
    shown = ", ".join(f"{each.batch}/{each.sheet}" for each in sheets[:MOST_NAMED])
    more = len(sheets) - MOST_NAMED
    return f"{shown} (+{more})" if more > 0 else shown
