"""Where records of transfers are, and the ledger by its subjects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Engine, bindparam, exists, func, insert, select, update

from pipeline.custody import BatchState, LedgerEntry, TransferRef
from pipeline.model import BatchId, Digest
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.prepared import Prepared
from pipeline.storage.records.rows import DbRow, ledger_entry

_MOST_AT_ONCE = 500
"""Parameters of one query; databases allow some tens of thousands, older ones 999."""
_OF_SUBJECT = Prepared(select(tables.transfers).where(tables.transfers.c.subject == bindparam("wanted")))


class SqlTransfers:
    """Fills `Transfers`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_batch(self, batch: BatchId) -> tuple[TransferRef, ...]:
        its = tables.transfers
        query = select(its).where(its.c.batch_id == batch).order_by(its.c.subject)
        with reading(self._engine) as connection:
            return tuple(_reference(row) for row in connection.execute(query))

    def of_subject(self, subject: str) -> TransferRef | None:
        with reading(self._engine) as connection:
            row = _OF_SUBJECT.first(connection, {"wanted": subject})
            return None if row is None else _reference(row)

    def undocumented(self) -> tuple[BatchId, ...]:
        batches = tables.batches
        documented = exists().where(tables.transfers.c.subject == batches.c.id)
        query = select(batches.c.id).where(batches.c.state == BatchState.COMPLETE, ~documented)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(batches.c.started_at, batches.c.id))
            return tuple(BatchId(row.id) for row in found)

    def earlier(self, batch: BatchId) -> tuple[TransferRef, ...]:
        its = tables.transfer_versions
        query = select(its).where(its.c.batch_id == batch).order_by(its.c.subject, its.c.number)
        with reading(self._engine) as connection:
            return tuple(_reference(row) for row in connection.execute(query))

    def entries(self, subjects: Sequence[str]) -> tuple[LedgerEntry, ...]:
        wanted = sorted(set(subjects))
        found: list[LedgerEntry] = []
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _MOST_AT_ONCE):
                some = wanted[start : start + _MOST_AT_ONCE]
                query = select(tables.ledger).where(tables.ledger.c.subject.in_(some))
                found.extend(ledger_entry(row) for row in connection.execute(query))
        return tuple(sorted(found, key=lambda entry: entry.number))


class SqlTransfersChange:
    """Fills `TransfersChange`, in a transaction that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, refs: Iterable[TransferRef]) -> None:
        its = tables.transfers
        for ref in refs:
            if self._connection.execute(select(its.c.subject).where(its.c.subject == ref.subject)).first() is None:
                self._connection.execute(insert(its).values(subject=ref.subject, batch_id=ref.batch, digest=ref.digest))

    def put_again(self, refs: Iterable[TransferRef]) -> None:
        its, kept = tables.transfers, tables.transfer_versions
        for ref in refs:
            found = self._connection.execute(select(its).where(its.c.subject == ref.subject)).first()
            if found is not None and found.digest != ref.digest:
                earlier = select(func.count()).select_from(kept).where(kept.c.subject == ref.subject)
                number = self._connection.execute(earlier).scalar_one() + 1
                self._connection.execute(
                    insert(kept).values(
                        subject=found.subject, number=number, batch_id=found.batch_id, digest=found.digest
                    )
                )
                self._connection.execute(update(its).where(its.c.subject == ref.subject).values(digest=ref.digest))
            elif found is None:
                self.put((ref,))


def _reference(row: DbRow) -> TransferRef:
    return TransferRef(row.subject, BatchId(row.batch_id), Digest(row.digest))
