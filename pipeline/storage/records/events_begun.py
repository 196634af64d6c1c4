"""The beginning of the outbox in a database of an earlier program: what it holds is told once."""

from __future__ import annotations

from sqlalchemy import Connection, select

from pipeline.custody import ReturnMatch, StatementRow
from pipeline.model import PageId
from pipeline.ports import Clock
from pipeline.storage.records import tables
from pipeline.storage.records.court import court_number
from pipeline.storage.records.events import SqlEventsChange
from pipeline.storage.records.page_queries import outcome_of
from pipeline.storage.records.review import SqlReviewChange
from pipeline.storage.records.statement_changes import SqlStatementsChange
from pipeline.storage.records.statement_queries import matches_of, statement_with
from pipeline.usecases.telling import Touched, tell


class _Migrating:
    """Fills `Outbox` on an open connection. The ledger is not touched: it is told of the outbox by and by."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.review = SqlReviewChange(connection)
        self.events = SqlEventsChange(connection)
        self.statements = SqlStatementsChange(connection, Touched())

    def outcome(self, page: PageId) -> str | None:
        return outcome_of(self._connection, page)

    def statement_row(self, row: str) -> StatementRow | None:
        return statement_with(self._connection, row)

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        return matches_of(self._connection, row)


def tell_everything(connection: Connection, clock: Clock) -> None:
    """Tell all that stands, in the order in which it came in. Nobody knows when it became so: no ages are counted."""
    change = _Migrating(connection)
    batches = select(tables.batches.c.id).order_by(tables.batches.c.started_at, tables.batches.c.id)
    for batch in connection.execute(batches).scalars().all():
        tell(Touched(batches={batch}), change, clock=clock, dated=False)
    numbers = select(tables.court_numbers).order_by(tables.court_numbers.c.sequence)
    assigned = [court_number(row) for row in connection.execute(numbers)]
    tell(Touched(numbers=assigned), change, clock=clock, dated=False)
