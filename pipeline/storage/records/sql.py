"""The records in a SQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import ColumnElement, Engine, exists, select

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
from pipeline.errors import Unavailable
from pipeline.evidence.ledger import GENESIS
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.ports import Clock, RecordsTransaction
from pipeline.storage.failures import storage_failure
from pipeline.storage.records import page_queries, rows, tables
from pipeline.storage.records.access import SqlAccessLog, SqlAccessLogChange
from pipeline.storage.records.ahead import MOST_PAGES, read_ahead
from pipeline.storage.records.boxes import SqlBoxes
from pipeline.storage.records.court import SqlClients, SqlCourtRecords
from pipeline.storage.records.database import frozen_engine, open_engine, reading, streaming, writing
from pipeline.storage.records.envelopes import SqlEnvelopes
from pipeline.storage.records.events import SqlEvents
from pipeline.storage.records.figures import SqlFigures
from pipeline.storage.records.fingerprints import SqlFingerprints
from pipeline.storage.records.hooks import SqlHooks
from pipeline.storage.records.jobs import SqlJobs
from pipeline.storage.records.layouts import SqlLayouts
from pipeline.storage.records.ledger_head import HeadAsOf, HeadKept, LedgerHeadFile
from pipeline.storage.records.moments import keep, moment_of, once_a_moment, one_moment, own_moment
from pipeline.storage.records.page_queries import outcome_of, page_with, pages_of
from pipeline.storage.records.passes import SqlPasses
from pipeline.storage.records.people import SqlPeople
from pipeline.storage.records.placing import SqlPlacing
from pipeline.storage.records.qualifications import SqlQualifications
from pipeline.storage.records.quality import SqlQuality
from pipeline.storage.records.references import SqlReferences
from pipeline.storage.records.registrations import SqlRegistrations
from pipeline.storage.records.review import SqlReview
from pipeline.storage.records.scanning import SqlScans
from pipeline.storage.records.seals import SqlSeals
from pipeline.storage.records.statement_queries import (
    NUMBERED,
    holds,
    is_lone_return,
    keyed,
    matches_of,
    statement_rows,
    statement_with,
)
from pipeline.storage.records.transaction import SqlTransaction
from pipeline.storage.records.transfers import SqlTransfers

ACCESS_HEAD = "access-head.json"
"""The access log's head, beside the ledger's."""
PATIENCE_S = 30.0


def open_records(url: str, *, head_path: Path, clock: Clock) -> SqlRecords:
    """Open the records, migrating them when this program is newer. Raises what `Records` raises."""
    engine = open_engine(url)
    _make_folder(head_path.parent)
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


def _make_folder(folder: Path) -> None:
    """The heads are in files on this machine, wherever the database is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_failure(error, folder) from error


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
        # While nobody else can write, what is read beside the transaction stays as it is.
        with self._taking_turns(), writing(self._engine) as connection, own_moment(self._engine):
            log = SqlAccessLogChange(connection, self._clock, self._access_head)
            change = SqlTransaction(connection, self._clock, self._head, log)
            yield change
            change.tell()
        if change.head is not None:
            self._head.advance(change.head)
        if log.head is not None:
            self._access_head.advance(log.head)

    def moment(self) -> AbstractContextManager[None]:
        return one_moment(self._engine)

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
    def clients(self) -> SqlClients:
        return SqlClients(self._engine)

    @property
    def court(self) -> SqlCourtRecords:
        return SqlCourtRecords(self._engine)

    @property
    def events(self) -> SqlEvents:
        return SqlEvents(self._engine)

    @property
    def hooks(self) -> SqlHooks:
        return SqlHooks(self._engine)

    @property
    def jobs(self) -> SqlJobs:
        return SqlJobs(self._engine)

    @property
    def registrations(self) -> SqlRegistrations:
        return SqlRegistrations(self._engine)

    @property
    def envelopes(self) -> SqlEnvelopes:
        return SqlEnvelopes(self._engine)

    @property
    def scans(self) -> SqlScans:
        return SqlScans(self._engine)

    @property
    def passes(self) -> SqlPasses:
        return SqlPasses(self._engine)

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

    @property
    def layouts(self) -> SqlLayouts:
        return SqlLayouts(self._engine)

    @property
    def quality(self) -> SqlQuality:
        return SqlQuality(self._engine)

    @property
    def fingerprints(self) -> SqlFingerprints:
        return SqlFingerprints(self._engine)

    @property
    def qualifications(self) -> SqlQualifications:
        return SqlQualifications(self._engine)

    @property
    def figures(self) -> SqlFigures:
        return SqlFigures(self._engine)

    @property
    def placing(self) -> SqlPlacing:
        return SqlPlacing(self._engine)

    def batches(self) -> tuple[BatchRow, ...]:
        with reading(self._engine) as connection:
            found = connection.execute(
                select(tables.batches).order_by(tables.batches.c.started_at, tables.batches.c.id)
            )
            return tuple(rows.batch_row(row) for row in found)

    @once_a_moment
    def batch(self, batch: BatchId) -> BatchRow | None:
        with reading(self._engine) as connection:
            row = page_queries.BATCH.first(connection, {"wanted": batch})
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
            row = page_queries.FILE.first(connection, {"wanted": file})
            return None if row is None else rows.file_row(row)

    @once_a_moment
    def pages(self, batch: BatchId, *, sheet: int | None = None) -> tuple[PageRow, ...]:
        with reading(self._engine) as connection:
            return pages_of(connection, batch, sheet=sheet)

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        query = (
            select(tables.outcomes)
            .join(tables.pages, tables.pages.c.id == tables.outcomes.c.page_id)
            .join(tables.files, tables.files.c.id == tables.pages.c.file_id)
            .where(tables.pages.c.batch_id == batch)
            .order_by(tables.files.c.position, tables.pages.c.page_index, tables.pages.c.id)
        )
        with streaming(self._engine) as connection:
            for row in connection.execute(query):
                yield PageId(row.page_id), row.body

    @once_a_moment
    def outcome(self, page: PageId) -> str | None:
        with reading(self._engine) as connection:
            return outcome_of(connection, page)

    @once_a_moment
    def page(self, page: PageId) -> PageRow | None:
        with reading(self._engine) as connection:
            return page_with(connection, page)

    def look_ahead(self, pages: Collection[PageId]) -> None:
        moment, wanted = moment_of(self._engine), sorted(pages)[:MOST_PAGES]
        if moment is None or not wanted:
            return
        with reading(self._engine) as connection:
            found = read_ahead(connection, wanted, moment.statements)
        for page in wanted:
            keep(moment, SqlRecords.page, found.pages[page], page)
            keep(moment, SqlRecords.outcome, found.outcomes[page], page)
            keep(moment, SqlRecords.derivatives_of, found.derivatives[page], page)
            keep(moment, SqlRecords.statements_of_page, found.statements[page], page)
            keep(moment, SqlReview.tasks, found.tasks[page], page=page)
            keep(moment, SqlReview.histories, found.histories[page], page=page)

    @once_a_moment
    def derivatives_of(self, page: PageId) -> tuple[DerivativeRef, ...]:
        with reading(self._engine) as connection:
            return page_queries.derivatives_of(connection, page)

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

    @once_a_moment
    def statements_of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        its = tables.statement_pages.c
        return self._statements_where(tables.statements.c.id.in_(select(its.statement_id).where(its.page_id == page)))

    @once_a_moment
    def statements_numbered(self, number: str) -> tuple[StatementRow, ...]:
        with reading(self._engine) as connection:
            return self._known(statement_rows(connection, NUMBERED.rows(connection, {"wanted": number})))

    @once_a_moment
    def statements_designated(self, designation: str) -> tuple[StatementRow, ...]:
        return self._statements_where(tables.statements.c.designation == designation)

    def statements_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        return self._statements_where(keyed(issuer, key) & holds(PageRole.STATEMENT), most=most)

    def waiting_returns_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        its = tables.return_matches
        settled = exists().where(its.c.return_id == tables.statements.c.id, its.c.state.in_(SETTLED_MATCHES))
        return self._statements_where(keyed(issuer, key) & is_lone_return() & ~settled, most=most)

    @once_a_moment
    def statement_row(self, row: str) -> StatementRow | None:
        with reading(self._engine) as connection:
            return statement_with(connection, row)

    def lone_returns(self) -> tuple[StatementRow, ...]:
        query = (
            select(tables.statements)
            .join(tables.batches, tables.batches.c.id == tables.statements.c.batch_id)
            .where(is_lone_return())
            .order_by(tables.batches.c.started_at, tables.batches.c.id, tables.statements.c.position)
        )
        with reading(self._engine) as connection:
            return statement_rows(connection, connection.execute(query).all())

    @once_a_moment
    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        with reading(self._engine) as connection:
            return matches_of(connection, row)

    def _statements_where(self, condition: ColumnElement[bool], *, most: int | None = None) -> tuple[StatementRow, ...]:
        query = select(tables.statements).where(condition)
        query = query.order_by(tables.statements.c.issuer, tables.statements.c.id).limit(most)
        with reading(self._engine) as connection:
            return self._known(statement_rows(connection, connection.execute(query)))

    def _known(self, found: tuple[StatementRow, ...]) -> tuple[StatementRow, ...]:
        """Remembers for the moment what was found."""
        moment = moment_of(self._engine)
        if moment is not None:
            moment.statements.update((row.id, row) for row in found)
        return found

    def adopted(self) -> frozenset[Digest]:
        with reading(self._engine) as connection:
            return frozenset(Digest(row.digest) for row in connection.execute(select(tables.adopted_objects)))

    def ledger(self) -> Iterator[LedgerEntry]:
        with streaming(self._engine) as connection:
            for row in connection.execute(select(tables.ledger).order_by(tables.ledger.c.number)):
                yield rows.ledger_entry(row)

    def ledger_head(self) -> LedgerHead | None:
        return self._head.read()
