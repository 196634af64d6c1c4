"""What sides are known by, in memory; held to the real ones by `tests/contract/test_fingerprints.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.custody.fingerprints import BlankConfirmed, FingerprintRow
from pipeline.imaging.fingerprint import Fingerprint
from pipeline.model import BatchId, Digest, PageId


@dataclass
class FingerprintTables:
    prints: dict[PageId, FingerprintRow] = field(default_factory=dict)
    blanks: dict[PageId, BlankConfirmed] = field(default_factory=dict)


@dataclass
class MemoryFingerprints:
    """Fills `FingerprintRecords` and `FingerprintChange`."""

    tables: FingerprintTables

    def same_scan(self, sha256: Iterable[Digest]) -> tuple[FingerprintRow, ...]:
        wanted = set(sha256)
        return tuple(row for _, row in sorted(self.tables.prints.items()) if row.sha256 in wanted)

    def alike(self, bits: str) -> tuple[FingerprintRow, ...]:
        wanted = Fingerprint(bits).bands
        return tuple(
            row
            for _, row in sorted(self.tables.prints.items())
            if row.bits is not None and any(a == b for a, b in zip(wanted, Fingerprint(row.bits).bands, strict=True))
        )

    def confirmed(self, batch: BatchId) -> tuple[BlankConfirmed, ...]:
        return tuple(row for _, row in sorted(self.tables.blanks.items()) if row.batch == batch)

    def put(self, row: FingerprintRow) -> None:
        self.tables.prints.setdefault(row.page, row)

    def put_confirmed(self, row: BlankConfirmed) -> None:
        self.tables.blanks[row.page] = row
