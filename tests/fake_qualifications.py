"""Measurements of scanners in memory; held to the real ones by `tests/contract/test_qualifications.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.custody import LedgerEntry
from pipeline.custody.qualifications import DeviceKey, Qualification, QualificationId, Repair


@dataclass
class QualificationTables:
    measured: list[Qualification] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)


class MemoryQualifications:
    """Fills `Qualifications` and `QualificationsChange`."""

    def __init__(self, tables: QualificationTables, ledger: list[LedgerEntry]) -> None:
        self._tables = tables
        self._ledger = ledger

    def measured(self, key: DeviceKey | None = None) -> tuple[Qualification, ...]:
        return tuple(its for its in reversed(self._tables.measured) if key in (None, its.key))

    def repairs(self, key: DeviceKey | None = None) -> tuple[Repair, ...]:
        return tuple(its for its in reversed(self._tables.repairs) if key in (None, its.key))

    def attested(self) -> tuple[tuple[Qualification, ...], tuple[Repair, ...], tuple[LedgerEntry, ...]]:
        entries = tuple(its for its in self._ledger if its.kind in ("scanner_measured", "scanner_repaired"))
        return self.measured(), self.repairs(), entries

    def new_id(self, letter: str) -> QualificationId:
        return QualificationId(f"{letter}{len(self._tables.measured) + len(self._tables.repairs) + 1:04d}")

    def add(self, row: Qualification) -> None:
        self._tables.measured.append(row)

    def add_repair(self, row: Repair) -> None:
        self._tables.repairs.append(row)
