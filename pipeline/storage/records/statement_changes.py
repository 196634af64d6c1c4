"""Statements with their pages and match keys, as a transaction reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from pipeline.custody import PageRole, StatementRow
from pipeline.model import BatchId, PageId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.review import SqlReviewChange
from pipeline.storage.records.statement_index import forget, index_statements
from pipeline.storage.records.statement_queries import statement_rows
from pipeline.usecases.telling import Touched

_MEMBERS = (tables.statement_pages, tables.match_keys)


class SqlStatementsChange:
    """Fills the `StatementsChange` port."""

    def __init__(self, connection: Connection, touched: Touched) -> None:
        self._connection = connection
        self._touched = touched

    def of_batch(self, batch: BatchId) -> tuple[StatementRow, ...]:
        return self._where(tables.statements.c.batch_id == batch)

    def of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        its = tables.statement_pages.c
        return self._where(tables.statements.c.id.in_(select(its.statement_id).where(its.page_id == page)))

    def numbered(self, number: str) -> tuple[StatementRow, ...]:
        return self._where(tables.statements.c.number == number)

    def add(self, row: StatementRow) -> None:
        its = tables.statements
        last = select(func.max(its.c.position)).where(its.c.batch_id == row.batch)
        position = self._connection.execute(last).scalar()
        columns = rows.statement_columns(row, 0 if position is None else int(position) + 1)
        self._connection.execute(insert(its).values(**columns))
        _put_members(self._connection, row)
        index_statements(self._connection, (row,), SqlReviewChange(self._connection))
        self._touched.statements.add(row.id)

    def _where(self, condition: ColumnElement[bool]) -> tuple[StatementRow, ...]:
        its = tables.statements.c
        query = select(tables.statements).where(condition).order_by(its.batch_id, its.position)
        return statement_rows(self._connection, self._connection.execute(query).all())


def replace_statements(connection: Connection, batch: BatchId, new: Sequence[StatementRow]) -> None:
    """Put these in place of all that the batch has."""
    known = select(tables.statements.c.id).where(tables.statements.c.batch_id == batch)
    for statement in connection.execute(known).scalars().all():
        forget(connection, statement)
    for table in _MEMBERS:
        connection.execute(delete(table).where(table.c.statement_id.in_(known)))
    connection.execute(delete(tables.statements).where(tables.statements.c.batch_id == batch))
    for position, row in enumerate(new):
        connection.execute(insert(tables.statements).values(**rows.statement_columns(row, position)))
        _put_members(connection, row)
    index_statements(connection, new, SqlReviewChange(connection))


def change_statement(connection: Connection, row: StatementRow) -> None:
    """Change one where it stands; matches may refer to it."""
    its = tables.statements
    place = connection.execute(select(its.c.position).where(its.c.id == row.id)).scalar_one()
    for table in _MEMBERS:
        connection.execute(delete(table).where(table.c.statement_id == row.id))
    connection.execute(update(its).where(its.c.id == row.id).values(**rows.statement_columns(row, int(place))))
    _put_members(connection, row)
    index_statements(connection, (row,), SqlReviewChange(connection))


def _put_members(connection: Connection, row: StatementRow) -> None:
    members = [
        *((page, PageRole.STATEMENT) for page in row.pages),
        *((page, PageRole.RETURN) for page in row.returns),
        *((page, PageRole.ENCLOSURE) for page in row.enclosures),
    ]
    for place, (page, role) in enumerate(members):
        columns = {"statement_id": row.id, "position": place, "page_id": page, "role": role}
        connection.execute(insert(tables.statement_pages).values(**columns))
    for place, key in enumerate(row.match_keys):
        connection.execute(insert(tables.match_keys).values(statement_id=row.id, position=place, key=key))
