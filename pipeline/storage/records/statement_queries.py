"""Queries about statements: by what their pages are, by what they have in common with others."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, exists, select

from pipeline.custody import PageRole, StatementRow
from pipeline.model import PageId
from pipeline.storage.records import rows, tables


def holds(role: PageRole) -> ColumnElement[bool]:
    """A row of statements with pages of this role."""
    of_row = tables.statement_pages.c.statement_id == tables.statements.c.id
    return exists().where(of_row, tables.statement_pages.c.role == role)


def is_lone_return() -> ColumnElement[bool]:
    return holds(PageRole.RETURN) & ~holds(PageRole.STATEMENT)


def keyed(issuer: str, key: str) -> ColumnElement[bool]:
    keyed = select(tables.match_keys.c.statement_id).where(tables.match_keys.c.key == key)
    return (tables.statements.c.issuer == issuer) & tables.statements.c.id.in_(keyed)


def statement_rows(connection: Connection, found: Iterable[rows.DbRow]) -> tuple[StatementRow, ...]:
    return tuple(
        rows.statement_row(row, _members(connection, row.id), _match_keys(connection, row.id)) for row in found
    )


def _match_keys(connection: Connection, statement: str) -> list[str]:
    its = tables.match_keys
    query = select(its.c.key).where(its.c.statement_id == statement).order_by(its.c.position)
    return [str(row.key) for row in connection.execute(query)]


def _members(connection: Connection, statement: str) -> list[tuple[PageId, PageRole]]:
    query = (
        select(tables.statement_pages)
        .where(tables.statement_pages.c.statement_id == statement)
        .order_by(tables.statement_pages.c.position)
    )
    return [(PageId(row.page_id), PageRole(row.role)) for row in connection.execute(query)]
