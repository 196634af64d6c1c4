"""What making and checking an archive package asks of the outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pipeline.model import Digest


class ReceivedPages(Protocol):
    """Gives a page's bytes as they stand in its file."""

    def exact(self, path: Path, page_index: int) -> bytes | None:
        """The bytes that the digest of a page is over, for a page that is one image among others of its file; null
        for any other.

        Raises:
            InputRefused: the file is damaged.
            Unavailable: it cannot be read.
        """
        ...


class BagDraft(Protocol):
    """A bag that is being filled, under another name than it will have."""

    def add(self, path: str, data: bytes) -> Digest:
        """Write a payload file, durably; `path` is relative to `data/`, with slashes. Returns its SHA-256.

        Raises:
            InvariantBroken: the path leads out of the bag, or is taken.
            Unavailable, OperatorError: it cannot be written.
        """
        ...


class BagWriter(Protocol):
    """Writes bags (BagIt 1.0, RFC 8493)."""

    def bag(self, folder: Path, *, info: Mapping[str, str]) -> AbstractContextManager[BagDraft]:
        """A bag that appears under its name, whole and validated, when the block ends without an error.

        Args:
            info: what goes into `bag-info.txt`, in this order; date, size and count are added.

        Raises:
            OperatorError: `exists`; the folder above it may not be written.
            Unavailable: no space, an input/output error.
            IntegrityError: `bag_not_valid`: what was written is not what was to be.
        """
        ...


class BagFiles(Protocol):
    """The files of a package, wherever it lies."""

    def names(self) -> Iterator[str]:
        """Paths of all files, in order, with slashes, relative to the package; links and other things too."""
        ...

    def read(self, name: str) -> bytes:
        """Raises:
        KeyError: not there, or no file.
        Unavailable: it cannot be read.
        """
        ...

    def digests(self, name: str) -> Mapping[str, str]:
        """`sha256` and `sha512` of a file, and its `size`; without holding it in memory. Raises as `read`."""
        ...
