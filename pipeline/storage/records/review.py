"""Tasks of review and their history in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, exists, func, insert, select, update
from sqlalchemy.sql import FromClause

from pipeline.custody import BatchState
from pipeline.custody.review import Queue, ReviewBatch, Said, Subject, Task, TaskId, TaskState, Verb, Wanted
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, Kind, LayoutId, PageId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.figures_kept import keep_said
from pipeline.storage.records.moments import once_a_moment
from pipeline.storage.records.portable import place_of
from pipeline.storage.records.rows import Column, Columns, DbRow
from pipeline.storage.records.statement_index import index_page
from pipeline.usecases.court_index import INDEXED
from pipeline.usecases.events_standing import TOLD_FIELDS
from pipeline.usecases.telling import Touched

_tasks, _history, _batches = tables.review_tasks, tables.field_history, tables.review_batches
_versions = tables.statement_versions
_MOST_ROWS = 8192
"""Whose values are kept: the same rows are read again with each decision beside them."""
ORDER = (_tasks.c.urgent_on, _tasks.c.batch_id, _tasks.c.position, _tasks.c.id)

# Put together once: that takes longer than the database takes to answer.
_ONE_TASK = select(_tasks).where(_tasks.c.id == bindparam("wanted"))
_HISTORY_OF_TASK = select(_history).where(_history.c.task_id == bindparam("wanted")).order_by(_history.c.number)
_HELD_BY = (
    select(_tasks)
    .where(_tasks.c.held_by == bindparam("who"), _tasks.c.queue == bindparam("queue"), _tasks.c.state == TaskState.OPEN)
    .order_by(_tasks.c.held_until, _tasks.c.id)
)
_PUT_TASK = update(_tasks).where(_tasks.c.id == bindparam("wanted"))
_NOTHING: Mapping[str, Column] = MappingProxyType({})


class SqlReview:
    """Fills `ReviewRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @once_a_moment
    def task(self, task: TaskId) -> Task | None:
        with reading(self._engine) as connection:
            return _task_with(connection, task)

    @once_a_moment
    def tasks(
        self,
        *,
        batch: BatchId | None = None,
        page: PageId | None = None,
        statement: str | None = None,
        states: frozenset[TaskState] = frozenset(TaskState),
    ) -> tuple[Task, ...]:
        query = _where(batch is not None, page is not None, statement is not None)
        query = query if states == frozenset(TaskState) else query.where(_tasks.c.state.in_(sorted(states)))
        with reading(self._engine) as connection:
            return _tasks_of(connection, query, _given(batch, page, statement))

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]:
        with reading(self._engine) as connection:
            return _free(connection, wanted, most)

    @once_a_moment
    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        with reading(self._engine) as connection:
            return _held_by(connection, who, queue)

    def alike(self, task: Task, *, most: int) -> tuple[Task, ...]:
        its = _tasks.c
        same = and_(its.kind == task.kind, its.field == task.field, its.reading == task.reading)
        waiting = and_(its.state == TaskState.OPEN, its.queue == Queue.REVIEWER, its.subject == task.subject)
        query = select(_tasks).where(waiting, same).order_by(*ORDER).limit(most)
        with reading(self._engine) as connection:
            return _tasks_of(connection, query)

    @once_a_moment
    def history(self, task: TaskId) -> tuple[Said, ...]:
        with reading(self._engine) as connection:
            return _history_of(connection, task)

    @once_a_moment
    def histories(
        self, *, batch: BatchId | None = None, page: PageId | None = None
    ) -> Mapping[TaskId, tuple[Said, ...]]:
        with reading(self._engine) as connection:
            return _histories(connection, batch=batch, page=page)

    @once_a_moment
    def counts(self, batch: BatchId | None = None) -> Mapping[tuple[Queue, TaskState], int]:
        its = _tasks.c
        query = select(its.queue, its.state, func.count().label("found"))
        query = query if batch is None else query.where(its.batch_id == batch)
        with reading(self._engine) as connection:
            found = connection.execute(query.group_by(its.queue, its.state))
            return {(Queue(row.queue), TaskState(row.state)): row.found for row in found}

    @once_a_moment
    def batch(self, batch: BatchId) -> ReviewBatch | None:
        with reading(self._engine) as connection:
            return _batch(connection, batch)

    def unmade(self) -> tuple[BatchId, ...]:
        its = tables.batches.c
        made = exists().where(_batches.c.batch_id == its.id)
        query = select(its.id).where(its.state == BatchState.COMPLETE, ~made).order_by(its.started_at, its.id)
        with reading(self._engine) as connection:
            return tuple(BatchId(row.id) for row in connection.execute(query))

    def versions(self, statement: str) -> tuple[str, ...]:
        with reading(self._engine) as connection:
            return _versions_of(connection, statement)

    def changed(self, batch: BatchId) -> frozenset[str]:
        query = select(_versions.c.statement_id).distinct()
        query = query.join(tables.statements, tables.statements.c.id == _versions.c.statement_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.where(tables.statements.c.batch_id == batch))
            return frozenset(str(row.statement_id) for row in found)


class SqlReviewChange:
    """Fills `ReviewChange` on an open connection."""

    def __init__(self, connection: Connection, touched: Touched | None = None) -> None:
        self._connection = connection
        self._touched = Touched() if touched is None else touched

    def task(self, task: TaskId) -> Task | None:
        return _task_with(self._connection, task)

    def tasks(self, *, page: PageId | None = None, statement: str | None = None) -> tuple[Task, ...]:
        query = _where(batch=False, page=page is not None, statement=statement is not None)
        return _tasks_of(self._connection, query, _given(None, page, statement))

    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        return _held_by(self._connection, who, queue)

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]:
        return _free(self._connection, wanted, most)

    def history(self, task: TaskId) -> tuple[Said, ...]:
        return _history_of(self._connection, task)

    def histories(self, *, page: PageId) -> Mapping[TaskId, tuple[Said, ...]]:
        return _histories(self._connection, page=page)

    def batch(self, batch: BatchId) -> ReviewBatch | None:
        return _batch(self._connection, batch)

    def put_task(self, task: Task) -> None:
        columns = _columns(task)
        changed = self._connection.execute(_PUT_TASK, {**columns, "wanted": task.id})
        if changed.rowcount == 0:
            self._connection.execute(insert(_tasks).values(**columns))
        self._index(task)

    def add(self, said: Said) -> None:
        row = insert(_history).values(
            task_id=said.task,
            number=said.number,
            at=said.at.isoformat(),
            who=said.who,
            queue=said.queue,
            verb=said.verb,
            value=json.dumps(said.value, ensure_ascii=False),
            reason=said.reason,
            salt=said.salt,
            undoes=said.undoes,
            second_person=said.second_person,
            double_keying=said.double_keying,
            place=None if said.place is None else json.dumps(said.place.as_tuple()),
        )
        self._connection.execute(row)
        keep_said(self._connection, said)
        task = self.task(said.task)
        if task is not None:
            self._index(task)

    def _index(self, task: Task) -> None:
        if task.page is not None and task.field in TOLD_FIELDS:
            self._touched.pages.add(task.page)
        if task.page is not None and task.field in INDEXED:
            index_page(self._connection, task.page, self)

    def put_batch(self, row: ReviewBatch) -> None:
        self._touched.batches.add(row.batch)
        columns: Columns = {
            "batch_id": row.batch,
            "made_at": row.made_at.isoformat(),
            "closed_at": None if row.closed_at is None else row.closed_at.isoformat(),
            "closed_by": row.closed_by,
            "reason": row.reason,
            "drawn_at": None if row.drawn_at is None else row.drawn_at.isoformat(),
        }
        changed = self._connection.execute(update(_batches).where(_batches.c.batch_id == row.batch).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_batches).values(**columns))

    def versions(self, statement: str) -> tuple[str, ...]:
        return _versions_of(self._connection, statement)

    def add_version(self, statement: str, facts: str) -> int:
        number = len(self.versions(statement)) + 1
        self._connection.execute(insert(_versions).values(statement_id=statement, number=number, facts=facts))
        return number

    def close_tasks(self, tasks: Iterable[TaskId]) -> None:
        for task in tasks:
            free: Columns = {"state": TaskState.CLOSED, "held_by": None, "held_until": None}
            self._connection.execute(update(_tasks).where(_tasks.c.id == task).values(**free))


@lru_cache
def _where(batch: bool, page: bool, statement: bool) -> Select[tuple[Column, ...]]:
    query = select(_tasks)
    query = query.where(_tasks.c.batch_id == bindparam("batch")) if batch else query
    query = query.where(_tasks.c.page_id == bindparam("page")) if page else query
    query = query.where(_tasks.c.statement_id == bindparam("statement")) if statement else query
    return query.order_by(*ORDER)


def _given(batch: BatchId | None, page: PageId | None, statement: str | None) -> dict[str, Column]:
    named: dict[str, Column] = {"batch": batch, "page": page, "statement": statement}
    return {name: value for name, value in named.items() if value is not None}


@lru_cache
def _free_query(batch: bool, page: bool, statement: bool, apart: bool) -> Select[tuple[Column, ...]]:
    query = _where(batch, page, statement)
    of_queue = and_(_tasks.c.state == TaskState.OPEN, _tasks.c.queue == bindparam("queue"))
    query = query.where(of_queue, ~_held(_tasks, by_another=False))
    # A name in JSON is in quotes: one is never found inside another.
    query = query.where(place_of(_tasks.c.excluded, bindparam("quoted")) == 0)
    if apart:
        other = _tasks.alias()
        query = query.where(~exists().where(other.c.page_id == _tasks.c.page_id, _held(other, by_another=True)))
    return query.limit(bindparam("most"))


def _free(connection: Connection, wanted: Wanted, most: int) -> tuple[Task, ...]:
    query = _free_query(wanted.batch is not None, wanted.page is not None, wanted.statement is not None, wanted.apart)
    given = _given(wanted.batch, wanted.page, wanted.statement)
    given |= {"queue": wanted.queue, "quoted": json.dumps(wanted.who), "now": wanted.now.isoformat(), "most": most}
    return _tasks_of(connection, query, given | ({"who": wanted.who} if wanted.apart else {}))


def _held_by(connection: Connection, who: str, queue: Queue) -> tuple[Task, ...]:
    return _tasks_of(connection, _HELD_BY, {"who": who, "queue": queue})


def _held(table: FromClause, *, by_another: bool) -> ColumnElement[bool]:
    held = func.coalesce(table.c.held_until, "") > bindparam("now")
    return and_(held, table.c.held_by != bindparam("who")) if by_another else held


def _tasks_of(
    connection: Connection, query: Select[tuple[Column, ...]], given: Mapping[str, Column] = _NOTHING
) -> tuple[Task, ...]:
    return tuple(task_of(row) for row in connection.execute(query, given))


def _task_with(connection: Connection, task: TaskId) -> Task | None:
    row = connection.execute(_ONE_TASK, {"wanted": task}).first()
    return None if row is None else task_of(row)


def _history_of(connection: Connection, task: TaskId) -> tuple[Said, ...]:
    return tuple(said_of(row) for row in connection.execute(_HISTORY_OF_TASK, {"wanted": task}))


def _histories(
    connection: Connection, *, batch: BatchId | None = None, page: PageId | None = None
) -> Mapping[TaskId, tuple[Said, ...]]:
    found: dict[TaskId, list[Said]] = {}
    for row in connection.execute(_histories_query(batch is not None, page is not None), _given(batch, page, None)):
        found.setdefault(TaskId(row.task_id), []).append(said_of(row))
    return {task: tuple(rows) for task, rows in found.items()}


@lru_cache
def _histories_query(batch: bool, page: bool) -> Select[tuple[Column, ...]]:
    query = select(_history).join(_tasks, _tasks.c.id == _history.c.task_id)
    query = query.where(_tasks.c.batch_id == bindparam("batch")) if batch else query
    query = query.where(_tasks.c.page_id == bindparam("page")) if page else query
    return query.order_by(_history.c.task_id, _history.c.number)


def _versions_of(connection: Connection, statement: str) -> tuple[str, ...]:
    query = select(_versions.c.facts).where(_versions.c.statement_id == statement).order_by(_versions.c.number)
    return tuple(str(row.facts) for row in connection.execute(query))


def _batch(connection: Connection, batch: BatchId) -> ReviewBatch | None:
    row = connection.execute(select(_batches).where(_batches.c.batch_id == batch)).first()
    if row is None:
        return None
    made, closed, drawn = datetime.fromisoformat(row.made_at), _time(row.closed_at), _time(row.drawn_at)
    return ReviewBatch(batch, made, closed, row.closed_by, row.reason, drawn)


def _columns(task: Task) -> Columns:
    return {
        "id": task.id,
        "subject": task.subject,
        "batch_id": task.batch,
        "page_id": task.page,
        "statement_id": task.statement,
        "field": task.field,
        "kind": task.kind,
        "layout": task.layout,
        "critical": task.critical,
        "reading": task.reading,
        "position": task.position,
        "urgent_on": task.urgent_on.isoformat(),
        "due_on": None if task.due_on is None else task.due_on.isoformat(),
        "made_at": task.made_at.isoformat(),
        "queue": task.queue,
        "state": task.state,
        "version": task.version,
        "excluded": json.dumps(task.excluded),
        "blind": task.blind,
        "sample": task.sample,
        "checks": task.checks,
        "checks_version": task.checks_version,
        "held_by": task.held_by,
        "held_until": None if task.held_until is None else task.held_until.isoformat(),
    }


@lru_cache(maxsize=_MOST_ROWS)
def task_of(row: DbRow) -> Task:
    """A task as its row says."""
    return Task(
        id=TaskId(row.id),
        subject=Subject(row.subject),
        batch=BatchId(row.batch_id),
        page=None if row.page_id is None else PageId(row.page_id),
        statement=row.statement_id,
        position=row.position,
        urgent_on=date.fromisoformat(row.urgent_on),
        made_at=datetime.fromisoformat(row.made_at),
        field=row.field,
        kind=None if row.kind is None else Kind(row.kind),
        layout=None if row.layout is None else LayoutId(row.layout),
        critical=row.critical,
        reading=row.reading,
        due_on=None if row.due_on is None else date.fromisoformat(row.due_on),
        queue=Queue(row.queue),
        state=TaskState(row.state),
        version=row.version,
        excluded=tuple(str(name) for name in json.loads(row.excluded)),
        blind=row.blind,
        sample=row.sample,
        checks=None if row.checks is None else TaskId(row.checks),
        checks_version=row.checks_version,
        held_by=row.held_by,
        held_until=_time(row.held_until),
    )


@lru_cache(maxsize=_MOST_ROWS)
def said_of(row: DbRow) -> Said:
    """What somebody said, as its row says."""
    return Said(
        task=TaskId(row.task_id),
        number=row.number,
        at=datetime.fromisoformat(row.at),
        who=row.who,
        queue=Queue(row.queue),
        verb=Verb(row.verb),
        value=json.loads(row.value),
        reason=row.reason,
        salt=row.salt,
        undoes=row.undoes,
        second_person=row.second_person,
        double_keying=row.double_keying,
        place=None if row.place is None else BoxPx(*json.loads(row.place)),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
