"""One transaction on the records in a SQL database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from pipeline.custody import (
    BatchRow,
    DerivativeRef,
    FileRow,
    LedgerEntry,
    LedgerHead,
    PageRow,
    ReturnMatch,
    StatementRow,
)
from pipeline.errors import IntegrityError
from pipeline.evidence.ledger import GENESIS, head_after, next_entry
from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import Clock
from pipeline.storage.records import rows, tables
from pipeline.storage.records.access import SqlAccessLogChange
from pipeline.storage.records.boxes import SqlBoxesChange
from pipeline.storage.records.court import SqlClientsChange, SqlCourtRecordsChange
from pipeline.storage.records.envelopes import SqlEnvelopesChange
from pipeline.storage.records.events import SqlEventsChange
from pipeline.storage.records.figures_kept import keep_label, keep_page
from pipeline.storage.records.fingerprints import SqlFingerprintsChange
from pipeline.storage.records.hooks import SqlHooksChange
from pipeline.storage.records.jobs import SqlJobsChange
from pipeline.storage.records.layouts import SqlLayoutChange
from pipeline.storage.records.ledger_head import HeadKept
from pipeline.storage.records.page_queries import outcome_of, page_with, pages_of
from pipeline.storage.records.passes import SqlPassesChange
from pipeline.storage.records.people import SqlPeopleChange
from pipeline.storage.records.placing import SqlPlacingChange
from pipeline.storage.records.qualifications import SqlQualificationsChange
from pipeline.storage.records.quality import SqlQualityChange
from pipeline.storage.records.references import SqlReferencesChange
from pipeline.storage.records.registrations import SqlRegistrationsChange
from pipeline.storage.records.review import SqlReviewChange
from pipeline.storage.records.scanning import SqlScansChange
from pipeline.storage.records.seals import SqlSealChanges
from pipeline.storage.records.statement_changes import SqlStatementsChange, change_statement, replace_statements
from pipeline.storage.records.statement_index import index_page
from pipeline.storage.records.statement_queries import matches_of, statement_with
from pipeline.storage.records.transfers import SqlTransfersChange
from pipeline.usecases.telling import Touched, anchor, tell


class SqlTransaction:
    """Fills the `RecordsTransaction` port on one open connection; `head` is the ledger's new end, null if unchanged."""

    def __init__(self, connection: Connection, clock: Clock, kept: HeadKept, access: SqlAccessLogChange) -> None:
        self._connection = connection
        self._clock = clock
        self._kept = kept
        self._access = access
        self._events = SqlEventsChange(connection)
        self._touched = Touched()
        self.head: LedgerHead | None = None

    def tell(self) -> None:
        """To be called once everything is changed: what it changed of statements goes into the outbox."""
        anchor(tell(self._touched, self, clock=self._clock), self)

    @property
    def people(self) -> SqlPeopleChange:
        return SqlPeopleChange(self._connection)

    @property
    def access(self) -> SqlAccessLogChange:
        return self._access

    @property
    def clients(self) -> SqlClientsChange:
        return SqlClientsChange(self._connection)

    @property
    def court(self) -> SqlCourtRecordsChange:
        return SqlCourtRecordsChange(self._connection, self._touched)

    @property
    def events(self) -> SqlEventsChange:
        return self._events

    @property
    def registrations(self) -> SqlRegistrationsChange:
        return SqlRegistrationsChange(self._connection)

    @property
    def envelopes(self) -> SqlEnvelopesChange:
        return SqlEnvelopesChange(self._connection)

    @property
    def scans(self) -> SqlScansChange:
        return SqlScansChange(self._connection)

    @property
    def passes(self) -> SqlPassesChange:
        return SqlPassesChange(self._connection)

    @property
    def hooks(self) -> SqlHooksChange:
        return SqlHooksChange(self._connection)

    @property
    def jobs(self) -> SqlJobsChange:
        return SqlJobsChange(self._connection)

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
        return SqlReviewChange(self._connection, self._touched)

    @property
    def layouts(self) -> SqlLayoutChange:
        return SqlLayoutChange(self._connection)

    @property
    def quality(self) -> SqlQualityChange:
        return SqlQualityChange(self._connection)

    @property
    def fingerprints(self) -> SqlFingerprintsChange:
        return SqlFingerprintsChange(self._connection)

    @property
    def qualifications(self) -> SqlQualificationsChange:
        return SqlQualificationsChange(self._connection)

    @property
    def placing(self) -> SqlPlacingChange:
        return SqlPlacingChange(self._connection)

    @property
    def statements(self) -> SqlStatementsChange:
        return SqlStatementsChange(self._connection, self._touched)

    def new_batch_number(self, prefix: str) -> int:
        ids = select(tables.batches.c.id).where(tables.batches.c.id.startswith(prefix, autoescape=True))
        numbers = [int(row.id[len(prefix) :]) for row in self._connection.execute(ids)]
        return max(numbers, default=0) + 1

    def page(self, page: PageId) -> PageRow | None:
        return page_with(self._connection, page)

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        return pages_of(self._connection, batch)

    def outcome(self, page: PageId) -> str | None:
        return outcome_of(self._connection, page)

    def put_batch(self, row: BatchRow) -> None:
        self._put(tables.batches, rows.batch_columns(row))

    def put_file(self, row: FileRow) -> None:
        self._put(tables.files, rows.file_columns(row))

    def put_page(self, row: PageRow) -> None:
        self._put(tables.pages, rows.page_columns(row))
        keep_label(self._connection, row)

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
        keep_page(self._connection, page)
        index_page(self._connection, page, self.review)
        self._touched.pages.add(page)

    def revise_outcome(self, page: PageId, outcome: str) -> None:
        query = update(tables.outcomes).where(tables.outcomes.c.page_id == page).values(body=outcome)
        self._connection.execute(query)
        keep_page(self._connection, page)
        index_page(self._connection, page, self.review)
        self._touched.pages.add(page)

    def put_statements(self, batch: BatchId, rows_: Sequence[StatementRow]) -> None:
        self._touched.statements.update(row.id for row in (*self.statements.of_batch(batch), *rows_))
        replace_statements(self._connection, batch, rows_)

    def statement_row(self, row: str) -> StatementRow | None:
        return statement_with(self._connection, row)

    def put_statement(self, row: StatementRow) -> None:
        change_statement(self._connection, row)
        self._touched.statements.add(row.id)

    def put_match(self, match: ReturnMatch) -> None:
        its = tables.return_matches
        pair = (its.c.return_id == match.returned) & (its.c.statement_id == match.statement)
        self._connection.execute(delete(its).where(pair))
        self._connection.execute(insert(its).values(**rows.match_columns(match)))
        self._touched.statements.update((match.returned, match.statement))

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        return matches_of(self._connection, row)

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
