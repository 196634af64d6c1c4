"""Find strokes that are hardly darker than the paper: pencil, worn stamps, pale copies.

A stroke of a hand is a few millimetres long. Averaged along its direction, it stands out of noise that hides each
point of it.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.imaging.reduce import at_scale
from pipeline.imaging.show_through import Behind, Floats, below_paper, share_through
from pipeline.model import GrayImage, Mask

WORK_PX_PER_MM = 4.0
"""A stroke of 0.4 mm is 1.6 px wide."""
_SHARP_MM = 0.10
_SPREAD_MM = 0.30
"""What shows through is spread at least as far by the paper."""
_STROKE_MM, _FLANK_MM, _ALONG_MM = 0.16, 0.5, 0.8
"""Spreads of a stroke across, of the paper beside it, and of the stretch that is averaged along it."""
_DIRECTIONS = 8
_DEEPEST = 20.0
"""Grey levels: a speck must not weigh as much as a stroke."""
_LOW, _HIGH = 4.0, 6.0
"""Times the spread of responses to the paper's grain: what belongs to a stroke, and what noise does not reach: of pure
noise the largest of a page's responses is 5.5 times its spread."""
_LEAST_NOISE = 0.15
"""Grey levels: steps of the scan itself."""
_JOIN_MM = 0.6
_LEEWAY = 1.6
"""The paper lets through more here, less there."""
_SLIP_MM = 0.7
"""How far what shows through may lie from where it is looked for: paper stretches."""
_LEAST_SPECK = 5.0
_SPECK_MM = 1.5
_AROUND_SPECK_MM = 2.0
_HALO_MM = 0.4


def faint_strokes(image: GrayImage, behind: Behind | None, *, dpi: float) -> Mask:
    """Where strokes are that the other side does not account for; `(height, width) bool` at `WORK_PX_PER_MM` or less.

    Args:
        behind: of the same shape as `image`; null where nothing shows through, or nobody knows: then all strokes count.
    """
    scale = min(px_per_mm(dpi), WORK_PX_PER_MM)
    small = at_scale(image, px_per_mm(dpi), scale)
    dark = below_paper(small, scale_px_per_mm=scale, spread_mm=_SHARP_MM)
    expected = np.zeros_like(dark) if behind is None else _expected(image, behind, scale, dpi)
    found = _response(_without_specks(dark, expected, scale), scale)
    middle = float(np.median(found))
    noise = max(1.4826 * float(np.median(np.abs(found - middle))), _LEAST_NOISE)
    found -= middle + _LEEWAY * _about(_response(expected, scale), scale)
    return _traced(found > _LOW * noise, found > _HIGH * noise, scale)


def _traced(low: Mask, high: Mask, scale: float) -> Mask:
    """What is connected with, or nearly touches, something that noise alone does not bring about."""
    reach = max(3, round(_JOIN_MM * scale) | 1)
    joined = cv2.morphologyEx(low.view(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    kept = np.zeros(count, np.bool_)
    kept[labels[high]] = True
    kept[0] = False
    return np.asarray(kept[labels] & low)


def _expected(image: GrayImage, behind: Behind, scale: float, dpi: float) -> Floats:
    """Grey levels by which what shows through darkens each place."""
    there = at_scale(behind.image, px_per_mm(dpi), scale)
    share = share_through(image, behind, dpi=dpi)
    return np.asarray(share * below_paper(there, scale_px_per_mm=scale, spread_mm=_SPREAD_MM), np.float32)


def _about(values: Floats, scale: float) -> Floats:
    """The largest value around each place, as far as what shows through may lie beside it."""
    reach = 2 * round(_SLIP_MM * scale) + 1
    return np.asarray(cv2.dilate(values, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))), np.float32)


def _response(dark: Floats, scale: float) -> Floats:
    """How much like a stroke each place looks, in the direction in which it does most."""
    held = np.clip(dark, -_DEEPEST, _DEEPEST)
    found = cv2.filter2D(held, cv2.CV_32F, _kernels(scale)[0])
    for kernel in _kernels(scale)[1:]:
        np.maximum(found, cv2.filter2D(held, cv2.CV_32F, kernel), out=found)
    return np.asarray(found, np.float32)


@lru_cache(maxsize=8)
def _kernels(scale: float) -> tuple[npt.NDArray[np.float32], ...]:
    reach = int(np.ceil(2.0 * _ALONG_MM * scale))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1] / scale
    kernels = []
    for angle in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = rows * np.cos(angle) - columns * np.sin(angle)
        stretch = np.exp(-0.5 * (along / _ALONG_MM) ** 2)
        stroke, flanks = (stretch * np.exp(-0.5 * (across / its) ** 2) for its in (_STROKE_MM, _FLANK_MM))
        kernels.append(np.asarray(stroke / stroke.sum() - flanks / flanks.sum(), np.float32))
    return tuple(kernels)


def _without_specks(dark: Floats, expected: Floats, scale: float) -> Floats:
    """Dust and dirt made paper: small dark spots with nothing dark around them but what is `expected` to show."""
    floor = max(_LEAST_SPECK, 4.0 * 1.4826 * float(np.median(np.abs(dark))))
    spots = (dark > _LEEWAY * _about(expected, scale) + floor).view(np.uint8)
    count, found, stats, _ = cv2.connectedComponentsWithStats(spots, connectivity=8)
    labels = np.asarray(found, np.int32)
    side = 2 * round(_AROUND_SPECK_MM * scale) + 1
    around = cv2.boxFilter(spots, cv2.CV_32F, (side, side), normalize=False)
    crowd = np.zeros(count, np.float32)
    np.maximum.at(crowd, labels[spots > 0], around[spots > 0])
    alone = crowd <= 1.25 * stats[:, cv2.CC_STAT_AREA] + 1.0
    small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= _SPECK_MM * scale
    small &= alone
    small[0] = False
    halo = 2 * round(_HALO_MM * scale) + 1
    specks = cv2.dilate(small[labels].view(np.uint8), np.ones((halo, halo), np.uint8)) > 0
    return np.where(specks, np.minimum(dark, np.maximum(expected, 0.0)), dark).astype(np.float32)
