"""Free pen strokes: check marks, corrections and signatures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm
from samples.ink import Deposit, Rgb, smooth_noise

PointsMm = npt.NDArray[np.float64]
"""`(n, 2) float64`, millimetres on the sheet."""

MARK_STYLES = ("cross", "tick", "filled", "scribble", "dash")


@dataclass(frozen=True, slots=True)
class Nib:
    """The pen that draws: `width_mm` of its stroke, `pressure` (darkness, 0 to 1)."""

    width_mm: float
    pressure: float
    rgb: Rgb


def draw_strokes(strokes: Sequence[PointsMm], nib: Nib, rng: np.random.Generator, *, px_per_mm: float) -> Deposit:
    """Smooth strokes through the given points, thick and thin as the pen's pressure changes."""
    every = np.concatenate(strokes)
    margin_mm = 1.5 * nib.width_mm + 0.3
    left_px = math.floor((every[:, 0].min() - margin_mm) * px_per_mm)
    top_px = math.floor((every[:, 1].min() - margin_mm) * px_per_mm)
    width_px = math.ceil((every[:, 0].max() + margin_mm) * px_per_mm) - left_px
    height_px = math.ceil((every[:, 1].max() + margin_mm) * px_per_mm) - top_px
    over = 3
    canvas = np.zeros((height_px * over, width_px * over), np.uint8)
    for points in strokes:
        path = (_smooth(points) * px_per_mm - (left_px, top_px)) * over
        _draw_path(canvas, path, nib.width_mm * px_per_mm * over, rng)
    small = cv2.resize(canvas, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.float32)
    dark = nib.pressure * np.clip(0.92 + 0.1 * smooth_noise(rng, (height_px, width_px), 1.5 * px_per_mm), 0.3, 1.0)
    return Deposit(left_px, top_px, np.clip(small * dark, 0, 255).astype(np.uint8), nib.rgb)


def _smooth(points: PointsMm) -> PointsMm:
    """A Catmull-Rom curve through the points, about ten steps a span."""
    if len(points) < 3:
        steps = np.linspace(0, 1, 12)[:, None]
        return np.asarray(points[0] + (points[-1] - points[0]) * steps, float)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 10, endpoint=False)[:, None]
    spans = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        spans.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    return np.vstack([*spans, points[-1:]])


def _draw_path(canvas: npt.NDArray[np.uint8], path: PointsMm, width_px: float, rng: np.random.Generator) -> None:
    phase, beat = rng.uniform(0, 6.28), rng.uniform(0.15, 0.5)
    for index, (start, end) in enumerate(itertools.pairwise(path)):
        thick = width_px * (1.0 + 0.25 * math.sin(phase + beat * index))
        first, second = np.round(start * 16).astype(int), np.round(end * 16).astype(int)
        cv2.line(canvas, first.tolist(), second.tolist(), 255, max(1, round(thick)), cv2.LINE_AA, 4)


def draw_mark(box: BoxMm, style: str, nib: Nib, rng: np.random.Generator, *, px_per_mm: float) -> Deposit:
    """A check mark by hand; now and then it passes the box by up to 1 mm.

    Args:
        style: one of `MARK_STYLES`.
    """
    over = rng.uniform(0.2, 1.0) if rng.random() < 0.3 else rng.uniform(-0.6, 0.0)
    area = box.grown(min(over, 0.3 * box.width))
    x, y, w, h = area.as_tuple()

    def at(u: float, v: float, shake: float = 0.07) -> list[float]:
        return [x + w * (u + rng.normal(0, shake)), y + h * (v + rng.normal(0, shake))]

    if style == "cross":
        strokes = [
            np.array([at(0.05, 0.05), at(0.5, 0.48), at(0.95, 0.95)]),
            np.array([at(0.95, 0.05), at(0.52, 0.5), at(0.05, 0.95)]),
        ]
    elif style == "tick":
        strokes = [np.array([at(0.05, 0.5), at(0.35, 0.95), at(0.6, 0.45), at(1.1, -0.1)])]
    elif style == "filled":
        rows = np.linspace(0.06, 0.94, 9)
        strokes = [np.array([at(0.05 if i % 2 else 0.95, v, 0.04) for i, v in enumerate(rows)])]
        return draw_strokes(strokes, Nib(max(nib.width_mm, 0.5), nib.pressure, nib.rgb), rng, px_per_mm=px_per_mm)
    elif style == "dash":
        strokes = [
            np.array([at(0.0, 0.75), at(0.5, 0.5), at(1.0, 0.2)]),
            np.array([at(0.05, 0.9), at(0.55, 0.6), at(1.0, 0.4)]),
        ]
    else:
        strokes = [np.array([at(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), 0.0) for _ in range(14)])]
    return draw_strokes(strokes, nib, rng, px_per_mm=px_per_mm)


