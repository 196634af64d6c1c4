"""A first look at each sheet, beside the feeding: it never slows the scanner, and one that fails stops nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Protocol, Self

from pipeline.custody.scanning import Feeding, ScannedSide
from pipeline.errors import PipelineError
from pipeline.model import BatchId, Reason, Side
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.scanning.look import failed_look
from pipeline.usecases.scanning.paper import ScannedSheet, numbers, sheets_of


@dataclass(frozen=True, slots=True)
class OddBacks:
    """What a comparison of two passes found.

    Attributes:
        sheets: whose front and back do not look like one paper.
        other_way: the backs fit better the other way round.
    """

    sheets: tuple[int, ...] = ()
    other_way: bool = False


class Looker(Protocol):
    """Looks at stored files: their pixels are of no concern to the records."""

    def look(self, sides: tuple[ScannedSide, ...]) -> tuple[str, ...]:
        """Look at the files of one sheet that stand, front before back: `look_text` of each, in their order."""
        ...

    def odd_backs(self, sheets: Sequence[tuple[ScannedSide, ScannedSide]]) -> OddBacks:
        """Compare fronts with the backs that came in another pass.

        Args:
            sheets: in the order of the paper, front and back.
        """
        ...


_FAILED: Final = "look_failed"


class Looking:
    """Has sheets looked at in one thread beside whoever adds them; at its end it waits for what was added, unless that
    ended by an exception: what is missing is made on demand (`make_missing`)."""

    def __init__(self, looker: Looker | None, batch: BatchId, *, keeping: Keeping) -> None:
        self._looker = looker
        self._batch = batch
        self._keeping = keeping
        self._added: SimpleQueue[ScannedSide | None] = SimpleQueue()
        self._dropped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"looks-{batch}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._dropped.set()
        self._added.put(None)
        self._thread.join()

    def add(self, side: ScannedSide) -> None:
        """To be looked at once its sheet is there."""
        if self._looker is not None:
            self._added.put(side)

    def _work(self) -> None:
        last: ScannedSide | None = None
        while (side := self._added.get()) is not None and not self._dropped.is_set():
            if last is not None and last.sheet != side.sheet:
                self._look(last.sheet)
            last = side
            if side.side is not Side.FRONT:
                self._look(side.sheet)
                last = None
        if last is not None and not self._dropped.is_set():
            self._look(last.sheet)

    def _look(self, sheet: int) -> None:
        if self._looker is None:
            return
        try:
            look_at(self._batch, (sheet,), looker=self._looker, keeping=self._keeping)
        except PipelineError:
            # The records cannot be written now: it is made on demand.
            return


def make_missing(batch: BatchId, *, looker: Looker, keeping: Keeping) -> int:
    """Make the looks that a killed feeding left out; returns of how many sheets. Raises as the records."""
    standing = (its for its in keeping.records.scans.sides(batch) if its.superseded_by is None)
    sheets = tuple(dict.fromkeys(its.sheet for its in standing if its.look is None))
    look_at(batch, sheets, looker=looker, keeping=keeping)
    return len(sheets)


def look_at(batch: BatchId, sheets: Iterable[int], *, looker: Looker, keeping: Keeping) -> None:
    """Look at what stands of these sheets, and record it."""
    for sheet in sheets:
        known = keeping.records.scans.sides(batch, sheet=sheet)
        standing = tuple(its for its in known if its.superseded_by is None)
        if not standing:
            continue
        looks = _looks(standing, looker)
        with keeping.records.transaction() as change:
            for its, look in zip(standing, looks, strict=True):
                now = change.scans.side(its.id)
                if now is not None:
                    change.scans.put_side(replace(now, look=look))


def _looks(sides: tuple[ScannedSide, ...], looker: Looker) -> tuple[str, ...]:
    try:
        return looker.look(sides)
    except PipelineError as error:
        code = error.code
    except Exception:  # a look is worth no feeding
        code = _FAILED
    return (failed_look(code),) * len(sides)


def doubts_of_backs(feeding: Feeding, *, looker: Looker, keeping: Keeping) -> tuple[Reason, ...]:
    """What speaks against the backs that a feeding delivered for the fronts of another one: `sides_do_not_match`,
    `backs_other_way`, with the sheets in question. None where they cannot be compared."""
    sheets = sheets_of(keeping.records.scans.sides(feeding.batch))
    pairs = [(its.sides[0], its.sides[1]) for its in sheets if _came_apart(its, feeding)]
    try:
        found = looker.odd_backs(pairs)
    except Exception:  # a comparison is worth no feeding
        return (Reason("backs_not_compared", (("sheets", numbers(front.sheet for front, _ in pairs)),)),)
    if not found.sheets:
        return ()
    code = "backs_other_way" if found.other_way else "sides_do_not_match"
    named = " ".join(map(str, found.sheets))
    return (Reason(code, (("sheets", numbers(found.sheets)), ("numbers", named))),)


def _came_apart(sheet: ScannedSheet, feeding: Feeding) -> bool:
    sides = [its.side for its in sheet.sides]
    return sides == [Side.FRONT, Side.BACK] and sheet.sides[1].feeding == feeding.number
