"""How light, dark and colours come out in a scan of the target, and lines that run through the whole of it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, BoxMm
from pipeline.imaging.cielab import (
    difference,
    lab_of,
    light_of_lightness,
    lightness_of,
    lightness_of_light,
    linear_of,
)
from pipeline.imaging.target_measures import Color, Step, Streak, Tone
from pipeline.imaging.target_plan import PAPER_MM, PATCH_MM, Patch, colors, dots, grays
from pipeline.imaging.target_sheet import FoundTarget
from pipeline.model import ColorImage, GrayImage

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]

_INNER_MM: Final = 0.28 * PATCH_MM
"""From a patch's centre to the edges of what is measured of it: neither its rim nor a crooked lie reach in."""
_WINDOW_PX: Final = 41
"""What a line is compared with: broader than any streak."""
_LEAST_DEPTH: Final = 6.0
"""Grey levels that a streak is off; light of uneven strength changes less from pixel to pixel."""
_TIMES_NOISE: Final = 7.0
_WIDEST_STREAK_PX: Final = 12
_PAPER_PERCENTILE: Final = 75.0
"""Three quarters of each line through the target are bare paper, or nearly so."""


def measure_tone(gray: GrayImage, found: FoundTarget) -> Tone:
    """Measure the grey steps and the paper between the fields."""
    its = found.image_from_plan
    patches = [_inside(gray, patch.box_mm, its) for patch in grays()]
    nominal = [float(lightness_of(patch.srgb[0])) for patch in grays()]
    steps = tuple(_step(part, wanted) for part, wanted in zip(patches, nominal, strict=True))
    lights = linear_of([step.gray for step in steps])
    # Neither is paper all of the light nor ink none of it: what lies between is compared.
    share = np.clip((lights - lights[-1]) / max(1e-6, lights[0] - lights[-1]), 0.0, 1.0)
    off = lightness_of_light(share) - np.array(nominal)
    papers = [_paper(gray, its, dot) for dot in dots()]
    shone = [float(linear_of(paper).mean()) for paper in papers]
    paper = np.concatenate(papers)
    return Tone(
        steps=steps,
        error_max=float(np.abs(off).max()),
        falling=bool(np.all(np.diff(lights) < 0.0)),
        white_clipped=float((paper == 255).mean()),
        black_clipped=float((patches[-1] == 0).mean()),
        light_spread=1.0 - min(shone) / max(max(shone), 1e-6),
    )


