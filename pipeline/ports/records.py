"""The records of custody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

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
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.ports.boxes import Boxes, BoxesChange
from pipeline.ports.court import Clients, ClientsChange, CourtRecords, CourtRecordsChange
from pipeline.ports.envelopes import EnvelopeChange, EnvelopeRecords
from pipeline.ports.events import Events, EventsChange
from pipeline.ports.figures import FigureRecords
from pipeline.ports.fingerprints import FingerprintChange, FingerprintRecords
from pipeline.ports.hooks import Hooks, HooksChange
from pipeline.ports.jobs import Jobs, JobsChange
from pipeline.ports.layouts import LayoutChange, LayoutRecords
from pipeline.ports.objects import ObjectReferences, ObjectReferencesChange
from pipeline.ports.passes import Passes, PassesChange
from pipeline.ports.people import AccessLog, AccessLogChange, People, PeopleChange
from pipeline.ports.placing import Placings, PlacingsChange
from pipeline.ports.qualifications import Qualifications, QualificationsChange
from pipeline.ports.quality import QualityChange, QualityRecords
from pipeline.ports.registrations import Registrations, RegistrationsChange
from pipeline.ports.review import ReviewChange, ReviewRecords
from pipeline.ports.scanning import ScanChange, ScanRecords
from pipeline.ports.sealing import SealChanges, SealRecords
from pipeline.ports.transfer import Transfers, TransfersChange


class StatementsChange(Protocol):
    """Statements within a transaction. Reads see what it has written, by batch and in the order of the paper; a
    statement that was added later comes last."""

    def of_batch(self, batch: BatchId) -> tuple[StatementRow, ...]: ...

    def of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        """Statements that this page belongs to, in whatever role."""
        ...

    def numbered(self, number: str) -> tuple[StatementRow, ...]:
        """Statements of any issuer and batch with this number."""
        ...

    def add(self, row: StatementRow) -> None:
        """A statement that its batch did not have."""
        ...


class RecordsTransaction(Protocol):
    """Changes that become visible together or not at all. `put_*` adds a row or replaces the one with the same id."""

    @property
    def objects(self) -> ObjectReferencesChange: ...

    @property
    def transfers(self) -> TransfersChange: ...

    @property
    def seals(self) -> SealChanges: ...

    @property
    def boxes(self) -> BoxesChange: ...

    @property
    def people(self) -> PeopleChange: ...

    @property
    def access(self) -> AccessLogChange: ...

    @property
    def review(self) -> ReviewChange: ...

    @property
    def layouts(self) -> LayoutChange: ...

    @property
    def quality(self) -> QualityChange: ...

    @property
    def qualifications(self) -> QualificationsChange: ...

    @property
    def fingerprints(self) -> FingerprintChange: ...

    @property
    def placing(self) -> PlacingsChange: ...

    @property
    def statements(self) -> StatementsChange: ...

    @property
    def clients(self) -> ClientsChange: ...

    @property
    def court(self) -> CourtRecordsChange: ...

    @property
    def events(self) -> EventsChange: ...

    @property
    def hooks(self) -> HooksChange: ...

    @property
    def jobs(self) -> JobsChange: ...

    @property
    def passes(self) -> PassesChange: ...

    @property
    def registrations(self) -> RegistrationsChange: ...

    @property
    def scans(self) -> ScanChange: ...

    @property
    def envelopes(self) -> EnvelopeChange: ...

    def new_batch_number(self, prefix: str) -> int:
        """The next free number, from 1, among the batch ids that start with `prefix`."""
        ...

    def page(self, page: PageId) -> PageRow | None:
        """The page as this transaction sees it."""
        ...

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        """As `Records.pages`, as this transaction sees them."""
        ...

    def outcome(self, page: PageId) -> str | None:
        """What processing found on a page, as this transaction sees it."""
        ...

    def statement_row(self, row: str) -> StatementRow | None:
        """The statement as this transaction sees it."""
        ...

    def put_statement(self, row: StatementRow) -> None:
        """Change a statement that is recorded; its place in its batch stays."""
        ...

    def put_batch(self, row: BatchRow) -> None: ...

    def put_file(self, row: FileRow) -> None: ...

    def put_page(self, row: PageRow) -> None: ...

    def put_outcome(self, page: PageId, outcome: str, derivatives: Sequence[DerivativeRef]) -> None:
        """What processing found on a page: canonical JSON, and its stored derivatives."""
        ...

    def revise_outcome(self, page: PageId, outcome: str) -> None:
        """Replace a page's stored outcome; its derivatives stay."""
        ...

    def put_statements(self, batch: BatchId, rows: Sequence[StatementRow]) -> None:
        """Replace the statements of a batch."""
        ...

    def put_match(self, match: ReturnMatch) -> None:
        """Record how a return document and a statement stand to each other; one row a pair."""
        ...

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        """As `Records.matches`, as this transaction sees them."""
        ...

    def adopt(self, digest: Digest) -> None:
        """Record an object that a killed run stored and nothing else refers to."""
        ...

    def append(self, kind: str, subject: str, body: str) -> LedgerEntry:
        """Add an entry to the ledger, at the present moment; `body` is canonical JSON.

        Raises:
            IntegrityError: `ledger_truncated` or `ledger_head_differs`: nothing is written on top of a cut-off ledger.
        """
        ...


