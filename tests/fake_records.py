"""The records in memory, for use cases; held to the real ones by `tests/contract/test_records.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TypeVar

from pipeline.custody import (
    SETTLED_MATCHES,
    BatchRow,
    BatchState,
    DerivativeRef,
    FileRow,
    FileState,
    LedgerEntry,
    LedgerHead,
    ObjectRef,
    OutcomeVersion,
    PageRow,
    ReturnMatch,
    StatementRow,
    TransferRef,
)
from pipeline.custody.court import IndexEntry
from pipeline.custody.events import Event
from pipeline.custody.quality import Look
from pipeline.custody.registrations import Registration
from pipeline.custody.review import Subject, TaskId, TaskState, Verb
from pipeline.custody.seals import KeptSeal
from pipeline.errors import IntegrityError
from pipeline.evidence.ledger import GENESIS, head_after, next_entry
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.ports import Clock, RecordsTransaction
from pipeline.usecases.court_index import index_entry, indexed_pages
from pipeline.usecases.telling import Touched, anchor, tell
from tests.fake_boxes import MemoryBoxes
from tests.fake_court import CourtTables, MemoryClients, MemoryCourtRecords
from tests.fake_envelopes import EnvelopeTable, MemoryEnvelopes
from tests.fake_events import MemoryEvents
from tests.fake_figures import MemoryFigures
from tests.fake_fingerprints import FingerprintTables, MemoryFingerprints
from tests.fake_hooks import HookTables, MemoryHooks
from tests.fake_jobs import JobTable, MemoryJobs
from tests.fake_layouts import LayoutTables, MemoryLayouts
from tests.fake_passes import MemoryPasses, PassTables
from tests.fake_people import MemoryAccessLog, MemoryPeople, PeopleTables
from tests.fake_qualifications import MemoryQualifications, QualificationTables
from tests.fake_quality import MemoryQuality
from tests.fake_registrations import MemoryRegistrations
from tests.fake_review import MemoryReview
from tests.fake_scans import MemoryScans, ScanTables
from tests.fake_seals import MemorySeals

_Id = TypeVar("_Id")
_Row = TypeVar("_Row")


@dataclass
class _Tables:
    batches: dict[BatchId, BatchRow] = field(default_factory=dict)
    files: dict[FileId, FileRow] = field(default_factory=dict)
    pages: dict[PageId, PageRow] = field(default_factory=dict)
    outcomes: dict[PageId, str] = field(default_factory=dict)
    derivatives: dict[PageId, tuple[DerivativeRef, ...]] = field(default_factory=dict)
    statements: dict[BatchId, tuple[StatementRow, ...]] = field(default_factory=dict)
    matches: dict[tuple[str, str], ReturnMatch] = field(default_factory=dict)
    adopted: set[Digest] = field(default_factory=set)
    objects: dict[Digest, ObjectRef] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    seals: dict[int, KeptSeal] = field(default_factory=dict)
    transfers: dict[str, TransferRef] = field(default_factory=dict)
    transfer_versions: dict[str, list[TransferRef]] = field(default_factory=dict)
    versions: dict[PageId, list[OutcomeVersion]] = field(default_factory=dict)
    boxes: MemoryBoxes = field(default_factory=MemoryBoxes)
    people: PeopleTables = field(default_factory=PeopleTables)
    review: MemoryReview = field(default_factory=MemoryReview)
    layouts: LayoutTables = field(default_factory=LayoutTables)
    looks: dict[TaskId, Look] = field(default_factory=dict)
    qualifications: QualificationTables = field(default_factory=QualificationTables)
    fingerprints: FingerprintTables = field(default_factory=FingerprintTables)
    court: CourtTables = field(default_factory=CourtTables)
    events: list[Event] = field(default_factory=list)
    passes: PassTables = field(default_factory=PassTables)
    registrations: list[Registration] = field(default_factory=list)
    hooks: HookTables = field(default_factory=HookTables)
    jobs: JobTable = field(default_factory=dict)
    scans: ScanTables = field(default_factory=ScanTables)
    envelopes: EnvelopeTable = field(default_factory=dict)


class FakeReferences:
    """Reads and changes where objects are."""

    def __init__(self, references: dict[Digest, ObjectRef]) -> None:
        self._references = references

    def of(self, digest: Digest) -> ObjectRef | None:
        return self._references.get(digest)

    def several(self, digests: Collection[Digest]) -> Mapping[Digest, ObjectRef]:
        return {digest: self._references[digest] for digest in digests if digest in self._references}

    def all(self) -> Iterator[ObjectRef]:
        return iter([self._references[digest] for digest in sorted(self._references)])

    def put(self, ref: ObjectRef) -> None:
        self._references[ref.digest] = ref


class FakeTransfers:
    """Reads and changes where records of transfers are."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    def of_batch(self, batch: BatchId) -> tuple[TransferRef, ...]:
        refs = self._tables.transfers
        return tuple(refs[subject] for subject in sorted(refs) if refs[subject].batch == batch)

    def of_subject(self, subject: str) -> TransferRef | None:
        return self._tables.transfers.get(subject)

    def undocumented(self) -> tuple[BatchId, ...]:
        rows = sorted(self._tables.batches.values(), key=lambda row: (row.started_at, row.id))
        complete = (row.id for row in rows if row.state is BatchState.COMPLETE)
        return tuple(batch for batch in complete if batch not in self._tables.transfers)

    def entries(self, subjects: Sequence[str]) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self._tables.ledger if entry.subject in set(subjects))

    def put(self, refs: Iterable[TransferRef]) -> None:
        for ref in refs:
            self._tables.transfers.setdefault(ref.subject, ref)

    def earlier(self, batch: BatchId) -> tuple[TransferRef, ...]:
        kept = self._tables.transfer_versions
        return tuple(ref for subject in sorted(kept) for ref in kept[subject] if ref.batch == batch)

    def put_again(self, refs: Iterable[TransferRef]) -> None:
        for ref in refs:
            found = self._tables.transfers.get(ref.subject)
            if found is not None and found.digest != ref.digest:
                self._tables.transfer_versions.setdefault(ref.subject, []).append(found)
            self._tables.transfers[ref.subject] = ref


