"""Jobs of workers, in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from pipeline.custody import BatchState
from pipeline.custody.queued import UNFINISHED, JobCounts, JobId, JobKind, JobState, QueuedJob
from pipeline.model import BatchId, Reason
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import claiming, reading

_its = tables.jobs.c
_ORDER = (_its.urgent_on, _its.made_at, _its.id)
_MOST_RECALLED = 1000


class SqlJobs:
    """Fills the `Jobs` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def job(self, job: JobId) -> QueuedJob | None:
        with reading(self._engine) as connection:
            return _with_id(connection, job)

    def of_batch(self, batch: BatchId) -> tuple[QueuedJob, ...]:
        return self._several(select(tables.jobs).where(_its.batch_id == batch))

    def counts(self, *, batch: BatchId | None = None) -> JobCounts:
        query = select(_its.state, func.count().label("many"), func.min(_its.made_at).label("oldest"))
        ends = (*UNFINISHED, JobState.DEAD)
        query = query.where(_its.state.in_(ends)) if batch is None else query.where(_its.batch_id == batch)
        with reading(self._engine) as connection:
            found = connection.execute(query.group_by(_its.state)).all()
        oldest = [row.oldest for row in found if row.state in UNFINISHED]
        return JobCounts(
            {JobState(row.state): row.many for row in found},
            datetime.fromisoformat(min(oldest)) if oldest else None,
        )

    def listed(self, states: Collection[JobState], *, most: int, after: JobId | None = None) -> tuple[QueuedJob, ...]:
        query = select(tables.jobs).where(_its.state.in_(states))
        if after is not None:
            place = select(*_ORDER).where(_its.id == after).subquery()
            query = query.where(tuple_(*_ORDER) > tuple_(*(select(column).scalar_subquery() for column in place.c)))
        return self._several(query, most=most)

    def left_alone(self) -> tuple[BatchId, ...]:
        batches = tables.batches.c
        busy = exists().where(_its.batch_id == batches.id, _its.state.in_(UNFINISHED))
        resting = batches.state.in_((BatchState.COMPLETE, BatchState.SCANNING))
        query = select(batches.id).where(~resting, ~busy).order_by(batches.id)
        with reading(self._engine) as connection:
            return tuple(map(BatchId, connection.execute(query).scalars()))

    def claim(self, job: JobId, *, by: str, now: datetime, until: datetime) -> QueuedJob | None:
        with claiming(self._engine) as connection:
            return _claimed(connection, and_(_its.id == job, _is_free(now)), by, until)

    def take(self, *, by: str, now: datetime, until: datetime, kinds: Collection[JobKind]) -> QueuedJob | None:
        free = select(_its.id).where(_is_free(now), _its.kind.in_(kinds)).order_by(*_ORDER).limit(1)
        with claiming(self._engine) as connection:
            found = connection.execute(free.with_for_update(skip_locked=True)).scalar()
            return None if found is None else _claimed(connection, and_(_its.id == found, _is_free(now)), by, until)

    def renew(self, claimed: QueuedJob, *, until: datetime) -> bool:
        return self._changed(claimed, claimed_until=_moment(until))

    def put_off(self, claimed: QueuedJob, *, until: datetime, reason: Reason, counts: bool = False) -> bool:
        changes: rows.Columns = {
            "state": JobState.WAITING,
            "not_before": _moment(until),
            "attempts": claimed.attempts if counts else claimed.attempts - 1,
            "put_off": claimed.put_off if counts else claimed.put_off + 1,
            "reason": rows.reasons_text((reason,)),
        }
        return self._changed(claimed, **changes)

    def give_back(self, claimed: QueuedJob) -> bool:
        return self._changed(claimed, state=JobState.WAITING, attempts=claimed.attempts - 1)

    @contextmanager
    def offered(self, *, now: datetime, most: int, kinds: Collection[JobKind]) -> Iterator[tuple[QueuedJob, ...]]:
        waiting = and_(_its.state == JobState.WAITING, _its.not_before <= _moment(now), _its.kind.in_(kinds))
        query = select(tables.jobs).where(waiting)
        sent = update(tables.jobs).values(state=JobState.SENT, sent_at=_moment(now))
        if self._engine.dialect.name == "sqlite":
            # One that writes at a time: it is not kept waiting for the queue. Two that offer the same do no harm.
            found = self._several(query, most=most)
            yield found
            with claiming(self._engine) as connection:
                connection.execute(sent.where(_its.id.in_([its.id for its in found]), waiting))
            return
        first = query.order_by(*_ORDER).limit(most)
        with claiming(self._engine) as connection:
            found = tuple(map(_job, connection.execute(first.with_for_update(skip_locked=True))))
            yield found
            connection.execute(sent.where(_its.id.in_([its.id for its in found])))

    def recall(self, *, now: datetime, sent_before: datetime) -> int:
        lost = or_(
            and_(_its.state == JobState.CLAIMED, _its.claimed_until <= _moment(now)),
            and_(_its.state == JobState.SENT, _its.sent_at <= _moment(sent_before)),
        )
        query = select(_its.id).where(lost).limit(_MOST_RECALLED).with_for_update(skip_locked=True)
        total = 0
        while True:
            with claiming(self._engine) as connection:
                found = connection.execute(query).scalars().all()
                again = update(tables.jobs).where(_its.id.in_(found), lost).values(state=JobState.WAITING)
                count = connection.execute(again).rowcount if found else 0
            total += count
            if count < _MOST_RECALLED:
                return total

    def _several(self, query: Select[tuple[rows.Column, ...]], *, most: int | None = None) -> tuple[QueuedJob, ...]:
        with reading(self._engine) as connection:
            return tuple(map(_job, connection.execute(query.order_by(*_ORDER).limit(most))))

    def _changed(self, claimed: QueuedJob, **changes: rows.Column) -> bool:
        still = and_(
            _its.id == claimed.id,
            _its.state == JobState.CLAIMED,
            _its.claimed_by == claimed.claimed_by,
            _its.attempts == claimed.attempts,
            _its.put_off == claimed.put_off,
        )
        with claiming(self._engine) as connection:
            return connection.execute(update(tables.jobs).where(still).values(**changes)).rowcount > 0


