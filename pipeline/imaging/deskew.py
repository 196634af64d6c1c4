"""Find how far a page lies crooked, and set it straight in one resampling.

Ruled forms are measured on their lines, pages of running text on their lines of writing. A page that shows neither, or
lies more crooked than asked for, stays as it is: a wrong turn costs more than none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine
from pipeline.imaging.reduce import reduced
from pipeline.model import GrayImage

_WORK_SIDE_PX = 1300
"""A quarter of a legal page at 300 dpi with margins to spare; half scale takes four times as long."""
_SHORTEST_LINE_SHARE = 0.03
"""Of the longest side: 10 mm on a legal page. Shorter segments belong to letters."""
_SAME_LINE_DEG = 0.5
"""Lines this near the commonest direction count as parallel: paper stretches, and hands rule lines less exactly."""
_ONE_LINE_PX = 1.0
"""Pieces of a line lie no further apart across it, at working scale; neighbouring lines lie further."""
_FULL_SUPPORT_SIDES = 2.0
"""Parallel lines of twice the longest side together are all the evidence that is needed."""
_LINE_SUPPORT = 0.25
"""Less support than this from lines: look at the writing instead."""
_LEAST_WRITING_SIDES = 1.0
"""Ink of this many longest sides, in pixels at working scale: a line of writing. Less turns no page."""
_GOLDEN = 0.6180339887
_TEXT_STEP_DEG = 0.5
_TEXT_SHARPNESS = 1.6
"""Lines of writing, seen along their direction, stand out this many times above the median direction."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Skew:
    """How far the page's content is turned.

    Attributes:
        angle_deg: counter-clockwise positive; 0.0 where nothing could be measured.
        support: 0.0 (no evidence, or beyond the largest angle) to 1.0 (plenty of parallel lines).
    """

    angle_deg: float
    support: float


@dataclass(frozen=True, slots=True, eq=False)
class Deskewed:
    """A page set straight.

    Attributes:
        image: `(height, width) uint8, 0 = black`; large enough to hold every pixel of the input.
        angle_deg: how far the input's content was turned, counter-clockwise positive; undone in `image`.
        support: 0.0 to 1.0, see `Skew`.
        source_from_image: point of `image` in, point of the input out.
    """

    image: GrayImage
    angle_deg: float
    support: float
    source_from_image: Affine


def deskew(image: GrayImage, *, max_angle_deg: float = 8.0) -> Deskewed:
    """Set a page straight, whichever of the four ways round it lies.

    Args:
        image: `(height, width) uint8, 0 = black`; not changed.
        max_angle_deg: a page found more crooked than this is left as it is, with support 0.0.
    """
    skew = skew_angle(image, max_angle_deg=max_angle_deg)
    return straightened(image, skew)


def straightened(image: GrayImage, skew: Skew) -> Deskewed:
    """Turn a page back by a known skew. New corners take the commonest tone of the page's margin."""
    height, width = image.shape
    if abs(skew.angle_deg) < _unnoticed_deg(width, height):
        return Deskewed(image, 0.0, skew.support, Affine.identity())
    source_from_image, new_width, new_height = _turn_about_centre(width, height, skew.angle_deg)
    straight = cv2.warpAffine(
        image,
        _opencv_matrix(source_from_image),
        (new_width, new_height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_margin_tone(image),
    )
    return Deskewed(np.asarray(straight, dtype=np.uint8), skew.angle_deg, skew.support, source_from_image)


def skew_angle(image: GrayImage, *, max_angle_deg: float = 8.0) -> Skew:
    """Measure the skew without moving a pixel."""
    small = reduced(image, longest_px=_WORK_SIDE_PX).image
    found = _skew_of_lines(small)
    if found.support < _LINE_SUPPORT:
        found = _either(found, _skew_of_writing(small, max_angle_deg))
    return found if abs(found.angle_deg) <= max_angle_deg else Skew(0.0, 0.0)


def _either(by_lines: Skew, by_writing: Skew) -> Skew:
    """The writing decides; short lines that say the same (strokes, underlinings) say it more exactly."""
    both = min(by_lines.support, by_writing.support) > 0.0
    if both and abs(by_lines.angle_deg - by_writing.angle_deg) <= _TEXT_STEP_DEG:
        return Skew(by_lines.angle_deg, max(by_lines.support, by_writing.support))
    return by_writing


# Ruled lines


def _skew_of_lines(image: GrayImage) -> Skew:
    """The direction, modulo 90 degrees, that most of the length of straight lines shares."""
    longest_side = max(image.shape)
    ends = _segments(image, shortest_px=_SHORTEST_LINE_SHARE * longest_side)
    if ends.size == 0:
        return Skew(0.0, 0.0)
    lengths = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    angles = _angles(ends)
    # The square of the length: the end points of a segment are known to a part of a pixel, so its angle is known the
    # better the longer it is.
    common = _commonest(angles, lengths**2)
    offsets = _folded(angles - common)
    parallel = np.abs(offsets) <= _SAME_LINE_DEG
    angle = common + _weighted_median(offsets[parallel], lengths[parallel] ** 2)
    for _ in range(2):
        angle += _drift_deg(ends[parallel], angle)
    length = float(lengths[parallel].sum())
    agreement = length / float(lengths.sum())
    support = agreement * min(1.0, length / (_FULL_SUPPORT_SIDES * longest_side))
    return Skew(float(_folded(np.array([angle]))[0]), support)


def _segments(image: GrayImage, *, shortest_px: float) -> Floats:
    """Straight edges as `(count, 4)`: x1, y1, x2, y2, the darker side always on the same hand."""
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD)
    found = detector.detect(image)[0]
    if found is None:
        return np.empty((0, 4))
    ends = np.asarray(found, dtype=np.float64).reshape(-1, 4)
    return ends[np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]) >= shortest_px]


