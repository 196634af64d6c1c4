"""Writing statements with their pages and match keys, within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.custody import PageRole, StatementRow
from pipeline.model import BatchId
from pipeline.storage.records import rows, tables

_MEMBERS = (tables.statement_pages, tables.match_keys)


def replace_statements(connection: Connection, batch: BatchId, new: Sequence[StatementRow]) -> None:
    """Put these in place of all that the batch has."""
    known = select(tables.statements.c.id).where(tables.statements.c.batch_id == batch)
    for table in _MEMBERS:
        connection.execute(delete(table).where(table.c.statement_id.in_(known)))
    connection.execute(delete(tables.statements).where(tables.statements.c.batch_id == batch))
    for position, row in enumerate(new):
        connection.execute(insert(tables.statements).values(**rows.statement_columns(row, position)))
        _put_members(connection, row)


def change_statement(connection: Connection, row: StatementRow) -> None:
    """Change one where it stands; matches may refer to it."""
    its = tables.statements
    place = connection.execute(select(its.c.position).where(its.c.id == row.id)).scalar_one()
    for table in _MEMBERS:
        connection.execute(delete(table).where(table.c.statement_id == row.id))
    connection.execute(update(its).where(its.c.id == row.id).values(**rows.statement_columns(row, int(place))))
    _put_members(connection, row)


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
