"""Judge whether a side is blank: paper that shows its back, its holes and its folds, but nothing anyone put there.

A blank side is labelled, never removed, and a side that may hold a faint pencil note is not blank.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.imaging.reduce import reduced
from pipeline.model import GrayImage, Mask

_WORK_SIDE_PX = 2200
"""A half of a legal page at 300 dpi: a pencil stroke of 0.4 mm is 2.4 px wide."""
_LEAST_DEPTH = 9.0
"""Grey levels below the paper around it that count as a trace. The faintest legible pencil has about 20."""
_NOISE_FACTOR = 4.5
_JOIN_MM = 0.6
"""Traces nearer than this belong together: a dotted pencil stroke, the letters of a word."""
_LEAST_TRACE_MM = 1.3
"""A speck of dust is smaller, a letter or digit is not."""
_LARGEST_SPECK_MM = 1.0
_LEAST_DOTS = 4
_HOLE_MM = (3.0, 9.5)
"""Diameters of punched holes: 5 to 8 mm, and their shadows."""
_HOLE_FROM_EDGE_MM = 28.0
_FOLD_LENGTH_MM = 15.0
_FOLD_SLENDERNESS = 12.0
_FOLD_DEPTH = 70.0
_EDGE_MM = 4.0
"""Width of the strip along the image's edge where the paper ends, tears and casts its shadow."""
_SOFT_EDGE_MM = 0.26
"""Spread of an edge seen through paper. Ink on this side, scanned at 150 dpi or more, spreads over 0.1 mm."""
_SHALLOW_DEPTH = 45.0
"""Show-through and stains are shallower than this; anything deeper is ink of this side, sharp or not."""
_CERTAIN_INK_MM2 = 0.6
"""As much sharp ink as two small letters."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Blankness:
    """What was found on a side.

    Attributes:
        blank: nothing but paper, show-through, specks, holes, folds and stains.
        ink_share: share of the side covered by traces of any kind, 0.0 to 1.0.
        score: 0.0 (surely written on) to 1.0 (surely blank); `blank` from 0.5 on.
    """

    blank: bool
    ink_share: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A side measured at working scale: depth below paper in grey levels, its slope in levels a pixel."""

    depth: Floats
    slope: Floats
    traces: Mask
    scale_px_per_mm: float


def blankness(image: GrayImage, *, dpi: float) -> Blankness:
    """Judge a side, upright or not, best after cropping to the paper."""
    small = reduced(image, longest_px=_WORK_SIDE_PX)
    side = _measured(small.image, px_per_mm(dpi) / small.factor)
    ink_mm2 = sum(_ink_mm2(side, labels == number, box) for labels, number, box in _joined(side))
    score = 1.0 / (1.0 + (ink_mm2 / _CERTAIN_INK_MM2) ** 2)
    return Blankness(score >= 0.5, float(side.traces.mean()), score)


def _measured(image: GrayImage, scale_px_per_mm: float) -> _Side:
    paper = _paper(image)
    smooth = cv2.GaussianBlur(image, (3, 3), 0.7).astype(np.float32)
    depth = np.maximum(paper - smooth, 0.0)
    noise = 1.4826 * float(np.median(np.abs(paper - smooth)[::7, ::7]))
    slope = cv2.magnitude(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8),
    )
    traces = depth > max(_LEAST_DEPTH, _NOISE_FACTOR * noise)
    return _Side(np.asarray(depth, np.float32), np.asarray(slope, np.float32), np.asarray(traces), scale_px_per_mm)


def _paper(image: GrayImage) -> Floats:
    """The paper's tone around every pixel: large stains, shadows and a black surround belong to it."""
    height, width = image.shape
    few = cv2.resize(image, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cv2.medianBlur(few, 31), (width, height)), dtype=np.float32)


