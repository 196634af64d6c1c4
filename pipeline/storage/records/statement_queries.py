"""Queries about statements: by what their pages are, by what they have in common with others."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, bindparam, exists, null, or_, select, union_all

from pipeline.custody import SETTLED_MATCHES, MatchState, PageRole, ReturnMatch, StatementRow
from pipeline.model import PageId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.prepared import Prepared, several

_MOST_AT_ONCE = 500


def holds(role: PageRole) -> ColumnElement[bool]:
    """A row of statements with pages of this role."""
    of_row = tables.statement_pages.c.statement_id == tables.statements.c.id
    return exists().where(of_row, tables.statement_pages.c.role == role)


def is_lone_return() -> ColumnElement[bool]:
    return holds(PageRole.RETURN) & ~holds(PageRole.STATEMENT)


def returns_to_look_at() -> ColumnElement[bool]:
    """A return document alone whose statement is not found, neither by a match nor by its number, or contradicts it."""
    its, other = tables.statements, tables.statements.alias()
    match, refused = tables.return_matches, tables.return_matches.alias()
    of_row = match.c.return_id == its.c.id
    settled = exists().where(of_row, match.c.state.in_(sorted(SETTLED_MATCHES)))
    contradicted = exists().where(of_row, match.c.state == MatchState.CONTRADICTED)
    pages = tables.statement_pages.alias()
    said_no = exists().where(
        refused.c.return_id == its.c.id, refused.c.statement_id == other.c.id, refused.c.state == MatchState.REFUSED
    )
    there = exists().where(
        other.c.number == its.c.number,
        other.c.issuer == its.c.issuer,
        exists().where(pages.c.statement_id == other.c.id, pages.c.role == PageRole.STATEMENT).correlate(other),
        ~said_no.correlate(its, other),
    )
    with_return = select(tables.statement_pages.c.statement_id).where(tables.statement_pages.c.role == PageRole.RETURN)
    alone = its.c.id.in_(with_return) & ~holds(PageRole.STATEMENT)
    return alone & (contradicted | (~settled & ~there.correlate(its)))


def keyed(issuer: str, key: str) -> ColumnElement[bool]:
    keyed = select(tables.match_keys.c.statement_id).where(tables.match_keys.c.key == key)
    return (tables.statements.c.issuer == issuer) & tables.statements.c.id.in_(keyed)


def statement_rows(connection: Connection, found: Iterable[rows.DbRow]) -> tuple[StatementRow, ...]:
    these = tuple(found)
    members: dict[str, list[tuple[PageId, PageRole]]] = {row.id: [] for row in these}
    keys: dict[str, list[str]] = {row.id: [] for row in these}
    asked = list(members)
    for start in range(0, len(asked), _MOST_AT_ONCE):
        some = {"wanted": asked[start : start + _MOST_AT_ONCE]}
        for row in _BELONGING.rows(connection, some):
            if row.role is None:
                keys[row.statement_id].append(str(row.what))
            else:
                members[row.statement_id].append((PageId(row.what), PageRole(row.role)))
    return tuple(rows.statement_row(row, members[row.id], keys[row.id]) for row in these)


def statement_with(connection: Connection, statement: str) -> StatementRow | None:
    found = _ONE.rows(connection, {"wanted": statement})
    return next(iter(statement_rows(connection, found)), None)


def matches_of(connection: Connection, statement: str) -> tuple[ReturnMatch, ...]:
    """Of a row with others, whichever of both it is, in the order of their ids."""
    return tuple(rows.return_match(each) for each in _MATCHES.rows(connection, {"wanted": statement}))


# Put together once: that takes longer than the database takes to answer.
_ONE = Prepared(select(tables.statements).where(tables.statements.c.id == bindparam("wanted")))
NUMBERED = Prepared(
    select(tables.statements)
    .where(tables.statements.c.number == bindparam("wanted"))
    .order_by(tables.statements.c.issuer, tables.statements.c.id)
)
_MATCHES = Prepared(
    select(tables.return_matches)
    .where(
        or_(
            tables.return_matches.c.return_id == bindparam("wanted"),
            tables.return_matches.c.statement_id == bindparam("wanted"),
        )
    )
    .order_by(tables.return_matches.c.return_id, tables.return_matches.c.statement_id)
)
_WANTED = several("wanted")
_PAGE, _KEY = tables.statement_pages.c, tables.match_keys.c
_BELONGING = Prepared(
    union_all(
        select(_PAGE.statement_id, _PAGE.position, _PAGE.page_id.label("what"), _PAGE.role).where(
            _PAGE.statement_id.in_(_WANTED)
        ),
        select(_KEY.statement_id, _KEY.position, _KEY.key, null()).where(_KEY.statement_id.in_(_WANTED)),
    ).order_by("position")
)
"""Pages and keys of rows of statements, in their order; keys have no role."""