class FakePlacing:
    """Reads and changes what was recorded of pages before they were read anew."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    def placed(self, batch: BatchId | None = None) -> tuple[PageId, ...]:
        review = self._tables.review
        tasks = (its for its in review.by_id.values() if its.subject is Subject.PAGE and its.page is not None)
        wanted = (its for its in tasks if (its.state is not TaskState.CLOSED if batch is None else its.batch == batch))
        found = [its for its in wanted if any(row.verb is Verb.PLACED for row in review.history(its.id))]
        return tuple(sorted(its.page for its in found if its.page is not None))

    def versions(self, page: PageId) -> tuple[OutcomeVersion, ...]:
        return tuple(self._tables.versions.get(page, ()))

    def versions_of(self, batch: BatchId) -> Mapping[PageId, tuple[OutcomeVersion, ...]]:
        its = self._tables
        return {page: tuple(its.versions[page]) for page in sorted(its.versions) if its.pages[page].batch == batch}

    def parts(self, page: PageId) -> tuple[PageRow, ...]:
        found = (row for row in self._tables.pages.values() if row.part_of == page)
        return tuple(sorted(found, key=lambda row: row.id))

    def keep(self, version: OutcomeVersion) -> None:
        self._tables.versions.setdefault(version.page, []).append(version)


class FakeStatements:
    """Statements within a transaction."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    def of_batch(self, batch: BatchId) -> tuple[StatementRow, ...]:
        return self._tables.statements.get(batch, ())

    def of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        return tuple(row for row in self._all() if page in (*row.pages, *row.returns, *row.enclosures))

    def numbered(self, number: str) -> tuple[StatementRow, ...]:
        return tuple(row for row in self._all() if row.number == number)

    def add(self, row: StatementRow) -> None:
        self._tables.statements[row.batch] = (*self._tables.statements.get(row.batch, ()), row)

    def _all(self) -> Iterator[StatementRow]:
        return (row for batch in sorted(self._tables.statements) for row in self._tables.statements[batch])