class SqlJobsChange:
    """Fills the `JobsChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def job(self, job: JobId) -> QueuedJob | None:
        return _with_id(self._connection, job)

    def add(self, jobs: Sequence[QueuedJob]) -> int:
        new: dict[JobId, QueuedJob] = {its.id: its for its in jobs}
        for start in range(0, len(jobs), _MOST_RECALLED):
            ids = [its.id for its in jobs[start : start + _MOST_RECALLED]]
            for found in self._connection.execute(select(_its.id).where(_its.id.in_(ids))).scalars():
                del new[found]
        if new:
            self._connection.execute(insert(tables.jobs), [_columns(its) for its in new.values()])
        return len(new)

    def unfinished(self, batch: BatchId, kinds: Collection[JobKind]) -> int:
        its = and_(_its.batch_id == batch, _its.kind.in_(kinds), _its.state.in_(UNFINISHED))
        return self._connection.execute(select(func.count()).select_from(tables.jobs).where(its)).scalar_one()

    def finish(
        self, job: JobId, *, at: datetime, dead: bool = False, reason: Reason | None = None, cpu_s: float = 0.0
    ) -> bool:
        open_ = and_(_its.id == job, _its.state.in_(UNFINISHED))
        ended: rows.Columns = {
            "state": JobState.DEAD if dead else JobState.DONE,
            "ended_at": _moment(at),
            "reason": None if reason is None else rows.reasons_text((reason,)),
        }
        query = update(tables.jobs).where(open_).values(**ended, cpu_s=_its.cpu_s + cpu_s)
        return self._connection.execute(query).rowcount > 0

    def settle(self, batch: BatchId, *, at: datetime, kinds: Collection[JobKind]) -> int:
        its = and_(_its.batch_id == batch, _its.kind.in_(kinds), _its.state.in_(UNFINISHED))
        query = update(tables.jobs).where(its).values(state=JobState.DONE, ended_at=_moment(at), reason=None)
        return self._connection.execute(query).rowcount

    def revive(self, job: JobId, *, at: datetime) -> bool:
        anew: rows.Columns = {
            "state": JobState.WAITING,
            "attempts": 0,
            "put_off": 0,
            "not_before": _moment(at),
            "made_at": _moment(at),
            "ended_at": None,
            "reason": None,
        }
        ended = and_(_its.id == job, _its.state.in_((JobState.DONE, JobState.DEAD)))
        return self._connection.execute(update(tables.jobs).where(ended).values(**anew)).rowcount > 0


def _is_free(now: datetime) -> ColumnElement[bool]:
    at = _moment(now)
    due = and_(_its.state.in_((JobState.WAITING, JobState.SENT)), _its.not_before <= at)
    return or_(due, and_(_its.state == JobState.CLAIMED, _its.claimed_until <= at))


def _claimed(connection: Connection, which: ColumnElement[bool], by: str, until: datetime) -> QueuedJob | None:
    taken = update(tables.jobs).where(which)
    taken = taken.values(
        state=JobState.CLAIMED, attempts=_its.attempts + 1, claimed_by=by, claimed_until=_moment(until)
    )
    row = connection.execute(taken.returning(*tables.jobs.c)).first()
    return None if row is None else _job(row)


def _with_id(connection: Connection, job: JobId) -> QueuedJob | None:
    row = connection.execute(select(tables.jobs).where(_its.id == job)).first()
    return None if row is None else _job(row)


def _moment(at: datetime) -> str:
    """Of one length, so that texts are in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _moment_or_none(at: datetime | None) -> str | None:
    return None if at is None else _moment(at)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _columns(its: QueuedJob) -> rows.Columns:
    return {
        "id": its.id,
        "kind": its.kind,
        "subject": its.subject,
        "batch_id": its.batch,
        "urgent_on": its.urgent_on.isoformat(),
        "made_at": _moment(its.made_at),
        "not_before": _moment(its.not_before),
        "state": its.state,
        "attempts": its.attempts,
        "put_off": its.put_off,
        "claimed_by": its.claimed_by,
        "claimed_until": _moment_or_none(its.claimed_until),
        "sent_at": _moment_or_none(its.sent_at),
        "ended_at": _moment_or_none(its.ended_at),
        "reason": None if its.reason is None else rows.reasons_text((its.reason,)),
        "cpu_s": its.cpu_s,
    }


def _job(row: rows.DbRow) -> QueuedJob:
    return QueuedJob(
        id=JobId(row.id),
        kind=JobKind(row.kind),
        subject=row.subject,
        batch=None if row.batch_id is None else BatchId(row.batch_id),
        urgent_on=date.fromisoformat(row.urgent_on),
        made_at=datetime.fromisoformat(row.made_at),
        not_before=datetime.fromisoformat(row.not_before),
        state=JobState(row.state),
        attempts=row.attempts,
        put_off=row.put_off,
        claimed_by=row.claimed_by,
        claimed_until=_time(row.claimed_until),
        sent_at=_time(row.sent_at),
        ended_at=_time(row.ended_at),
        reason=None if row.reason is None else rows.reasons_from(row.reason)[0],
        cpu_s=row.cpu_s,
    )
