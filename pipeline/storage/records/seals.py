"""Seals in the database, and the entries of the ledger that they cover."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select

from pipeline.custody import EntryHash, LedgerEntry
from pipeline.custody.seals import KeptSeal, KeyId, RootHash, Seal
from pipeline.model import BatchId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading

_ledger, _seals = tables.ledger, tables.seals


class SqlSeals:
    """Fills the `SealRecords` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[KeptSeal, ...]:
        with reading(self._engine) as connection:
            return _all(connection)

    def newest(self) -> KeptSeal | None:
        with reading(self._engine) as connection:
            return _newest(connection)

    def numbered(self, number: int) -> KeptSeal | None:
        with reading(self._engine) as connection:
            return _numbered(connection, number)

    def covering(self, entry: int, *, signed: bool) -> KeptSeal | None:
        query = select(_seals).where(_seals.c.last >= entry).order_by(_seals.c.number).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query.where(_seals.c.signature.is_not(None)) if signed else query).first()
            return None if row is None else _kept(row)

    def unstamped(self) -> tuple[int, ...]:
        query = select(_seals.c.number).where(_seals.c.token.is_(None)).order_by(_seals.c.number)
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())

    def waiting(self) -> KeptSeal | None:
        query = select(_seals).where(_seals.c.waiting.is_not(None)).order_by(_seals.c.number).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            return None if row is None else _kept(row)

    def entries(self, first: int, last: int) -> tuple[LedgerEntry, ...]:
        query = select(_ledger).where(_ledger.c.number.between(first, last)).order_by(_ledger.c.number)
        with reading(self._engine) as connection:
            return tuple(rows.ledger_entry(row) for row in connection.execute(query))

    def entries_after(self, last: int) -> tuple[LedgerEntry, ...]:
        with reading(self._engine) as connection:
            return _entries_after(connection, last)

    def entries_of(self, kinds: Collection[str]) -> tuple[LedgerEntry, ...]:
        with reading(self._engine) as connection:
            return _entries_of(connection, kinds)


class SqlSealChanges:
    """Fills the `SealChanges` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> KeptSeal | None:
        return _newest(self._connection)

    def numbered(self, number: int) -> KeptSeal | None:
        return _numbered(self._connection, number)

    def seals(self) -> tuple[Seal, ...]:
        return tuple(kept.seal for kept in _all(self._connection))

    def entries_after(self, last: int) -> tuple[LedgerEntry, ...]:
        return _entries_after(self._connection, last)

    def entries_of(self, kinds: Collection[str]) -> tuple[LedgerEntry, ...]:
        return _entries_of(self._connection, kinds)

    def put(self, kept: KeptSeal) -> None:
        self._connection.execute(delete(_seals).where(_seals.c.number == kept.seal.number))
        self._connection.execute(insert(_seals).values(**seal_columns(kept)))


def _all(connection: Connection) -> tuple[KeptSeal, ...]:
    return tuple(_kept(row) for row in connection.execute(select(_seals).order_by(_seals.c.number)))


def _numbered(connection: Connection, number: int) -> KeptSeal | None:
    row = connection.execute(select(_seals).where(_seals.c.number == number)).first()
    return None if row is None else _kept(row)


def _newest(connection: Connection) -> KeptSeal | None:
    row = connection.execute(select(_seals).order_by(_seals.c.number.desc()).limit(1)).first()
    return None if row is None else _kept(row)


def _entries_after(connection: Connection, last: int) -> tuple[LedgerEntry, ...]:
    query = select(_ledger).where(_ledger.c.number > last).order_by(_ledger.c.number)
    return tuple(rows.ledger_entry(row) for row in connection.execute(query))


def _entries_of(connection: Connection, kinds: Collection[str]) -> tuple[LedgerEntry, ...]:
    query = select(_ledger).where(_ledger.c.kind.in_(sorted(kinds))).order_by(_ledger.c.number)
    return tuple(rows.ledger_entry(row) for row in connection.execute(query))


def seal_columns(kept: KeptSeal) -> rows.Columns:
    seal = kept.seal
    return {
        "number": seal.number,
        "batch_id": seal.batch,
        "first": seal.first,
        "last": seal.last,
        "root": seal.root,
        "previous": seal.previous,
        "made_at": seal.made_at.isoformat(),
        "log_root": seal.log_root,
        "key": seal.key,
        "signature": seal.signature,
        "token": kept.token,
        "waiting": None if kept.waiting is None else rows.reasons_text((kept.waiting,)),
        "peaks": " ".join(kept.peaks),
    }


def _kept(row: rows.DbRow) -> KeptSeal:
    seal = Seal(
        number=row.number,
        batch=None if row.batch_id is None else BatchId(row.batch_id),
        first=row.first,
        last=row.last,
        root=RootHash(row.root),
        previous=EntryHash(row.previous),
        made_at=datetime.fromisoformat(row.made_at),
        log_root=RootHash(row.log_root),
        key=None if row.key is None else KeyId(row.key),
        signature=row.signature,
    )
    waiting = None if row.waiting is None else rows.reasons_from(row.waiting)[0]
    return KeptSeal(seal, row.token, waiting, tuple(row.peaks.split()))
