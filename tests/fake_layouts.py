"""Drafts of layouts in memory; held to the real ones by `tests/contract/test_layouts.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.custody import LedgerEntry
from pipeline.custody.layouts import AttestedLayouts, DraftAct, DraftBegun, DraftDeed, DraftId, DraftVersion


@dataclass
class LayoutTables:
    """Open to tests, which tamper with them as an insider would."""

    begun: dict[DraftId, DraftBegun] = field(default_factory=dict)
    versions: dict[tuple[DraftId, int], DraftVersion] = field(default_factory=dict)
    deeds: dict[tuple[DraftId, int], DraftDeed] = field(default_factory=dict)


class MemoryLayouts:
    """Fills `LayoutRecords` and `LayoutChange`; a transaction works on a copy."""

    def __init__(self, tables: LayoutTables, ledger: Sequence[LedgerEntry]) -> None:
        self._tables = tables
        self._ledger = ledger

    def new_id(self) -> DraftId:
        return DraftId(f"f{len(self._tables.begun) + 1:04d}")

    def begun(self) -> tuple[DraftBegun, ...]:
        return tuple(self._tables.begun[draft] for draft in sorted(self._tables.begun))

    def draft(self, draft: DraftId) -> DraftBegun | None:
        return self._tables.begun.get(draft)

    def versions(self, draft: DraftId) -> tuple[DraftVersion, ...]:
        return tuple(self._tables.versions[key] for key in sorted(self._tables.versions) if key[0] == draft)

    def newest(self, draft: DraftId) -> DraftVersion | None:
        return next(reversed(self.versions(draft)), None)

    def version(self, draft: DraftId, number: int) -> DraftVersion | None:
        return self._tables.versions.get((draft, number))

    def deeds(self, draft: DraftId) -> tuple[DraftDeed, ...]:
        return tuple(self._tables.deeds[key] for key in sorted(self._tables.deeds) if key[0] == draft)

    def count(self) -> int:
        return len(self._tables.deeds)

    def attested(self) -> AttestedLayouts:
        return AttestedLayouts(
            self.begun(),
            tuple(self._tables.versions[key] for key in sorted(self._tables.versions)),
            tuple(self._tables.deeds[key] for key in sorted(self._tables.deeds)),
            tuple(entry for entry in self._ledger if entry.kind.startswith("layout_")),
        )

    def enforced(self) -> AttestedLayouts:
        its = self.attested()
        kept = {(deed.draft, deed.version) for deed in its.deeds if deed.act is DraftAct.IN_FORCE}
        return replace(its, versions=tuple(row for row in its.versions if (row.draft, row.number) in kept))

    def begin(self, row: DraftBegun) -> None:
        self._tables.begun[row.id] = row

    def add_version(self, row: DraftVersion) -> None:
        self._tables.versions[row.draft, row.number] = row

    def add_deed(self, row: DraftDeed) -> None:
        self._tables.deeds[row.draft, row.number] = row
