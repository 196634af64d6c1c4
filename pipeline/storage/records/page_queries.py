"""Queries about pages; those about one are put together once: that takes longer than the database takes to answer."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from pipeline.custody import DerivativeRef, PageRow
from pipeline.model import BatchId, PageId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.prepared import Prepared

_PAGE = Prepared(select(tables.pages).where(tables.pages.c.id == bindparam("wanted")))
BATCH = Prepared(select(tables.batches).where(tables.batches.c.id == bindparam("wanted")))
FILE = Prepared(select(tables.files).where(tables.files.c.id == bindparam("wanted")))
_OUTCOME = Prepared(select(tables.outcomes.c.body).where(tables.outcomes.c.page_id == bindparam("wanted")))
_DERIVATIVES = Prepared(
    select(tables.derivatives)
    .where(tables.derivatives.c.page_id == bindparam("wanted"))
    .order_by(tables.derivatives.c.name)
)


def page_with(connection: Connection, page: PageId) -> PageRow | None:
    row = _PAGE.first(connection, {"wanted": page})
    return None if row is None else rows.page_row(row)


def pages_of(connection: Connection, batch: BatchId, *, sheet: int | None = None) -> tuple[PageRow, ...]:
    query = (
        select(tables.pages)
        .join(tables.files, tables.files.c.id == tables.pages.c.file_id)
        .where(tables.pages.c.batch_id == batch)
        .order_by(tables.files.c.position, tables.pages.c.page_index, tables.pages.c.id)
    )
    query = query if sheet is None else query.where(tables.pages.c.sheet == sheet)
    return tuple(rows.page_row(row) for row in connection.execute(query))


def outcome_of(connection: Connection, page: PageId) -> str | None:
    row = _OUTCOME.first(connection, {"wanted": page})
    return None if row is None else str(row.body)


def derivatives_of(connection: Connection, page: PageId) -> tuple[DerivativeRef, ...]:
    return tuple(rows.derivative_ref(row) for row in _DERIVATIVES.rows(connection, {"wanted": page}))
