"""Measurements of scanners in the records."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.qualifications import DeviceKey, Qualification, QualificationId, Repair


class Qualifications(Protocol):
    """Measurements and repairs as last committed. Nothing of them is changed or removed."""

    def measured(self, key: DeviceKey | None = None) -> tuple[Qualification, ...]:
        """Of one scanner, or of all; the latest first."""
        ...

    def repairs(self, key: DeviceKey | None = None) -> tuple[Repair, ...]:
        """Of one scanner, or of all; the latest first."""
        ...

    def attested(self) -> tuple[tuple[Qualification, ...], tuple[Repair, ...], tuple[LedgerEntry, ...]]:
        """All of both, and their ledger entries (`scanner_measured`, `scanner_repaired`), as of one moment."""
        ...


class QualificationsChange(Protocol):
    """Additions within a transaction."""

    def new_id(self, letter: str) -> QualificationId:
        """The next of the series, such as `q0007` for the letter `q`; letters share one series of numbers."""
        ...

    def add(self, row: Qualification) -> None: ...

    def add_repair(self, row: Repair) -> None: ...
