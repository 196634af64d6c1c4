"""Figures counted in the database. A hundred thousand pages take tens of milliseconds: each count is one walk along an
index that holds all it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import chain
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, case, func, select

from pipeline.custody import FILE_END_STATES, BatchState, FileState
from pipeline.custody.events import EventKind
from pipeline.custody.figures import (
    AgeCount,
    BatchCounts,
    BatchesWanted,
    BatchOrder,
    Closing,
    DecidedCounts,
    DueCount,
    FieldCounts,
    ReadingCounts,
    Span,
    WaitingCount,
    WorkHour,
)
from pipeline.custody.review import Queue, Subject, TaskState
from pipeline.model import END_STATES, BatchId, LayoutId, PageState
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.portable import first_of, local_day
from pipeline.storage.records.rows import Column, DbRow
from pipeline.storage.records.scanning import totals_from
from pipeline.storage.records.statement_queries import returns_to_look_at

_batches, _tasks, _closings = tables.batches, tables.review_tasks, tables.review_batches
_readings, _hours = tables.judged_readings, tables.work_hours
_RECEIVED = func.coalesce(_batches.c.received_on, local_day(_batches.c.started_at))
_Query = TypeVar("_Query", bound=Select[tuple[Column, ...]])
_OPEN = (_tasks.c.state == TaskState.OPEN) & _tasks.c.queue.in_(sorted(Queue))
"""With all queues named, so that the index of the queue finds the days of its tasks."""


class SqlFigures:
    """Fills `FigureRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def batches(self, wanted: BatchesWanted) -> tuple[BatchCounts, ...]:
        query = _filtered(
            select(_batches, _RECEIVED.label("received"), _closings.c.made_at, _closings.c.closed_at), wanted
        )
        query = _ordered(query, wanted.order).offset(wanted.first).limit(wanted.most)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            found = _counts(connection, [row.id for row in rows])
        return tuple(_batch(row, found.get(row.id, {})) for row in rows)

    def batch_count(self, wanted: BatchesWanted) -> int:
        with reading(self._engine) as connection:
            found = _filtered(select(_batches.c.id), wanted).subquery()
            return connection.execute(select(func.count()).select_from(found)).scalar() or 0

    def closings(self, days: Span, *, issuer: str | None = None) -> tuple[Closing, ...]:
        its, statements = _closings.c, tables.statements.c
        query = select(its.batch_id, its.closed_at, func.count(statements.id).label("statements"))
        joined = _closings.join(_batches, _batches.c.id == its.batch_id)
        counting = (statements.batch_id == its.batch_id) & statements.counts
        query = query.select_from(joined.outerjoin(tables.statements, counting))
        inside = (its.closed_at >= days.begins_at.isoformat()) & (its.closed_at < days.ends_at.isoformat())
        query = _of_issuer(query.where(inside), issuer).group_by(its.batch_id, its.closed_at)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(its.closed_at, its.batch_id))
            return tuple(
                Closing(BatchId(row.batch_id), datetime.fromisoformat(row.closed_at), row.statements) for row in rows
            )

    def fields(self, received: Span, *, issuer: str | None = None) -> tuple[FieldCounts, ...]:
        its, tasks = tables.page_counts.c, _tasks.c
        sums = [func.sum(column).label(column.name) for column in (its.accepted, its.doubtful, its.empty)]
        days = _of_days(select(_batches.c.id, _RECEIVED.label("received")), received, issuer)
        with reading(self._engine) as connection:
            day_of = {str(row.id): date.fromisoformat(row.received) for row in connection.execute(days)}
            asked = select(tasks.batch_id, tasks.layout, func.count().label("asked"))
            about_fields = (tasks.subject == Subject.FIELD) & tasks.layout.is_not(None) & tasks.checks.is_(None)
            asked = asked.where(tasks.batch_id.in_(day_of), about_fields).group_by(tasks.batch_id, tasks.layout)
            looked_at = Counter({(row.batch_id, row.layout): row.asked for row in connection.execute(asked)})
            # Few are withdrawn: taken off, they leave the walk along the index as it is.
            unasked = connection.execute(asked.where(tasks.state == TaskState.WITHDRAWN))
            looked_at.subtract({(row.batch_id, row.layout): row.asked for row in unasked})
            read = select(its.batch_id, its.layout, *sums).where(its.batch_id.in_(day_of))
            rows = connection.execute(read.group_by(its.batch_id, its.layout).order_by(its.batch_id, its.layout)).all()
        return tuple(_field_counts(row, day_of[row.batch_id], looked_at[row.batch_id, row.layout]) for row in rows)

    def readings(self, decided: Span, *, issuer: str | None = None) -> tuple[ReadingCounts, ...]:
        its = _readings.c
        query = select(its.percent, its.sample, func.count().label("judged"), _number(its.right).label("right"))
        query = _decided(query, decided, issuer).group_by(its.percent, its.sample).order_by(its.percent, its.sample)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return tuple(ReadingCounts(row.percent, bool(row.sample), row.judged, int(row.right)) for row in rows)

    def decided(self, decided: Span, *, issuer: str | None = None) -> tuple[DecidedCounts, ...]:
        its, hour = _readings.c, first_of(_readings.c.decided_at, 13).label("hour")
        query = select(hour, its.layout, func.count().label("decided"), _number(its.right).label("right"))
        query = _decided(query, decided, issuer).group_by(hour, its.layout).order_by(hour, its.layout)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return tuple(
                DecidedCounts(_hour(row.hour), LayoutId(row.layout), row.decided, int(row.right)) for row in rows
            )

    def told(self, days: Span, *, issuer: str | None = None) -> tuple[AgeCount, ...]:
        its, hour = tables.events.c, first_of(tables.events.c.at, 13).label("hour")
        query = select(its.kind, hour, its.received_on, func.count().label("events"))
        inside = (its.at >= days.begins_at.isoformat()) & (its.at < days.ends_at.isoformat())
        query = query.where(inside, its.received_on.is_not(None), its.kind.in_(sorted(EventKind)))
        query = query if issuer is None else query.where(its.issuer == issuer)
        counted: Counter[tuple[EventKind, int]] = Counter()
        with reading(self._engine) as connection:
            for row in connection.execute(query.group_by(its.kind, hour, its.received_on)):
                day = _hour(row.hour).astimezone().date()
                age_days = max(0, (day - date.fromisoformat(row.received_on)).days)
                counted[EventKind(row.kind), age_days] += row.events
        return tuple(AgeCount(kind, age, counted[kind, age]) for kind, age in sorted(counted))

    def work(self, days: Span) -> tuple[WorkHour, ...]:
        first, end = (moment.isoformat()[:13] for moment in (days.begins_at, days.ends_at))
        query = select(_hours).where(_hours.c.hour >= first, _hours.c.hour < end).order_by(_hours.c.hour, _hours.c.who)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return tuple(WorkHour(row.who, _hour(row.hour), row.said, row.undone, row.working_s) for row in rows)

    def waiting(self, *, issuer: str | None = None) -> tuple[WaitingCount, ...]:
        its = _tasks.c
        open_ones = select(its.queue, its.batch_id, func.count().label("tasks")).where(_OPEN)
        counted = open_ones.group_by(its.queue, its.batch_id).subquery()
        query = select(counted, _RECEIVED.label("received")).join(_batches, _batches.c.id == counted.c.batch_id)
        query = _of_issuer(query, issuer).order_by("received", counted.c.batch_id, counted.c.queue)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return tuple(
                WaitingCount(Queue(row.queue), BatchId(row.batch_id), date.fromisoformat(row.received), row.tasks)
                for row in rows
            )

    def due(self, until: date, *, issuer: str | None = None) -> tuple[DueCount, ...]:
        its = _tasks.c
        subject = func.coalesce(its.statement_id, its.page_id, its.id)
        query = select(its.urgent_on, func.count(subject.distinct()).label("statements"))
        query = query.where(_OPEN, its.urgent_on <= until.isoformat())
        if issuer is not None:
            query = query.join(_batches, _batches.c.id == its.batch_id).where(_batches.c.issuer == issuer)
        with reading(self._engine) as connection:
            rows = connection.execute(query.group_by(its.urgent_on).order_by(its.urgent_on))
            return tuple(DueCount(date.fromisoformat(row.urgent_on), row.statements) for row in rows)

    def returns_waiting(self, *, issuer: str | None = None) -> int:
        query = select(func.count()).select_from(tables.statements).where(returns_to_look_at())
        query = query if issuer is None else query.where(tables.statements.c.issuer == issuer)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def ledger_entries(self) -> int:
        # Entries are numbered without gaps: counting them would be a walk through all.
        with reading(self._engine) as connection:
            return connection.execute(select(func.max(tables.ledger.c.number))).scalar() or 0

    def issuers(self) -> tuple[str, ...]:
        its = _batches.c.issuer
        with reading(self._engine) as connection:
            rows = connection.execute(select(its).where(its.is_not(None)).distinct().order_by(its))
            return tuple(str(row.issuer) for row in rows)


def _of_issuer(query: _Query, issuer: str | None) -> _Query:
    return query if issuer is None else query.where(_batches.c.issuer == issuer)


def _of_days(query: _Query, days: Span, issuer: str | None) -> _Query:
    return _of_issuer(query.where(_RECEIVED.between(days.first.isoformat(), days.last.isoformat())), issuer)


def _decided(query: _Query, days: Span, issuer: str | None) -> _Query:
    at = _readings.c.decided_at
    query = query.where(at >= days.begins_at.isoformat(), at < days.ends_at.isoformat())
    if issuer is None:
        return query
    return query.join(_batches, _batches.c.id == _readings.c.batch_id).where(_batches.c.issuer == issuer)


# Batches


def _filtered(query: _Query, wanted: BatchesWanted) -> _Query:
    query = query.select_from(_batches.outerjoin(_closings, _closings.c.batch_id == _batches.c.id))
    if wanted.batch is not None:
        query = query.where(_batches.c.id == wanted.batch)
    if wanted.is_open is not None:
        closed = _closings.c.closed_at
        query = query.where(closed.is_(None) if wanted.is_open else closed.is_not(None))
    if wanted.received is not None:
        query = _of_days(query, wanted.received, None)
    return _of_issuer(query, wanted.issuer)


def _ordered(query: _Query, order: BatchOrder) -> _Query:
    if order is BatchOrder.NEWEST:
        return query.order_by(_batches.c.started_at.desc(), _batches.c.id.desc())
    if order is BatchOrder.AGE:
        return query.order_by(_RECEIVED, _batches.c.id)
    nearest = _nearest().subquery()
    query = query.outerjoin(nearest, nearest.c.batch_id == _batches.c.id)
    return query.order_by(nearest.c.nearest.is_(None), nearest.c.nearest, _RECEIVED, _batches.c.id)


def _nearest() -> Select[tuple[str, str]]:
    its = _tasks.c
    return select(its.batch_id, func.min(its.urgent_on).label("nearest")).where(_OPEN).group_by(its.batch_id)


def _counts(connection: Connection, batches: list[str]) -> Mapping[str, Mapping[str, Column]]:
    """By batch, then by the name that the count has in `BatchCounts`."""
    found: dict[str, dict[str, Column]] = {}
    queries = chain(_paper_counts(batches), _work_counts(batches))
    for row in chain.from_iterable(connection.execute(query) for query in queries):
        its = dict(row._mapping)
        found.setdefault(str(its.pop("batch_id")), {}).update(its)
    return found


def _paper_counts(batches: list[str]) -> Iterable[Select[tuple[Column, ...]]]:
    pages, files, statements = tables.pages.c, tables.files.c, tables.statements.c
    # A part is no image of its own.
    whole = pages.batch_id.in_(batches) & pages.part_of.is_(None)
    ended, set_aside = pages.state.in_(sorted(END_STATES)), pages.state == PageState.EXCEPTION
    counted = (func.count().label("images"), _number(ended).label("ended"), _number(set_aside).label("set_aside"))
    sheets = select(pages.batch_id, pages.sheet, *counted).where(whole).group_by(pages.batch_id, pages.sheet).subquery()
    its, known = sheets.c, sheets.c.sheet > 0
    yield select(
        its.batch_id,
        _number(known).label("sheets"),
        _number(known & (its.images == 1)).label("single_sided"),
        func.sum(its.images).label("images"),
        func.sum(its.ended).label("end_states"),
        func.sum(its.set_aside).label("exceptions"),
    ).group_by(its.batch_id)
    yield (
        select(
            files.batch_id,
            func.count().label("files"),
            _number(files.state.not_in(sorted(FILE_END_STATES))).label("open_files"),
            _number(files.state.in_([FileState.REFUSED, FileState.DUPLICATE])).label("refused"),
            func.coalesce(func.sum(files.page_count), 0).label("file_pages"),
            func.min(files.received_at).label("first_file_at"),
        )
        .where(files.batch_id.in_(batches))
        .group_by(files.batch_id)
    )
    of_batch = select(statements.batch_id, func.count().label("statements"))
    counting = statements.batch_id.in_(batches) & statements.counts
    yield of_batch.where(counting).group_by(statements.batch_id)


def _work_counts(batches: list[str]) -> Iterable[Select[tuple[Column, ...]]]:
    its, work = _tasks.c, tables.batch_work.c
    is_open, is_done = its.state == TaskState.OPEN, its.state.in_([TaskState.DECIDED, TaskState.CLOSED])
    counted = select(its.batch_id, _number(is_open).label("open_tasks"), _number(is_done).label("decided_tasks"))
    yield counted.where(its.batch_id.in_(batches)).group_by(its.batch_id)
    yield _nearest().where(its.batch_id.in_(batches))
    yield select(work.batch_id, work.last_said_at).where(work.batch_id.in_(batches))
    scans = tables.scan_sessions.c
    yield select(scans.batch_id, scans.totals.label("scanned")).where(scans.batch_id.in_(batches))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _batch(row: DbRow, counts: Mapping[str, Column]) -> BatchCounts:
    def count(name: str) -> int:
        return int(counts.get(name) or 0)

    nearest = counts.get("nearest")
    return BatchCounts(
        id=BatchId(row.id),
        name=row.name,
        issuer=row.issuer,
        state=BatchState(row.state),
        received=date.fromisoformat(row.received),
        stated=row.received_on is not None,
        started_at=datetime.fromisoformat(row.started_at),
        finished_at=_time(row.finished_at),
        expected_sheets=row.expected_sheets,
        files=count("files"),
        open_files=count("open_files"),
        refused=count("refused"),
        file_pages=count("file_pages"),
        first_file_at=_time(counts.get("first_file_at")),
        sheets=count("sheets"),
        single_sided=count("single_sided"),
        images=count("images"),
        end_states=count("end_states"),
        exceptions=count("exceptions"),
        statements=count("statements"),
        made=row.made_at is not None,
        open_tasks=count("open_tasks"),
        decided_tasks=count("decided_tasks"),
        nearest=None if nearest is None else date.fromisoformat(str(nearest)),
        last_said_at=_time(counts.get("last_said_at")),
        closed_at=_time(row.closed_at),
        scanned=None if counts.get("scanned") is None else totals_from(str(counts["scanned"])),
    )


def _field_counts(row: DbRow, received: date, asked: int) -> FieldCounts:
    return FieldCounts(
        BatchId(row.batch_id),
        LayoutId(row.layout),
        received,
        int(row.accepted),
        int(row.doubtful),
        int(row.empty),
        asked,
    )


def _hour(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00:00").replace(tzinfo=UTC)


def _time(text: Column) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
