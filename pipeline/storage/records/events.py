"""The outbox in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, or_, select

from pipeline.custody import EntryHash, LedgerEntry
from pipeline.custody.events import Event, EventKind, EventsWanted, Telling
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.event_chain import next_event
from pipeline.model import BatchId
from pipeline.ports.events import EVERYTHING
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading, streaming

_events = tables.events


class SqlEvents:
    """Fills the `Events` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def after(
        self, sequence: int, *, most: int, issuer: str | None = None, wanted: EventsWanted = EVERYTHING
    ) -> tuple[Event, ...]:
        query = select(_events).where(_events.c.sequence > sequence, *_conditions(wanted))
        if issuer is not None:
            query = query.where(_events.c.issuer == issuer)
        with reading(self._engine) as connection:
            return tuple(map(_event, connection.execute(query.order_by(_events.c.sequence).limit(most))))

    def last(self) -> int:
        with reading(self._engine) as connection:
            return connection.execute(select(func.max(_events.c.sequence))).scalar() or 0

    def all(self) -> Iterator[Event]:
        with streaming(self._engine) as connection:
            for row in connection.execute(select(_events).order_by(_events.c.sequence)):
                yield _event(row)

    def attested(self) -> tuple[LedgerEntry, ...]:
        its = tables.ledger
        query = select(its).where(its.c.kind.startswith("events_", autoescape=True)).order_by(its.c.number)
        with reading(self._engine) as connection:
            return tuple(rows.ledger_entry(row) for row in connection.execute(query))


class SqlEventsChange:
    """Fills the `EventsChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: Event | None = None

    def append(self, telling: Telling) -> Event:
        own = select(func.count()).select_from(_events).where(_events.c.statement_id == telling.statement)
        earlier = self._connection.execute(own).scalar_one()
        event = next_event(telling, last=self._last or self._newest(), earlier=earlier)
        self._connection.execute(insert(_events).values(**_columns(event)))
        # Nobody else adds one while this transaction is open.
        self._last = event
        return event

    def _newest(self) -> Event | None:
        row = self._connection.execute(select(_events).order_by(_events.c.sequence.desc()).limit(1)).first()
        return None if row is None else _event(row)

    def of_statement(self, statement: str) -> tuple[Event, ...]:
        query = select(_events).where(_events.c.statement_id == statement).order_by(_events.c.sequence)
        return tuple(map(_event, self._connection.execute(query)))


def _conditions(wanted: EventsWanted) -> Iterator[ColumnElement[bool]]:
    if wanted.issuer is not None:
        yield _events.c.issuer == wanted.issuer
    if wanted.kinds:
        yield _events.c.kind.in_(sorted(wanted.kinds))
    if wanted.statement is not None:
        yield or_(_events.c.number == wanted.statement, _events.c.statement_id == wanted.statement)


def _columns(event: Event) -> rows.Columns:
    return {
        "sequence": event.sequence,
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "issuer": event.issuer,
        "statement_id": event.statement,
        "number": event.number,
        "batch_id": event.batch,
        "data": canonical_json(dict(event.data)),
        "received_on": None if event.received_on is None else event.received_on.isoformat(),
        "previous": event.previous,
        "hash": event.hash,
    }


def _event(row: rows.DbRow) -> Event:
    return Event(
        sequence=row.sequence,
        id=row.id,
        kind=EventKind(row.kind),
        at=datetime.fromisoformat(row.at),
        issuer=row.issuer,
        statement=row.statement_id,
        number=row.number,
        batch=BatchId(row.batch_id),
        data={str(name): str(value) for name, value in json.loads(row.data).items()},
        received_on=None if row.received_on is None else date.fromisoformat(row.received_on),
        previous=EntryHash(row.previous),
        hash=EntryHash(row.hash),
    )
