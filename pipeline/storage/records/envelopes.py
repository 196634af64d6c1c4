"""What was said of envelopes, in the database."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, Engine, delete, insert, select

from pipeline.custody.envelopes import EnvelopeRow
from pipeline.model import BatchId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import DbRow

_envelopes = tables.envelopes


class SqlEnvelopes:
    """Fills `EnvelopeRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_batch(self, batch: BatchId) -> tuple[EnvelopeRow, ...]:
        with reading(self._engine) as connection:
            return SqlEnvelopesChange(connection).of_batch(batch)


class SqlEnvelopesChange:
    """Fills `EnvelopeChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_batch(self, batch: BatchId) -> tuple[EnvelopeRow, ...]:
        query = select(_envelopes).where(_envelopes.c.batch_id == batch).order_by(_envelopes.c.first_sheet)
        return tuple(map(_row, self._connection.execute(query)))

    def put(self, row: EnvelopeRow) -> None:
        same = (_envelopes.c.batch_id == row.batch) & (_envelopes.c.first_sheet == row.first_sheet)
        self._connection.execute(delete(_envelopes).where(same))
        self._connection.execute(
            insert(_envelopes).values(
                batch_id=row.batch,
                first_sheet=row.first_sheet,
                postmark=None if row.postmark is None else row.postmark.isoformat(),
                note=row.note,
                entered_at=row.entered_at.isoformat(),
                entered_by=row.entered_by,
            )
        )


def _row(row: DbRow) -> EnvelopeRow:
    return EnvelopeRow(
        batch=BatchId(row.batch_id),
        first_sheet=row.first_sheet,
        postmark=None if row.postmark is None else date.fromisoformat(row.postmark),
        note=row.note,
        entered_at=datetime.fromisoformat(row.entered_at),
        entered_by=row.entered_by,
    )
