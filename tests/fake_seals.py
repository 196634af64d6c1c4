"""Seals in memory; held to the real ones by `tests/contract/test_seals.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pipeline.custody import LedgerEntry
from pipeline.custody.seals import KeptSeal, Seal


class MemorySeals:
    """Fills `SealRecords` and `SealChanges` on the tables of `MemoryRecords`."""

    def __init__(self, seals: dict[int, KeptSeal], ledger: list[LedgerEntry]) -> None:
        self._seals = seals
        self._ledger = ledger

    def all(self) -> tuple[KeptSeal, ...]:
        return tuple(self._seals[number] for number in sorted(self._seals))

    def newest(self) -> KeptSeal | None:
        return next(reversed(self.all()), None)

    def numbered(self, number: int) -> KeptSeal | None:
        return self._seals.get(number)

    def covering(self, entry: int, *, signed: bool) -> KeptSeal | None:
        ended = (kept for kept in self.all() if kept.seal.last >= entry)
        return next((kept for kept in ended if kept.seal.signature is not None or not signed), None)

    def unstamped(self) -> tuple[int, ...]:
        return tuple(kept.seal.number for kept in self.all() if kept.token is None)

    def waiting(self) -> KeptSeal | None:
        return next((kept for kept in self.all() if kept.waiting is not None), None)

    def seals(self) -> tuple[Seal, ...]:
        return tuple(kept.seal for kept in self.all())

    def entries(self, first: int, last: int) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self._ledger if first <= entry.number <= last)

    def entries_after(self, last: int) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self._ledger if entry.number > last)

    def entries_of(self, kinds: Collection[str]) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self._ledger if entry.kind in kinds)

    def put(self, kept: KeptSeal) -> None:
        self._seals[kept.seal.number] = kept


class MemorySealFiles:
    """Fills `SealFiles`; `files` is open to tests."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def names(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.files.setdefault(name, data)
