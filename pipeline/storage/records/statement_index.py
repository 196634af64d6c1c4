"""Keeps what statements are found by in step with the rows it follows from, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from pipeline.custody import PageRole, StatementRow
from pipeline.custody.court import IndexEntry
from pipeline.model import PageId
from pipeline.storage.records import tables
from pipeline.storage.records.page_queries import outcome_of
from pipeline.storage.records.statement_queries import statement_rows
from pipeline.usecases.court_index import index_entry, indexed_pages
from pipeline.usecases.reviewed import Histories

_index, _members = tables.statement_index, tables.statement_pages


class _Outcomes:
    """Fills `Outcomes` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def outcome(self, page: PageId) -> str | None:
        return outcome_of(self._connection, page)


def index_page(connection: Connection, page: PageId, said: Histories) -> None:
    """To be called when the outcome of a page, or what persons said of its fields, has changed.

    Args:
        said: tasks and histories as this transaction sees them.
    """
    own = select(_members.c.statement_id).where(_members.c.page_id == page, _members.c.role != PageRole.ENCLOSURE)
    found = connection.execute(select(tables.statements).where(tables.statements.c.id.in_(own))).all()
    index_statements(connection, statement_rows(connection, found), said)


def index_statements(connection: Connection, new: Iterable[StatementRow], said: Histories) -> None:
    """To be called when these statements are as they now stand."""
    outcomes = _Outcomes(connection)
    for row in new:
        forget(connection, row.id)
        entry = index_entry(row, indexed_pages(row, said, records=outcomes))
        if entry is not None:
            connection.execute(insert(_index).values(**_columns(entry)))


def forget(connection: Connection, statement: str) -> None:
    connection.execute(delete(_index).where(_index.c.statement_id == statement))


def index_everything(connection: Connection, said: Histories) -> None:
    """Make the whole index anew."""
    connection.execute(delete(_index))
    batches = connection.execute(select(tables.batches.c.id)).scalars().all()
    for batch in batches:
        its = select(tables.statements).where(tables.statements.c.batch_id == batch)
        index_statements(connection, statement_rows(connection, connection.execute(its).all()), said)


def _columns(entry: IndexEntry) -> dict[str, object]:
    return {
        "statement_id": entry.statement,
        "issuer": entry.issuer,
        "number": entry.number,
        "state": entry.state,
        "designation": entry.designation,
        "plate": entry.plate,
        "offence_date": None if entry.offence_date is None else entry.offence_date.isoformat(),
        "restricted": entry.restricted,
    }
