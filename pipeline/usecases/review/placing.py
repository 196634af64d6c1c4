"""A person says how a page is to be read: as which form, which way up, or as several pages in one image."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import PageRow, Placement, placement_text
from pipeline.custody.placing import faults
from pipeline.custody.review import (
    MOST_REASON_CHARACTERS,
    Reviewer,
    Subject,
    Task,
    TaskId,
    TaskState,
    Verb,
)
from pipeline.errors import InvariantBroken
from pipeline.model import BatchId, PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.electronic_names import is_registered_name
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.queue import refusal_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.versions import placed_row, with_masks_said
from pipeline.usecases.stored_outcome import kept_outcome


def place_page(
    page: PageId, version: int, placement: Placement, who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record how a page is to be read. It is read later (`read_placed`); until then it stays what it is.

    A page may be placed again, and one that was taken for a form, as long as nobody has decided a field of it.

    Args:
        version: of the page's own task as this person saw it; 0 where it has none.
        reason: in words; needed where the page was taken for a form.

    Returns:
        `Conflict` when somebody was faster; `Refused` for an unknown layout, boxes that are no parts of the scan, a
        closed batch, decided fields. Nothing is recorded then.
    """
    words = tidy(reason)
    with desk.keeping.records.transaction() as change:
        row = change.page(page)
        if row is None:
            return Refused((Reason("unknown_page", (("page", page),)),))
        outcome = _outcome(row, desk)
        reasons = _refusals(row, outcome, placement, words, change, desk)
        if reasons:
            return Refused(reasons)
        task = change.review.task(TaskId(page)) or page_task(row, outcome, desk)
        said = change.review.history(task.id)
        placement = with_masks_said(placement, said)
        if task.version != version:
            return _late(task, version, placement, who, change)
        refusal = refusal_to_place(task, who, desk)
        if refusal is not None:
            return Refused((refusal,))
        new = new_row(task, Verb.PLACED, who.account, desk=desk, value=placement_text(placement), reason=words)
        moved = record(task, new, standing_of_exception((*said, new)), change)
        after_decision(moved, change, desk)
        return Decided(moved, new)


def pages_to_read(*, records: Records, batch: BatchId | None = None) -> tuple[PageId, ...]:
    """Pages that were placed and are not read so yet, by id; of a batch, or of all that are not closed."""
    found = []
    for page in records.placing.placed(batch):
        if placed_row(records.review.history(TaskId(page)), records.placing.versions(page)) is not None:
            found.append(page)
    return tuple(found)


def page_task(row: PageRow, outcome: PageOutcome | None, desk: Desk) -> Task:
    """A page's own task, for a page that has none."""
    batch = desk.keeping.records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    made = tasks_of_pages(batch, {} if outcome is None else {row.id: outcome}, keeping=desk.keeping)
    return next(task for task, page in made if page.id == row.id)


def refusal_to_place(task: Task, who: Reviewer, desk: Desk) -> Reason | None:
    """Why this person may not say what a page is; null when they may, also where it was said before."""
    return refusal_of(replace(task, state=TaskState.OPEN), who, desk.keeping.clock.now())


def refusal_of_electronic(row: PageRow, desk: Desk) -> Reason | None:
    """Why nothing is to be said of a page as an image: it never was one. Null for pages that were scanned."""
    file = desk.keeping.records.file(row.file)
    is_electronic = file is not None and is_registered_name(file.name)
    return Reason("page_is_electronic", (("page", row.id),)) if is_electronic else None


def fields_decided(page: PageId, change: RecordsTransaction) -> bool:
    """Whether anybody has said anything of a field of the page, or of a part of its image that stands."""
    pages = [page, *(part.id for part in change.placing.parts(page) if part.label is not PageLabel.SUPERSEDED)]
    tasks = (its for each in pages for its in change.review.tasks(page=each))
    return any(its.subject is Subject.FIELD and its.version > 0 for its in tasks)


def _refusals(
    row: PageRow,
    outcome: PageOutcome | None,
    placement: Placement,
    words: str,
    change: RecordsTransaction,
    desk: Desk,
) -> tuple[Reason, ...]:
    """Everything that speaks against reading the page so."""
    made = change.review.batch(row.batch)
    if made is None:
        return (Reason("review_not_begun", (("batch", row.batch),)),)
    if made.closed_at is not None:
        return (Reason("review_batch_closed", (("batch", row.batch),)),)
    if row.sha256 is None:
        return (Reason("page_without_image", (("page", row.id),)),)
    if row.label is PageLabel.SUPERSEDED and row.part_of is not None:
        return (Reason("page_superseded", (("page", row.id),)),)
    electronic = refusal_of_electronic(row, desk)
    if electronic is not None:
        return (electronic,)
    found = list(faults(placement, None if outcome is None else outcome.size_px))
    if placement.layout is not None and placement.layout not in desk.layouts:
        found.append(Reason("unknown_layout", (("layout", placement.layout),)))
    if placement.parts and row.part_of is not None:
        found.append(Reason("part_not_divided", (("page", row.id),)))
    if fields_decided(row.id, change):
        found.append(Reason("page_fields_decided", (("page", row.id),)))
    if len(words) > MOST_REASON_CHARACTERS:
        found.append(Reason("reason_too_long", (("most", str(MOST_REASON_CHARACTERS)),)))
    if outcome is not None and outcome.layout is not None and not words:
        found.append(Reason("reason_missing"))
    return tuple(found)


def _outcome(row: PageRow, desk: Desk) -> PageOutcome | None:
    text = desk.keeping.records.outcome(row.id)
    return None if text is None else kept_outcome(row.id, text)


def _late(
    task: Task, version: int, placement: Placement, who: Reviewer, change: RecordsTransaction
) -> Decided | Conflict:
    """Somebody was faster; or the same form was sent twice."""
    said = change.review.history(task.id)
    first = said[version] if 0 <= version < len(said) else None
    its_own = first is not None and first.who == who.account and first.number == task.version
    if first is not None and its_own and first.verb is Verb.PLACED and first.value == placement_text(placement):
        return Decided(task, first, again=True)
    return Conflict(task, first)
