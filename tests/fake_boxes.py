"""Boxes, holds, samples and destructions in memory; held to the real ones by `tests/contract/test_boxes.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.custody.boxes import BoxName, BoxRow, Destruction, Hold, PageVerdict, RetentionApplied, Sample, SheetRef
from pipeline.model import BatchId, Digest, PageId


@dataclass
class MemoryBoxes:
    """Fills `Boxes` and `BoxesChange`; a transaction works on a copy."""

    rows: dict[BoxName, BoxRow] = field(default_factory=dict)
    contents: dict[SheetRef, BoxName] = field(default_factory=dict)
    held: dict[str, Hold] = field(default_factory=dict)
    drawn: dict[str, Sample] = field(default_factory=dict)
    destroyed: dict[str, Destruction] = field(default_factory=dict)
    applied: dict[BatchId, RetentionApplied] = field(default_factory=dict)

    def all(self) -> tuple[BoxRow, ...]:
        return tuple(self.rows[name] for name in sorted(self.rows))

    def box(self, name: BoxName) -> BoxRow | None:
        return self.rows.get(name)

    def sheets(self, name: BoxName) -> tuple[SheetRef, ...]:
        return tuple(sorted(ref for ref, box in self.contents.items() if box == name))

    def boxes_of(self, batch: BatchId) -> Mapping[int, BoxName]:
        return {ref.sheet: self.contents[ref] for ref in sorted(self.contents) if ref.batch == batch}

    def holds(self) -> tuple[Hold, ...]:
        return tuple(self.held[name] for name in sorted(self.held))

    def samples(self, name: BoxName) -> tuple[Sample, ...]:
        found = (sample for sample in self.drawn.values() if sample.box == name)
        return tuple(sorted(found, key=lambda sample: (sample.drawn_at, sample.id)))

    def last_verdicts(self, pages: Collection[PageId]) -> Mapping[PageId, PageVerdict]:
        samples = sorted(self.drawn.values(), key=lambda sample: (sample.drawn_at, sample.id))
        seen = {page.page: page.verdict for sample in samples for page in sample.pages if page.verdict is not None}
        return {page: verdict for page, verdict in seen.items() if page in pages}

    def destructions(self, name: BoxName) -> tuple[Destruction, ...]:
        found = (its for its in self.destroyed.values() if its.box == name)
        return tuple(sorted(found, key=lambda its: (its.authorised_at, its.id)))

    def certificates(self) -> frozenset[Digest]:
        found = [each for its in self.destroyed.values() for each in (its.certificate, its.completed)]
        return frozenset(each for each in found if each is not None)

    def retention_applied(self, batch: BatchId) -> RetentionApplied | None:
        return self.applied.get(batch)

    def put_box(self, row: BoxRow) -> None:
        self.rows[row.name] = row

    def put_sheets(self, box: BoxName, sheets: Iterable[SheetRef]) -> None:
        for ref in sheets:
            self.contents[ref] = box

    def take_sheets(self, sheets: Iterable[SheetRef]) -> None:
        for ref in sheets:
            self.contents.pop(ref, None)

    def put_hold(self, hold: Hold) -> None:
        self.held[hold.id] = hold

    def put_sample(self, sample: Sample) -> None:
        self.drawn[sample.id] = sample

    def put_destruction(self, destruction: Destruction) -> None:
        self.destroyed[destruction.id] = destruction

    def put_retention_applied(self, row: RetentionApplied) -> None:
        self.applied[row.batch] = row
