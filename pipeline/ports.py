"""What the core asks of the outside: Protocols that adapters fill. One fake of each lives in `tests/fakes.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.custody import (
    BatchRow,
    DerivativeRef,
    FileRow,
    Job,
    JobResult,
    LedgerEntry,
    LedgerHead,
    PageRow,
    ReturnMatch,
    StatementRow,
)
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, Digest, FileId, GrayImage, Language, LineReading, PageBytes, PageId, PageProblem


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


class StageTrace(Protocol):
    """Told when a stage starts and ends; the benchmark times them, ordinary runs ignore them."""

    def stage(self, name: str) -> AbstractContextManager[None]: ...


class OcrEngine(Protocol):
    """A reader of one line of text."""

    @property
    def name(self) -> str:
        """Identifier with version, e.g. `pp-ocrv6-small`; kept with every reading."""
        ...

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        """Read one line of dark text on light ground.

        Args:
            line: `(height, width) uint8, 0 = black`, one text line, tightly cropped in height, at least 8 px high.
            alphabets: for each decode the characters allowed (null: all the engine knows).

        Returns:
            One reading per alphabet, in the order asked; an empty text where nothing was read.

        Raises:
            Unavailable: the engine or its model is missing.
        """
        ...


class SecondReader(Protocol):
    """A reader of lines, independent of the `OcrEngine`, that is asked once a page."""

    @property
    def name(self) -> str:
        """Identifier with version; kept with every reading."""
        ...

    def read_lines(self, lines: Sequence[GrayImage]) -> tuple[LineReading, ...]:
        """Read lines of dark text on light ground, each by itself.

        Args:
            lines: as `OcrEngine.read` takes them; may be none.

        Returns:
            One reading a line, in their order; an empty text where nothing was read.

        Raises:
            Unavailable: the reader is missing; with code `reader_timeout`: it did not answer in time.
        """
        ...


class PageReader(Protocol):
    """A reader of whole pages: enclosures' text layer."""

    def read_page(self, page: GrayImage, *, dpi: float, languages: Sequence[Language]) -> str:
        """Text of an upright page, lines separated by newlines; `languages` are those it may be in, one or more."""
        ...


class Cache(Protocol):
    """Keeps between runs what can be made again at any time. It never fails: what cannot be kept is made anew."""

    def get(self, key: str) -> bytes | None:
        """Exactly the bytes put under the key by the same edition of the program; null when they are not there."""
        ...

    def put(self, key: str, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """Words that stand together on one line, and the box around their ink, in pixels of the page."""

    text: str
    box_px: BoxPx


class PrintReader(Protocol):
    """A reader of a form's scattered print."""

    def read_print(self, page: GrayImage, *, dpi: float) -> tuple[PrintedLine, ...]:
        """The lines of an upright page, in any order. Raises Unavailable: it is missing, or did not answer in time."""
        ...


class Sides(StrEnum):
    """How the pages of the files handed over follow each other on their sheets."""

    AUTO = "auto"
    DUPLEX = "duplex"
    SIMPLEX = "simplex"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to take in; `name` is its path relative to what was named by the operator, with slashes."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Files whose pages make sheets together: one file, or the loose images of fronts and backs.

    Attributes:
        files: in the order of their pages: a single file; a front and a back; or a folder's loose images in order.
        duplex: pages follow each other front, back, front, back; otherwise each is a sheet of its own.
    """

    files: tuple[FoundFile, ...]
    duplex: bool


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Something found that is no file to take in, with the code of the reason and its facts."""

    name: str
    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What a look through files and folders found, in a stable order. Every file found is in one of the two."""

    groups: tuple[FileGroup, ...]
    not_taken: tuple[NotTaken, ...]


class FileSource(Protocol):
    """Finds the files to take in. Opens none of them."""

    def listing(self, paths: Sequence[Path], *, sides: Sides = Sides.AUTO) -> Listing:
        """Raises:
        OperatorError: a named path does not exist or a named folder cannot be read.
        """
        ...


class PageSource(Protocol):
    """Takes a stored file apart into pages, without re-encoding what is one image."""

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        """Pages in order, a damaged one as a problem in its place. `path` is the stored file, `name` the sender's
        file name (for messages only).

        Raises:
            InputRefused: the file as a whole is corrupt, truncated, encrypted, unsupported, empty or too large.
        """
        ...


class ObjectStore(Protocol):
    """Write-once storage addressed by content. Nothing is ever overwritten or removed."""

    def put(self, source: BinaryIO) -> Digest:
        """Store the bytes durably (on disk before it returns) and return their digest; a no-op for bytes already there.

        Raises:
            Unavailable: no space, no permission, input/output error; nothing half-written is ever visible.
        """
        ...

    def get(self, digest: Digest) -> bytes:
        """The stored bytes, checked against the digest on read.

        Raises:
            KeyError: not there.
            IntegrityError: stored bytes do not match the digest.
        """
        ...

    def check(self, digest: Digest) -> int:
        """Hash the stored bytes without handing them out; returns their size in bytes.

        Raises:
            KeyError: not there.
            IntegrityError: stored bytes do not match the digest.
        """
        ...

    def path(self, digest: Digest) -> Path:
        """A readable local path of the object. Raises KeyError when it is not there."""
        ...

    def exists(self, digest: Digest) -> bool: ...

    def digests(self) -> Iterator[Digest]:
        """All stored digests, in order."""
        ...

    def discard_unfinished(self) -> int:
        """Remove what a killed writer left half-written; call it only while no one else writes. Returns how many."""
        ...

    def strays(self) -> Iterator[str]:
        """Names of whatever lies in the store that is no object, half-written files included."""
        ...


class SourceBytes(Protocol):
    """Opens the files that are taken in, where they lie."""

    def open(self, path: Path) -> BinaryIO:
        """Raises:
        InputRefused: `source_missing`, `source_unreadable`.
        """
        ...


class RecordsTransaction(Protocol):
    """Changes that become visible together or not at all. `put_*` adds a row or replaces the one with the same id."""

    def new_batch_number(self, prefix: str) -> int:
        """The next free number, from 1, among the batch ids that start with `prefix`."""
        ...

    def page(self, page: PageId) -> PageRow | None:
        """The page as this transaction sees it."""
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

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        """Pages of a batch, by file position and page index."""
        ...

    def outcomes(self, batch: BatchId) -> Iterator[tuple[PageId, str]]:
        """Stored outcomes of a batch's pages, in the order of `pages`."""
        ...

    def outcome(self, page: PageId) -> str | None: ...

    def derivatives(self, batch: BatchId) -> tuple[tuple[PageId, DerivativeRef], ...]: ...

    def statements(self, batch: BatchId) -> tuple[StatementRow, ...]:
        """Statements of a batch, in the order of the paper."""
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


class JobRunner(Protocol):
    """Runs jobs, in worker processes or in place."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Results in the order in which they are done. Jobs are drawn as workers become free, so that work in flight
        stays bounded; a job that kills its worker, or takes too long, fails alone.

        Raises:
            Unavailable: the store cannot be written; work not yet reported is not done.
        """
        ...


class Progress(Protocol):
    """Told how far a long run is; a progress bar on a terminal, nothing in a pipe."""

    def begin(self, step: str, total: int) -> None:
        """A step starts: `receive`, `split`, `process`, `verify` and how many files, sheets or objects it has."""
        ...

    def advance(self, count: int = 1) -> None: ...
