"""The printing plate of a layout: what its artwork is expected to leave on a registered page, for drop-out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxPx, px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.library import PreparedLayout
from pipeline.templates.packing import Arrays, packed, unpacked

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


LEVEL, UPRIGHT = 1, 2
"""Bits of `Plate.rules`."""
CORE_STEP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A printed grey ground.

    Attributes:
        box: in pixels of the plate.
        gray: `(height, width) uint8` of the box, 255 = white paper, 0 = never.
    """

    box: BoxPx
    gray: GrayImage


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """All `(height, width)` at `dpi` but where another is named.

    Attributes:
        expected: uint8, darkest print that misfit and blur may leave at a pixel, 0 = none, 255 = black.
        core: bool, every fourth pixel each way: surely printed, the artwork itself, no tolerance.
        grounds: printed grey grounds; they do not overlap.
        rules: uint8, bit 1 where rules run across, bit 2 where rules run down, with tolerance.
        skirt: bool, `(height // 2, width // 2)`: printed ink widened by 0.45 mm.
    """

    dpi: float
    expected: GrayImage
    core: Mask
    grounds: tuple[Ground, ...]
    rules: GrayImage
    skirt: Mask


@lru_cache(maxsize=16)
def plate(prepared: PreparedLayout, dpi: float) -> Plate:
    """The plate of a layout; all layouts of mixed mail are kept (about 25 MB for a legal page, 10 for a small one)."""
    key = f"plate {dpi:g} {prepared.key}"
    kept = unpacked(prepared.cache.get(key))
    if kept is not None:
        return _plate_from(kept, dpi)
    made = _made(prepared, dpi)
    prepared.cache.put(key, packed(_arrays(made), squeezed=True))
    return made


def _arrays(made: Plate) -> Arrays:
    arrays = {name: getattr(made, name) for name in _PLANES}
    for number, ground in enumerate(made.grounds):
        box = ground.box
        arrays |= {f"box_{number}": np.array([box.x, box.y, box.width, box.height]), f"gray_{number}": ground.gray}
    return arrays


_PLANES = ("expected", "core", "rules", "skirt")


def _plate_from(arrays: Arrays, dpi: float) -> Plate:
    count = sum(name.startswith("box_") for name in arrays)
    grounds = tuple(
        Ground(BoxPx(*(int(side) for side in arrays[f"box_{number}"])), arrays[f"gray_{number}"])
        for number in range(count)
    )
    return Plate(dpi=dpi, grounds=grounds, **{name: arrays[name] for name in _PLANES})


def _made(prepared: PreparedLayout, dpi: float) -> Plate:
    parts = prepared.printed(dpi)
    scale = px_per_mm(dpi)
    fill = _fill(parts.lines, round(FINEST_FILL_MM * scale))
    lines = parts.lines if fill is None else _divided(parts.lines, fill)
    dark = cv2.subtract(np.full_like(lines, 255), np.minimum(lines, parts.text))
    reach = round(TOLERANCE_MM * scale)
    spread = cv2.dilate(dark, _disc(reach))
    expected = np.maximum(spread, cv2.GaussianBlur(cv2.dilate(spread, _disc(1)), (0, 0), SOFTNESS_PX))
    half = np.asarray(cv2.resize(dark, (dark.shape[1] // 2, dark.shape[0] // 2), interpolation=cv2.INTER_AREA))
    skirt = cv2.dilate((half > 60).astype(np.uint8), _disc(round(SKIRT_MM * scale / 2))).astype(bool)
    return Plate(
        dpi=dpi,
        expected=np.asarray(expected, dtype=np.uint8),
        # A copy: a view would keep the whole alive.
        core=dark[::CORE_STEP, ::CORE_STEP] > 160,
        grounds=() if fill is None else _grounds(fill),
        rules=_rules(lines, round(LONG_RULE_MM * scale), reach + 2),
        skirt=skirt,
    )


def _rules(lines: GrayImage, length_px: int, reach_px: int) -> GrayImage:
    ruled = (lines < 160).astype(np.uint8)
    rules = np.zeros_like(ruled)
    for bit, shape in ((LEVEL, (1, length_px)), (UPRIGHT, (length_px, 1))):
        long = cv2.morphologyEx(ruled, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        rules |= np.asarray(cv2.dilate(long, _disc(reach_px)) * bit, dtype=np.uint8)
    return rules


def _grounds(fill: GrayImage) -> tuple[Ground, ...]:
    """The parts of a fill that are not white: each run of rows with grey in it, as wide as its grey."""
    found = []
    for top, bottom in runs(fill.min(axis=1) < 255):
        columns = np.flatnonzero(fill[top:bottom].min(axis=0) < 255)
        left, right = int(columns[0]), int(columns[-1]) + 1
        box = BoxPx(left, top, right - left, bottom - top)
        found.append(Ground(box, fill[box.slices].copy()))
    return tuple(found)


def runs(rows: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open ranges of rows that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _disc(radius_px: int) -> GrayImage:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def _fill(lines: GrayImage, finest_px: int) -> GrayImage | None:
    fill = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((finest_px, finest_px), np.uint8))
    return np.asarray(fill, dtype=np.uint8) if int(fill.min()) < 250 else None


def _divided(image: GrayImage, ground: GrayImage) -> GrayImage:
    return np.asarray(cv2.divide(image, ground, scale=255.0), dtype=np.uint8)
