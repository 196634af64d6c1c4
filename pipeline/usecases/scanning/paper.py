"""The paper of a session, from its rows alone: which sheets stand, which are half, and with which to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.custody.scanning import Feeding, PaperSource, Pass, ScannedSide
from pipeline.model import Side

DOUBLE_FEED = "scanner_double_feed"
_IN_ORDER = (Side.FRONT, Side.BACK, None)


@dataclass(frozen=True, slots=True)
class ScannedSheet:
    """A sheet of a session.

    Attributes:
        sides: that stand, front before back; none of a sheet all of whose scans are superseded.
        earlier: superseded ones, as they came.
    """

    number: int
    sides: tuple[ScannedSide, ...]
    earlier: tuple[ScannedSide, ...] = ()

    @property
    def all(self) -> tuple[ScannedSide, ...]:
        """Everything that was delivered of it."""
        return (*self.earlier, *self.sides)

    @property
    def imprint(self) -> str | None:
        """What the device printed on it."""
        return next((its.imprint for its in self.sides if its.imprint is not None), None)


def sheets_of(sides: Iterable[ScannedSide]) -> tuple[ScannedSheet, ...]:
    """Sheets by number."""
    found: dict[int, list[ScannedSide]] = {}
    for its in sides:
        found.setdefault(its.sheet, []).append(its)
    return tuple(_sheet(number, found[number]) for number in sorted(found))


def _sheet(number: int, sides: Sequence[ScannedSide]) -> ScannedSheet:
    standing = sorted((its for its in sides if its.superseded_by is None), key=_place)
    return ScannedSheet(number, tuple(standing), tuple(its for its in sides if its.superseded_by is not None))


def _place(side: ScannedSide) -> tuple[int, int, str]:
    return _IN_ORDER.index(side.side), len(side.id), side.id


def gives_both_sides(feeding: Feeding) -> bool:
    """Whether each sheet of the feeding shows its front and its back at once."""
    return feeding.sides is Pass.BOTH and feeding.wish.source is PaperSource.FEEDER_DUPLEX


def half_sheets(sides: Sequence[ScannedSide], feedings: Iterable[Feeding]) -> tuple[int, ...]:
    """Numbers of sheets of which a side stands whose other side did not come in the same feeding, as it should."""
    found: set[int] = set()
    for feeding in feedings:
        own = [its for its in sides if its.feeding == feeding.number]
        half = set(_half_of(feeding, own))
        found |= {its.sheet for its in own if its.sheet in half and its.superseded_by is None}
    return tuple(sorted(found))


def _half_of(feeding: Feeding, own: Iterable[ScannedSide]) -> tuple[int, ...]:
    """Sheets of which a feeding that gives both sides delivered one, whatever became of it."""
    if not gives_both_sides(feeding):
        return ()
    came: dict[int, list[ScannedSide]] = {}
    for its in own:
        came.setdefault(its.sheet, []).append(its)
    return tuple(number for number, its in came.items() if len(its) == 1 and its[0].side is not None)


def stopped_in(feeding: Feeding, own: Sequence[ScannedSide]) -> int | None:
    """The sheet of which a feeding that stopped has only one side; null where it stopped between sheets."""
    if feeding.stopped is None or not own:
        return None
    last = max(own, key=lambda its: (len(its.id), its.id)).sheet
    return last if last in _half_of(feeding, own) else None


def last_sheet(sides: Iterable[ScannedSide]) -> int:
    """The highest number that was given; 0 before the first sheet."""
    return max((its.sheet + its.sheets - 1 for its in sides), default=0)


def doubtful_sheets(feeding: Feeding, sides: Sequence[ScannedSide]) -> tuple[int, ...]:
    """Sheets of a feeding that a double feed stopped, of which it cannot be said whether another lies under them: the
    one that was reported, where it was delivered, and the one before."""
    if feeding.stopped is None or feeding.stopped.code != DOUBLE_FEED:
        return ()
    numbers = sorted({its.sheet for its in sides if its.feeding == feeding.number})
    if feeding.sheets_fed is not None and feeding.sheets_fed > len(numbers):
        # The device counted one more than it delivered: the one reported is not among them.
        return tuple(numbers[-1:])
    return tuple(numbers[-2:])


def unanswered_doubts(feeding: Feeding, feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> tuple[int, ...]:
    """Doubtful sheets that still stand as this feeding gave them, while nobody went on with the paper after them."""
    doubtful = doubtful_sheets(feeding, sides)
    if not doubtful or _went_on_after(doubtful[-1], feeding, feedings):
        return ()
    return tuple(number for number in doubtful if _stands(number, feeding, sides))


def _went_on_after(sheet: int, feeding: Feeding, feedings: Sequence[Feeding]) -> bool:
    """Whether somebody said that the paper goes on after this sheet, which a feeding left in doubt."""
    later = (its for its in feedings if its.number > feeding.number and _goes_on(its))
    return any(its.first_sheet > sheet for its in later)


def _goes_on(feeding: Feeding) -> bool:
    return not feeding.again and feeding.sides in (Pass.BOTH, Pass.FRONTS)


def _stands(sheet: int, feeding: Feeding, sides: Iterable[ScannedSide]) -> bool:
    own = (its for its in sides if (its.sheet, its.feeding) == (sheet, feeding.number))
    return any(its.superseded_by is None for its in own)


def next_sheet(feedings: Sequence[Feeding], sides: Sequence[ScannedSide]) -> int:
    """The number of the sheet with which to go on: after a stop one that has to be fed again, else a new one."""
    half = half_sheets(sides, feedings)
    found = [last_sheet(sides) + 1]
    for its in filter(_goes_on, feedings):
        found += unanswered_doubts(its, feedings, sides)
        cut = (number for number in half if _stands(number, its, sides))
        found += [number for number in cut if not _went_on_after(number, its, feedings)]
    return min(found)


def waiting_for_backs(sides: Sequence[ScannedSide], feedings: Iterable[Feeding]) -> tuple[int, ...]:
    """Sheets whose front stands and came alone, and whose back is still to come."""
    fronts = {its.number for its in feedings if its.sides is Pass.FRONTS}
    standing = [its for its in sides if its.superseded_by is None]
    backs = {its.sheet for its in standing if its.side is not Side.FRONT}
    return tuple(sorted({its.sheet for its in standing if its.feeding in fronts} - backs))


def numbers(sheets: Iterable[int]) -> str:
    """For people: `3, 7-9`."""
    runs: list[list[int]] = []
    for number in sorted(set(sheets)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