def strike_out(box: BoxMm, nib: Nib, rng: np.random.Generator, *, px_per_mm: float) -> Deposit:
    """A box made unreadable: a mark its writer took back."""
    turns = np.linspace(0, 5 * math.pi, 26)
    radius = 0.62 * box.width * (1 + 0.15 * rng.standard_normal(26))
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    loop = np.column_stack([centre[0] + radius * np.cos(turns) * 1.25, centre[1] + 0.75 * radius * np.sin(turns)])
    return draw_strokes([loop], nib, rng, px_per_mm=px_per_mm)


def draw_signature(box: BoxMm, nib: Nib, rng: np.random.Generator, *, px_per_mm: float) -> Deposit:
    """A flowing signature in the lower part of its space: a tall first letter, loops that flatten out, a flourish."""
    length = float(min(box.width * rng.uniform(0.45, 0.8), rng.uniform(28, 60)))
    tall = float(min(box.height * 0.8, 8.0)) * rng.uniform(0.7, 1.0)
    left = box.x + rng.uniform(0.05, 0.3) * max(1.0, box.width - length)
    base = box.bottom - box.height * rng.uniform(0.2, 0.35)
    rise, lean = rng.normal(-0.03, 0.05), rng.uniform(0.1, 0.5)
    count = int(rng.integers(9, 20))
    openings = (
        [(0.0, 0.3), (0.06, 1.0), (0.02, -0.1), (0.12, 0.55)],
        [(0.12, 0.9), (0.02, 0.75), (0.0, 0.15), (0.09, -0.1), (0.15, 0.3)],
        [(0.02, 0.0), (0.03, 1.0), (0.14, 0.85), (0.04, 0.45), (0.15, 0.0)],
        [(0.0, 0.0), (0.08, 1.1), (0.13, 0.0), (0.02, 0.4), (0.15, 0.45)],
    )
    points = [(u * length, v * tall) for u, v in openings[int(rng.integers(len(openings)))]]
    busy = rng.uniform(0.5, 0.95)
    for index in range(count):
        along = (0.15 + 0.72 * index / count) * length
        flat = 1.0 - 0.55 * index / count
        high = rng.uniform(0.15, 0.5) if rng.random() < busy else rng.uniform(0.7, 1.0)
        points += [(along + 0.03 * length, high * tall * flat), (along, rng.uniform(-0.25, 0.05) * tall * flat)]
    points.append((length, rng.uniform(-0.1, 0.4) * tall))
    shape = np.array(points)
    path = np.column_stack([left + shape[:, 0] + lean * shape[:, 1], base + rise * shape[:, 0] - shape[:, 1]])
    strokes = [path]
    if rng.random() < 0.5:
        start, end = rng.uniform(0.0, 0.3), rng.uniform(0.7, 1.05)
        ends = [(left + start * length, base + 0.12 * tall), (left + end * length, base - 0.02 * tall)]
        middle = (left + 0.5 * (start + end) * length, base + rng.uniform(0.1, 0.3) * tall)
        strokes.append(np.array([ends[0], middle, ends[1]]))
    return draw_strokes(strokes, nib, rng, px_per_mm=px_per_mm)
