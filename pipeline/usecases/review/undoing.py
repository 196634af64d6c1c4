"""Taking back one's own last decision, and opening again what was decided; both are rows of the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.custody.quality import Found
from pipeline.custody.review import Reviewer, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.model import PageId, PageLabel, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import in_force
from pipeline.usecases.review.checking import note_look, open_check_of
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.deciding import standing_now
from pipeline.usecases.review.desk import Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.reopening import open_batch_again
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.sampling import check_id
from pipeline.usecases.review.versions import mask_waits

_CANNOT_BE_UNDONE = frozenset({Verb.ENCLOSURE, Verb.BLANK, Verb.SEPARATOR, Verb.SUPERSEDED, Verb.MOVED, Verb.SHARED})
"""They changed the page itself: it is opened or placed again instead; or where it belongs: it is moved back instead."""


def undo(task: TaskId, version: int, who: Reviewer, *, desk: Desk) -> Decided | Conflict | Refused:
    """Take back what this person said last of a task, as long as nobody has said anything since and its batch is
    open. What stood before stands again."""
    with desk.keeping.records.transaction() as change:
        found = change.review.task(task)
        if found is None:
            return _refused("unknown_task")
        said = change.review.history(task)
        if found.version != version:
            return Conflict(found, said[-1] if said and not found.blind else None)
        if found.state is TaskState.CLOSED:
            return _refused("review_batch_closed", batch=found.batch)
        last = next(iter(reversed(in_force(said))), None)
        if last is None or last.who != who.account:
            return _refused("undo_not_yours")
        if last.verb in _CANNOT_BE_UNDONE or _is_final(found, change) or _was_read(found, last, change):
            return _refused("undo_not_possible")
        row = replace(new_row(found, Verb.UNDO, who.account, desk=desk), undoes=last.number)
        page = None if found.page is None else page_of(found.page, change.review, desk)
        moved = record(found, row, standing_now(found, (*said, row), page, change.review), change)
        after_decision(moved, change, desk)
        note_look(moved, change, desk)
        return Decided(moved, row)


def _was_read(task: Task, said: Said, change: RecordsTransaction) -> bool:
    """A page that was read as it was placed is placed again instead."""
    versions = () if task.page is None or said.verb is not Verb.PLACED else change.placing.versions(task.page)
    return any(version.said == said.number for version in versions)


def _is_final(task: Task, change: RecordsTransaction) -> bool:
    """A field that is or was checked is opened again instead; so is one that a check has corrected."""
    look = change.quality.look(task.id)
    wrong = task.checks is not None and look is not None and look.finding is Found.WRONG
    return wrong or (task.checks is None and change.review.task(check_id(task.id)) is not None)


def reopen(task: TaskId, who: Reviewer, *, reason: str, desk: Desk) -> Decided | Refused:
    """Open a decided task again, or make one of a field that the reader was sure of, because somebody doubts it. For a
    supervisor that opens a closed batch again too; for others it stays closed.

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
        said = change.review.history(task)
        refusal = _closed_to_all(found, said, change, desk) or open_batch_again(found, who, change, desk)
        if refusal is not None:
            return Refused((refusal,))
        found = change.review.task(task) or found
        row = new_row(found, Verb.REOPEN, who.account, desk=desk, reason=words)
        page = None if found.page is None else page_of(found.page, change.review, desk)
        moved = record(found, row, standing_now(found, (*said, row), page, change.review), change)
        after_decision(moved, change, desk)
        note_look(moved, change, desk)
        return Decided(moved, row)


def _closed_to_all(task: Task, said: Sequence[Said], change: RecordsTransaction, desk: Desk) -> Reason | None:
    """Why nobody can open a task again now; null when somebody can."""
    if task.checks is not None:
        return Reason("verb_not_here", (("verb", Verb.REOPEN),))
    if task.state is TaskState.WITHDRAWN and not _is_there(task, change, desk):
        return Reason("task_withdrawn", (("task", task.id),))
    if task.state is TaskState.OPEN and said:
        return Reason("task_open", (("task", task.id),))
    if open_check_of(task.id, change.review) is not None:
        return Reason("check_waits", (("task", task.id),))
    if task.subject is Subject.PAGE and mask_waits(said, change.placing.versions(PageId(task.id))):
        return Reason("pages_wait_to_be_read", (("count", "1"),))
    return None


def _is_there(task: Task, change: RecordsTransaction, desk: Desk) -> bool:
    """Whether what was asked about is on the page as it was read last, and the page counts."""
    page = None if task.page is None else change.page(task.page)
    if page is None or page.label in (PageLabel.SUPERSEDED, PageLabel.DIVIDED):
        return False
    read = page_of(page.id, change.review, desk, outcomes=change)
    return read is not None and read.outcome.field(task.field) is not None


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
    return next(made, None)


def _refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
