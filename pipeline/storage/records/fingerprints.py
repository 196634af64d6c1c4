"""What sides are known by, and confirmed blank sides, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, delete, insert, select

from pipeline.custody.fingerprints import BlankConfirmed, FingerprintRow
from pipeline.model import BatchId, Digest, PageId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import Column, DbRow

_prints, _bands, _blanks = tables.fingerprints, tables.fingerprint_bands, tables.blank_confirmations
_AT_ONCE = 500
"""A database takes only so many values in one question."""
_BAND_DIGITS = 3
_BAND_VALUES = 16**_BAND_DIGITS


class SqlFingerprints:
    """Fills `FingerprintRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def same_scan(self, sha256: Iterable[Digest]) -> tuple[FingerprintRow, ...]:
        with reading(self._engine) as connection:
            return SqlFingerprintsChange(connection).same_scan(sha256)

    def alike(self, bits: str) -> tuple[FingerprintRow, ...]:
        with reading(self._engine) as connection:
            return SqlFingerprintsChange(connection).alike(bits)

    def confirmed(self, batch: BatchId) -> tuple[BlankConfirmed, ...]:
        with reading(self._engine) as connection:
            return SqlFingerprintsChange(connection).confirmed(batch)


class SqlFingerprintsChange:
    """Fills `FingerprintChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def same_scan(self, sha256: Iterable[Digest]) -> tuple[FingerprintRow, ...]:
        wanted, found = sorted(set(sha256)), list[FingerprintRow]()
        for first in range(0, len(wanted), _AT_ONCE):
            found += self._found(select(_prints).where(_prints.c.sha256.in_(wanted[first : first + _AT_ONCE])))
        return tuple(sorted(found, key=lambda row: row.page))

    def alike(self, bits: str) -> tuple[FingerprintRow, ...]:
        pages = select(_bands.c.page_id).where(_bands.c.band.in_(list(_bands_of(bits))))
        return tuple(self._found(select(_prints).where(_prints.c.page_id.in_(pages)).order_by(_prints.c.page_id)))

    def confirmed(self, batch: BatchId) -> tuple[BlankConfirmed, ...]:
        query = select(_blanks).where(_blanks.c.batch_id == batch).order_by(_blanks.c.page_id)
        return tuple(
            BlankConfirmed(PageId(row.page_id), batch, datetime.fromisoformat(row.at), row.by)
            for row in self._connection.execute(query)
        )

    def put(self, row: FingerprintRow) -> None:
        if self._connection.execute(select(_prints.c.page_id).where(_prints.c.page_id == row.page)).first():
            return
        own = {"page_id": row.page, "batch_id": row.batch, "sha256": row.sha256, "bits": row.bits}
        self._connection.execute(insert(_prints).values(**own))
        if row.bits is not None:
            bands = [{"band": band, "page_id": row.page} for band in _bands_of(row.bits)]
            self._connection.execute(insert(_bands), bands)

    def put_confirmed(self, row: BlankConfirmed) -> None:
        self._connection.execute(delete(_blanks).where(_blanks.c.page_id == row.page))
        own = {"page_id": row.page, "batch_id": row.batch, "at": row.at.isoformat(), "by": row.by}
        self._connection.execute(insert(_blanks).values(**own))

    def _found(self, query: Select[tuple[Column, ...]]) -> list[FingerprintRow]:
        return [_row(row) for row in self._connection.execute(query)]


def _bands_of(bits: str) -> Iterator[int]:
    """Each piece of the bits with its place, as one number."""
    for place, start in enumerate(range(0, len(bits), _BAND_DIGITS)):
        yield place * _BAND_VALUES + int(bits[start : start + _BAND_DIGITS], 16)


def _row(row: DbRow) -> FingerprintRow:
    return FingerprintRow(PageId(row.page_id), BatchId(row.batch_id), Digest(row.sha256), row.bits)
