"""Error rates drawn: a line from 0 to the scale's end, the interval as a bar on it, the share as a stroke. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.usecases.review.quality import ErrorRate

WIDTH = 200.0
"""Units of a drawing, which the page stretches."""
_SCALES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)
_LEAST_BAR = 2.0


@dataclass(frozen=True, slots=True)
class RateBar:
    """In units from 0 to `WIDTH`.

    Attributes:
        start, width: of the interval.
        share: place of the share; null where nothing was looked at.
        open: the interval goes on beyond the end.
    """

    start: float
    width: float
    share: float | None
    open: bool


def scale_of(rates: Iterable[ErrorRate]) -> float:
    """The end of a scale that holds the intervals of all rates that rest on enough looks, 0.01 to 1.0. Without any such
    rate it is 1.0."""
    highest = max((its.high for its in rates if not its.too_few), default=1.0)
    return next(its for its in _SCALES if highest <= its or its == _SCALES[-1])


def bar_of(rate: ErrorRate, scale: float) -> RateBar:
    """
    Args:
        scale: the share at the right end, above 0.
    """
    start = min(rate.low / scale, 1.0) * WIDTH
    end = min(rate.high / scale, 1.0) * WIDTH
    start = min(start, WIDTH - _LEAST_BAR)
    share = min(rate.share / scale, 1.0) * WIDTH if rate.looked_at else None
    return RateBar(round(start, 2), round(max(end - start, _LEAST_BAR), 2), share, rate.high > scale)