class MemoryRecords:
    """Tables are open to tests, which tamper with them as an insider would; `head` is the one kept apart."""

    def __init__(self, clock: Clock) -> None:
        self.tables = _Tables()
        self.head: LedgerHead | None = GENESIS
        self._clock = clock
        self._turn = RLock()

    @contextmanager
    def transaction(self) -> Iterator[RecordsTransaction]:
        with self._turn:
            change = _Transaction(deepcopy(self.tables), self.head, self._clock)
            yield change
            change.tell(self.tables)
            self.tables = change.tables
            if change.appended:
                self.head = head_after(self.tables.ledger[-1])

    def moment(self) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def objects(self) -> FakeReferences:
        return FakeReferences(self.tables.objects)

    @property
    def transfers(self) -> FakeTransfers:
        return FakeTransfers(self.tables)

    @property
    def seals(self) -> MemorySeals:
        return MemorySeals(self.tables.seals, self.tables.ledger)

    @property
    def boxes(self) -> MemoryBoxes:
        return self.tables.boxes

    @property
    def people(self) -> MemoryPeople:
        return MemoryPeople(self.tables.people, self.tables.ledger)

    @property
    def access(self) -> MemoryAccessLog:
        return MemoryAccessLog(self.tables.people, self._clock)

    @property
    def clients(self) -> MemoryClients:
        return MemoryClients(self.tables.court, self.tables.ledger)

    @property
    def court(self) -> MemoryCourtRecords:
        return MemoryCourtRecords(self.tables.court, self.tables.ledger, self._index)

    @property
    def events(self) -> MemoryEvents:
        return MemoryEvents(self.tables.events, self.tables.ledger)

    @property
    def passes(self) -> MemoryPasses:
        return MemoryPasses(self.tables.passes, self.tables.ledger)

    @property
    def envelopes(self) -> MemoryEnvelopes:
        return MemoryEnvelopes(self.tables.envelopes)

    @property
    def scans(self) -> MemoryScans:
        return MemoryScans(self.tables.scans)

    @property
    def registrations(self) -> MemoryRegistrations:
        return MemoryRegistrations(self.tables.registrations, self.tables.ledger)

    @property
    def hooks(self) -> MemoryHooks:
        return MemoryHooks(self.tables.hooks, self.tables.ledger, lambda: len(self.tables.events))

    @property
    def jobs(self) -> MemoryJobs:
        return MemoryJobs(self.tables.jobs, self.tables.batches)

    @property
    def placing(self) -> FakePlacing:
        return FakePlacing(self.tables)

    @property
    def layouts(self) -> MemoryLayouts:
        return MemoryLayouts(self.tables.layouts, self.tables.ledger)

    @property
    def review(self) -> MemoryReview:
        self.tables.review.complete = _complete(self.tables)
        return self.tables.review

    @property
    def figures(self) -> MemoryFigures:
        return MemoryFigures(self)

    @property
    def quality(self) -> MemoryQuality:
        return MemoryQuality(self.tables.looks, self.tables.review)

    @property
    def fingerprints(self) -> MemoryFingerprints:
        return MemoryFingerprints(self.tables.fingerprints)

    @property
    def qualifications(self) -> MemoryQualifications:
        return MemoryQualifications(self.tables.qualifications, self.tables.ledger)

    def batches(self) -> tuple[BatchRow, ...]:
        return tuple(sorted(self.tables.batches.values(), key=lambda row: (row.started_at, row.id)))

    def batch(self, batch: BatchId) -> BatchRow | None:
        return self.tables.batches.get(batch)

    def files(self, batch: BatchId) -> tuple[FileRow, ...]:
        found = (row for row in self.tables.files.values() if row.batch == batch)
        return tuple(sorted(found, key=lambda row: row.position))

    def first_file(self, digest: Digest) -> FileRow | None:
        states = (FileState.RECEIVED, FileState.SPLIT, FileState.REFUSED)
        found = [row for row in self.tables.files.values() if row.digest == digest and row.state in states]
        return min(found, key=lambda row: (row.received_at is None, row.received_at, row.id), default=None)

    def file(self, file: FileId) -> FileRow | None:
        return self.tables.files.get(file)

    def pages(self, batch: BatchId, *, sheet: int | None = None) -> tuple[PageRow, ...]:
        return tuple(row for row in _pages_of(batch, self.tables) if sheet in (None, row.sheet))

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        return iter([(row.id, text) for row in self.pages(batch) if (text := self.tables.outcomes.get(row.id))])

    def outcome(self, page: PageId) -> str | None:
        return self.tables.outcomes.get(page)

    def page(self, page: PageId) -> PageRow | None:
        return self.tables.pages.get(page)

    def look_ahead(self, pages: Collection[PageId]) -> None:
        """Nothing is nearer than it is."""

    def derivatives_of(self, page: PageId) -> tuple[DerivativeRef, ...]:
        return tuple(sorted(self.tables.derivatives.get(page, ()), key=lambda ref: ref.name))

    def derivatives(self, batch: BatchId) -> tuple[tuple[PageId, DerivativeRef], ...]:
        pages = sorted(row.id for row in self.pages(batch))
        return tuple(
            (page, ref)
            for page in pages
            for ref in sorted(self.tables.derivatives.get(page, ()), key=lambda ref: ref.name)
        )

    def statements(self, batch: BatchId) -> tuple[StatementRow, ...]:
        return self.tables.statements.get(batch, ())

    def statements_of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        rows = (row for rows in self.tables.statements.values() for row in rows)
        found = (row for row in rows if page in (*row.pages, *row.returns, *row.enclosures))
        return tuple(sorted(found, key=lambda row: (row.issuer, row.id)))

    def statements_numbered(self, number: str) -> tuple[StatementRow, ...]:
        found = (row for rows in self.tables.statements.values() for row in rows if row.number == number)
        return tuple(sorted(found, key=lambda row: (row.issuer, row.id)))

    def statements_designated(self, designation: str) -> tuple[StatementRow, ...]:
        found = (row for rows in self.tables.statements.values() for row in rows if row.designation == designation)
        return tuple(sorted(found, key=lambda row: (row.issuer, row.id)))

    def statements_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        return tuple(row for row in self._keyed(issuer, key) if row.pages)[:most]

    def waiting_returns_keyed(self, issuer: str, key: str, *, most: int) -> tuple[StatementRow, ...]:
        settled = {match.returned for match in self.tables.matches.values() if match.state in SETTLED_MATCHES}
        alone = (row for row in self._keyed(issuer, key) if row.returns and not row.pages)
        return tuple(row for row in alone if row.id not in settled)[:most]

    def _keyed(self, issuer: str, key: str) -> list[StatementRow]:
        rows = (row for rows in self.tables.statements.values() for row in rows)
        return sorted((row for row in rows if row.issuer == issuer and key in row.match_keys), key=lambda row: row.id)

    def statement_row(self, row: str) -> StatementRow | None:
        return next((each for rows in self.tables.statements.values() for each in rows if each.id == row), None)

    def _index(self) -> tuple[IndexEntry, ...]:
        rows = (row for rows in self.tables.statements.values() for row in rows)
        entries = (index_entry(row, indexed_pages(row, self.review, records=self)) for row in rows)
        return tuple(entry for entry in entries if entry is not None)

    def lone_returns(self) -> tuple[StatementRow, ...]:
        rows = (row for batch in self.batches() for row in self.statements(batch.id))
        return tuple(row for row in rows if row.returns and not row.pages)

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        return tuple(self.tables.matches[pair] for pair in sorted(self.tables.matches) if row in pair)

    def adopted(self) -> frozenset[Digest]:
        return frozenset(self.tables.adopted)

    def ledger(self) -> Iterator[LedgerEntry]:
        return iter(self.tables.ledger)

    def ledger_head(self) -> LedgerHead | None:
        return self.head


