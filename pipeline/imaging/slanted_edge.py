"""Sharpness by a slanted edge, after ISO 12233: how much contrast is left of finer and finer lines.

The standard's steps are numbered at the code: 1 light instead of codes, 2 the place of the edge in each line, 3 the
curve through these places, 4 all pixels by their distance from it, four to a pixel, 5 the slope, 6 its spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OVERSAMPLING: Final = 4
MOST_CYCLES_PER_PX: Final = 1.0
"""As far as the spectrum is given: twice what the pixels can hold."""
_STEP: Final = 1.0 / OVERSAMPLING
_LEAST_LINES: Final = 16
_ORDER: Final = 3
"""Of the curve: a straight edge is bent by uneven transport; the standard allows up to the fifth."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeResponse:
    """What an edge shows.

    Attributes:
        cycles_per_px: frequencies, rising from 0.0, across the edge.
        mtf: contrast that is left at each, 1.0 at the first.
        place_px: where the edge crosses the middle line, along a line, in the part given.
        noise: spread of the light beside the edge, against its step; 0.0 and more.
    """

    cycles_per_px: Floats
    mtf: Floats
    place_px: float
    noise: float


def edge_response(light: npt.ArrayLike) -> EdgeResponse | None:
    """Measure one edge; null where there is none, or one that runs along the pixels.

    Args:
        light: `(lines, pixels) float`, in proportion to light (step 1 is the caller's): an edge from top to bottom that
            leans by 2 to 10 degrees, with even tone to both sides of it, brighter on either.
    """
    part = np.asarray(light, np.float64)
    if part.shape[0] < _LEAST_LINES or part.shape[1] < _LEAST_LINES:
        return None
    quarter = part.shape[1] // 5
    left, right = float(np.median(part[:, :quarter])), float(np.median(part[:, -quarter:]))
    step = right - left
    beside = max(float(part[:, :quarter].std()), float(part[:, -quarter:].std()))
    if abs(step) < 6.0 * beside or step == 0.0:
        return None
    part = (part - left) / step
    curve = _curve(part)
    if curve is None:
        return None
    lines = np.arange(part.shape[0])
    places = np.asarray(np.polyval(curve, lines), np.float64)
    slopes = np.asarray(np.polyval(np.polyder(curve), lines), np.float64)
    spread = _spread(part, places, slopes)
    if spread is None:
        return None
    cycles, mtf = _spectrum(spread)
    middle = float(np.polyval(curve, (part.shape[0] - 1) / 2)) + 0.5
    return EdgeResponse(cycles, mtf, middle, beside / abs(step))


def frequency_at(response: EdgeResponse, share: float) -> float:
    """Cycles per pixel at which so much of the contrast is left for the first time; the last known where more is."""
    below = np.flatnonzero(response.mtf < share)
    if below.size == 0:
        return float(response.cycles_per_px[-1])
    last = int(below[0])
    high, low = response.mtf[last - 1], response.mtf[last]
    between = (high - share) / (high - low)
    first, second = response.cycles_per_px[last - 1], response.cycles_per_px[last]
    return float(first + between * (second - first))


def _curve(part: Floats) -> Floats | None:
    """Steps 2 and 3: place of the edge on each line as a curve; the second time only what is near counts."""
    lines = np.arange(part.shape[0])
    slope = np.zeros_like(part)
    slope[:, 1:-1] = (part[:, 2:] - part[:, :-2]) / 2.0
    columns = np.arange(part.shape[1], dtype=np.float64)
    middles = np.full(part.shape[0], part.shape[1] / 2.0)
    curve = None
    for order, reach in ((1, part.shape[1] / 2.0), (_ORDER, part.shape[1] / 3.0), (_ORDER, part.shape[1] / 4.0)):
        away = (columns[None, :] - middles[:, None]) / reach
        window = np.where(np.abs(away) < 1.0, 0.54 + 0.46 * np.cos(np.pi * away), 0.0)
        weighed = slope * window
        total = weighed.sum(axis=1)
        good = np.abs(total) > 0.2
        if good.sum() < _LEAST_LINES:
            return None
        places = (weighed[good] * columns).sum(axis=1) / total[good]
        curve = np.polyfit(lines[good], places, order)
        middles = np.polyval(curve, lines)
    return None if curve is None else np.asarray(curve, np.float64)


def _spread(part: Floats, places: Floats, slopes: Floats) -> Floats | None:
    """Step 4: the edge four times as fine, from all lines; its middle in the middle."""
    upright = 1.0 / np.sqrt(1.0 + slopes**2)
    away = (np.arange(part.shape[1])[None, :] - places[:, None]) * upright[:, None]
    reach = min(float(-away.min(axis=1).max()), float(away.max(axis=1).min())) - 0.5
    half = int(reach * OVERSAMPLING)
    if half < 8 * OVERSAMPLING:
        return None
    bins = np.round(away * OVERSAMPLING).astype(np.int64) + half
    inside = (bins >= 0) & (bins <= 2 * half)
    sums = np.bincount(bins[inside], weights=part[inside], minlength=2 * half + 1)
    counts = np.bincount(bins[inside], minlength=2 * half + 1)
    # An edge that runs along the pixels leaves most of the places between them empty.
    if np.mean(counts > 0) < 0.9:
        return None
    known = np.flatnonzero(counts)
    # The pixels of a bin seldom lie evenly in it: their mean place is what their mean light belongs to.
    middles = np.bincount(bins[inside], weights=away[inside], minlength=2 * half + 1)[known] / counts[known]
    places_px = (np.arange(2 * half + 1) - half) * _STEP
    return np.asarray(np.interp(places_px, middles, sums[known] / counts[known]), np.float64)


def _spectrum(spread: Floats) -> tuple[Floats, Floats]:
    """Steps 5 and 6, with what the slope's difference and the averaging over a quarter pixel take away given back."""
    line = (spread[2:] - spread[:-2]) / 2.0
    peak = (line.size - 1) / 2.0
    away = (np.arange(line.size) - peak) / (peak + 1.0)
    line = line * (0.54 + 0.46 * np.cos(np.pi * away))
    padded = max(1024, line.size)
    amplitude = np.abs(np.fft.rfft(line, padded))
    cycles = np.fft.rfftfreq(padded, d=_STEP)
    kept = cycles <= MOST_CYCLES_PER_PX
    cycles, amplitude = cycles[kept], amplitude[kept]
    lost = np.sinc(2.0 * cycles * _STEP) * np.sinc(cycles * _STEP)
    mtf = amplitude / amplitude[0] / np.maximum(lost, 0.1)
    return np.asarray(cycles, np.float64), np.asarray(mtf, np.float64)
