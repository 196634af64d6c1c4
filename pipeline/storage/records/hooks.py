"""Hooks and their deliveries, in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, func, insert, select, update

from pipeline.custody import LedgerEntry
from pipeline.custody.events import EventKind
from pipeline.custody.hooks import (
    UNSETTLED,
    Delivery,
    DeliveryState,
    Hook,
    HookCounts,
    HookId,
    HookState,
    Obstacle,
    SecretTerm,
)
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading

_hooks, _rows = tables.hooks, tables.hook_deliveries
_STANDING = ("hook_added", "hook_changed")


class SqlHooks:
    """Fills the `Hooks` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Hook, ...]:
        with reading(self._engine) as connection:
            return _all_hooks(connection)

    def attested(self) -> tuple[tuple[Hook, ...], tuple[LedgerEntry, ...]]:
        its = tables.ledger
        query = select(its).where(its.c.kind.in_(_STANDING)).order_by(its.c.number)
        with reading(self._engine) as connection:
            entries = tuple(rows.ledger_entry(row) for row in connection.execute(query))
            return _all_hooks(connection), entries

    def counts(self, hook: HookId) -> HookCounts:
        own = _rows.c.hook_id == hook
        by_state = select(_rows.c.state, func.count().label("many"), func.min(_rows.c.queued_at).label("since"))
        held = select(func.count()).select_from(_rows)
        held = held.where(own, _rows.c.state == DeliveryState.WAITING, _behind((DeliveryState.DEAD,)))
        with reading(self._engine) as connection:
            found = {row.state: row for row in connection.execute(by_state.where(own).group_by(_rows.c.state))}
            many = {state: found[state].many if state in found else 0 for state in DeliveryState}
            last = connection.execute(select(func.max(tables.events.c.sequence))).scalar() or 0
            waiting = DeliveryState.WAITING
            return HookCounts(
                waiting=many[waiting],
                held=connection.execute(held).scalar_one(),
                delivered=many[DeliveryState.DELIVERED],
                dead=many[DeliveryState.DEAD],
                skipped=many[DeliveryState.SKIPPED],
                behind=max(0, last - _queued(connection, hook)),
                oldest_waiting=datetime.fromisoformat(found[waiting].since) if waiting in found else None,
            )

    def queued(self, hook: HookId) -> int:
        with reading(self._engine) as connection:
            return _queued(connection, hook)

    def deliveries(
        self, hook: HookId, *, state: DeliveryState | None = None, before: int | None = None, most: int
    ) -> tuple[Delivery, ...]:
        query = select(_rows).where(_rows.c.hook_id == hook)
        if state is not None:
            query = query.where(_rows.c.state == state)
        if before is not None:
            query = query.where(_rows.c.sequence < before)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(_rows.c.sequence.desc()).limit(most))
            return tuple(_delivery(row) for row in found)


