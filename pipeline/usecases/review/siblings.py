"""An error that a look at a field found: fields read or decided the same way are looked at too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.custody.review import SYSTEM, Task, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import Decision, Field, PageId
from pipeline.ports import RecordsTransaction
from pipeline.statements.checking import finished
from pipeline.statements.review import standing_for
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.sampling import check_id, field_task
from pipeline.usecases.review.states import settle_page, settle_statement
from pipeline.usecases.stored_outcome import kept_outcomes

SIBLING_OF_ERROR = "sibling_of_error"
"""Why a field was opened again, in place of a person's words."""


def queue_siblings(task: Task, givers: Sequence[str], change: RecordsTransaction, desk: Desk) -> int:
    """Once a field was found wrong: ask for a look at the same field, on the same layout, in the same batch, where it
    was accepted from the same reader, and open it again where one of the same persons gave its value.

    Args:
        givers: who gave the wrong value; nobody where it was the reader's.

    Returns:
        How many.
    """
    page = None if task.page is None else page_of(PageId(task.page), change.review, desk)
    if page is None:
        raise InvariantBroken("outcome_vanished", page=str(task.page))
    field = page.outcome.field(task.field)
    read = 0 if field is None else _ask_for_read(task, field, change, desk)
    return read + _open_decided(task, frozenset(givers), change, desk)


def _ask_for_read(task: Task, wrong: Field, change: RecordsTransaction, desk: Desk) -> int:
    made = 0
    for sibling in tuple(_read_alike(task, wrong, desk)):
        if change.review.task(sibling.id) is None:
            change.review.put_task(sibling)
            made += 1
            if sibling.page is not None:
                settle_page(sibling.page, change)
            if sibling.statement is not None:
                settle_statement(sibling.statement, change)
    return made


def _read_alike(task: Task, wrong: Field, desk: Desk) -> Iterator[Task]:
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


def _open_decided(task: Task, givers: frozenset[str], change: RecordsTransaction, desk: Desk) -> int:
    """Fields whose value one of these persons gave go to somebody else; one that is being checked does so anyhow."""
    opened = 0
    if not givers:
        return opened
    for sibling in desk.keeping.records.review.tasks(batch=task.batch, states=frozenset({TaskState.DECIDED})):
        same = (sibling.field, sibling.layout) == (task.field, task.layout) and sibling.checks is None
        if not same or sibling.id == task.id or change.review.task(check_id(sibling.id)) is not None:
            continue
        opened += _open_again(sibling, givers, change, desk)
    return opened


def _open_again(task: Task, givers: frozenset[str], change: RecordsTransaction, desk: Desk) -> bool:
    page = None if task.page is None else page_of(PageId(task.page), change.review, desk)
    field = None if page is None else page.outcome.field(task.field)
    said = change.review.history(task.id)
    its = None if field is None else finished(field, standing_for(task, field, said), said)
    if field is None or its is None or not givers & set(its.givers):
        return False
    row = new_row(task, Verb.REOPEN, SYSTEM, desk=desk, reason=SIBLING_OF_ERROR)
    after_decision(record(task, row, standing_for(task, field, (*said, row)), change), change, desk)
    return True
