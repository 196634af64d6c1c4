"""Drafts of layouts and editions in force, as they are recorded."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody.layouts import AttestedLayouts, DraftBegun, DraftDeed, DraftId, DraftVersion


class LayoutRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def begun(self) -> tuple[DraftBegun, ...]:
        """Every draft, by id."""
        ...

    def draft(self, draft: DraftId) -> DraftBegun | None: ...

    def versions(self, draft: DraftId) -> tuple[DraftVersion, ...]:
        """By number."""
        ...

    def newest(self, draft: DraftId) -> DraftVersion | None:
        """The version with the highest number."""
        ...

    def version(self, draft: DraftId, number: int) -> DraftVersion | None: ...

    def deeds(self, draft: DraftId) -> tuple[DraftDeed, ...]:
        """By number."""
        ...

    def count(self) -> int:
        """How many deeds there are: as long as it is the same, so are the editions in force."""
        ...

    def attested(self) -> AttestedLayouts:
        """All rows, and the ledger's entries on them, as of one moment."""
        ...

    def enforced(self) -> AttestedLayouts:
        """As `attested`; of the versions only those that were put in force, for files are long and drafts have many."""
        ...


class LayoutChange(Protocol):
    """Reads and changes within a transaction. Reads see what it has written."""

    def new_id(self) -> DraftId: ...

    def begun(self) -> tuple[DraftBegun, ...]: ...

    def draft(self, draft: DraftId) -> DraftBegun | None: ...

    def newest(self, draft: DraftId) -> DraftVersion | None: ...

    def version(self, draft: DraftId, number: int) -> DraftVersion | None: ...

    def deeds(self, draft: DraftId) -> tuple[DraftDeed, ...]: ...

    def begin(self, row: DraftBegun) -> None: ...

    def add_version(self, row: DraftVersion) -> None: ...

    def add_deed(self, row: DraftDeed) -> None: ...