class _Transaction:
    def __init__(self, tables: _Tables, kept: LedgerHead | None, clock: Clock) -> None:
        self.tables = tables
        self.appended = False
        self._kept = kept
        self._clock = clock

    def tell(self, before: _Tables) -> None:
        """Compares every statement: what the real records touch is held to that."""
        rows = (row for its in (before, self.tables) for rows in its.statements.values() for row in rows)
        touched = Touched({row.id for row in rows}, numbers=self.tables.court.numbers[len(before.court.numbers) :])
        anchor(tell(touched, self, clock=self._clock), self)

    @property
    def objects(self) -> FakeReferences:
        return FakeReferences(self.tables.objects)

    @property
    def transfers(self) -> FakeTransfers:
        return FakeTransfers(self.tables)

    @property
    def seals(self) -> MemorySeals:
        return MemorySeals(self.tables.seals, self.tables.ledger)

    @property
    def boxes(self) -> MemoryBoxes:
        return self.tables.boxes

    @property
    def people(self) -> MemoryPeople:
        return MemoryPeople(self.tables.people, self.tables.ledger)

    @property
    def access(self) -> MemoryAccessLog:
        return MemoryAccessLog(self.tables.people, self._clock)

    @property
    def clients(self) -> MemoryClients:
        return MemoryClients(self.tables.court, self.tables.ledger)

    @property
    def court(self) -> MemoryCourtRecords:
        return MemoryCourtRecords(self.tables.court, self.tables.ledger, tuple)

    @property
    def events(self) -> MemoryEvents:
        return MemoryEvents(self.tables.events, self.tables.ledger)

    @property
    def passes(self) -> MemoryPasses:
        return MemoryPasses(self.tables.passes, self.tables.ledger)

    @property
    def envelopes(self) -> MemoryEnvelopes:
        return MemoryEnvelopes(self.tables.envelopes)

    @property
    def scans(self) -> MemoryScans:
        return MemoryScans(self.tables.scans)

    @property
    def registrations(self) -> MemoryRegistrations:
        return MemoryRegistrations(self.tables.registrations, self.tables.ledger)

    @property
    def hooks(self) -> MemoryHooks:
        return MemoryHooks(self.tables.hooks, self.tables.ledger, lambda: len(self.tables.events))

    @property
    def jobs(self) -> MemoryJobs:
        return MemoryJobs(self.tables.jobs, self.tables.batches)

    @property
    def placing(self) -> FakePlacing:
        return FakePlacing(self.tables)

    @property
    def layouts(self) -> MemoryLayouts:
        return MemoryLayouts(self.tables.layouts, self.tables.ledger)

    @property
    def review(self) -> MemoryReview:
        self.tables.review.complete = _complete(self.tables)
        return self.tables.review

    @property
    def quality(self) -> MemoryQuality:
        return MemoryQuality(self.tables.looks, self.tables.review)

    @property
    def fingerprints(self) -> MemoryFingerprints:
        return MemoryFingerprints(self.tables.fingerprints)

    @property
    def qualifications(self) -> MemoryQualifications:
        return MemoryQualifications(self.tables.qualifications, self.tables.ledger)

    @property
    def statements(self) -> FakeStatements:
        return FakeStatements(self.tables)

    def new_batch_number(self, prefix: str) -> int:
        return max((int(name[len(prefix) :]) for name in self.tables.batches if name.startswith(prefix)), default=0) + 1

    def page(self, page: PageId) -> PageRow | None:
        return self.tables.pages.get(page)

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        return _pages_of(batch, self.tables)

    def outcome(self, page: PageId) -> str | None:
        return self.tables.outcomes.get(page)

    def statement_row(self, row: str) -> StatementRow | None:
        return next((each for rows in self.tables.statements.values() for each in rows if each.id == row), None)

    def put_statement(self, row: StatementRow) -> None:
        rows = self.tables.statements[row.batch]
        self.tables.statements[row.batch] = tuple(row if each.id == row.id else each for each in rows)

    def put_batch(self, row: BatchRow) -> None:
        self.tables.batches[row.id] = row

    def put_file(self, row: FileRow) -> None:
        self.tables.files[row.id] = row

    def put_page(self, row: PageRow) -> None:
        self.tables.pages[row.id] = row

    def put_outcome(self, page: PageId, outcome: str, derivatives: Sequence[DerivativeRef]) -> None:
        self.tables.outcomes[page] = outcome
        self.tables.derivatives[page] = tuple(derivatives)

    def revise_outcome(self, page: PageId, outcome: str) -> None:
        self.tables.outcomes[page] = outcome

    def put_statements(self, batch: BatchId, rows: Sequence[StatementRow]) -> None:
        self.tables.statements[batch] = tuple(rows)

    def put_match(self, match: ReturnMatch) -> None:
        self.tables.matches[match.returned, match.statement] = match

    def matches(self, row: str) -> tuple[ReturnMatch, ...]:
        return tuple(self.tables.matches[pair] for pair in sorted(self.tables.matches) if row in pair)

    def adopt(self, digest: Digest) -> None:
        self.tables.adopted.add(digest)

    def append(self, kind: str, subject: str, body: str) -> LedgerEntry:
        last = head_after(self.tables.ledger[-1]) if self.tables.ledger else GENESIS
        if not self.appended and self._kept is not None:
            if self._kept.count > last.count:
                raise IntegrityError("ledger_truncated", found=last.count, expected=self._kept.count)
            if self._kept.count == last.count and self._kept.hash != last.hash:
                raise IntegrityError("ledger_head_differs", count=last.count)
        entry = next_entry(last, at=self._clock.now(), kind=kind, subject=subject, body=body)
        self.tables.ledger.append(entry)
        self.appended = True
        return entry


def _pages_of(batch: BatchId, tables: _Tables) -> tuple[PageRow, ...]:
    found = (row for row in tables.pages.values() if row.batch == batch)
    return tuple(sorted(found, key=lambda row: (tables.files[row.file].position, row.page_index, row.id)))


def _complete(tables: _Tables) -> tuple[BatchId, ...]:
    rows = sorted(tables.batches.values(), key=lambda row: (row.started_at, row.id))
    return tuple(row.id for row in rows if row.state is BatchState.COMPLETE)


def tampered(rows: dict[_Id, _Row], key: _Id, **changes: object) -> None:
    """Change a row behind everyone's back."""
    rows[key] = replace(rows[key], **changes)  # type: ignore[type-var]  # rows are dataclasses
