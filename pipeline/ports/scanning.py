"""Scan sessions in the records."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody.scanning import Feeding, ScannedSide, ScanSession
from pipeline.model import BatchId, FileId


class ScanRecords(Protocol):
    """Sessions as last committed."""

    def session(self, batch: BatchId) -> ScanSession | None: ...

    def sessions(self, *, ended: bool | None = None, most: int | None = None) -> tuple[ScanSession, ...]:
        """Newest first; all, or those that have ended, or those that have not."""
        ...

    def feedings(self, batch: BatchId) -> tuple[Feeding, ...]:
        """By number."""
        ...

    def sides(self, batch: BatchId, *, sheet: int | None = None) -> tuple[ScannedSide, ...]:
        """All that was delivered, superseded or not: by sheet, revision, front before back, then as they came.

        Args:
            sheet: only what has this number; null: of all sheets.
        """
        ...

    def fed(self) -> tuple[BatchId, ...]:
        """Batches whose paper is being fed, or was to be when it was last heard of."""
        ...


class ScanChange(Protocol):
    """The same within a transaction, as it sees them. `put_*` adds a row or replaces the one with the same key."""

    def session(self, batch: BatchId) -> ScanSession | None: ...

    def feedings(self, batch: BatchId) -> tuple[Feeding, ...]: ...

    def sides(self, batch: BatchId, *, sheet: int | None = None) -> tuple[ScannedSide, ...]: ...

    def side(self, file: FileId) -> ScannedSide | None: ...

    def put_session(self, row: ScanSession) -> None: ...

    def put_feeding(self, row: Feeding) -> None: ...

    def put_side(self, row: ScannedSide) -> None: ...
