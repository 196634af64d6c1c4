"""Patch codes: four bars across the sheet, two wide and two narrow, that scanners and programs tell at a glance.

A patch says which of six patterns it is and nothing else. All are ten units high: a wide bar has two and a half, a
narrow bar and each of the three spaces one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage, Mask

WIDE_MM: Final = 5.08
NARROW_MM: Final = 2.03
"""Of bars; spaces are as narrow."""
HEIGHT_MM: Final = 2 * WIDE_MM + 5 * NARROW_MM
STRONG_MM: Final = 25.0
"""Length of bars that is no chance: half of the least that scanners ask for."""
_LEAST_DPI: Final = 60.0
"""A narrow bar is 4.8 pixels wide."""
_STEP_PX: Final = 4
_TONE_MM: Final = 12.0
"""Wherever a patch is, there is paper this near: its spaces, or what lies around it."""
_DARK: Final = 0.65
"""Share of the paper's tone under which a pixel is of a bar."""
_SCALES: Final = (0.78, 1.30)
"""Of the true size: printers that fit a page to their margins, resolutions that a file states wrongly."""
_STEEPEST: Final = 0.19
"""Tangent of 10.8 degrees."""
_SLOPES: Final = np.linspace(-_STEEPEST, _STEEPEST, 39)
_WEAK_MM: Final = 8.0
_TOLERANCE_PX: Final = 3
_WIDE_FROM: Final = 1.72
"""In units: half between a narrow and a wide bar."""


class Patch(StrEnum):
    """The six patterns by their usual names, from the leading edge on. 2 and 4 read the same both ways."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    SIX = "6"
    T = "T"


WIDE_BARS: Final = {
    Patch.ONE: (True, True, False, False),
    Patch.TWO: (True, False, False, True),
    Patch.THREE: (True, False, True, False),
    Patch.FOUR: (False, True, True, False),
    Patch.SIX: (False, False, True, True),
    Patch.T: (False, True, False, True),
}
_BY_WEIGHT: Final = {sum(8 >> place for place, wide in enumerate(its) if wide): name for name, its in WIDE_BARS.items()}


@dataclass(frozen=True, slots=True)
class PatchFound:
    """A patch in an image.

    Attributes:
        patch: read downwards, or from left to right where the bars stand upright.
        length_mm: of its bars, as far as all four are seen.
        upright: the bars stand upright in the image.
        skew_deg: how far the bars are turned counter-clockwise from the image's rows or columns.
    """

    patch: Patch
    length_mm: float
    upright: bool
    skew_deg: float

    @property
    def is_strong(self) -> bool:
        return self.length_mm >= STRONG_MM


def find_patch(image: GrayImage, *, dpi: float) -> PatchFound | None:
    """The longest patch of a side whose bars lie along its rows or columns, by 10 degrees at most; null without any
    over 8 mm."""
    small, work_dpi = halved(image, dpi=dpi, least_dpi=_LEAST_DPI)
    dark = _dark(small, work_dpi)
    lying = _along(np.ascontiguousarray(dark[:, ::_STEP_PX].T), work_dpi)
    standing = _along(np.ascontiguousarray(dark[::_STEP_PX]), work_dpi)
    found = [
        PatchFound(patch, length_mm, upright, (1 if upright else -1) * float(np.degrees(np.arctan(slope))))
        for upright, hits in ((False, lying), (True, standing))
        for patch, length_mm, slope in hits
    ]
    return max(found, key=lambda its: its.length_mm, default=None)


def halved(image: GrayImage, *, dpi: float, least_dpi: float) -> tuple[GrayImage, float]:
    """The image at half its resolution, as often as that leaves `least_dpi`, and the resolution that it has then:
    averages of 2 x 2 pixels are ten times as fast as others."""
    while dpi >= 2 * least_dpi and min(image.shape) >= 2:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        half = cv2.resize(image[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
        image, dpi = np.asarray(half, np.uint8), dpi / 2
    return image, dpi


def _dark(small: GrayImage, dpi: float) -> Mask:
    """What is darker than the paper around it."""
    reach = max(3, round(_TONE_MM * px_per_mm(dpi) / 4))
    quarter = cv2.resize(small, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    tone = cv2.resize(cv2.dilate(quarter, np.ones((reach, reach), np.uint8)), small.shape[::-1])
    return np.asarray(small < cv2.convertScaleAbs(tone, alpha=_DARK))


def _along(lines: Mask, dpi: float) -> list[tuple[Patch, float, float]]:
    """Patches that lines across the bars meet: pattern, length in millimetres, slope. `lines`: one a row."""
    runs = _runs(lines)
    if runs.line.size < 4:
        return []
    count = runs.line.size - 3
    begins = np.stack([runs.begin[place : place + count] for place in range(4)])
    ends = np.stack([runs.end[place : place + count] for place in range(4)])
    total = (ends[3] - begins[0]).astype(np.float32)
    least, most = (each * HEIGHT_MM * px_per_mm(dpi) for each in _SCALES)
    fits = (runs.line[:count] == runs.line[3:]) & (total >= least) & (total <= most)
    where = np.flatnonzero(fits)
    if where.size == 0:
        return []
    unit = total[where] / 10.0
    bars = (ends[:, where] - begins[:, where]) / unit
    spaces = (begins[1:, where] - ends[:-1, where]) / unit
    wide = bars > _WIDE_FROM
    right = (bars > 0.45) & (bars < 3.3) & (~wide | (bars > 1.9))
    fits = right.all(axis=0) & (spaces > 0.45).all(axis=0) & (spaces < 1.7).all(axis=0) & (wide.sum(axis=0) == 2)
    weights = (wide * np.array([[8], [4], [2], [1]])).sum(axis=0)
    places = (begins[0, where] + ends[3, where]) / 2.0
    per_step_mm = _STEP_PX / px_per_mm(dpi)
    found = []
    for weight, patch in _BY_WEIGHT.items():
        chosen = fits & (weights == weight)
        if np.count_nonzero(chosen) * per_step_mm >= _WEAK_MM:
            lined, slope = _in_line(runs.line[where[chosen]], places[chosen])
            if lined * per_step_mm >= _WEAK_MM:
                found.append((patch, lined * per_step_mm, slope))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Dark runs in the order of lines: the line, and where each begins and ends on it."""

    line: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]


def _runs(lines: Mask) -> _Runs:
    bordered = np.zeros((lines.shape[0], lines.shape[1] + 2), np.int8)
    bordered[:, 1:-1] = lines
    change = np.diff(bordered, axis=1)
    line, begin = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    return _Runs(line, begin, end)


def _in_line(lines: npt.NDArray[np.int64], places: npt.NDArray[np.float64]) -> tuple[int, float]:
    """How many of the hits lie on one straight line, one of each line across it, and its slope."""
    best, slope = 0, 0.0
    for each in _SLOPES:
        level = np.round((places - each * _STEP_PX * lines) / _TOLERANCE_PX).astype(np.int64)
        level -= level.min()
        counts = np.bincount(level)
        near = counts + np.append(counts[1:], 0)
        if int(near.max()) > best:
            best, slope = int(near.max()), float(each)
    return best, slope
