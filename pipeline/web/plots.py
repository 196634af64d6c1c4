"""Plots as shapes with their places, ready to be written as SVG. No colour and no word is chosen here.

Every plot is drawn in pixels of its own, origin top left, y down, and is as wide as `WIDTH_PX`; the page scales it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH_PX: Final = 360.0
HEIGHT_PX: Final = 220.0
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 14.0, 12.0, 24.0
_ROW_PX: Final = 36.0
_MOST_LABELS: Final = 5
_LEAST: Final = 1e-9
"""Less than this is nothing on an axis."""
_BAR_SHARE: Final = 0.72
"""Of the place of a bar that is ink; the rest keeps bars apart."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place of an axis, in pixels along it, and what is written there; `anchor` as of SVG."""

    at_px: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `told` is what it stands for, in words."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    told: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point, with the line of its interval as far as it has one."""

    x: float
    y: float
    radius: float
    tone: str
    told: str
    reach: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points: `12.0,30.5 14.0,31.0`."""

    points: str
    tone: str


@dataclass(frozen=True, slots=True)
class RowLabel:
    """What a row is called, above it, and its figures at the right end."""

    y: float
    text: str
    figures: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything of a plot. The frame is the box in which values lie, `(x, y, width, height)`."""

    height: float
    frame: tuple[float, float, float, float]
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    bars: tuple[Bar, ...] = ()
    curves: tuple[Curve, ...] = ()
    dots: tuple[Dot, ...] = ()
    rows: tuple[RowLabel, ...] = ()
    guide: tuple[float, float, float, float] | None = None
    width: float = WIDTH_PX


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with what it is called; the interval where there is one.

    Attributes:
        figures: what it rests on, in words: `3 / 120`.
        tone: `few` where it rests on too little to say much.
    """

    name: str
    value: float
    told: str
    low: float | None = None
    high: float | None = None
    figures: str = ""
    tone: str = "first"


@dataclass(frozen=True, slots=True)
class Placed:
    """A value against another, with the interval of the second."""

    x: float
    y: float
    low: float
    high: float
    told: str
    tone: str = "first"


Written = Callable[[float], str]
"""A number of an axis as people read it."""


def steps_to(top: float, *, most: int = 4, whole: bool = False) -> tuple[float, ...]:
    """Round numbers from 0 to at least `top`, in equal steps, at most `most` of them above 0 but for rounding.

    Args:
        whole: steps are whole numbers.
    """
    raw = (top if top > _LEAST else 1.0) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1.0, 2.0, 5.0, 10.0, 20.0) if each * power >= raw * (1.0 - 1e-9))
    if whole:
        step = max(1.0, step)
    count = max(1, math.ceil(top / step - 1e-9))
    return tuple(step * number for number in range(count + 1))


def bars_and_line(
    names: Sequence[str],
    bars: Sequence[Measured],
    line: Sequence[Measured] = (),
    *,
    written: Written,
    whole: bool = True,
) -> Plot:
    """A bar for each name, and over them a line of other values, both from 0.

    Args:
        names: along the axis, in order; not all of them are written where there are many.
        bars, line: one for each name, or none at all.
    """
    frame = _frame(HEIGHT_PX)
    ticks = steps_to(max((its.value for its in (*bars, *line)), default=0.0), whole=whole)
    each = frame[2] / max(1, len(names))
    wide = each * _BAR_SHARE
    boxes = []
    for index, its in enumerate(bars):
        top = _y(its.value, ticks[-1], frame)
        x = frame[0] + each * index + (each - wide) / 2
        boxes.append(Bar(_px(x), top, _px(wide), _px(frame[1] + frame[3] - top), its.tone, its.told))
    points = [
        (_px(frame[0] + each * (index + 0.5)), _y(its.value, ticks[-1], frame), its) for index, its in enumerate(line)
    ]
    radius = 2.5 if len(names) <= 31 else 1.5
    return Plot(
        HEIGHT_PX,
        frame,
        _names(names, frame),
        _levels(ticks, frame, written),
        tuple(boxes),
        (_curve([(x, y) for x, y, _ in points], "second"),) if len(points) > 1 else (),
        tuple(Dot(x, y, radius, "second", its.told) for x, y, its in points),
    )


def curve_of(
    days: Sequence[int], values: Sequence[Measured], names: Sequence[str], *, top: float | None, written: Written
) -> Plot:
    """Values at some of the days, joined by a line.

    Args:
        days: of `values`: which of `names` each belongs to, from 0, rising.
        names: of all days.
        top: of the axis; null: as high as the values need.
    """
    frame = _frame(HEIGHT_PX)
    ticks = steps_to(max((its.value for its in values), default=0.0) if top is None else top)
    each = frame[2] / max(1, len(names))
    points = [
        (_px(frame[0] + each * (day + 0.5)), _y(its.value, ticks[-1], frame), its)
        for day, its in zip(days, values, strict=True)
    ]
    radius = 3.0 if len(names) <= 31 else 2.0
    return Plot(
        HEIGHT_PX,
        frame,
        _names(names, frame),
        _levels(ticks, frame, written),
        curves=(_curve([(x, y) for x, y, _ in points], "first"),) if len(points) > 1 else (),
        dots=tuple(Dot(x, y, radius, its.tone, its.told) for x, y, its in points),
    )


def intervals(rows: Sequence[Measured], *, written: Written, most: float | None = None) -> Plot:
    """A row for each value: its name, a point, and the line of its interval, from 0 to the right.

    Args:
        most: that the axis needs not exceed: 1.0 for shares.
    """
    height = _TOP_PX + _ROW_PX * len(rows) + _BOTTOM_PX
    frame = (_RIGHT_PX, _TOP_PX, WIDTH_PX - 2 * _RIGHT_PX, _ROW_PX * len(rows))
    reach = max((its.value if its.high is None else its.high for its in rows), default=0.0)
    ticks = steps_to(reach if most is None else min(reach, most))
    end = ticks[-1] if most is None else min(ticks[-1], most)
    dots, labels = [], []
    for index, its in enumerate(rows):
        y = _px(frame[1] + _ROW_PX * index + 26.0)
        low, high = (_x(its.value if edge is None else edge, end, frame) for edge in (its.low, its.high))
        dots.append(Dot(_x(its.value, end, frame), y, 4.0, its.tone, its.told, (low, y, high, y)))
        labels.append(RowLabel(_px(y - 11.0), its.name, its.figures))
    shown = [tick for tick in ticks if tick <= end * (1.0 + 1e-9)]
    return Plot(
        height,
        frame,
        tuple(
            Tick(_x(tick, end, frame), written(tick), _anchor(index, len(shown))) for index, tick in enumerate(shown)
        ),
        dots=tuple(dots),
        rows=tuple(labels),
    )


def against_each_other(points: Sequence[Placed], *, written: Written) -> Plot:
    """Shares against shares, 0.0 to 1.0 both, with the line on which the two are the same."""
    height = WIDTH_PX * 0.8
    frame = _frame(height)
    ticks = steps_to(1.0, most=5)
    dots = []
    for its in points:
        x = _x(its.x, 1.0, frame)
        low, high, y = (_y(value, 1.0, frame) for value in (its.low, its.high, its.y))
        dots.append(Dot(x, y, 4.0, its.tone, its.told, (x, low, x, high)))
    left, top, wide, tall = frame
    return Plot(
        height,
        frame,
        tuple(Tick(_x(tick, 1.0, frame), written(tick), _anchor(index, 6)) for index, tick in enumerate(ticks)),
        _levels(ticks, frame, written),
        dots=tuple(dots),
        guide=(left, top + tall, left + wide, top),
    )


def _frame(height: float) -> tuple[float, float, float, float]:
    return _LEFT_PX, _TOP_PX, WIDTH_PX - _LEFT_PX - _RIGHT_PX, height - _TOP_PX - _BOTTOM_PX


def _x(value: float, top: float, frame: tuple[float, float, float, float]) -> float:
    return _px(frame[0] + frame[2] * min(1.0, max(0.0, value / top)))


def _y(value: float, top: float, frame: tuple[float, float, float, float]) -> float:
    return _px(frame[1] + frame[3] * (1.0 - min(1.0, max(0.0, value / top))))


def _levels(ticks: Sequence[float], frame: tuple[float, float, float, float], written: Written) -> tuple[Tick, ...]:
    return tuple(Tick(_y(tick, ticks[-1], frame), written(tick), "end") for tick in ticks)


def _names(names: Sequence[str], frame: tuple[float, float, float, float]) -> tuple[Tick, ...]:
    """As many as can be read, evenly, the last one always."""
    if not names:
        return ()
    each, every = frame[2] / len(names), max(1, -(-len(names) // _MOST_LABELS))
    if len(names) <= len(frame) * 2:
        every = 1
    chosen = [index for index in range(len(names)) if (len(names) - 1 - index) % every == 0]
    return tuple(Tick(_px(frame[0] + each * (index + 0.5)), names[index]) for index in chosen)


def _anchor(index: int, count: int) -> str:
    """So that the first and last are not cut off."""
    return "start" if index == 0 else "end" if index == count - 1 else "middle"


def _curve(points: Sequence[tuple[float, float]], tone: str) -> Curve:
    return Curve(" ".join(f"{x:g},{y:g}" for x, y in points), tone)


def _px(value: float) -> float:
    return round(value, 1)