class SqlHooksChange:
    """Fills the `HooksChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_id(self) -> HookId:
        # Hooks are never removed, so that their number is the last one given.
        count = self._connection.execute(select(func.count()).select_from(_hooks)).scalar_one()
        return HookId(f"h{count + 1:04d}")

    def named(self, name: str) -> Hook | None:
        row = self._connection.execute(select(_hooks).where(_hooks.c.name == name)).first()
        return None if row is None else _hook(row)

    def put(self, hook: Hook) -> None:
        columns: rows.Columns = {
            "id": hook.id,
            "name": hook.name,
            "url": hook.url,
            "created_at": hook.created_at.isoformat(),
            "since": hook.since,
            "kinds": json.dumps(sorted(hook.kinds)),
            "issuer": hook.issuer,
            "state": hook.state,
            "secrets": json.dumps([_term_columns(its) for its in hook.secrets]),
        }
        changed = self._connection.execute(update(_hooks).where(_hooks.c.id == hook.id).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_hooks).values(**columns, queued=hook.since))

    def queued(self, hook: HookId) -> int:
        return _queued(self._connection, hook)

    def queue(self, hook: HookId, rows_: Sequence[Delivery], *, upto: int) -> None:
        for row in rows_:
            self.put_delivery(row)
        self._connection.execute(update(_hooks).where(_hooks.c.id == hook).values(queued=upto))

    def take(self, hook: HookId, *, now: datetime, until: datetime, most: int) -> tuple[Delivery, ...]:
        query = select(_rows).where(
            _rows.c.hook_id == hook,
            _rows.c.state == DeliveryState.WAITING,
            _rows.c.due_at <= _moment(now),
            # After a step back, what stands behind it is older than what is queued anew before it.
            _rows.c.sequence <= _queued(self._connection, hook),
            ~_behind(UNSETTLED),
        )
        found = self._connection.execute(query.order_by(_rows.c.sequence).limit(most)).all()
        begun = {"due_at": _moment(until), "tries": _rows.c.tries + 1}
        chosen = [row.sequence for row in found]
        if chosen:
            its = update(_rows).where(_rows.c.hook_id == hook, _rows.c.sequence.in_(chosen))
            self._connection.execute(its.values(**begun))
        again = select(_rows).where(_rows.c.hook_id == hook, _rows.c.sequence.in_(chosen)).order_by(_rows.c.sequence)
        return tuple(_delivery(row) for row in self._connection.execute(again)) if chosen else ()

    def delivery(self, hook: HookId, sequence: int) -> Delivery | None:
        query = select(_rows).where(_rows.c.hook_id == hook, _rows.c.sequence == sequence)
        row = self._connection.execute(query).first()
        return None if row is None else _delivery(row)

    def put_delivery(self, row: Delivery) -> None:
        same = and_(_rows.c.hook_id == row.hook, _rows.c.sequence == row.sequence)
        self._connection.execute(delete(_rows).where(same))
        self._connection.execute(insert(_rows).values(**_columns(row)))

    def revive(self, hook: HookId, *, at: datetime) -> int:
        dead = and_(_rows.c.hook_id == hook, _rows.c.state == DeliveryState.DEAD)
        anew = {"state": DeliveryState.WAITING, "tries": 0, "due_at": _moment(at), "queued_at": at.isoformat()}
        return self._connection.execute(update(_rows).where(dead).values(**anew)).rowcount


def _behind(states: Sequence[DeliveryState]) -> ColumnElement[bool]:
    """An earlier event of the same statement is in one of these states."""
    other = _rows.alias()
    earlier = and_(other.c.hook_id == _rows.c.hook_id, other.c.state.in_(states), other.c.sequence < _rows.c.sequence)
    of_row = exists().where(earlier, other.c.statement == _rows.c.statement)
    of_number = exists().where(earlier, other.c.numbered == _rows.c.numbered, _rows.c.numbered != "")
    return of_row | of_number


def _queued(connection: Connection, hook: HookId) -> int:
    return connection.execute(select(_hooks.c.queued).where(_hooks.c.id == hook)).scalar() or 0


def _all_hooks(connection: Connection) -> tuple[Hook, ...]:
    return tuple(_hook(row) for row in connection.execute(select(_hooks).order_by(_hooks.c.name)))


def _moment(at: datetime) -> str:
    """Of one length, so that texts are in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _term_columns(its: SecretTerm) -> list[str | None]:
    return [its.salt, its.created_at.isoformat(), None if its.expires_at is None else its.expires_at.isoformat()]


def _hook(row: rows.DbRow) -> Hook:
    return Hook(
        id=HookId(row.id),
        name=row.name,
        url=row.url,
        created_at=datetime.fromisoformat(row.created_at),
        since=row.since,
        kinds=frozenset(EventKind(kind) for kind in json.loads(row.kinds)),
        issuer=row.issuer,
        state=HookState(row.state),
        secrets=tuple(
            SecretTerm(salt, datetime.fromisoformat(made), None if end is None else datetime.fromisoformat(end))
            for salt, made, end in json.loads(row.secrets)
        ),
    )


def _columns(row: Delivery) -> rows.Columns:
    return {
        "hook_id": row.hook,
        "sequence": row.sequence,
        "event": row.event,
        "kind": row.kind,
        "statement": row.statement,
        "numbered": row.numbered,
        "due_at": _moment(row.due_at),
        "queued_at": row.queued_at.isoformat(),
        "state": row.state,
        "tries": row.tries,
        "status": row.status,
        "obstacle": row.obstacle,
        "last_at": None if row.last_at is None else row.last_at.isoformat(),
    }


def _delivery(row: rows.DbRow) -> Delivery:
    return Delivery(
        hook=HookId(row.hook_id),
        sequence=row.sequence,
        event=row.event,
        kind=EventKind(row.kind),
        statement=row.statement,
        numbered=row.numbered,
        due_at=datetime.fromisoformat(row.due_at),
        queued_at=datetime.fromisoformat(row.queued_at),
        state=DeliveryState(row.state),
        tries=row.tries,
        status=row.status,
        obstacle=None if row.obstacle is None else Obstacle(row.obstacle),
        last_at=None if row.last_at is None else datetime.fromisoformat(row.last_at),
    )
