"""Curves of a measured scanner as plots: contrast by fineness, tone against what is printed, evenness of transport."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.imaging.target_measures import Curve as Points
from pipeline.imaging.target_measures import TargetMeasures
from pipeline.web.plots import HEIGHT_PX, WIDTH_PX, Curve, Plot, Tick, steps_to

_FRAME: Final = (44.0, 12.0, WIDTH_PX - 58.0, HEIGHT_PX - 36.0)
_TONES: Final = ("first", "second")
_LEAST_UNEVEN_MM: Final = 0.1


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its ends, and where something is written."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Where a value lies between the ends; what lies beyond them lies at them."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def contrast_plot(measures: TargetMeasures, written: Callable[[float], str]) -> Plot | None:
    """Line pairs per millimetre to the right, contrast left upwards; across first. Null where neither was measured."""
    found = [axis.curve for axis in (measures.sharp_across, measures.sharp_along) if axis is not None]
    if not found:
        return None
    ticks = steps_to(max(curve[-1][0] for curve in found))
    return _drawn(found, Axis(0.0, ticks[-1], ticks), Axis(0.0, 1.25, (0.0, 0.1, 0.5, 1.0)), written)


def tone_plot(measures: TargetMeasures, written: Callable[[float], str]) -> Plot:
    """Lightness as printed to the right, as scanned upwards, with the line on which both are the same."""
    ticks = (0.0, 25.0, 50.0, 75.0, 100.0)
    points = tuple((its.nominal, its.lightness) for its in measures.tone.steps)
    return _drawn([points], Axis(0.0, 100.0, ticks), Axis(0.0, 100.0, ticks), written, diagonal=True)


def evenness_plot(measures: TargetMeasures, written: Callable[[float], str]) -> Plot | None:
    """Millimetres along a ruler to the right, how far its ticks are off upwards; across first."""
    found = [axis.uneven for axis in (measures.across, measures.along) if axis.uneven]
    if not found:
        return None
    most = max(_LEAST_UNEVEN_MM, *(abs(off) for curve in found for _, off in curve))
    top = steps_to(most, most=2)
    ends = (*(-tick for tick in reversed(top[1:])), *top)
    along = steps_to(max(curve[-1][0] for curve in found))
    return _drawn(found, Axis(0.0, along[-1], along), Axis(ends[0], ends[-1], ends), written)


def _drawn(
    curves: Sequence[Points], x: Axis, y: Axis, written: Callable[[float], str], *, diagonal: bool = False
) -> Plot:
    left, top, wide, tall = _FRAME
    lines = tuple(
        Curve(
            " ".join(f"{left + wide * x.share(at):.1f},{top + tall * (1.0 - y.share(value)):.1f}" for at, value in its),
            tone,
        )
        for its, tone in zip(curves, _TONES, strict=False)
    )
    return Plot(
        HEIGHT_PX,
        _FRAME,
        tuple(Tick(round(left + wide * x.share(its), 1), written(its)) for its in x.ticks),
        tuple(Tick(round(top + tall * (1.0 - y.share(its)), 1), written(its)) for its in y.ticks),
        curves=lines,
        guide=(left, top + tall, left + wide, top) if diagonal else None,
    )