def _angles(ends: Floats) -> Floats:
    """Directions in degrees, counter-clockwise positive, folded to -45..45."""
    return _folded(np.degrees(np.arctan2(ends[:, 1] - ends[:, 3], ends[:, 2] - ends[:, 0])))


def _drift_deg(ends: Floats, angle_deg: float) -> float:
    """How much steeper the lines are than the angle says, from the pieces of each line taken together.

    A line that rises by less than a pixel over its length is found as pieces that each follow the pixel rows: a page
    turned by 0.1 degrees would seem turned by half of it. The steps from piece to piece tell the rest.
    """
    drifts, weights = 0.0, 0.0
    directions = np.degrees(np.arctan2(ends[:, 1] - ends[:, 3], ends[:, 2] - ends[:, 0]))
    quarters = np.round((directions - angle_deg) / 90.0).astype(np.intp) % 4
    for quarter in range(4):
        pieces = ends[quarters == quarter]
        if pieces.size == 0:
            continue
        angle = math.radians(angle_deg + 90.0 * quarter)
        along = pieces[:, 0::2] * math.cos(angle) - pieces[:, 1::2] * math.sin(angle)
        across = -pieces[:, 0::2] * math.sin(angle) - pieces[:, 1::2] * math.cos(angle)
        middles = across.mean(axis=1)
        order = np.argsort(middles)
        line = np.empty(len(order), np.intp)
        line[order] = np.concatenate([[0], np.cumsum(np.diff(middles[order]) > _ONE_LINE_PX)])
        t, offset = _from_mean(along, line), _from_mean(across, line)
        drifts += float((t * offset).sum())
        weights += float((t * t).sum())
    return math.degrees(math.atan2(drifts, weights)) if weights else 0.0


def _from_mean(ends: Floats, line: npt.NDArray[np.intp]) -> Floats:
    """`(count, 2)` less the mean of all ends of the same line."""
    mean = np.bincount(line, ends.sum(axis=1)) / (2 * np.bincount(line))
    return np.asarray(ends - mean[line][:, None], dtype=np.float64)


def _folded(angles_deg: Floats) -> Floats:
    """Directions modulo a quarter turn, as -45 (included) to 45 (excluded)."""
    return (angles_deg + 45.0) % 90.0 - 45.0


def _commonest(angles_deg: Floats, weights: Floats) -> float:
    """Centre of the heaviest stretch of one degree on the circle of -45 to 45 degrees."""
    bins_per_degree = 4
    bins = 90 * bins_per_degree
    index = np.floor((angles_deg + 45.0) * bins_per_degree).astype(np.intp) % bins
    weight = np.bincount(index, weights, bins)
    stretch = sum(np.roll(weight, -step) for step in range(bins_per_degree))
    return float((np.argmax(stretch) + bins_per_degree / 2) / bins_per_degree - 45.0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    heaped = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heaped, heaped[-1] / 2)])


