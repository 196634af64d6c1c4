"""Takes the printed form off a registered page: what is left is what somebody entered."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.library import PreparedLayout
from pipeline.templates.plate import Plate, plate
from pipeline.templates.register import REGISTERED_DPI, Registered

GROUND_STEP = 8
"""The paper's own darkness is measured at an eighth of the resolution: 0.7 mm a pixel at 300 dpi."""
GROUND_REACH = 5
DARKEST_GROUND = 70
PRINT_MARGIN = 1.25
"""Printing varies by about a quarter in darkness over a page."""
LEAST_PRINT = 60
LEAST_INK, MOST_FLOOR = 12.0, 60.0
NOISE_FACTOR = 2.5
SHARP = 0.45
"""Rise of darkness over two pixels at 150 dpi, as a share of the darkness itself: strokes have more, even faint
ones; show-through, folds and the rims of stains are soft."""
SURE = 1.25
FOLD_MM, FOLD_STEP = 20.0, 8
LEAST_FOLD, MOST_FOLD, FOLD_MARGIN = 6, 0.65, 1.2
"""Darker bands than this share of the print are pen strokes."""
SMALLEST_MM2 = 0.05
REMNANT_SHARE = 0.85
BRIDGE_MM = 0.95
ZONE_MARGIN_MM = 2.5
LEVEL_STEP, MOST_GAIN = 16, 5.0
LEAST_CROSSING = 6
"""Pixels of ink in the soft rim of a rule; with fewer no stroke reaches it."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A registered page taken apart; all in the layout's frame at the registered resolution.

    Attributes:
        form: `(height, width) uint8, 0 = black`: printed ink on white.
        particulars: `(height, width) uint8, 0 = black`: entries on pure white, their edges still grey.
        ink: `(height, width) bool`: entry ink.
    """

    form: GrayImage
    particulars: GrayImage
    ink: Mask


def split(registered: Registered, prepared: PreparedLayout) -> Split:
    """Separate entries from the form, on a ground made even."""
    printed = plate(prepared, registered.dpi)
    dark = _darkness(registered.image, printed)
    core = dark[::4, ::4][printed.core[::4, ::4]]
    print_level = max(LEAST_PRINT, float(np.median(core)) if len(core) else 0.0)
    weight = -PRINT_MARGIN * print_level / 255.0
    left = np.asarray(cv2.addWeighted(dark, 1.0, printed.expected, weight, 0.0), dtype=np.uint8)
    _take_off_folds(left, dark, print_level)
    floor = _floor(left)
    for zone in prepared.layout.zones:
        _bridge(left, dark, printed, zone.box_mm, floor)
    entries = np.asarray(cv2.bitwise_and(left, left, mask=_strokes(left, printed, floor)), dtype=np.uint8)
    form = cv2.bitwise_not(cv2.bitwise_and(dark, dark, mask=printed.near))
    return Split(np.asarray(form, dtype=np.uint8), _strengthened(entries), entries > floor)


