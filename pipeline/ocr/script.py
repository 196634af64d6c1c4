"""Print or handwriting? Told by how regular the strokes are and how at ease the first reader is.

Calling handwriting print is costly (its readings would be trusted as print), calling print handwriting only sends a
field to a person: `PRINT_FROM` is set accordingly.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxPx
from pipeline.model import GrayImage, Script
from pipeline.ocr.confidence import Model, Term

PRINT_FROM: Final = 0.9
HAND_BELOW: Final = 0.4
SHAPE_MEASURES: Final = (
    "baseline",
    "heights",
    "upright",
    "level",
    "stroke_spread",
    "joined",
    "letters",
)
"""What `shape_measures` gives for the lines of a zone, 0.0 to 1.0 but the count of letters."""


def shape_measures(lines: tuple[tuple[GrayImage, tuple[BoxPx, ...]], ...]) -> dict[str, float]:
    """How regular the writing is.

    baseline: share of letters that stand within 3.5 % of the letter height (or 1.5 px) on a common straight line.
    heights: share of letters as tall, to the same tolerance, as the two most common heights.
    upright, level: share of the edge strength within 4 degrees of vertical, of horizontal.
    stroke_spread: spread (interquartile range over median) of the stroke widths, at most 1.0.
    joined: median width of a piece over its height, at most 3.0, over 3.0; joined writing makes wide pieces.
    letters: how many letter-high pieces there are.

    Args:
        lines: for each line its image (dark on white) and the boxes of its strokes.
    """
    boxes = [_letters(line_boxes) for _, line_boxes in lines]
    count = sum(len(letters) for letters in boxes)
    if count == 0:
        return dict.fromkeys(SHAPE_MEASURES, 0.0)
    on_base = sum(_on_baseline(letters) for letters in boxes) / count
    same = _same_height([box.height for letters in boxes for box in letters]) / count
    upright, level = _edge_directions([image for image, _ in lines])
    widths = np.array([box.width / box.height for letters in boxes for box in letters])
    return {
        "baseline": on_base,
        "heights": same,
        "upright": upright,
        "level": level,
        "stroke_spread": _stroke_spread([image for image, _ in lines]),
        "joined": min(3.0, float(np.median(widths))) / 3.0,
        "letters": float(count),
    }


def print_probability(shape: dict[str, float], *, free_score: float, free_min_score: float, agreement: float) -> float:
    """Probability, 0.0 to 1.0, that the entry is print (typed, dot matrix, laser, thermal).

    Args:
        shape: from `shape_measures`.
        free_score, free_min_score, agreement: the first reader's, see `confidence.READING_FEATURES`.
    """
    measures = dict(shape, free_score=free_score, free_min_score=free_min_score, agreement=agreement)
    measures["few_letters"] = 1.0 / (1.0 + shape["letters"])
    return PRINT_MODEL.probability(measures)


def script_of(probability: float) -> Script:
    """The verdict that goes with a print probability."""
    if probability >= PRINT_FROM:
        return Script.PRINT
    return Script.HAND if probability < HAND_BELOW else Script.UNSURE


def _letters(boxes: tuple[BoxPx, ...]) -> list[BoxPx]:
    """Pieces at least half as tall as the 80th percentile: no dots, commas, accents, dashes."""
    if not boxes:
        return []
    tall = float(np.percentile([box.height for box in boxes], 80))
    return [box for box in boxes if box.height >= 0.5 * tall]


def _tolerance_px(heights: npt.NDArray[np.float64]) -> float:
    return max(1.5, 0.035 * float(np.median(heights)))


def _on_baseline(letters: list[BoxPx]) -> int:
    """How many letters stand on the best straight line through two of them (slope within 3 %)."""
    if len(letters) < 2:
        return len(letters)
    heights = np.array([box.height for box in letters], dtype=np.float64)
    x = np.array([box.x + box.width / 2 for box in letters])
    y = np.array([box.bottom for box in letters], dtype=np.float64)
    slopes = np.linspace(-0.03, 0.03, 13)
    levels = y[None, :] - slopes[:, None] * x[None, :]
    near = np.abs(levels[:, :, None] - levels[:, None, :]) <= _tolerance_px(heights)
    return int(near.sum(axis=2).max())


def _same_height(heights_px: list[int]) -> int:
    """How many letters have one of the two commonest heights."""
    heights = np.array(heights_px, dtype=np.float64)
    near = np.abs(heights[:, None] - heights[None, :]) <= _tolerance_px(heights)
    first = near[int(near.sum(axis=1).argmax())]
    rest = near[:, ~first].sum(axis=1)
    second = near[int(rest.argmax())] if rest.size and rest.max() > 0 else first
    return int((first | second).sum())


def _edge_directions(images: list[GrayImage]) -> tuple[float, float]:
    """Shares of the edge strength whose edges are vertical and horizontal to 4 degrees."""
    upright = level = total = 0.0
    for image in images:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32)
        dx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
        dy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
        strength = np.hypot(dx, dy)
        strong = strength > 0.25 * float(strength.max() or 1.0)
        total += float(strength[strong].sum())
        upright += float(strength[strong & (np.abs(dy) < 0.07 * np.abs(dx))].sum())
        level += float(strength[strong & (np.abs(dx) < 0.07 * np.abs(dy))].sum())
    return (upright / total, level / total) if total else (0.0, 0.0)


def _stroke_spread(images: list[GrayImage]) -> float:
    """Interquartile range over median of the stroke widths along the strokes' middles."""
    widths: list[npt.NDArray[np.float32]] = []
    for image in images:
        dark = float(np.percentile(image, 2))
        mask = (image < (255.0 + dark) / 2.0).astype(np.uint8)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), dtype=np.uint8))) & (mask > 0)
        widths.append(depth[ridge].astype(np.float32))
    depths = np.concatenate(widths) if widths else np.zeros(0, dtype=np.float32)
    if depths.size < 10:
        return 1.0
    low, middle, high = np.percentile(depths, [25, 50, 75])
    return min(1.0, float((high - low) / max(0.5, float(middle))))


PRINT_MODEL: Final = Model(intercept=0.0, terms=(Term("baseline", 1.0, 0.8, 0.1), Term("heights", 1.0, 0.8, 0.1)))
