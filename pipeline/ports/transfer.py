"""What the documentation of a transfer asks of the outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.custody import FileScan, LedgerEntry, TransferRef
from pipeline.model import BatchId


class ScanMetadata(Protocol):
    """Reads what scanners write into their files."""

    def read(self, path: Path) -> FileScan:
        """What a stored file says of its making. Nothing where it says nothing or cannot be understood; the file is
        not changed, and no pixel of it decoded. The same file says the same each time.

        Raises:
            Unavailable: `file_unreadable`.
        """
        ...


class InstalledSoftware(Protocol):
    """Knows what is installed."""

    def versions(self) -> tuple[tuple[str, str], ...]:
        """Name and version of this program and of all that it touches pixels with, by name; what cannot be found out
        is left out."""
        ...


class Transfers(Protocol):
    """Where records of transfers are, and what the ledger says of the things that they document."""

    def of_batch(self, batch: BatchId) -> tuple[TransferRef, ...]:
        """By subject."""
        ...

    def of_subject(self, subject: str) -> TransferRef | None: ...

    def undocumented(self) -> tuple[BatchId, ...]:
        """Complete batches that have no record of their own, oldest first."""
        ...

    def earlier(self, batch: BatchId) -> tuple[TransferRef, ...]:
        """Records of a batch that were made again since, by subject, oldest first."""
        ...

    def entries(self, subjects: Sequence[str]) -> tuple[LedgerEntry, ...]:
        """Ledger entries with one of these subjects, by number."""
        ...


class TransfersChange(Protocol):
    """The same within a transaction."""

    def put(self, refs: Iterable[TransferRef]) -> None:
        """Add rows; a subject has one, which stays."""
        ...

    def put_again(self, refs: Iterable[TransferRef]) -> None:
        """Put these in the place of the subjects' rows, which are kept as earlier ones."""
        ...
