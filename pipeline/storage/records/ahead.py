"""Reads about several pages at once, whose answers are then kept for the moment.

A question to the database costs more than its answer, and a statement has a handful of pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, select

from pipeline.custody import DerivativeRef, PageRow, StatementRow
from pipeline.custody.review import Said, Task, TaskId
from pipeline.model import PageId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.prepared import Prepared, several
from pipeline.storage.records.review import ORDER, said_of, task_of
from pipeline.storage.records.rows import Column
from pipeline.storage.records.statement_queries import statement_rows

MOST_PAGES = 30
"""So that one moment keeps all that is read of them."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """What is known of some pages; each mapping has every one of them."""

    pages: Mapping[PageId, PageRow | None]
    outcomes: Mapping[PageId, str | None]
    derivatives: Mapping[PageId, tuple[DerivativeRef, ...]]
    tasks: Mapping[PageId, tuple[Task, ...]]
    histories: Mapping[PageId, Mapping[TaskId, tuple[Said, ...]]]
    statements: Mapping[PageId, tuple[StatementRow, ...]]


def read_ahead(
    connection: Connection, wanted: Collection[PageId], known: Mapping[str, StatementRow] | None = None
) -> ReadAhead:
    """Each as its own query for one page would tell it, in the same order.

    Args:
        known: rows of statements that were read in the same transaction, by id.
    """
    asked = sorted(wanted)
    given: dict[str, Column | Sequence[str]] = {"wanted": asked}
    pages = {PageId(row.id): rows.page_row(row) for row in _PAGES.rows(connection, given)}
    outcomes = {PageId(row.page_id): str(row.body) for row in _OUTCOMES.rows(connection, given)}
    derivatives = _grouped(
        asked, ((PageId(row.page_id), rows.derivative_ref(row)) for row in _DERIVATIVES.rows(connection, given))
    )
    found = [task_of(row) for row in _TASKS.rows(connection, given)]
    tasks = _grouped(asked, ((its.page, its) for its in found if its.page is not None))
    said = _histories(connection, asked) if found else {}
    return ReadAhead(
        pages={page: pages.get(page) for page in asked},
        outcomes={page: outcomes.get(page) for page in asked},
        derivatives=derivatives,
        tasks=tasks,
        histories={
            page: {its: said[its] for its in sorted(task.id for task in tasks[page]) if its in said} for page in asked
        },
        statements=_statements(connection, asked, known or {}),
    )


def _statements(
    connection: Connection, asked: Sequence[PageId], known: Mapping[str, StatementRow]
) -> Mapping[PageId, tuple[StatementRow, ...]]:
    pairs = [(PageId(row.page_id), str(row.statement_id)) for row in _BELONGS.rows(connection, {"wanted": asked})]
    missing = sorted({statement for _, statement in pairs} - known.keys())
    found = _STATEMENTS.rows(connection, {"wanted": missing}) if missing else []
    all_of_them = {**known, **{row.id: row for row in statement_rows(connection, found)}}
    whole = _grouped(asked, ((page, all_of_them[its]) for page, its in dict.fromkeys(pairs) if its in all_of_them))
    return {page: tuple(sorted(its, key=lambda row: (row.issuer, row.id))) for page, its in whole.items()}


def _histories(connection: Connection, asked: Sequence[PageId]) -> Mapping[TaskId, tuple[Said, ...]]:
    found: dict[TaskId, list[Said]] = {}
    for row in _HISTORIES.rows(connection, {"wanted": asked}):
        found.setdefault(TaskId(row.task_id), []).append(said_of(row))
    return {task: tuple(its) for task, its in found.items()}


def _grouped(asked: Iterable[PageId], found: Iterable[tuple[PageId, _Found]]) -> dict[PageId, tuple[_Found, ...]]:
    of_page: dict[PageId, list[_Found]] = {page: [] for page in asked}
    for page, its in found:
        of_page[page].append(its)
    return {page: tuple(its) for page, its in of_page.items()}


# Put together once: that takes longer than the database takes to answer.
_WANTED = several("wanted")
_PAGES = Prepared(select(tables.pages).where(tables.pages.c.id.in_(_WANTED)))
_OUTCOMES = Prepared(select(tables.outcomes).where(tables.outcomes.c.page_id.in_(_WANTED)))
_DERIVATIVES = Prepared(
    select(tables.derivatives).where(tables.derivatives.c.page_id.in_(_WANTED)).order_by(tables.derivatives.c.name)
)
_BELONGS = Prepared(
    select(tables.statement_pages.c.page_id, tables.statement_pages.c.statement_id).where(
        tables.statement_pages.c.page_id.in_(_WANTED)
    )
)
_TASKS = Prepared(select(tables.review_tasks).where(tables.review_tasks.c.page_id.in_(_WANTED)).order_by(*ORDER))
_HISTORIES = Prepared(
    select(tables.field_history)
    .join(tables.review_tasks, tables.review_tasks.c.id == tables.field_history.c.task_id)
    .where(tables.review_tasks.c.page_id.in_(_WANTED))
    .order_by(tables.field_history.c.task_id, tables.field_history.c.number)
)
_STATEMENTS = Prepared(select(tables.statements).where(tables.statements.c.id.in_(_WANTED)))
