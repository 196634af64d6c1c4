"""What sides are known by, and confirmed blank sides, in the records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pipeline.custody.fingerprints import BlankConfirmed, FingerprintRow
from pipeline.model import BatchId, Digest


class FingerprintRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def same_scan(self, sha256: Iterable[Digest]) -> tuple[FingerprintRow, ...]:
        """Pages with the very bytes of one of these, by page."""
        ...

    def alike(self, bits: str) -> tuple[FingerprintRow, ...]:
        """Pages whose bits have a band in common with these, by page: all that are near, and a few others."""
        ...

    def confirmed(self, batch: BatchId) -> tuple[BlankConfirmed, ...]:
        """By page."""
        ...


class FingerprintChange(FingerprintRecords, Protocol):
    """The same within a transaction, as it sees them."""

    def put(self, row: FingerprintRow) -> None:
        """Add what a page is known by; nothing happens where it is known already."""
        ...

    def put_confirmed(self, row: BlankConfirmed) -> None:
        """Add, or replace, what was said of a blank side."""
        ...
