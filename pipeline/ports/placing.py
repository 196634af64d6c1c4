"""Pages that a person placed, and what was recorded of them before they were read so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pipeline.custody import OutcomeVersion, PageRow
from pipeline.model import BatchId, PageId


class Placings(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def placed(self, batch: BatchId | None = None) -> tuple[PageId, ...]:
        """Pages, by id, of whose history a row says how they are to be read; of a batch, or of all that are not
        closed."""
        ...

    def versions(self, page: PageId) -> tuple[OutcomeVersion, ...]:
        """What was recorded of a page before, oldest first."""
        ...

    def versions_of(self, batch: BatchId) -> Mapping[PageId, tuple[OutcomeVersion, ...]]:
        """Of all pages of a batch that have any."""
        ...

    def parts(self, page: PageId) -> tuple[PageRow, ...]:
        """Pages that are parts of this one's image, by id."""
        ...


class PlacingsChange(Protocol):
    """Reads and changes within a transaction. Reads see what it has written."""

    def versions(self, page: PageId) -> tuple[OutcomeVersion, ...]: ...

    def parts(self, page: PageId) -> tuple[PageRow, ...]: ...

    def keep(self, version: OutcomeVersion) -> None:
        """Add a version; its number is the next of its page."""
        ...
