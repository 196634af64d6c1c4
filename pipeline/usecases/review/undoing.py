"""Taking back one's own last decision, and opening again what was decided; both are rows of the history."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.review import Reviewer, Task, TaskId, TaskState, Verb
from pipeline.model import PageId, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import in_force
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.deciding import standing_now
from pipeline.usecases.review.desk import Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Conflict, Decided, Refused

_CANNOT_BE_UNDONE = frozenset({Verb.ENCLOSURE, Verb.BLANK})
"""They changed the page itself; it is opened again instead."""


def undo(task: TaskId, version: int, who: Reviewer, *, desk: Desk) -> Decided | Conflict | Refused:
    """Take back what this person said last of a task, as long as nobody has said anything since and its batch is
    open. What stood before stands again."""
    with desk.keeping.records.transaction() as change:
        found = change.review.task(task)
        if found is None:
            return _refused("unknown_task")
        said = change.review.history(task)
        if found.version != version:
            return Conflict(found, None if found.blind else said[-1])
        if found.state is TaskState.CLOSED:
            return _refused("review_batch_closed", batch=found.batch)
        last = next(iter(reversed(in_force(said))), None)
        if last is None or last.who != who.account:
            return _refused("undo_not_yours")
        if last.verb in _CANNOT_BE_UNDONE:
            return _refused("undo_not_possible")
        row = replace(new_row(found, Verb.UNDO, who.account, desk=desk), undoes=last.number)
        page = None if found.page is None else page_of(found.page, change.review, desk)
        moved = record(found, row, standing_now(found, (*said, row), page), change)
        after_decision(moved, change, desk)
        return Decided(moved, row)


def reopen(task: TaskId, who: Reviewer, *, reason: str, desk: Desk) -> Decided | Refused:
    """Open a decided task again, or make one of a field that the reader was sure of, because somebody doubts it.

    Args:
        reason: in words; needed.
    """
    words = tidy(reason)
    if not words:
        return _refused("reason_missing")
    with desk.keeping.records.transaction() as change:
        found = change.review.task(task) or _new_task(task, change, desk)
        if found is None:
            return _refused("unknown_task")
        if found.state is TaskState.CLOSED or _is_closed(found, change):
            return _refused("review_batch_closed", batch=found.batch)
        said = change.review.history(task)
        if found.state is TaskState.OPEN and said:
            return _refused("task_open", task=task)
        row = new_row(found, Verb.REOPEN, who.account, desk=desk, reason=words)
        page = None if found.page is None else page_of(found.page, change.review, desk)
        moved = record(found, row, standing_now(found, (*said, row), page), change)
        after_decision(moved, change, desk)
        return Decided(moved, row)


def _is_closed(task: Task, change: RecordsTransaction) -> bool:
    row = change.review.batch(task.batch)
    return row is not None and row.closed_at is not None


def _new_task(task: TaskId, change: RecordsTransaction, desk: Desk) -> Task | None:
    """A task of a field that has none: it was read surely."""
    page_id, _, name = task.partition("/")
    page = change.page(PageId(page_id))
    reviewed = None if page is None else page_of(page.id, change.review, desk)
    batch = None if page is None else desk.keeping.records.batch(page.batch)
    if page is None or reviewed is None or batch is None or reviewed.outcome.field(name) is None:
        return None
    wanted = replace(desk.site, always_look=frozenset({name}))
    made = (its for its in tasks_of(batch, keeping=desk.keeping, site=wanted) if its.id == task_id(page.id, name))
    new = next(made, None)
    if new is None:
        return None
    change.review.put_task(new)
    return new


def _refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