# Lines of writing


def _skew_of_writing(image: GrayImage, max_angle_deg: float) -> Skew:
    """The direction along which ink heaps up in rows (or columns: a page may lie on its side) with gaps between.

    Directions are tried a little beyond the largest angle, so that a page that lies more crooked shows itself.
    """
    rows, columns = (index.astype(np.float64) for index in np.nonzero(_ink(image)))
    if rows.size < _LEAST_WRITING_SIDES * max(image.shape):
        return Skew(0.0, 0.0)
    # Whole rows would favour the angle 0, where no row straddles two bins: the ink is spread within its pixels.
    rows, columns = rows + (columns * _GOLDEN) % 1.0, columns + (rows * _GOLDEN) % 1.0
    reach = math.ceil(max_angle_deg / _TEXT_STEP_DEG) + 4
    tried = np.arange(-reach, reach + 1, dtype=np.float64) * _TEXT_STEP_DEG
    along_rows = np.array([_rowness(rows, columns, angle) for angle in tried])
    along_columns = np.array([_rowness(columns, -rows, angle) for angle in tried])
    if along_rows.max() * np.median(along_columns) >= along_columns.max() * np.median(along_rows):
        return _sharpest(rows, columns, tried, along_rows)
    return _sharpest(columns, -rows, tried, along_columns)


def _sharpest(rows: Floats, columns: Floats, tried: Floats, rowness: Floats) -> Skew:
    best, sharpness = float(tried[np.argmax(rowness)]), float(rowness.max() / np.median(rowness))
    if sharpness < _TEXT_SHARPNESS:
        return Skew(0.0, 0.0)
    for step in (_TEXT_STEP_DEG / 4, _TEXT_STEP_DEG / 16):
        nearby = best + np.arange(-4, 5) * step
        best = float(nearby[np.argmax([_rowness(rows, columns, angle) for angle in nearby])])
    return Skew(best, min(1.0, (sharpness - 1.0) / (2 * _TEXT_SHARPNESS)))


def _rowness(rows: Floats, columns: Floats, angle_deg: float) -> float:
    """Sum of squared differences of neighbouring row counts after turning the ink back by an angle."""
    angle = math.radians(angle_deg)
    turned = rows * math.cos(angle) + columns * math.sin(angle)
    counts = np.bincount((turned - turned.min()).astype(np.intp)).astype(np.float64)
    return float(np.square(np.diff(counts)).sum())


def _ink(image: GrayImage) -> npt.NDArray[np.bool_]:
    """What is clearly darker than its surroundings of a twentieth of the longest side."""
    window = max(3, max(image.shape) // 20) | 1
    darker = cv2.subtract(cv2.blur(image, (window, window)), image)
    return np.asarray(darker > 24)


# Turning


def _turn_about_centre(width_px: int, height_px: int, angle_deg: float) -> tuple[Affine, int, int]:
    """Source point from straightened point, and the width and height that hold every source pixel."""
    angle = math.radians(angle_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    new_width = math.ceil(width_px * cos + height_px * abs(sin))
    new_height = math.ceil(width_px * abs(sin) + height_px * cos)
    # Content turned counter-clockwise (y down): a step to the right in the straight page rises in the source.
    turned = Affine(cos, sin, 0.0, -sin, cos, 0.0)
    to_centre = Affine.translation(width_px / 2, height_px / 2)
    return to_centre.after(turned).after(Affine.translation(-new_width / 2, -new_height / 2)), new_width, new_height


def _opencv_matrix(source_from_image: Affine) -> Floats:
    """The same map for OpenCV, which counts pixel centres at whole numbers."""
    shifted = Affine.translation(-0.5, -0.5).after(source_from_image).after(Affine.translation(0.5, 0.5))
    return np.array([[shifted.a, shifted.b, shifted.c], [shifted.d, shifted.e, shifted.f]])


def _margin_tone(image: GrayImage) -> float:
    """Median tone of the outermost rows and columns."""
    return float(np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])))


def _unnoticed_deg(width_px: int, height_px: int) -> float:
    """The angle that moves no pixel of the page by a quarter pixel: not worth a resampling."""
    return math.degrees(0.25 / (max(width_px, height_px) / 2))
