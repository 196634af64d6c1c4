"""The task of a statement itself: made, opened again or decided as its reasons come and go."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import StatementRow
from pipeline.custody.review import SYSTEM, Queue, Task, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.assemble import is_plain
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.making import asks_for_a_look, for_a_supervisor, statement_task
from pipeline.usecases.review.recording import new_row, record


def own_task(row: StatementRow, change: RecordsTransaction, desk: Desk) -> Task:
    """The task of a statement, made where there is none. It is open until something is said of it."""
    known = change.review.task(TaskId(row.id))
    if known is not None:
        return known
    batch = desk.keeping.records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    position = max((its.position for its in change.review.tasks(statement=row.id)), default=0) + 1
    found = {page: page_of(page, change.review, desk, outcomes=change) for page in (*row.pages, *row.returns)}
    outcomes = {page: its.effective for page, its in found.items() if its is not None}
    made = statement_task(row, batch, outcomes, position=0, now=desk.keeping.clock.now())
    new = replace(made, position=position)
    change.review.put_task(new)
    return new


def keep_own_task(
    before: StatementRow, row: StatementRow, change: RecordsTransaction, desk: Desk, *, open_fields: bool
) -> None:
    """What is left to look at is a task; a task for which nothing is left is decided, and one that was decided is
    opened again when there is more to look at than there was.

    Args:
        before: the statement as it was when its task was last looked at.
        row: as it is now.
    """
    unsure = not open_fields and any(reason.code == "statement_number_unsure" for reason in row.reasons)
    left, known = asks_for_a_look(row) or unsure, change.review.task(TaskId(row.id))
    if not left:
        if known is not None and known.state is TaskState.OPEN:
            _said(known, Verb.AS_IS, "", change, desk)
        return
    its = own_task(row, change, desk)
    more = {reason.code for reason in row.reasons if not is_plain(reason)} - {its.code for its in before.reasons}
    if its.state is TaskState.DECIDED and more:
        its = _said(its, Verb.REOPEN, ", ".join(sorted(more)), change, desk)
    if for_a_supervisor(row) and its.state is TaskState.OPEN and its.queue is not Queue.SUPERVISOR:
        _said(its, Verb.REFER, "defendant_minor", change, desk)


def _said(task: Task, verb: Verb, reason: str, change: RecordsTransaction, desk: Desk) -> Task:
    said = new_row(task, verb, SYSTEM, desk=desk, reason=reason)
    return record(task, said, standing_of_exception((*change.review.history(task.id), said)), change)
