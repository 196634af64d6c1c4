"""Receiving what a scanner delivers: stored first, then recorded with its entry in the ledger, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.custody import ObjectRef
from pipeline.custody.scanning import Delivered, Feeding, Pass, ScannedSide
from pipeline.errors import InputRefused, InvariantBroken
from pipeline.ports import RecordsTransaction
from pipeline.usecases.keeping import Keeping, file_id
from pipeline.usecases.scanning.entries import record_side, record_superseded
from pipeline.usecases.scanning.paper import numbers
from pipeline.usecases.scanning.turns import Begun, require_alive


class Receiver:
    """Takes what one feeding delivers, in order. One thread's."""

    def __init__(self, begun: Begun, keeping: Keeping) -> None:
        self.feeding = begun.feeding
        self._course = begun.course
        self._files = begun.files
        self._keeping = keeping
        self._fed = 0
        self._numbers: set[int] = set()

    def take(self, delivered: Delivered) -> ScannedSide:
        """Store and record a file. Once this returns, it is safe.

        Raises:
            Unavailable: `session_taken_over`: this feeding was given up for dead, another may have begun; what came is
                stored and belongs to no sheet. Or no space, no service.
            InputRefused, IntegrityError: the file cannot be read, or not be stored as it is. `scan_file_spans`,
                `scan_backs_not_apart`: it holds sheets that do not follow each other, or backs with their fronts.
        """
        with self._keeping.sources.open(delivered.path) as source:
            ref = self._keeping.objects.put(source)
        row = self._row(delivered, ref, self._keeping.clock.now())
        with self._keeping.records.transaction() as change:
            require_alive(self.feeding, change)
            known = change.scans.sides(row.batch, sheet=row.sheet)
            if any((its.feeding, its.side) == (row.feeding, row.side) for its in known):
                raise InvariantBroken("side_delivered_twice", sheet=row.sheet)
            row = replace(row, revision=_revision(row, known, self.feeding))
            change.objects.put(ref)
            record_side(row, change)
            self._supersede(row, change)
            self._numbers.update(range(row.sheet, row.sheet + row.sheets))
            self.feeding = replace(self.feeding, heard_at=row.received_at, sheets=len(self._numbers))
            change.scans.put_feeding(self.feeding)
        self._files += 1
        return row

    def _row(self, delivered: Delivered, ref: ObjectRef, now: datetime) -> ScannedSide:
        fed = [sheet for sheet, _ in delivered.sides] or [self._fed + 1]
        self._fed = max(self._fed, *fed)
        alone = delivered.sides[0][1] if len(delivered.sides) == 1 else None
        held = [self._course.sheet(number) for number in sorted(set(fed))]
        if held != list(range(held[0], held[0] + len(held))):
            raise InputRefused("scan_file_spans", file=delivered.name, sheets=numbers(held))
        if alone is None and self._course.backs:
            raise InputRefused("scan_backs_not_apart", file=delivered.name)
        return ScannedSide(
            id=file_id(self.feeding.batch, self._files),
            batch=self.feeding.batch,
            feeding=self.feeding.number,
            sheet=held[0],
            side=None if alone is None else self._course.side(alone),
            revision=0,
            digest=ref.digest,
            size_bytes=ref.size_bytes,
            media_type=delivered.media_type,
            name=delivered.name,
            received_at=now,
            sheets=len(held),
            pages=len(delivered.sides) or None,
            imprint=delivered.imprint,
            said=delivered.said,
        )

    def _supersede(self, row: ScannedSide, change: RecordsTransaction) -> None:
        known = change.scans.sides(row.batch, sheet=row.sheet) if row.sheets == 1 else change.scans.sides(row.batch)
        for its in known:
            if _gives_way(its, row):
                record_superseded(its, row, self._course.reason, change)


def _gives_way(its: ScannedSide, to: ScannedSide) -> bool:
    """Whether what stands of a sheet is superseded by what came of it: its other side stays."""
    if its.feeding == to.feeding or its.superseded_by is not None:
        return False
    if its.sheet < to.sheet or its.sheet + its.sheets > to.sheet + to.sheets:
        # It holds other sheets too, for which nothing else stands.
        return False
    return to.side is None or its.side in (to.side, None)


def _revision(row: ScannedSide, known: Sequence[ScannedSide], feeding: Feeding) -> int:
    """Both sides of a sheet that come in one feeding have one; of a side alone its own scans count."""
    before = (its for its in known if its.feeding != row.feeding)
    counted = (its for its in before if feeding.sides is Pass.BOTH or its.side in (row.side, None))
    return max((its.revision + 1 for its in counted), default=0)
