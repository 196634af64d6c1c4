"""What was fed against what was received, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.custody.scanning import Feeding, ScannedSide, ScanTotals
from pipeline.usecases.scanning.look import looks_of
from pipeline.usecases.scanning.paper import gives_both_sides, sheets_of, stopped_in


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """Counts of a session that must agree.

    Attributes:
        fed: sheets that passed whole, as the devices counted, each time that they passed; null where none counted.
        fed_sides: sides that they have to show for it; null likewise.
        whole_sides: sides received of sheets that passed whole.
        half_sides: received of sheets in which a feeding stopped.
        superseded: of all sides, those that another scan stands for.
        sheets: that stand.
        expected: what the sender counted; null when not said.
        uncounted_sides: of the whole ones, those of feedings whose device did not count, or had no time to say.
    """

    fed: int | None
    fed_sides: int | None
    whole_sides: int
    half_sides: int
    superseded: int
    sheets: int
    expected: int | None
    uncounted_sides: int = 0

    @property
    def sides(self) -> int:
        """All that was received."""
        return self.whole_sides + self.half_sides

    @property
    def standing(self) -> int:
        """Images that the batch will have."""
        return self.sides - self.superseded

    @property
    def totals(self) -> ScanTotals:
        return ScanTotals(self.fed_sides, self.whole_sides, self.half_sides, self.superseded, self.uncounted_sides)

    @property
    def all_received(self) -> bool:
        """Sheets fed x sides = sides received, as far as devices count."""
        return self.totals.all_received

    @property
    def as_expected(self) -> bool:
        return self.expected is None or self.expected == self.sheets


def scan_counts(feedings: Sequence[Feeding], sides: Sequence[ScannedSide], *, expected: int | None) -> ScanCounts:
    """Count a session.

    A sheet in which a feeding stopped did not pass whole: the device counted it, and what came of it is a half.
    """
    came: dict[int, list[ScannedSide]] = {}
    for its in sides:
        came.setdefault(its.feeding, []).append(its)
    passed = [_passed(each, came.get(each.number, [])) for each in feedings]
    counted = [its for its in passed if its.fed is not None]
    whole = sum(its.whole_sides for its in passed)
    standing = [its for its in sheets_of(sides) if its.sides]
    duplex = frozenset(its.number for its in feedings if gives_both_sides(its))
    return ScanCounts(
        fed=sum(its.fed or 0 for its in counted) if counted else None,
        fed_sides=sum(its.fed_sides for its in counted) if counted else None,
        whole_sides=whole,
        half_sides=sum(its.half_sides for its in passed),
        superseded=sum(pages_in(its) for its in sides if its.superseded_by is not None),
        sheets=sum(_sheets_in(its.sides, duplex) for its in standing),
        expected=expected,
        uncounted_sides=sum(its.whole_sides for its in passed if its.fed is None),
    )


@dataclass(frozen=True, slots=True)
class _Passed:
    """One feeding: sheets that passed whole, sides that they owe, sides that came of whole ones and of a half one."""

    fed: int | None
    fed_sides: int
    whole_sides: int
    half_sides: int


def _passed(feeding: Feeding, own: Sequence[ScannedSide]) -> _Passed:
    under_way = stopped_in(feeding, own)
    whole = sum(pages_in(its) for its in own if its.sheet != under_way)
    half = sum(pages_in(its) for its in own if its.sheet == under_way)
    if feeding.sheets_fed is None:
        return _Passed(None, 0, whole, half)
    complete = feeding.sheets - (under_way is not None)
    # The device counted the sheet in which it stopped, unless it stopped after one.
    fed = feeding.sheets_fed - (feeding.stopped is not None and feeding.sheets_fed > complete)
    return _Passed(fed, fed * (2 if gives_both_sides(feeding) else 1), whole, half)


def pages_in(side: ScannedSide) -> int:
    """Images in a delivered file; 1 where neither the device nor a first look says."""
    return side.pages or len(looks_of(side)) or 1


def _sheets_in(sides: Sequence[ScannedSide], duplex: frozenset[int]) -> int:
    """Pieces of paper that stand under one number: several in a file that holds a stack."""
    first = sides[0]
    if len(sides) > 1 or first.side is not None or first.pages is not None:
        return first.sheets
    return -(-pages_in(first) // (2 if first.feeding in duplex else 1))
