"""Tasks of review and their history in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Select, and_, exists, func, insert, select, update

from pipeline.custody import BatchState
from pipeline.custody.review import Queue, ReviewBatch, Said, Subject, Task, TaskId, TaskState, Verb, Wanted
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, Kind, LayoutId, PageId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import Column, Columns, DbRow

_tasks, _history, _batches = tables.review_tasks, tables.field_history, tables.review_batches
_versions = tables.statement_versions
_ORDER = (_tasks.c.urgent_on, _tasks.c.batch_id, _tasks.c.position, _tasks.c.id)


class SqlReview:
    """Fills `ReviewRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def task(self, task: TaskId) -> Task | None:
        with reading(self._engine) as connection:
            return _task_with(connection, task)

    def tasks(
        self,
        *,
        batch: BatchId | None = None,
        page: PageId | None = None,
        statement: str | None = None,
        states: frozenset[TaskState] = frozenset(TaskState),
    ) -> tuple[Task, ...]:
        query = _where(batch=batch, page=page, statement=statement)
        with reading(self._engine) as connection:
            return _tasks_of(connection, query.where(_tasks.c.state.in_(sorted(states))))

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]:
        with reading(self._engine) as connection:
            return _free(connection, wanted, most)

    def alike(self, task: Task, *, most: int) -> tuple[Task, ...]:
        its = _tasks.c
        same = and_(its.kind == task.kind, its.field == task.field, its.reading == task.reading)
        waiting = and_(its.state == TaskState.OPEN, its.queue == Queue.REVIEWER, its.subject == task.subject)
        query = select(_tasks).where(waiting, same).order_by(*_ORDER).limit(most)
        with reading(self._engine) as connection:
            return _tasks_of(connection, query)

    def history(self, task: TaskId) -> tuple[Said, ...]:
        with reading(self._engine) as connection:
            return _history_of(connection, task)

    def histories(
        self, *, batch: BatchId | None = None, page: PageId | None = None
    ) -> Mapping[TaskId, tuple[Said, ...]]:
        with reading(self._engine) as connection:
            return _histories(connection, batch=batch, page=page)

    def counts(self, batch: BatchId | None = None) -> Mapping[tuple[Queue, TaskState], int]:
        its = _tasks.c
        query = select(its.queue, its.state, func.count().label("found"))
        query = query if batch is None else query.where(its.batch_id == batch)
        with reading(self._engine) as connection:
            found = connection.execute(query.group_by(its.queue, its.state))
            return {(Queue(row.queue), TaskState(row.state)): row.found for row in found}

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


class SqlReviewChange:
    """Fills `ReviewChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def task(self, task: TaskId) -> Task | None:
        return _task_with(self._connection, task)

    def tasks(self, *, page: PageId | None = None, statement: str | None = None) -> tuple[Task, ...]:
        return _tasks_of(self._connection, _where(page=page, statement=statement))

    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        its = _tasks.c
        query = select(_tasks).where(its.held_by == who, its.queue == queue, its.state == TaskState.OPEN)
        return _tasks_of(self._connection, query.order_by(its.held_until, its.id))

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
        changed = self._connection.execute(update(_tasks).where(_tasks.c.id == task.id).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_tasks).values(**columns))

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

    def put_batch(self, row: ReviewBatch) -> None:
        columns: Columns = {
            "batch_id": row.batch,
            "made_at": row.made_at.isoformat(),
            "closed_at": None if row.closed_at is None else row.closed_at.isoformat(),
            "closed_by": row.closed_by,
            "reason": row.reason,
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


def _where(
    *, batch: BatchId | None = None, page: PageId | None = None, statement: str | None = None
) -> Select[tuple[Column, ...]]:
    query = select(_tasks)
    wanted = ((_tasks.c.batch_id, batch), (_tasks.c.page_id, page), (_tasks.c.statement_id, statement))
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    return query.order_by(*_ORDER)


def _free(connection: Connection, wanted: Wanted, most: int) -> tuple[Task, ...]:
    query = _where(batch=wanted.batch, page=wanted.page, statement=wanted.statement)
    query = query.where(
        _tasks.c.state == TaskState.OPEN, _tasks.c.queue == wanted.queue, ~_held(_tasks, wanted.now, but=None)
    )
    # A name in JSON is in quotes, so that one name is never found inside another.
    query = query.where(~_tasks.c.excluded.contains(json.dumps(wanted.who), autoescape=True))
    if wanted.apart:
        other = _tasks.alias()
        near = exists().where(other.c.page_id == _tasks.c.page_id, _held(other, wanted.now, but=wanted.who))
        query = query.where(~near)
    return _tasks_of(connection, query.limit(most))


def _held(table: FromClause, now: datetime, *, but: str | None) -> ColumnElement[bool]:
    held = func.coalesce(table.c.held_until, "") > now.isoformat()
    return held if but is None else and_(held, table.c.held_by != but)


def _tasks_of(connection: Connection, query: Select[tuple[Column, ...]]) -> tuple[Task, ...]:
    return tuple(_task(row) for row in connection.execute(query))


def _task_with(connection: Connection, task: TaskId) -> Task | None:
    row = connection.execute(select(_tasks).where(_tasks.c.id == task)).first()
    return None if row is None else _task(row)


def _history_of(connection: Connection, task: TaskId) -> tuple[Said, ...]:
    query = select(_history).where(_history.c.task_id == task).order_by(_history.c.number)
    return tuple(_said(row) for row in connection.execute(query))


def _histories(
    connection: Connection, *, batch: BatchId | None = None, page: PageId | None = None
) -> Mapping[TaskId, tuple[Said, ...]]:
    query = select(_history).join(_tasks, _tasks.c.id == _history.c.task_id)
    if batch is not None:
        query = query.where(_tasks.c.batch_id == batch)
    if page is not None:
        query = query.where(_tasks.c.page_id == page)
    found: dict[TaskId, list[Said]] = {}
    for row in connection.execute(query.order_by(_history.c.task_id, _history.c.number)):
        found.setdefault(TaskId(row.task_id), []).append(_said(row))
    return {task: tuple(rows) for task, rows in found.items()}


def _versions_of(connection: Connection, statement: str) -> tuple[str, ...]:
    query = select(_versions.c.facts).where(_versions.c.statement_id == statement).order_by(_versions.c.number)
    return tuple(str(row.facts) for row in connection.execute(query))


def _batch(connection: Connection, batch: BatchId) -> ReviewBatch | None:
    row = connection.execute(select(_batches).where(_batches.c.batch_id == batch)).first()
    if row is None:
        return None
    return ReviewBatch(batch, datetime.fromisoformat(row.made_at), _time(row.closed_at), row.closed_by, row.reason)


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
        "held_by": task.held_by,
        "held_until": None if task.held_until is None else task.held_until.isoformat(),
    }


def _task(row: DbRow) -> Task:
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
        held_by=row.held_by,
        held_until=_time(row.held_until),
    )


def _said(row: DbRow) -> Said:
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
