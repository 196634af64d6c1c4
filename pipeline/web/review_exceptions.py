"""The list of exceptions: pages and statements that wait for a person, pages that are read again or wished again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.people import Permission
from pipeline.custody.review import Subject, Task, TaskId, TaskState
from pipeline.model import BatchId, PageId, PageLabel
from pipeline.usecases.returns import receipt_of
from pipeline.usecases.review import pages_to_read
from pipeline.usecases.review.queue import is_for
from pipeline.usecases.review.superseding import rescans
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.batches import leaf_of
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.review_returns import waiting_count
from pipeline.web.viewing import MINOR, is_restricted, note_view, sees_whole_pages
from pipeline.web.words import Words

router = APIRouter()
LINES_A_LEAF = 50


class Sort(StrEnum):
    """What an exception is, as people look for it."""

    UNIDENTIFIED = "unidentified"
    FAILED = "failed"
    PAGE = "page"
    READING = "reading"
    RESCAN = "rescan"
    NUMBER = "number"
    CHEQUE = "cheque"
    MINOR = "minor"
    STATEMENT = "statement"


PAGE_SORTS = frozenset({Sort.UNIDENTIFIED, Sort.FAILED, Sort.PAGE, Sort.READING, Sort.RESCAN})


@dataclass(frozen=True, slots=True)
class Found:
    """An exception before it is put into words."""

    sort: Sort
    task: Task
    row: PageRow | None
    statement: StatementRow | None


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """A line of the list.

    Attributes:
        path: where it is resolved; empty for whoever may not.
        age_days: since the paper came in.
        days_left: to the last day for the plea; null where it is not known.
        shown: its page may be seen.
        hidden: of a restricted file, for whoever may not see those: no number, no reasons.
    """

    sort: Sort
    task: Task
    row: PageRow | None
    number: str | None
    reasons: tuple[str, ...]
    path: str
    age_days: int
    days_left: int | None
    shown: bool
    hidden: bool


@router.get("/review/exceptions", name="review.exceptions")
def exceptions(request: Request, parts: Parts, who: Who, kind: str = "", batch: str = "", leaf: int = 1) -> Response:
    found = sorted(_found(parts), key=lambda its: (its.task.urgent_on, its.task.batch, its.task.position))
    batches = sorted({its.task.batch for its in found}, reverse=True)
    chosen = BatchId(batch) if batch in batches else None
    of_batch = [its for its in found if chosen in (None, its.task.batch)]
    counts = Counter(its.sort for its in of_batch)
    wanted = [its for its in of_batch if kind not in set(Sort) or its.sort == kind]
    shown = leaf_of(leaf, len(wanted), LINES_A_LEAF)
    first = (shown.number - 1) * LINES_A_LEAF
    lines = [_line(its, who, parts, words_for(request)) for its in wanted[first : first + LINES_A_LEAF]]
    for its in dict.fromkeys(line.task.batch for line in lines if line.shown):
        note_view(its, "review_exceptions", who=who, parts=parts)
    kept = {"kind": kind if kind in set(Sort) else "", "batch": chosen or ""}
    return page(
        request,
        "review_exceptions.html",
        lines=lines,
        total=len(of_batch),
        counts=[(sort, counts[sort]) for sort in Sort if counts[sort]],
        kept=kept,
        batches=batches,
        leaf=shown,
        address="/review/exceptions?" + urlencode(kept) + "&",
        with_batch=urlencode({"batch": kept["batch"]}) if chosen else "",
        returns=waiting_count(who, parts),
        letters=who.may(Permission.REVIEW_FIELDS),
    )


def _found(parts: WebParts) -> Iterator[Found]:
    """Of all open batches, once each; a page that is being read again is that and nothing else."""
    records = parts.keeping.records
    open_now = records.review.tasks(states=frozenset({TaskState.OPEN}))
    reading = set(pages_to_read(records=records))
    for task in open_now:
        if task.subject is Subject.STATEMENT and task.statement is not None:
            row = records.statement_row(task.statement)
            yield Found(_sort_of_statement(row), task, None, row)
        elif task.subject is Subject.PAGE and task.page is not None and task.page not in reading:
            yield _of_page(task, records.page(task.page), parts)
    for page_id in sorted(reading):
        placed = records.review.task(TaskId(page_id))
        if placed is not None:
            yield Found(Sort.READING, placed, records.page(page_id), _owner(page_id, parts))
    for task in rescans(records=records):
        if task.page is not None and task.page not in reading:
            yield Found(Sort.RESCAN, task, records.page(task.page), _owner(task.page, parts))


def _of_page(task: Task, row: PageRow | None, parts: WebParts) -> Found:
    owner = None if row is None else _owner(row.id, parts)
    if row is not None and row.label is PageLabel.UNIDENTIFIED:
        return Found(Sort.UNIDENTIFIED, task, row, owner)
    failed = row is not None and row.outcome_digest is None
    return Found(Sort.FAILED if failed else Sort.PAGE, task, row, owner)


def _owner(page_id: PageId, parts: WebParts) -> StatementRow | None:
    return next(iter(parts.keeping.records.statements_of_page(page_id)), None)


def _sort_of_statement(row: StatementRow | None) -> Sort:
    """By what asks for a person: a child's file before all else."""
    codes = () if row is None else tuple(reason.code for reason in row.reasons)
    if MINOR in codes:
        return Sort.MINOR
    if any(code.startswith("cheque_") for code in codes):
        return Sort.CHEQUE
    by_number = (word in code for word in ("number", "several", "duplicate") for code in codes)
    return Sort.NUMBER if any(by_number) else Sort.STATEMENT


def _line(its: Found, who: Visitor, parts: WebParts, words: Words) -> ExceptionLine:
    task, row, owner = its.task, its.row, its.statement
    today = parts.keeping.clock.now().astimezone().date()
    restricted = owner is not None and is_restricted(owner)
    hidden = restricted and not who.may(Permission.VIEW_RESTRICTED)
    return ExceptionLine(
        sort=its.sort,
        task=task,
        row=row,
        number=None if hidden or owner is None else owner.number,
        reasons=() if hidden else _told(its, words),
        path="" if hidden else _path(its, who, parts),
        age_days=(today - _received(task.batch, parts, today)).days,
        days_left=None if task.due_on is None else (task.due_on - today).days,
        shown=row is not None and not hidden and sees_whole_pages(who, parts),
        hidden=hidden,
    )


def _told(its: Found, words: Words) -> tuple[str, ...]:
    """Of a page why it is set aside; of a statement why somebody should look."""
    of = its.row if its.row is not None else its.statement
    return () if of is None else tuple(dict.fromkeys(words.reason(reason) for reason in of.reasons))


def _path(its: Found, who: Visitor, parts: WebParts) -> str:
    """Screens of pages and statements are for looking too; where only crops are shown, a statement's task is for those
    whose it is."""
    if its.sort in PAGE_SORTS:
        return f"/review/pages/{its.task.page}"
    if its.task.statement is not None and sees_whole_pages(who, parts):
        return f"/review/statements/{its.task.statement}"
    mine = is_for(its.task, who.reviewer) and who.name not in its.task.excluded
    return f"/review/task/{its.task.id}" if mine and who.reviewer.queues else ""


def _received(batch: BatchId, parts: WebParts, today: date) -> date:
    row = parts.keeping.records.batch(batch)
    return today if row is None else receipt_of(row).day