def measure_color(color: ColorImage, found: FoundTarget) -> Color:
    """Measure the colour patches, and how grey the light half of the grey steps is."""
    its = found.image_from_plan
    seen = np.array([_mean_color(color, patch, its) for patch in colors()])
    wanted = np.array([patch.srgb for patch in colors()], np.float64)
    off = difference(lab_of(seen), lab_of(wanted))
    light = grays()[: len(grays()) // 2]
    neutral = lab_of(np.array([_mean_color(color, patch, its) for patch in light]))
    cast = np.hypot(neutral[:, 1], neutral[:, 2])
    return Color(float(off.mean()), float(off.max()), float(cast.max()))


def light_curve(tone: Tone) -> tuple[Floats, Floats]:
    """Grey levels, rising, and the light that they stand for: the inverse of the tone curve (OECF) of this scan."""
    levels = np.array([step.gray for step in reversed(tone.steps)])
    nominal = np.array([step.nominal for step in reversed(tone.steps)])
    light = light_of_lightness(nominal)
    rising = np.maximum.accumulate(levels) + np.arange(levels.size) * 1e-6
    return rising, light


def find_streaks(image: GrayImage | ColorImage, found: FoundTarget) -> tuple[Streak, ...]:
    """Lines that differ from their neighbours all the way through, in any channel; the strongest of each place."""
    left, top, right, bottom = _bounds(found, image.shape[1], image.shape[0])
    part = image[top:bottom, left:right]
    channels = [part] if part.ndim == 2 else [part[:, :, number] for number in range(3)]
    found_streaks: list[Streak] = []
    for along, start in ((True, left), (False, top)):
        off = np.array([_off(channel if along else channel.T) for channel in channels])
        strongest = np.take_along_axis(off, np.abs(off).argmax(axis=0)[None, :], axis=0)[0]
        found_streaks += _runs(strongest, along=along, start=start)
    return tuple(found_streaks)


def _off(channel: Levels) -> Floats:
    """How far each column's paper is off its neighbourhood; 0.0 where that is no more than chance."""
    tone = np.percentile(channel[::3], _PAPER_PERCENTILE, axis=0)
    near = np.pad(tone, _WINDOW_PX // 2, mode="reflect")
    off = tone - np.median(np.lib.stride_tricks.sliding_window_view(near, _WINDOW_PX), axis=1)
    chance = 1.4826 * float(np.median(np.abs(off)))
    return np.where(np.abs(off) > max(_LEAST_DEPTH, _TIMES_NOISE * chance), off, 0.0)


def _runs(off: Floats, *, along: bool, start: int) -> list[Streak]:
    marked = np.concatenate([[False], off != 0.0, [False]])
    edges = np.flatnonzero(np.diff(marked.astype(np.int8)))
    runs = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        depth = off[first:last][np.abs(off[first:last]).argmax()]
        if last - first <= _WIDEST_STREAK_PX:
            runs.append(Streak(along, start + int(first), int(last - first), float(depth)))
    return runs


def _bounds(found: FoundTarget, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """Box of the dots in the image: left, top, right, bottom."""
    low, high = found.image_px.min(axis=0), found.image_px.max(axis=0)
    return (
        max(0, math.ceil(low[0])),
        max(0, math.ceil(low[1])),
        min(width_px, math.floor(high[0])),
        min(height_px, math.floor(high[1])),
    )


def _inside(image: Levels, box: BoxMm, its: Affine) -> Levels:
    """The middle of a patch, upright in the image."""
    x, y = its.apply((box.x + box.width / 2, box.y + box.height / 2))
    reach = _INNER_MM * math.sqrt(abs(its.a * its.e - its.b * its.d))
    return np.asarray(image[round(y - reach) : round(y + reach), round(x - reach) : round(x + reach)], np.uint8)


def _mean_color(color: ColorImage, patch: Patch, its: Affine) -> Floats:
    return np.asarray(_inside(color, patch.box_mm, its).reshape(-1, 3).mean(axis=0), np.float64)


def _step(part: Levels, nominal: float) -> Step:
    tone = float(part.mean())
    noise = _spread(part.astype(np.float64))
    low, high = (float(lightness_of(max(0.0, min(255.0, tone + sign * 0.5)))) for sign in (-1, 1))
    return Step(nominal, float(lightness_of(tone)), tone, noise, noise * (high - low))


def _spread(part: Floats) -> float:
    """Standard deviation about the plane that lies through the patch."""
    rows, columns = np.indices(part.shape)
    known = np.column_stack([rows.ravel(), columns.ravel(), np.ones(part.size)])
    solved, *_ = np.linalg.lstsq(known, part.ravel(), rcond=None)
    return float((part.ravel() - known @ solved).std())


def _paper(gray: GrayImage, its: Affine, dot: tuple[float, float]) -> Levels:
    """The paper around a dot: a ring of it."""
    scale = math.sqrt(abs(its.a * its.e - its.b * its.d))
    x, y = its.apply(dot)
    reach = math.ceil(PAPER_MM[1] * scale)
    top, left = max(0, round(y) - reach), max(0, round(x) - reach)
    part = gray[top : round(y) + reach + 1, left : round(x) + reach + 1]
    rows, columns = np.indices(part.shape)
    away = np.hypot(columns + left + 0.5 - x, rows + top + 0.5 - y) / scale
    return np.asarray(part[(away >= PAPER_MM[0]) & (away <= PAPER_MM[1])], np.uint8)
