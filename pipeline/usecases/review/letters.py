"""A plea in a letter: the reviewer enters it with its place on the page, as evidence; another person confirms it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import PageRow
from pipeline.custody.review import Queue, Reviewer, Said, Subject, Task, Verb
from pipeline.errors import InvariantBroken
from pipeline.geometry import BoxPx
from pipeline.model import Kind, PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import PLEA, PLEAS, Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Decided, Refused
from pipeline.usecases.reviewed import field_of


def enter_plea(page: PageId, plea: str, place: BoxPx, who: Reviewer, *, reason: str, desk: Desk) -> Decided | Refused:
    """Record that an enclosure bears a plea. It is critical: it stands once another person confirmed it.

    Args:
        plea: one of `PLEAS`.
        place: of the words, in the scan as received; within the page and not empty.
        reason: the words, or why they are a plea; needed.
    """
    if Queue.REVIEWER not in who.queues:
        return _refused("task_of_other_queue", queue=Queue.REVIEWER)
    if plea not in PLEAS:
        return _refused("value_not_choice", names=", ".join(PLEAS))
    if not tidy(reason):
        return _refused("reason_missing")
    with desk.keeping.records.transaction() as change:
        row = change.page(page)
        found = page_of(page, change.review, desk)
        if row is None or found is None or row.label is not PageLabel.ENCLOSURE:
            return _refused("page_no_enclosure", page=page)
        review = change.review.batch(row.batch)
        if review is None or review.closed_at is not None:
            return _refused("review_batch_closed", batch=row.batch)
        if not _within(place, found.outcome):
            return _refused("place_outside_page")
        if change.review.task(task_id(page, PLEA)) is not None:
            return _refused("plea_entered_already", page=page)
        task = _task(row, found.outcome, desk)
        said = new_row(task, Verb.TYPED, who.account, desk=desk, value=plea, reason=tidy(reason))
        return _entered(task, replace(said, place=place), found.outcome, change, desk)


def _entered(task: Task, said: Said, outcome: PageOutcome, change: RecordsTransaction, desk: Desk) -> Decided:
    field = field_of(task, outcome, (said,))
    if field is None:
        raise InvariantBroken("place_vanished", task=task.id)
    moved = record(task, said, standing_of(field, (said,)), change)
    after_decision(moved, change, desk)
    return Decided(moved, said)


def _task(page: PageRow, outcome: PageOutcome, desk: Desk) -> Task:
    batch = desk.keeping.records.batch(page.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=page.batch)
    made = tasks_of_pages(batch, {page.id: outcome}, keeping=desk.keeping)
    base = next(task for task, row in made if row.id == page.id)
    return replace(
        base,
        id=task_id(page.id, PLEA),
        subject=Subject.FIELD,
        field=PLEA,
        kind=Kind.CHOICE,
        critical=True,
        position=base.position + 1,
    )


def _within(place: BoxPx, outcome: PageOutcome) -> bool:
    width, height = outcome.size_px
    inside = place.x >= 0 and place.y >= 0 and place.x + place.width <= width and place.y + place.height <= height
    return inside and place.width > 0 and place.height > 0


def _refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
