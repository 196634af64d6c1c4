"""Registrations in memory; held to the real ones by `tests/contract/test_registrations.py`."""

from __future__ import annotations

from pipeline.custody import LedgerEntry
from pipeline.custody.registrations import Registration
from pipeline.model import Digest


class MemoryRegistrations:
    """Fills `Registrations` and `RegistrationsChange`."""

    def __init__(self, rows: list[Registration], ledger: list[LedgerEntry]) -> None:
        self._rows = rows
        self._ledger = ledger

    def requested(self, by: str, key: str) -> Registration | None:
        return next((its for its in self._rows if (its.by, its.key) == (by, key)), None)

    def of_digest(self, digest: Digest) -> tuple[Registration, ...]:
        return tuple(its for its in self._rows if its.digest == digest)

    def attested(self) -> tuple[tuple[Registration, ...], tuple[LedgerEntry, ...]]:
        entries = (entry for entry in self._ledger if entry.kind == "electronic_registered")
        return tuple(self._rows), tuple(entries)

    def count(self) -> int:
        return len(self._rows)

    def add(self, row: Registration) -> None:
        self._rows.append(row)
