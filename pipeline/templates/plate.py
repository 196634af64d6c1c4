"""The printing plate of a layout: what its artwork is expected to leave on a registered page, for drop-out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.library import PreparedLayout

TOLERANCE_MM = 0.17
"""Misfit that the plate covers: 2 px at 300 dpi, above the 95th percentile of the registration error."""
SOFTNESS_PX = 1.1
"""A scan's blur spreads a printed edge about this far."""
SKIRT_MM = 0.45
"""What lies wholly within this of printed ink is a remnant of it, not an entry."""
FINEST_FILL_MM = 1.2
"""Printed grey narrower than this is a line, wider a filled ground."""
LONG_RULE_MM = 1.6
"""Printed strokes at least this long across one direction are bridged there; shorter ones are letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """All `(height, width)` at `dpi`, but `skirt`, which is at half of it.

    Attributes:
        expected: uint8, darkest print that misfit and blur may leave at a pixel, 0 = none, 255 = black.
        core: bool, surely printed: the artwork itself, no tolerance.
        near: uint8, not 0 where print may show.
        fill: uint8, 255 = white paper, printed grey grounds darker; null when there are none.
        level, upright: bool, rules that run across and rules that run down, with tolerance.
        skirt: bool, printed ink widened by 0.45 mm.
    """

    dpi: float
    expected: GrayImage
    core: Mask
    near: GrayImage
    fill: GrayImage | None
    level: Mask
    upright: Mask
    skirt: Mask


@lru_cache(maxsize=6)
def plate(prepared: PreparedLayout, dpi: float) -> Plate:
    """The plate of a layout; the six last used are kept (about 50 MB for a legal page)."""
    parts = prepared.printed(dpi)
    scale = px_per_mm(dpi)
    fill = _fill(parts.lines, round(FINEST_FILL_MM * scale))
    lines = parts.lines if fill is None else _divided(parts.lines, fill)
    dark = cv2.subtract(np.full_like(lines, 255), np.minimum(lines, parts.text))
    reach = round(TOLERANCE_MM * scale)
    spread = cv2.dilate(dark, _disc(reach))
    expected = np.maximum(spread, cv2.GaussianBlur(cv2.dilate(spread, _disc(1)), (0, 0), SOFTNESS_PX))
    ruled = (lines < 160).astype(np.uint8)
    length = round(LONG_RULE_MM * scale)
    level, upright = (
        cv2.morphologyEx(ruled, cv2.MORPH_OPEN, np.ones(shape, np.uint8)) for shape in ((1, length), (length, 1))
    )
    grown = [cv2.dilate(each, _disc(reach + 2)).astype(bool) for each in (level, upright)]
    near = (expected > 40).astype(np.uint8)
    half = cv2.resize(dark, (dark.shape[1] // 2, dark.shape[0] // 2), interpolation=cv2.INTER_AREA)
    skirt = cv2.dilate((half > 60).astype(np.uint8), _disc(round(SKIRT_MM * scale / 2))).astype(bool)
    return Plate(dpi, np.asarray(expected, dtype=np.uint8), dark > 160, near, fill, grown[0], grown[1], skirt)


def _disc(radius_px: int) -> GrayImage:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def _fill(lines: GrayImage, finest_px: int) -> GrayImage | None:
    fill = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((finest_px, finest_px), np.uint8))
    return np.asarray(fill, dtype=np.uint8) if int(fill.min()) < 250 else None


def _divided(image: GrayImage, ground: GrayImage) -> GrayImage:
    return np.asarray(cv2.divide(image, ground, scale=255.0), dtype=np.uint8)
