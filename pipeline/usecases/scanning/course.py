"""Where what a feeding delivers belongs: sheet by sheet, in the order in which they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.custody.scanning import Feeding, Pass, ScannedSide
from pipeline.model import Side
from pipeline.usecases.scanning.paper import last_sheet, waiting_for_backs

FED_AGAIN: Final = "scan_fed_again"
"""Why a sheet was superseded that was fed again without a word: after a stop, as it was half or in doubt."""
BACK_PASSES: Final = frozenset({Pass.BACKS, Pass.BACKS_FROM_LAST})


@dataclass(frozen=True, slots=True)
class Again:
    """Sheets that are scanned again: their numbers, in the order in which they are fed, and why."""

    sheets: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """Where what a feeding delivers belongs.

    Attributes:
        named: numbers of its first sheets, in the order in which they come: those to be fed again, or those whose backs
            come. The others are numbered on from `first`.
        backs: what comes are backs, whatever the device takes them for.
        reason: why what stood of a sheet is superseded.
    """

    named: tuple[int, ...]
    first: int
    backs: bool
    reason: str

    def sheet(self, fed: int) -> int:
        """Number of the sheet that the run delivers as this one, from 1."""
        return self.named[fed - 1] if fed <= len(self.named) else self.first + fed - len(self.named) - 1

    def side(self, said: Side) -> Side:
        return Side.BACK if self.backs else said


def course_of(
    sides: Pass, again: Again | None, first: int, *, known: Sequence[ScannedSide], feedings: Sequence[Feeding]
) -> Course:
    """The course of a feeding that is to begin.

    Args:
        first: number of the sheet with which it goes on.
        known: all that was delivered in the session before it.
    """
    backs = sides in BACK_PASSES
    after = last_sheet(known) + 1
    if again is not None:
        named = tuple(reversed(again.sheets)) if sides is Pass.BACKS_FROM_LAST else again.sheets
        return Course(named, after, backs, again.reason)
    if backs:
        waiting = waiting_for_backs(known, feedings)
        named = tuple(reversed(waiting)) if sides is Pass.BACKS_FROM_LAST else waiting
        return Course(named, after, True, FED_AGAIN)
    return Course((), first, False, FED_AGAIN)