class Records(Protocol):
    """The records of custody. Reads see the last committed state; one transaction writes at a time.

    Raises (all methods):
        Unavailable: `database_locked`, `disk_full`, `database_error`.
        OperatorError: `read_only`.
        IntegrityError: `database_corrupt`.
    """

    def transaction(self) -> AbstractContextManager[RecordsTransaction]: ...

    def moment(self) -> AbstractContextManager[None]:
        """Within it, reads of this thread see the records as they were at the first of them, and are made once; after a
        transaction of its own, as they are then."""
        ...

    @property
    def objects(self) -> ObjectReferences: ...

    @property
    def transfers(self) -> Transfers: ...

    @property
    def seals(self) -> SealRecords: ...

    @property
    def boxes(self) -> Boxes: ...

    @property
    def people(self) -> People: ...

    @property
    def access(self) -> AccessLog: ...

    @property
    def review(self) -> ReviewRecords: ...

    @property
    def layouts(self) -> LayoutRecords: ...

    @property
    def quality(self) -> QualityRecords: ...

    @property
    def qualifications(self) -> Qualifications: ...

    @property
    def fingerprints(self) -> FingerprintRecords: ...

    @property
    def figures(self) -> FigureRecords: ...

    @property
    def placing(self) -> Placings: ...

    @property
    def clients(self) -> Clients: ...

    @property
    def court(self) -> CourtRecords: ...

    @property
    def events(self) -> Events: ...

    @property
    def hooks(self) -> Hooks: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def passes(self) -> Passes: ...

    @property
    def registrations(self) -> Registrations: ...

    @property
    def scans(self) -> ScanRecords: ...

    @property
    def envelopes(self) -> EnvelopeRecords: ...

    def batches(self) -> tuple[BatchRow, ...]:
        """All batches, oldest first."""
        ...

    def batch(self, batch: BatchId) -> BatchRow | None: ...

    def files(self, batch: BatchId) -> tuple[FileRow, ...]:
        """Files of a batch, by position."""
        ...

    def first_file(self, digest: Digest) -> FileRow | None:
        """The file that first brought these bytes: received, split or refused, never a duplicate."""
        ...

    def file(self, file: FileId) -> FileRow | None: ...

    def pages(self, batch: BatchId, *, sheet: int | None = None) -> tuple[PageRow, ...]:
        """Pages of a batch, or of one of its sheets, by file position, page index and id: parts of an image follow the
        page that they are of."""
        ...

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        """Stored outcomes of a batch's pages, in the order of `pages`."""
        ...

    def outcome(self, page: PageId) -> str | None: ...

    def page(self, page: PageId) -> PageRow | None: ...

    def look_ahead(self, pages: Collection[PageId]) -> None:
        """All that is kept of these pages will be asked for one by one within this moment: it may be read at once."""
        ...

    def derivatives_of(self, page: PageId) -> tuple[DerivativeRef, ...]:
        """Derivatives of one page, by name."""
        ...

    def derivatives(self, batch: BatchId) -> tuple[tuple[PageId, DerivativeRef], ...]: ...

    def statements(self, batch: BatchId) -> tuple[StatementRow, ...]:
        """Statements of a batch, in the order of the paper."""
        ...

    def statements_of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        """Statements that this page belongs to, in whatever role."""
        ...

    def statements_numbered(self, number: str) -> tuple[StatementRow, ...]:
        """Statements of any issuer and batch with this number."""
        ...

    def statements_designated(self, designation: str) -> tuple[StatementRow, ...]:
        """Statements of any issuer and batch whose forms bear this designation of the whole."""
        ...

    def statements_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        """The first `most` statements of an issuer, of any batch, with this match key; no return document alone."""
        ...

    def waiting_returns_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        """As `statements_keyed`, of return documents alone whose statement is not found."""
        ...

    def statement_row(self, row: str) -> StatementRow | None:
        """The row with this id."""
        ...

    def lone_returns(self) -> tuple[StatementRow, ...]:
        """Return documents that came in without their statement, oldest batch first, whatever became of them."""
        ...

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        """Matches in which this row takes part, as return document or as statement, by the ids of both."""
        ...

    def adopted(self) -> frozenset[Digest]: ...

    def ledger(self) -> Iterator[LedgerEntry]:
        """All entries, by number."""
        ...

    def ledger_head(self) -> LedgerHead | None:
        """The head as kept outside the database; null when there is none."""
        ...
