"""Scan sessions in memory; held to the real ones by `tests/contract/test_scans.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.custody.scanning import Feeding, ScannedSide, ScanSession, SessionState
from pipeline.model import BatchId, FileId, Side


@dataclass
class ScanTables:
    sessions: dict[BatchId, ScanSession] = field(default_factory=dict)
    feedings: dict[tuple[BatchId, int], Feeding] = field(default_factory=dict)
    sides: dict[FileId, ScannedSide] = field(default_factory=dict)


class MemoryScans:
    """Fills `ScanRecords` and `ScanChange`."""

    def __init__(self, tables: ScanTables) -> None:
        self._tables = tables

    def session(self, batch: BatchId) -> ScanSession | None:
        return self._tables.sessions.get(batch)

    def sessions(self, *, ended: bool | None = None, most: int | None = None) -> tuple[ScanSession, ...]:
        found = [its for its in self._tables.sessions.values() if ended in (None, its.state is SessionState.ENDED)]
        return tuple(sorted(found, key=lambda its: (its.opened_at, its.batch), reverse=True))[:most]

    def feedings(self, batch: BatchId) -> tuple[Feeding, ...]:
        its = self._tables.feedings
        return tuple(its[key] for key in sorted(its) if key[0] == batch)

    def side(self, file: FileId) -> ScannedSide | None:
        return self._tables.sides.get(file)

    def sides(self, batch: BatchId, *, sheet: int | None = None) -> tuple[ScannedSide, ...]:
        found = (its for its in self._tables.sides.values() if its.batch == batch and sheet in (None, its.sheet))
        return tuple(sorted(found, key=lambda its: (its.sheet, its.revision, _PLACES.index(its.side), its.id)))

    def fed(self) -> tuple[BatchId, ...]:
        found = (its for its in self._tables.sessions.values() if its.state is SessionState.FEEDING)
        return tuple(sorted(its.batch for its in found))

    def put_session(self, row: ScanSession) -> None:
        self._tables.sessions[row.batch] = row

    def put_feeding(self, row: Feeding) -> None:
        self._tables.feedings[row.batch, row.number] = row

    def put_side(self, row: ScannedSide) -> None:
        self._tables.sides[row.id] = row


_PLACES = (Side.FRONT, Side.BACK, None)
