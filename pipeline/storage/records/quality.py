"""Looks at sampled fields and finished work in the database; rates are counted there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, case, delete, exists, func, insert, literal, select

from pipeline.custody.quality import By, Found, Look, Looked, Tally, Work
from pipeline.custody.review import Task, TaskId, TaskState
from pipeline.model import BatchId, Kind, LayoutId, PageId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.review import task_of
from pipeline.storage.records.rows import Column, Columns, DbRow

_looks, _givers, _tasks = tables.quality_looks, tables.quality_givers, tables.review_tasks
_NAMES = {
    By.TOTAL: literal(""),
    By.KIND: _looks.c.kind,
    By.LAYOUT: _looks.c.layout,
    By.READER: _looks.c.reader,
    By.PERSON: _givers.c.who,
}


class SqlQuality:
    """Fills `QualityRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, task: TaskId) -> Look | None:
        with reading(self._engine) as connection:
            return _look_of(connection, task)

    def of_batch(self, batch: BatchId) -> tuple[Look, ...]:
        return self._found(select(_looks).where(_looks.c.batch_id == batch).order_by(_looks.c.task_id))

    def looks(self, wanted: Looked, finding: Found, *, skip: int = 0, most: int) -> tuple[Look, ...]:
        query = _meant(select(_looks), wanted).where(_looks.c.finding == finding)
        return self._found(query.order_by(_looks.c.at.desc(), _looks.c.task_id).offset(skip).limit(most))

    def tallies(self, wanted: Looked, by: By) -> tuple[Tally, ...]:
        name = _NAMES[by].label("name")
        counts = (func.sum(case((_looks.c.finding == its, 1), else_=0)).label(its.value) for its in Found)
        query: Select[tuple[Column, ...]] = _meant(select(name, *counts).select_from(_looks), wanted)
        if by is By.PERSON:
            query = query.join(_givers, _givers.c.task_id == _looks.c.task_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.group_by(name).order_by(name))
            return tuple(Tally(row.name, row.right, row.wrong, row.left) for row in found)

    def unnoted(self) -> tuple[Task, ...]:
        noted = exists().where(_looks.c.task_id == _tasks.c.id)
        ended = _tasks.c.state.in_([TaskState.DECIDED, TaskState.CLOSED])
        query = select(_tasks).where(_tasks.c.sample, ended, _tasks.c.version > 0, ~noted).order_by(_tasks.c.id)
        with reading(self._engine) as connection:
            return tuple(task_of(row) for row in connection.execute(query))

    def _found(self, query: Select[tuple[Column, ...]]) -> tuple[Look, ...]:
        with reading(self._engine) as connection:
            return _found(connection, query)


class SqlQualityChange:
    """Fills `QualityChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def look(self, task: TaskId) -> Look | None:
        return _look_of(self._connection, task)

    def put(self, look: Look) -> None:
        self.remove(look.task)
        self._connection.execute(insert(_looks).values(**_columns(look)))
        for who in look.givers:
            self._connection.execute(insert(_givers).values(task_id=look.task, who=who))

    def remove(self, task: TaskId) -> None:
        self._connection.execute(delete(_givers).where(_givers.c.task_id == task))
        self._connection.execute(delete(_looks).where(_looks.c.task_id == task))


def _meant(query: Select[tuple[Column, ...]], wanted: Looked) -> Select[tuple[Column, ...]]:
    query = query.where(_looks.c.work == wanted.work)
    if wanted.since is not None:
        query = query.where(_looks.c.at >= wanted.since.isoformat())
    if wanted.until is not None:
        query = query.where(_looks.c.at < wanted.until.isoformat())
    return query if wanted.batch is None else query.where(_looks.c.batch_id == wanted.batch)


def _look_of(connection: Connection, task: TaskId) -> Look | None:
    return next(iter(_found(connection, select(_looks).where(_looks.c.task_id == task))), None)


def _found(connection: Connection, query: Select[tuple[Column, ...]]) -> tuple[Look, ...]:
    rows = connection.execute(query).all()
    givers = _givers_of(connection, [row.task_id for row in rows])
    return tuple(_look(row, givers.get(row.task_id, ())) for row in rows)


_AT_ONCE = 500
"""A database takes only so many values in one question."""


def _givers_of(connection: Connection, tasks: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for first in range(0, len(tasks), _AT_ONCE):
        query = select(_givers).where(_givers.c.task_id.in_(tasks[first : first + _AT_ONCE]))
        for row in connection.execute(query.order_by(_givers.c.task_id, _givers.c.who)):
            found[row.task_id] = (*found.get(row.task_id, ()), row.who)
    return found


def _columns(look: Look) -> Columns:
    return {
        "task_id": look.task,
        "batch_id": look.batch,
        "page_id": look.page,
        "field": look.field,
        "kind": look.kind,
        "layout": look.layout,
        "reader": look.reader,
        "work": look.work,
        "finding": look.finding,
        "at": look.at.isoformat(),
    }


def _look(row: DbRow, givers: Iterable[str]) -> Look:
    return Look(
        task=TaskId(row.task_id),
        batch=BatchId(row.batch_id),
        page=PageId(row.page_id),
        field=row.field,
        kind=Kind(row.kind),
        layout=LayoutId(row.layout),
        reader=row.reader,
        work=Work(row.work),
        finding=Found(row.finding),
        at=datetime.fromisoformat(row.at),
        givers=tuple(givers),
    )
