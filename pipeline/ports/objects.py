"""Where bytes are kept for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.model import Digest


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
