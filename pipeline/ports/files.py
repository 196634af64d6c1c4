"""Files as they come in, and the pages in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.model import PageBytes, PageProblem


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


class SourceBytes(Protocol):
    """Opens the files that are taken in, where they lie."""

    def open(self, path: Path) -> BinaryIO:
        """Raises:
        InputRefused: `source_missing`, `source_unreadable`.
        """
        ...
