"""Checks of finished work. What every look at a field has found is noted; an error is mended, and brings others up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pipeline.custody.quality import Found, Look, Work
from pipeline.custody.review import Said, Task, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import Field, PageId
from pipeline.ports import RecordsTransaction
from pipeline.statements.checking import (
    Finished,
    correcting,
    decided_before,
    finding_of_check,
    finding_of_sample,
    spoken,
    standing_of_check,
)
from pipeline.statements.review import Standing, in_force, standing_for
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.sampling import check_id
from pipeline.usecases.review.siblings import queue_siblings

FOUND_BY_CHECK = "found_by_check"
"""Why a field was opened again, in place of a person's words."""


class Told(Protocol):
    """Both sides of the records have these: inside a transaction and outside."""

    def task(self, task: TaskId) -> Task | None: ...

    def history(self, task: TaskId) -> tuple[Said, ...]: ...


def finished_of(task: Task, field: Field, source: Told) -> Finished:
    """The decision that a check is about.

    Raises:
        InvariantBroken: there is none.
    """
    checked = None if task.checks is None else source.task(task.checks)
    found = None
    if checked is not None:
        found = decided_before(checked, field, source.history(checked.id), task.checks_version)
    if found is None:
        raise InvariantBroken("checked_decision_vanished", task=task.id)
    return found


def standing_told(task: Task, field: Field, said: Sequence[Said], source: Told) -> Standing:
    """What the history of a field's task comes to, be it a check or not."""
    if task.checks is None:
        return standing_for(task, field, said)
    return standing_of_check(finished_of(task, field, source), field, said)


def said_to_see(task: Task, field: Field, said: Sequence[Said], source: Told) -> tuple[Said, ...]:
    """What persons said of a task, for whoever may be shown anything of it: of a check also the value that it is about,
    among the others."""
    return tuple(said) if task.checks is None else spoken(finished_of(task, field, source), said)


def look_of(task: Task, field: Field, said: Sequence[Said], source: Told) -> Look | None:
    """What a look at a field came to; null while it waits, and for tasks that are none."""
    if task.page is None or task.kind is None or task.layout is None or not said:
        return None
    standing = standing_told(task, field, said, source)
    if task.checks is not None:
        its = finished_of(task, field, source)
        work, givers, finding = Work.PERSON, its.givers, finding_of_check(its, field, standing)
    elif task.sample:
        work, givers, finding = Work.READER, (), finding_of_sample(field, standing)
    else:
        return None
    if finding is None:
        return None
    return Look(
        task=task.id,
        batch=task.batch,
        page=PageId(task.page),
        field=task.field,
        kind=task.kind,
        layout=task.layout,
        reader=field.reader,
        work=work,
        finding=finding,
        at=in_force(said)[-1].at,
        givers=givers,
    )


def note_look(task: Task, change: RecordsTransaction, desk: Desk) -> Look | None:
    """Record what a look at a field came to, once it is decided; a task that is open again has none."""
    if not task.sample and task.checks is None:
        return None
    look = look_of(task, _field(task, change, desk), change.review.history(task.id), change.review)
    if look is None:
        change.quality.remove(task.id)
    else:
        change.quality.put(look)
    return look


def after_look(task: Task, change: RecordsTransaction, desk: Desk) -> None:
    """Note what a look came to; an error of a check corrects the field that it is about, and any error brings up the
    fields that were read or decided the same way."""
    look = note_look(task, change, desk)
    if look is None or look.finding is not Found.WRONG:
        return
    if task.checks is not None:
        task = _corrected(task, change, desk)
    queue_siblings(task, look.givers, change, desk)


def _corrected(check: Task, change: RecordsTransaction, desk: Desk) -> Task:
    """Open the field's task again and enter what persons gave as its value: rows of theirs, from when they said it."""
    task = None if check.checks is None else change.review.task(check.checks)
    if task is None:
        raise InvariantBroken("checked_decision_vanished", task=check.id)
    field, said = _field(check, change, desk), change.review.history(check.id)
    standing = standing_told(check, field, said, change.review)
    rows = correcting(said, field, standing)
    opened = new_row(task, Verb.REOPEN, rows[-1].who, desk=desk, reason=FOUND_BY_CHECK)
    task = _recorded(task, opened, field, change)
    for row in rows:
        copy = replace(row, task=task.id, number=task.version + 1, salt=desk.salts(), undoes=None)
        task = _recorded(task, copy, field, change)
    after_decision(task, change, desk)
    return task


def _recorded(task: Task, row: Said, field: Field, change: RecordsTransaction) -> Task:
    rows = (*change.review.history(task.id), row)
    return record(task, row, standing_for(task, field, rows), change)


def _field(task: Task, change: RecordsTransaction, desk: Desk) -> Field:
    """As read."""
    page = None if task.page is None else page_of(PageId(task.page), change.review, desk)
    if page is None:
        raise InvariantBroken("outcome_vanished", page=str(task.page))
    return page.field(task.field)


def open_check_of(task: TaskId, source: Told) -> Task | None:
    """The check of a field that still waits for somebody."""
    found = source.task(check_id(task))
    return found if found is not None and found.state is TaskState.OPEN else None


def blind_fields(tasks: Sequence[Task]) -> frozenset[str]:
    """Names of the fields of a page that are being keyed without seeing what was read or said of them: they are shown
    nowhere to those who may have to key them."""
    return frozenset(its.field for its in tasks if its.blind and its.state is TaskState.OPEN)
