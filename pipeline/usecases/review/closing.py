"""Closing a batch: nothing is open any more, pages and statements are archived, the ledger says so and is sealed."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Queue, ReviewBatch, Reviewer, Subject, Task, TaskState
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, PageState, Reason
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.usecases.assemble import completion
from pipeline.usecases.balance import balance
from pipeline.usecases.review.blanks import waiting_blanks
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.drawing import draw_checks, leave_check
from pipeline.usecases.review.placing import pages_to_read
from pipeline.usecases.review.results import Closed, NotClosed, OpenTask
from pipeline.usecases.sealing import seal

BATCH_CLOSED = "batch_closed"


def close_batch(
    batch: BatchId, who: Reviewer, *, desk: Desk, reason: str = "", leave_checks: bool = False
) -> Closed | NotClosed:
    """Close a batch. Where the site has finished work checked, it is drawn the first time that nothing else is open.

    Args:
        reason: in words, of a supervisor, where pages set aside or checks are left as they are, or counts differ.
        leave_checks: checks that still wait are left; they count as not made.

    Returns:
        `NotClosed` with the list of what waits while a field, statement or check is open, or a page without a reason.

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
        reasoned = bool(tidy(reason)) and Queue.SUPERVISOR in who.queues
        hindering = (
            *_unread(batch, desk),
            *_unconfirmed(batch, desk),
            *_hindering(waiting, reasoned=reasoned, leave_checks=leave_checks),
            *(() if reasoned else _miscounted(batch, desk)),
        )
        if hindering:
            return NotClosed(batch, hindering, tuple(_open(its) for its in waiting))
        drawn = draw_checks(made, change, desk)
        if drawn:
            told = Reason("checks_drawn", (("count", str(len(drawn))),))
            return NotClosed(batch, (told,), tuple(_open(its) for its in (*waiting, *drawn)))
        _leave_checks(waiting, who, tidy(reason), change, desk)
        made = change.review.batch(batch) or made
        closed = replace(made, closed_at=desk.keeping.clock.now(), closed_by=who.account, reason=redacted(tidy(reason)))
        done = _archive(closed, change, desk)
        change.review.close_tasks(its.id for its in tasks if its.state is not TaskState.WITHDRAWN)
    seal(keeping=desk.keeping, batch=batch)
    return done


def _leave_checks(
    waiting: tuple[Task, ...], who: Reviewer, reason: str, change: RecordsTransaction, desk: Desk
) -> None:
    for its in waiting:
        if its.checks is not None:
            leave_check(its, who, reason, change, desk)


def _refusal(batch: BatchId, made: ReviewBatch | None) -> Reason | None:
    if made is None:
        return Reason("review_not_begun", (("batch", batch),))
    return None if made.closed_at is None else Reason("review_batch_closed", (("batch", batch),))


def _unread(batch: BatchId, desk: Desk) -> tuple[Reason, ...]:
    """Pages that were placed are read first: what they say belongs to the batch."""
    count = len(pages_to_read(records=desk.keeping.records, batch=batch))
    return (Reason("pages_wait_to_be_read", (("count", str(count)),)),) if count else ()


def _miscounted(batch: BatchId, desk: Desk) -> tuple[Reason, ...]:
    """Sheets that were announced, fed and are there must be as many, unless a supervisor said why when the paper was
    in."""
    records = desk.keeping.records
    row, session = records.batch(batch), records.scans.session(batch)
    if row is None or (session is not None and session.end_reason is not None):
        return ()
    its = balance(row, records=records)
    if its.holds:
        return ()
    scanned = its.scanned
    facts = {
        "expected": its.expected_sheets,
        "sheets": its.sheets,
        "fed": None if scanned is None else scanned.fed_sides,
        "received": its.images if scanned is None else scanned.received,
    }
    return (Reason("counts_need_reason", tuple((name, "-" if n is None else str(n)) for name, n in facts.items())),)


def _unconfirmed(batch: BatchId, desk: Desk) -> tuple[Reason, ...]:
    """Somebody has looked at each blank side before a batch is closed: the palest pencil is no trace to a program."""
    count = waiting_blanks(batch, desk=desk)
    return (Reason("blanks_wait", (("count", str(count)),)),) if count else ()


def _hindering(waiting: tuple[Task, ...], *, reasoned: bool, leave_checks: bool) -> tuple[Reason, ...]:
    """Pages set aside and checks may be left with a supervisor's reason; nothing else may be left."""
    pages = sum(its.subject is Subject.PAGE for its in waiting)
    checks = sum(its.checks is not None for its in waiting)
    others = len(waiting) - pages - checks
    found = []
    if others:
        found.append(Reason("batch_has_open_tasks", (("count", str(others)),)))
    if checks and not (leave_checks and reasoned):
        found.append(Reason("checks_wait", (("count", str(checks)),)))
    if pages and not reasoned:
        found.append(Reason("exceptions_need_reason", (("count", str(pages)),)))
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