def _joined(side: _Side) -> list[tuple[npt.NDArray[np.int32], int, tuple[slice, slice]]]:
    """Groups of neighbouring traces that are larger than specks: label image, label, and slices of its box."""
    reach = max(3, round(_JOIN_MM * side.scale_px_per_mm) | 1)
    joined = cv2.morphologyEx(side.traces.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    groups = []
    for number in range(1, stats.shape[0]):
        x, y, width, height, _ = (int(value) for value in stats[number])
        if max(width, height) >= _LEAST_TRACE_MM * side.scale_px_per_mm:
            box = (slice(y, y + height), slice(x, x + width))
            groups.append((np.asarray(labels[box], dtype=np.int32), number, box))
    return groups


def _ink_mm2(side: _Side, group: Mask, box: tuple[slice, slice]) -> float:
    """Area of a group of traces if it is ink of this side, else 0.0."""
    own = group & side.traces[box]
    if not own.any() or _along_edge(side, box) or _is_hole(side, group, box) or _is_dust(side, own):
        return 0.0
    depth = float(np.percentile(side.depth[box][own], 90))
    if _is_fold(side, own, depth):
        return 0.0
    slope = float(np.percentile(side.slope[box][group], 90))
    spread_mm = 0.4 * depth / max(slope, 1e-6) / side.scale_px_per_mm
    if depth < _SHALLOW_DEPTH and spread_mm > _SOFT_EDGE_MM:
        return 0.0
    return float(own.sum()) / side.scale_px_per_mm**2


def _is_dust(side: _Side, own: Mask) -> bool:
    """Whether a group is two or three specks that happen to lie together. A dotted stroke has more dots."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(own.astype(np.uint8), connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]
    return bool(sizes.shape[0] < _LEAST_DOTS and sizes.max() < _LARGEST_SPECK_MM * side.scale_px_per_mm)


def _along_edge(side: _Side, box: tuple[slice, slice]) -> bool:
    """Whether a group touches the image's edge and stays in the strip along it."""
    height, width = side.depth.shape
    rows, columns = box
    strip = _EDGE_MM * side.scale_px_per_mm
    return bool(
        (rows.start == 0 and rows.stop <= strip)
        or (columns.start == 0 and columns.stop <= strip)
        or (rows.stop == height and rows.start >= height - strip)
        or (columns.stop == width and columns.start >= width - strip)
    )


def _is_hole(side: _Side, group: Mask, box: tuple[slice, slice]) -> bool:
    """Whether a group is a full or ring-shaped disc of a punch's size near the edge."""
    height, width = group.shape
    diameter_mm = max(group.shape) / side.scale_px_per_mm
    if not (_HOLE_MM[0] <= diameter_mm <= _HOLE_MM[1]) or min(group.shape) < 0.75 * max(group.shape):
        return False
    page_height, page_width = side.depth.shape
    from_edge = min(box[0].start, box[1].start, page_height - box[0].stop, page_width - box[1].stop)
    if from_edge > _HOLE_FROM_EDGE_MM * side.scale_px_per_mm:
        return False
    rows, columns = np.nonzero(group)
    radii = np.hypot((rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5)
    # A disc's outline: nothing in the corners of its box, something all along its rim.
    rim = np.unique(np.degrees(np.arctan2(rows + 0.5 - height / 2, columns + 0.5 - width / 2))[radii > 0.4] // 20)
    return bool(np.mean(radii > 0.56) < 0.02 and rim.size >= 16)


def _is_fold(side: _Side, own: Mask, depth: float) -> bool:
    """Whether a group is one long, slender, straight and not very dark trace."""
    points = np.column_stack(np.nonzero(own)).astype(np.float32)
    if points.shape[0] < 10 or depth > _FOLD_DEPTH:
        return False
    spread = np.sqrt(np.linalg.eigvalsh(np.cov(points, rowvar=False)))
    length_mm = float(spread[1]) * 12**0.5 / side.scale_px_per_mm
    return length_mm >= _FOLD_LENGTH_MM and float(spread[1]) >= _FOLD_SLENDERNESS * max(float(spread[0]), 0.3)
