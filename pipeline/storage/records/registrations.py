"""Files of electronic statements that were handed over, in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select

from pipeline.custody import LedgerEntry
from pipeline.custody.registrations import Registration
from pipeline.model import Digest, FileId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading

_its = tables.registrations
ENTRY = "electronic_registered"


class SqlRegistrations:
    """Fills the `Registrations` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def requested(self, by: str, key: str) -> Registration | None:
        with reading(self._engine) as connection:
            return SqlRegistrationsChange(connection).requested(by, key)

    def of_digest(self, digest: Digest) -> tuple[Registration, ...]:
        with reading(self._engine) as connection:
            return SqlRegistrationsChange(connection).of_digest(digest)

    def attested(self) -> tuple[tuple[Registration, ...], tuple[LedgerEntry, ...]]:
        ledger = tables.ledger
        entries = select(ledger).where(ledger.c.kind == ENTRY).order_by(ledger.c.number)
        with reading(self._engine) as connection:
            found = tuple(map(_registration, connection.execute(select(_its).order_by(_its.c.sequence))))
            return found, tuple(map(rows.ledger_entry, connection.execute(entries)))


class SqlRegistrationsChange:
    """Fills the `RegistrationsChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def requested(self, by: str, key: str) -> Registration | None:
        row = self._connection.execute(select(_its).where(_its.c.by == by, _its.c.key == key)).first()
        return None if row is None else _registration(row)

    def of_digest(self, digest: Digest) -> tuple[Registration, ...]:
        query = select(_its).where(_its.c.digest == digest).order_by(_its.c.sequence)
        return tuple(map(_registration, self._connection.execute(query)))

    def count(self) -> int:
        # Numbered without gaps, as court record numbers are.
        return self._connection.execute(select(func.max(_its.c.sequence))).scalar() or 0

    def add(self, row: Registration) -> None:
        columns: rows.Columns = {
            "sequence": row.sequence,
            "file_id": row.file,
            "digest": row.digest,
            "at": row.at.isoformat(),
            "by": row.by,
            "key": row.key,
        }
        self._connection.execute(insert(_its).values(**columns))


def _registration(row: rows.DbRow) -> Registration:
    at = datetime.fromisoformat(row.at)
    return Registration(row.sequence, FileId(row.file_id), Digest(row.digest), at, row.by, row.key)
