"""What the core asks of the outside: Protocols that adapters fill. One fake of each lives in `tests/fakes.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.model import Digest, GrayImage, LineReading, PageBytes, PageProblem


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


class PageReader(Protocol):
    """A reader of whole pages: enclosures' text layer, and orientation."""

    def read_page(self, page: GrayImage, *, dpi: float) -> str:
        """Text of an upright page, lines separated by newlines."""
        ...

    def quarter_turns(self, page: GrayImage, *, dpi: float) -> int | None:
        """Clockwise quarter turns (0 to 3) that make the page upright; null when it cannot tell."""
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
        """Store the bytes durably (on disk before it returns) and return their digest; the same bytes again are a no-op.

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

    def path(self, digest: Digest) -> Path:
        """A readable local path of the object. Raises KeyError when it is not there."""
        ...

    def exists(self, digest: Digest) -> bool: ...

    def digests(self) -> Iterator[Digest]:
        """All stored digests, in order."""
        ...