def _strengthened(entries: GrayImage) -> GrayImage:
    """Entries as dark ink on white: each stroke is raised by what the darkest ink within 3 mm lacks to black."""
    height, width = (side - side % LEVEL_STEP for side in entries.shape)
    blocks = entries[:height, :width].reshape(height // LEVEL_STEP, LEVEL_STEP, width // LEVEL_STEP, LEVEL_STEP)
    level = cv2.dilate(blocks.max(axis=1).max(axis=2), np.ones((5, 5), np.uint8))
    level = np.maximum(cv2.blur(level, (3, 3)), round(255 / MOST_GAIN))
    level = cv2.resize(level, entries.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.bitwise_not(cv2.divide(entries, level, scale=255.0)), dtype=np.uint8)


def _darkness(image: GrayImage, printed: Plate) -> GrayImage:
    """`uint8`, 0 = as light as the paper around, 255 = black; printed grey grounds count as paper."""
    if printed.fill is not None:
        image = np.asarray(cv2.divide(image, printed.fill, scale=255.0), dtype=np.uint8)
    size = (max(1, image.shape[1] // GROUND_STEP), max(1, image.shape[0] // GROUND_STEP))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((GROUND_REACH, GROUND_REACH), np.uint8))
    ground = np.maximum(cv2.GaussianBlur(ground, (0, 0), 1.5), DARKEST_GROUND)
    ground = cv2.resize(ground, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(255 - cv2.divide(image, ground, scale=255.0), dtype=np.uint8)


def _floor(left: GrayImage) -> float:
    """Darkness above which a pixel may be ink: over the noise of the paper."""
    sample = left[::7, ::7]
    low = sample[(sample > 0) & (sample < 60)]
    noise = float(np.percentile(low, 68)) if len(low) > 100 else 0.0
    return min(MOST_FLOOR, max(LEAST_INK, NOISE_FACTOR * noise))


def _take_off_folds(left: GrayImage, dark: GrayImage, print_level: float) -> None:
    """Takes off faint straight bands that run level or upright for 20 mm and more: folds, shadows of tape.

    Changes `left`. The two are seen turned for upright bands, so that the same code serves both.
    """
    for seen, changed in ((dark, left), (dark.T, left.T)):
        height, width = seen.shape
        # Averaged along the band, where it changes slowly; across it, it may be only 0.3 mm wide.
        small = cv2.resize(seen, (max(1, width // FOLD_STEP), max(1, height // 2)), interpolation=cv2.INTER_AREA)
        length = round(FOLD_MM * px_per_mm(REGISTERED_DPI) / FOLD_STEP)
        band = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
        band[(band > MOST_FOLD * print_level) | (band < LEAST_FOLD)] = 0
        band = cv2.dilate(band, np.ones((3, 3), np.uint8))
        for top, bottom in _runs(band.max(axis=1) > 0):
            strip = slice(2 * top, 2 * bottom)
            whole = cv2.resize(band[top:bottom], (width, 2 * (bottom - top)), interpolation=cv2.INTER_LINEAR)
            changed[strip] = cv2.addWeighted(np.ascontiguousarray(changed[strip]), 1.0, whole, -FOLD_MARGIN, 0.0)


def _runs(rows: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open ranges of rows that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _bridge(left: GrayImage, dark: GrayImage, printed: Plate, box_mm: BoxMm, floor: float) -> None:
    """Give back to strokes what a removed rule took from them, where ink stands on both sides of it. Changes `left`."""
    scale = px_per_mm(printed.dpi)
    grown = box_mm.grown(ZONE_MARGIN_MM)
    box = BoxPx(*(round(value * scale) for value in grown.as_tuple())).clipped(left.shape[1], left.shape[0])
    part = left[box.slices]
    rules = printed.level[box.slices] | printed.upright[box.slices]
    if np.count_nonzero((part > floor) & rules) < LEAST_CROSSING:
        return
    length = round(BRIDGE_MM * scale) | 1
    straight, slope = np.ones((length, 1), np.uint8), np.eye(length, dtype=np.uint8)
    steep = _steep(length)
    over = [
        cv2.morphologyEx(part, cv2.MORPH_CLOSE, k)
        for k in (straight, slope, slope[::-1].copy(), steep, steep[:, ::-1].copy())
    ]
    flat = [
        cv2.morphologyEx(part, cv2.MORPH_CLOSE, k)
        for k in (straight.T.copy(), slope, slope[::-1].copy(), steep.T.copy(), steep.T[::-1].copy())
    ]
    seen = dark[box.slices]
    for closed, rules in ((over, printed.level), (flat, printed.upright)):
        filled = np.minimum(np.maximum.reduce(closed), seen)
        where = rules[box.slices]
        np.maximum(part, filled, out=part, where=where)


def _steep(length: int) -> GrayImage:
    """A line kernel at about 63 degrees from level."""
    kernel = np.zeros((length, length // 2 + 1), np.uint8)
    kernel[np.arange(length), np.arange(length) // 2] = 1
    return kernel


def _strokes(left: GrayImage, printed: Plate, floor: float) -> GrayImage:
    """`(height, width) uint8`, not 0: around ink that is dark, sharp, large and free enough to be an entry."""
    size = (left.shape[1] // 2, left.shape[0] // 2)
    half = np.asarray(cv2.resize(left, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    ink = (half > floor).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    where = ink > 0
    flat = labels[where]
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    skirt = np.bincount(flat[printed.skirt[where]], minlength=count)
    steep = cv2.morphologyEx(cv2.blur(half, (3, 3)), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    depth = np.bincount(flat, weights=half[where], minlength=count)
    sharp = np.bincount(flat, weights=steep[where], minlength=count) / np.maximum(depth, 1.0)
    smallest = max(4.0, SMALLEST_MM2 * px_per_mm(printed.dpi / 2) ** 2)
    keep = (area >= smallest) & (skirt < REMNANT_SHARE * area)
    keep &= (sharp > SHARP) & (depth > SURE * floor * area)
    keep[0] = False
    grown = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(grown, left.shape[::-1], interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
