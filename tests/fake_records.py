"""The records in memory, for use cases; held to the real ones by `tests/contract/test_records.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
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
    PageRow,
    ReturnMatch,
    StatementRow,
    TransferRef,
)
from pipeline.custody.seals import KeptSeal
from pipeline.errors import IntegrityError
from pipeline.evidence.ledger import GENESIS, head_after, next_entry
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.ports import Clock, RecordsTransaction
from tests.fake_boxes import MemoryBoxes
from tests.fake_people import MemoryAccessLog, MemoryPeople, PeopleTables
from tests.fake_review import MemoryReview
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
    boxes: MemoryBoxes = field(default_factory=MemoryBoxes)
    people: PeopleTables = field(default_factory=PeopleTables)
    review: MemoryReview = field(default_factory=MemoryReview)


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


class MemoryRecords:
    """Tables are open to tests, which tamper with them as an insider would; `head` is the one kept apart."""

    def __init__(self, clock: Clock) -> None:
        self.tables = _Tables()
        self.head: LedgerHead | None = GENESIS
        self._clock = clock

    @contextmanager
    def transaction(self) -> Iterator[RecordsTransaction]:
        change = _Transaction(deepcopy(self.tables), self.head, self._clock)
        yield change
        self.tables = change.tables
        if change.appended:
            self.head = head_after(self.tables.ledger[-1])

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
    def review(self) -> MemoryReview:
        self.tables.review.complete = _complete(self.tables)
        return self.tables.review

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

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        found = (row for row in self.tables.pages.values() if row.batch == batch)
        return tuple(sorted(found, key=lambda row: (self.tables.files[row.file].position, row.page_index)))

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        return iter([(row.id, text) for row in self.pages(batch) if (text := self.tables.outcomes.get(row.id))])

    def outcome(self, page: PageId) -> str | None:
        return self.tables.outcomes.get(page)

    def page(self, page: PageId) -> PageRow | None:
        return self.tables.pages.get(page)

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
    def review(self) -> MemoryReview:
        self.tables.review.complete = _complete(self.tables)
        return self.tables.review

    def new_batch_number(self, prefix: str) -> int:
        return max((int(name[len(prefix) :]) for name in self.tables.batches if name.startswith(prefix)), default=0) + 1

    def page(self, page: PageId) -> PageRow | None:
        return self.tables.pages.get(page)

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


def _complete(tables: _Tables) -> tuple[BatchId, ...]:
    rows = sorted(tables.batches.values(), key=lambda row: (row.started_at, row.id))
    return tuple(row.id for row in rows if row.state is BatchState.COMPLETE)


def tampered(rows: dict[_Id, _Row], key: _Id, **changes: object) -> None:
    """Change a row behind everyone's back."""
    rows[key] = replace(rows[key], **changes)  # type: ignore[type-var]  # rows are dataclasses
