"""The records in a SQL database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, exists, func, insert, or_, select, update

from pipeline.custody import (
    SETTLED_MATCHES,
    BatchRow,
    DerivativeRef,
    FileRow,
    FileState,
    LedgerEntry,
    LedgerHead,
    PageRole,
    PageRow,
    ReturnMatch,
    StatementRow,
)
from pipeline.errors import IntegrityError, Unavailable
from pipeline.evidence.ledger import GENESIS, head_after, next_entry
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.ports import Clock, RecordsTransaction
from pipeline.storage.records import rows, tables
from pipeline.storage.records.access import SqlAccessLog, SqlAccessLogChange
from pipeline.storage.records.boxes import SqlBoxes, SqlBoxesChange
from pipeline.storage.records.database import frozen_engine, open_engine, reading, writing
from pipeline.storage.records.ledger_head import HeadAsOf, HeadKept, LedgerHeadFile
from pipeline.storage.records.people import SqlPeople, SqlPeopleChange
from pipeline.storage.records.references import SqlReferences, SqlReferencesChange
from pipeline.storage.records.review import SqlReview, SqlReviewChange
from pipeline.storage.records.seals import SqlSealChanges, SqlSeals
from pipeline.storage.records.statement_changes import change_statement, replace_statements
from pipeline.storage.records.statement_queries import holds, is_lone_return, keyed, statement_rows
from pipeline.storage.records.transfers import SqlTransfers, SqlTransfersChange

ACCESS_HEAD = "access-head.json"
"""The access log's head, beside the ledger's."""
PATIENCE_S = 30.0


def open_records(url: str, *, head_path: Path, clock: Clock) -> SqlRecords:
    """Open the records, migrating them when this program is newer. Raises what `Records` raises."""
    engine = open_engine(url)
    heads = LedgerHeadFile(head_path), LedgerHeadFile(head_path.with_name(ACCESS_HEAD))
    for head, table in zip(heads, (tables.ledger, tables.access_log), strict=True):
        with reading(engine) as connection:
            empty = connection.execute(select(table.c.number).limit(1)).first() is None
        if empty and head.read() is None:
            # From the first entry on the head file must be there: a missing one means that somebody removed it.
            head.advance(GENESIS)
    return SqlRecords(engine, clock, *heads)


def frozen_records(url: str, *, head_path: Path, clock: Clock) -> SqlRecords:
    """The records as they are now, to be compared with each other while others write. Reads only, by one thread.

    Raises what `Records` raises.
    """
    open_records(url, head_path=head_path, clock=clock)
    # The heads first: they may be behind the entries, never ahead of them.
    heads = (HeadAsOf(LedgerHeadFile(path)) for path in (head_path, head_path.with_name(ACCESS_HEAD)))
    ledger_head, access_head = heads
    return SqlRecords(frozen_engine(url), clock, ledger_head, access_head)


class SqlRecords:
    """Fills the `Records` port."""

    def __init__(self, engine: Engine, clock: Clock, head: HeadKept, access_head: HeadKept) -> None:
        self._engine = engine
        self._clock = clock
        self._head = head
        self._access_head = access_head
        self._turn = Lock()

    @contextmanager
    def transaction(self) -> Iterator[RecordsTransaction]:
        with self._taking_turns(), writing(self._engine) as connection:
            log = SqlAccessLogChange(connection, self._clock, self._access_head)
            change = _Transaction(connection, self._clock, self._head, log)
            yield change
        if change.head is not None:
            self._head.advance(change.head)
        if log.head is not None:
            self._access_head.advance(log.head)

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """Threads of one process wait for each other here; at the database they would poll, and some starve."""
        if not self._turn.acquire(timeout=PATIENCE_S):
            raise Unavailable("database_locked")
        try:
            yield
        finally:
            self._turn.release()

    @property
    def people(self) -> SqlPeople:
        return SqlPeople(self._engine)

    @property
    def access(self) -> SqlAccessLog:
        return SqlAccessLog(self._engine, self._access_head)

    @property
    def objects(self) -> SqlReferences:
        return SqlReferences(self._engine)

    @property
    def transfers(self) -> SqlTransfers:
        return SqlTransfers(self._engine)

    @property
    def seals(self) -> SqlSeals:
        return SqlSeals(self._engine)

    @property
    def boxes(self) -> SqlBoxes:
        return SqlBoxes(self._engine)

    @property
    def review(self) -> SqlReview:
        return SqlReview(self._engine)

    def batches(self) -> tuple[BatchRow, ...]:
        with reading(self._engine) as connection:
            found = connection.execute(
                select(tables.batches).order_by(tables.batches.c.started_at, tables.batches.c.id)
            )
            return tuple(rows.batch_row(row) for row in found)

    def batch(self, batch: BatchId) -> BatchRow | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.batches).where(tables.batches.c.id == batch)).first()
            return None if row is None else rows.batch_row(row)

    def files(self, batch: BatchId) -> tuple[FileRow, ...]:
        query = select(tables.files).where(tables.files.c.batch_id == batch).order_by(tables.files.c.position)
        with reading(self._engine) as connection:
            return tuple(rows.file_row(row) for row in connection.execute(query))

    def first_file(self, digest: Digest) -> FileRow | None:
        taken = [FileState.RECEIVED, FileState.SPLIT, FileState.REFUSED]
        query = (
            select(tables.files)
            .where(tables.files.c.digest == digest, tables.files.c.state.in_(taken))
            .order_by(tables.files.c.received_at, tables.files.c.id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).first()
            return None if row is None else rows.file_row(row)

    def file(self, file: FileId) -> FileRow | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.files).where(tables.files.c.id == file)).first()
            return None if row is None else rows.file_row(row)

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        query = (
            select(tables.pages)
            .join(tables.files, tables.files.c.id == tables.pages.c.file_id)
            .where(tables.pages.c.batch_id == batch)
            .order_by(tables.files.c.position, tables.pages.c.page_index)
        )
        with reading(self._engine) as connection:
            return tuple(rows.page_row(row) for row in connection.execute(query))

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        query = (
            select(tables.outcomes)
            .join(tables.pages, tables.pages.c.id == tables.outcomes.c.page_id)
            .join(tables.files, tables.files.c.id == tables.pages.c.file_id)
            .where(tables.pages.c.batch_id == batch)
            .order_by(tables.files.c.position, tables.pages.c.page_index)
        )
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                yield PageId(row.page_id), row.body

    def outcome(self, page: PageId) -> str | None:
        with reading(self._engine) as connection:
            query = select(tables.outcomes.c.body).where(tables.outcomes.c.page_id == page)
            return connection.execute(query).scalar()

    def page(self, page: PageId) -> PageRow | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.pages).where(tables.pages.c.id == page)).first()
            return None if row is None else rows.page_row(row)

    def derivatives_of(self, page: PageId) -> tuple[DerivativeRef, ...]:
        found = select(tables.derivatives).where(tables.derivatives.c.page_id == page)
        with reading(self._engine) as connection:
            kept = connection.execute(found.order_by(tables.derivatives.c.name))
            return tuple(rows.derivative_ref(row) for row in kept)

    def derivatives(self, batch: BatchId) -> tuple[tuple[PageId, DerivativeRef], ...]:
        query = (
            select(tables.derivatives)
            .join(tables.pages, tables.pages.c.id == tables.derivatives.c.page_id)
            .where(tables.pages.c.batch_id == batch)
            .order_by(tables.derivatives.c.page_id, tables.derivatives.c.name)
        )
        with reading(self._engine) as connection:
            return tuple((PageId(row.page_id), rows.derivative_ref(row)) for row in connection.execute(query))

    def statements(self, batch: BatchId) -> tuple[StatementRow, ...]:
        with reading(self._engine) as connection:
            found = connection.execute(
                select(tables.statements)
                .where(tables.statements.c.batch_id == batch)
                .order_by(tables.statements.c.position)
            ).all()
            return statement_rows(connection, found)

    def statements_of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        its = tables.statement_pages.c
        return self._statements_where(tables.statements.c.id.in_(select(its.statement_id).where(its.page_id == page)))

    def statements_numbered(self, number: str) -> tuple[StatementRow, ...]:
        return self._statements_where(tables.statements.c.number == number)

    def statements_designated(self, designation: str) -> tuple[StatementRow, ...]:
        return self._statements_where(tables.statements.c.designation == designation)

    def statements_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        return self._statements_where(keyed(issuer, key) & holds(PageRole.STATEMENT), most=most)

    def waiting_returns_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        its = tables.return_matches
        settled = exists().where(its.c.return_id == tables.statements.c.id, its.c.state.in_(SETTLED_MATCHES))
        return self._statements_where(keyed(issuer, key) & is_lone_return() & ~settled, most=most)

    def statement_row(self, row: str) -> StatementRow | None:
        return next(iter(self._statements_where(tables.statements.c.id == row)), None)

    def lone_returns(self) -> tuple[StatementRow, ...]:
        query = (
            select(tables.statements)
            .join(tables.batches, tables.batches.c.id == tables.statements.c.batch_id)
            .where(is_lone_return())
            .order_by(tables.batches.c.started_at, tables.batches.c.id, tables.statements.c.position)
        )
        with reading(self._engine) as connection:
            return statement_rows(connection, connection.execute(query).all())

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        its = tables.return_matches
        query = select(its).where(or_(its.c.return_id == row, its.c.statement_id == row))
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(its.c.return_id, its.c.statement_id))
            return tuple(rows.return_match(each) for each in found)

    def _statements_where(self, condition: ColumnElement[bool], *, most: int | None = None) -> tuple[StatementRow, ...]:
        query = select(tables.statements).where(condition)
        query = query.order_by(tables.statements.c.issuer, tables.statements.c.id).limit(most)
        with reading(self._engine) as connection:
            return statement_rows(connection, connection.execute(query).all())

    def adopted(self) -> frozenset[Digest]:
        with reading(self._engine) as connection:
            return frozenset(Digest(row.digest) for row in connection.execute(select(tables.adopted_objects)))

    def ledger(self) -> Iterator[LedgerEntry]:
        with reading(self._engine) as connection:
            for row in connection.execute(select(tables.ledger).order_by(tables.ledger.c.number)):
                yield rows.ledger_entry(row)

    def ledger_head(self) -> LedgerHead | None:
        return self._head.read()


class _Transaction:
    """Fills the `RecordsTransaction` port on one open connection; `head` is the ledger's new end, null if unchanged."""

    def __init__(self, connection: Connection, clock: Clock, kept: HeadKept, access: SqlAccessLogChange) -> None:
        self._connection = connection
        self._clock = clock
        self._kept = kept
        self._access = access
        self.head: LedgerHead | None = None

    @property
    def people(self) -> SqlPeopleChange:
        return SqlPeopleChange(self._connection)

    @property
    def access(self) -> SqlAccessLogChange:
        return self._access

    @property
    def objects(self) -> SqlReferencesChange:
        return SqlReferencesChange(self._connection)

    @property
    def transfers(self) -> SqlTransfersChange:
        return SqlTransfersChange(self._connection)

    @property
    def seals(self) -> SqlSealChanges:
        return SqlSealChanges(self._connection)

    @property
    def boxes(self) -> SqlBoxesChange:
        return SqlBoxesChange(self._connection)

    @property
    def review(self) -> SqlReviewChange:
        return SqlReviewChange(self._connection)

    def new_batch_number(self, prefix: str) -> int:
        ids = select(tables.batches.c.id).where(tables.batches.c.id.startswith(prefix, autoescape=True))
        numbers = [int(row.id[len(prefix) :]) for row in self._connection.execute(ids)]
        return max(numbers, default=0) + 1

    def page(self, page: PageId) -> PageRow | None:
        row = self._connection.execute(select(tables.pages).where(tables.pages.c.id == page)).first()
        return None if row is None else rows.page_row(row)

    def put_batch(self, row: BatchRow) -> None:
        self._put(tables.batches, rows.batch_columns(row))

    def put_file(self, row: FileRow) -> None:
        self._put(tables.files, rows.file_columns(row))

    def put_page(self, row: PageRow) -> None:
        self._put(tables.pages, rows.page_columns(row))

    def put_outcome(self, page: PageId, outcome: str, derivatives: Sequence[DerivativeRef]) -> None:
        self._connection.execute(delete(tables.outcomes).where(tables.outcomes.c.page_id == page))
        self._connection.execute(insert(tables.outcomes).values(page_id=page, body=outcome))
        self._connection.execute(delete(tables.derivatives).where(tables.derivatives.c.page_id == page))
        for derivative in derivatives:
            self._connection.execute(
                insert(tables.derivatives).values(
                    page_id=page, name=derivative.name, media_type=derivative.media_type, digest=derivative.digest
                )
            )

    def revise_outcome(self, page: PageId, outcome: str) -> None:
        query = update(tables.outcomes).where(tables.outcomes.c.page_id == page).values(body=outcome)
        self._connection.execute(query)

    def put_statements(self, batch: BatchId, rows_: Sequence[StatementRow]) -> None:
        replace_statements(self._connection, batch, rows_)

    def statement_row(self, row: str) -> StatementRow | None:
        found = self._connection.execute(select(tables.statements).where(tables.statements.c.id == row)).all()
        return next(iter(statement_rows(self._connection, found)), None)

    def put_statement(self, row: StatementRow) -> None:
        change_statement(self._connection, row)

    def put_match(self, match: ReturnMatch) -> None:
        its = tables.return_matches
        pair = (its.c.return_id == match.returned) & (its.c.statement_id == match.statement)
        self._connection.execute(delete(its).where(pair))
        self._connection.execute(insert(its).values(**rows.match_columns(match)))

    def adopt(self, digest: Digest) -> None:
        self._put_digest(digest)

    def append(self, kind: str, subject: str, body: str) -> LedgerEntry:
        head = self.head or self._last()
        entry = next_entry(head, at=self._clock.now(), kind=kind, subject=subject, body=body)
        self._connection.execute(insert(tables.ledger).values(**rows.entry_columns(entry)))
        self.head = head_after(entry)
        return entry

    def _last(self) -> LedgerHead:
        newest = select(func.max(tables.ledger.c.number)).scalar_subquery()
        row = self._connection.execute(select(tables.ledger).where(tables.ledger.c.number == newest)).first()
        last = GENESIS if row is None else head_after(rows.ledger_entry(row))
        kept = self._kept.read()
        if kept is not None and kept.count > last.count:
            raise IntegrityError("ledger_truncated", found=last.count, expected=kept.count)
        if kept is not None and kept.count == last.count and kept.hash != last.hash:
            raise IntegrityError("ledger_head_differs", count=last.count)
        return last

    def _put(self, table: Table, columns: rows.Columns) -> None:
        changed = self._connection.execute(update(table).where(table.c.id == columns["id"]).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(table).values(**columns))

    def _put_digest(self, digest: Digest) -> None:
        known = select(tables.adopted_objects).where(tables.adopted_objects.c.digest == digest)
        if self._connection.execute(known).first() is None:
            self._connection.execute(insert(tables.adopted_objects).values(digest=digest))
