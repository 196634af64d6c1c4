"""Boxes of paper, holds, samples and destructions, as they are recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from pipeline.custody.boxes import BoxName, BoxRow, Destruction, Hold, PageVerdict, RetentionApplied, Sample, SheetRef
from pipeline.model import BatchId, Digest, PageId


class Boxes(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def all(self) -> tuple[BoxRow, ...]:
        """All boxes, by name."""
        ...

    def box(self, name: BoxName) -> BoxRow | None: ...

    def sheets(self, name: BoxName) -> tuple[SheetRef, ...]:
        """What a box holds, or held when it was destroyed, by batch and sheet."""
        ...

    def boxes_of(self, batch: BatchId) -> Mapping[int, BoxName]:
        """In which box each sheet of a batch is; a sheet in none is not there."""
        ...

    def holds(self) -> tuple[Hold, ...]:
        """All holds, released ones too, by id."""
        ...

    def samples(self, name: BoxName) -> tuple[Sample, ...]:
        """Samples of a box, oldest first."""
        ...

    def last_verdicts(self, pages: Collection[PageId]) -> Mapping[PageId, PageVerdict]:
        """What was last found on these pages, in samples of any box; a page that nobody looked at is not there."""
        ...

    def destructions(self, name: BoxName) -> tuple[Destruction, ...]:
        """Destructions of a box, oldest first; at most the last one is not withdrawn."""
        ...

    def certificates(self) -> frozenset[Digest]:
        """Objects of all certificates."""
        ...

    def retention_applied(self, batch: BatchId) -> RetentionApplied | None: ...


class BoxesChange(Protocol):
    """Changes within a transaction; `put_*` adds a row or replaces the one with the same id."""

    def put_box(self, row: BoxRow) -> None: ...

    def put_sheets(self, box: BoxName, sheets: Iterable[SheetRef]) -> None:
        """Put sheets into a box, out of whichever they were in."""
        ...

    def take_sheets(self, sheets: Iterable[SheetRef]) -> None:
        """Take sheets out of whichever box they are in."""
        ...

    def put_hold(self, hold: Hold) -> None: ...

    def put_sample(self, sample: Sample) -> None: ...

    def put_destruction(self, destruction: Destruction) -> None: ...

    def put_retention_applied(self, row: RetentionApplied) -> None: ...
