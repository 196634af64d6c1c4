"""Closing a batch: nothing is open any more, pages and statements are archived, the ledger says so and is sealed."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Queue, ReviewBatch, Reviewer, Subject, Task, TaskState
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, PageState, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.usecases.assemble import completion
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.results import Closed, NotClosed, OpenTask
from pipeline.usecases.sealing import seal

BATCH_CLOSED = "batch_closed"


def close_batch(batch: BatchId, who: Reviewer, *, desk: Desk, reason: str = "") -> Closed | NotClosed:
    """Close a batch for good.

    Args:
        reason: in words, of a supervisor, where pages set aside are left as they are.

    Returns:
        `NotClosed` with the list of what waits while a field or statement is open, or a page without a reason.

    Raises:
        OperatorError: `unknown_batch`.
    """
    if desk.keeping.records.batch(batch) is None:
        raise OperatorError("unknown_batch", batch=batch)
    with desk.keeping.records.transaction() as change:
        made = change.review.batch(batch)
        refusal = _refusal(batch, made)
        if made is None or refusal is not None:
            return NotClosed(batch, (refusal,) if refusal else ())
        tasks = desk.keeping.records.review.tasks(batch=batch)
        waiting = tuple(its for its in tasks if its.state is TaskState.OPEN)
        hindering = _hindering(waiting, who, tidy(reason))
        if hindering:
            return NotClosed(batch, hindering, tuple(_open(its) for its in waiting))
        closed = replace(made, closed_at=desk.keeping.clock.now(), closed_by=who.account, reason=tidy(reason))
        done = _archive(closed, change, desk)
        change.review.close_tasks(its.id for its in tasks)
    seal(keeping=desk.keeping, batch=batch)
    return done


def _refusal(batch: BatchId, made: ReviewBatch | None) -> Reason | None:
    if made is None:
        return Reason("review_not_begun", (("batch", batch),))
    return None if made.closed_at is None else Reason("review_batch_closed", (("batch", batch),))


def _hindering(waiting: tuple[Task, ...], who: Reviewer, reason: str) -> tuple[Reason, ...]:
    """Pages set aside may be left with a supervisor's reason; nothing else may be left."""
    pages = [its for its in waiting if its.subject is Subject.PAGE]
    others = len(waiting) - len(pages)
    found = []
    if others:
        found.append(Reason("batch_has_open_tasks", (("count", str(others)),)))
    if pages and not (reason and Queue.SUPERVISOR in who.queues):
        found.append(Reason("exceptions_need_reason", (("count", str(len(pages))),)))
    return tuple(found)


def _archive(closed: ReviewBatch, change: RecordsTransaction, desk: Desk) -> Closed:
    records, batch = desk.keeping.records, closed.batch
    pages = [_archived_page(row) for row in records.pages(batch)]
    statements = [_archived(row) for row in records.statements(batch)]
    for page in pages:
        change.put_page(page)
    for statement in statements:
        change.put_statement(statement)
    change.review.put_batch(closed)
    exceptions = sum(row.state is PageState.EXCEPTION for row in pages)
    facts = {"exceptions": exceptions, "completion": completion(pages, statements)}
    change.append(BATCH_CLOSED, batch, canonical_json(facts))
    return Closed(batch, sum(row.state is PageState.ARCHIVED for row in pages), exceptions)


def _archived_page(row: PageRow) -> PageRow:
    """A page in review without an open field was left so by a supervisor's reason."""
    return row if row.state is PageState.EXCEPTION else replace(row, state=PageState.ARCHIVED)


def _archived(row: StatementRow) -> StatementRow:
    return row if row.state is PageState.EXCEPTION else replace(row, state=PageState.ARCHIVED)


def _open(task: Task) -> OpenTask:
    return OpenTask(task.id, task.queue, task.held_by)
