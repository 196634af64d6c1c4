"""What the next run of a session is to feed, and how that is said at the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.custody.scanning import Feeding, Pass
from pipeline.usecases.scanning.course import BACK_PASSES, Again
from pipeline.usecases.scanning.paper import half_sheets, waiting_for_backs

if TYPE_CHECKING:
    from pipeline.usecases.scanning import SessionView


@dataclass(frozen=True, slots=True)
class Order:
    """What the next run is to feed.

    Attributes:
        again: sheets that are scanned again; null: the paper goes on.
        begin_with: number of the sheet that is fed first; null: the one that the session waits for.
    """

    sides: Pass = Pass.BOTH
    again: Again | None = None
    begin_with: int | None = None


def backs_to_come(view: SessionView) -> tuple[int, ...]:
    """Numbers of sheets whose fronts came alone, and whose backs are still to be fed."""
    sides = tuple(side for sheet in view.sheets for side in (*sheet.sides, *sheet.earlier))
    return waiting_for_backs(sides, view.feedings)


def rest_of(order: Order, feeding: Feeding | None, view: SessionView) -> Order:
    """What is still to be fed of an order: of sheets that are scanned again those that did not come whole.

    Args:
        feeding: the run of the order; null: it did not begin.
    """
    if order.again is None:
        return Order(order.sides, begin_with=order.begin_with if feeding is None else None)
    left = order.again.sheets if feeding is None else _not_come(order.again, feeding, view)
    return Order(order.sides, Again(left, order.again.reason)) if left else Order(order.sides)


def _not_come(again: Again, feeding: Feeding, view: SessionView) -> tuple[int, ...]:
    sides = tuple(side for sheet in view.sheets for side in (*sheet.sides, *sheet.earlier))
    came = {side.sheet for side in sides if side.feeding == feeding.number} - set(half_sheets(sides, view.feedings))
    return tuple(number for number in again.sheets if number not in came)


def begins_with(order: Order, view: SessionView) -> int:
    """Number of the sheet that the run of an order feeds first."""
    backs = backs_to_come(view) if order.sides in BACK_PASSES else ()
    named = backs if order.again is None else order.again.sheets
    if named:
        return named[-1] if order.sides is Pass.BACKS_FROM_LAST else named[0]
    return order.begin_with or view.feed_from


def order_words(order: Order) -> tuple[str, ...]:
    """The options of `constat scan` that say it."""
    words: tuple[str, ...] = ()
    if order.sides is not Pass.BOTH:
        words += ("--sides", order.sides.value.replace("_", "-"))
    if order.again is not None:
        words += ("--again", ",".join(map(str, order.again.sheets)), "--reason", order.again.reason)
    if order.begin_with is not None:
        words += ("--from", str(order.begin_with))
    return words


def command(*arguments: str) -> str:
    """A command line as it can be typed."""
    return shlex.join(("constat", *arguments))
