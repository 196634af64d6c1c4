"""An error that a quality sample found: fields read the same way are looked at too."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.custody.review import Task, TaskState
from pipeline.model import Decision, Field, PageId
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import answer_of, answer_read, standing_for
from pipeline.usecases.review.desk import Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.sampling import field_task
from pipeline.usecases.review.states import settle_page, settle_statement
from pipeline.usecases.stored_outcome import kept_outcomes


def queue_siblings(task: Task, change: RecordsTransaction, desk: Desk) -> int:
    """Once a sampled field was found wrong: make tasks of the same field, on the same layout, accepted from the same
    reader, in the same batch. Returns how many; 0 where nothing was wrong."""
    wrong = _found_wrong(task, change, desk)
    if wrong is None:
        return 0
    made = 0
    for sibling in tuple(_siblings(task, wrong, desk)):
        if change.review.task(sibling.id) is None:
            change.review.put_task(sibling)
            made += 1
            if sibling.page is not None:
                settle_page(sibling.page, change)
            if sibling.statement is not None:
                settle_statement(sibling.statement, change)
    return made


def _found_wrong(task: Task, change: RecordsTransaction, desk: Desk) -> Field | None:
    """The field of a sample, as read, if a person changed it for good."""
    if not task.sample or task.state is not TaskState.DECIDED or task.page is None:
        return None
    page = page_of(PageId(task.page), change.review, desk)
    field = None if page is None else page.outcome.field(task.field)
    stands = None if field is None else standing_for(task, field, change.review.history(task.id)).stands
    if field is None or stands is None or answer_of(stands, field) == answer_read(field):
        return None
    return field


def _siblings(task: Task, wrong: Field, desk: Desk) -> Iterator[Task]:
    batch = desk.keeping.records.batch(task.batch)
    if batch is None:
        return
    outcomes = kept_outcomes(desk.keeping.records.outcomes(task.batch))
    for base, row in tasks_of_pages(batch, outcomes, keeping=desk.keeping):
        outcome = outcomes.get(row.id)
        if outcome is None or outcome.layout is None or outcome.layout != task.layout:
            continue
        for index, field in enumerate(outcome.fields, start=1):
            read_alike = (field.name, field.reader) == (wrong.name, wrong.reader)
            if read_alike and field.decision is Decision.ACCEPTED and task_id(row.id, field.name) != task.id:
                yield field_task(base, field, outcome.layout, index)
