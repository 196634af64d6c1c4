"""Takes the printed form off a registered page: what is left is what somebody entered."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.library import PreparedLayout
from pipeline.templates.plate import Plate, plate
from pipeline.templates.register import Registered

GROUND_STEP = 8
"""The paper's own darkness is measured at an eighth of the resolution: 0.7 mm a pixel at 300 dpi."""
GROUND_REACH = 5
DARKEST_GROUND = 70
PRINT_MARGIN = 1.25
"""Printing varies by about a quarter in darkness over a page."""
LEAST_PRINT, LEAST_INK = 60, 14
NOISE_FACTOR = 4.0
INK_SHARE = 0.22
"""Of the page's print darkness: lighter is show-through, a fold or a stain's rim."""
SURE_SHARE = 0.40
"""A stroke has at least one place this dark."""
SMALLEST_MM2 = 0.05
REMNANT_SHARE = 0.85
BRIDGE_MM = 0.95
ZONE_MARGIN_MM = 2.5
MOST_GAIN = 3.0


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
    print_level = max(
        LEAST_PRINT, float(np.median(dark[::3, ::3][printed.core[::3, ::3]])) if printed.core.any() else 0.0
    )
    weight = -PRINT_MARGIN * print_level / 255.0
    left = np.asarray(cv2.addWeighted(dark, 1.0, printed.expected, weight, 0.0), dtype=np.uint8)
    floor = _floor(left, print_level)
    for zone in prepared.layout.zones:
        _bridge(left, dark, printed, zone.box_mm, floor)
    kept = _strokes(left, printed, floor, print_level)
    entries = np.where(kept, left, 0).astype(np.uint8)
    ink = entries > floor
    gain = 255.0 / max(print_level, float(np.percentile(entries[ink], 75)) if ink.any() else 0.0, 1.0)
    stretched = cv2.convertScaleAbs(entries, alpha=min(gain, MOST_GAIN))
    particulars = np.asarray(255 - stretched, dtype=np.uint8)
    form = np.where(printed.expected > 40, 255 - dark, 255).astype(np.uint8)
    return Split(form, particulars, ink)


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


def _floor(left: GrayImage, print_level: float) -> float:
    """Darkness above which a pixel may be ink: over the noise of the paper and over faint show-through."""
    sample = left[::7, ::7]
    low = sample[(sample > 0) & (sample < 60)]
    noise = float(np.percentile(low, 68)) if len(low) > 100 else 0.0
    return max(LEAST_INK, INK_SHARE * print_level, min(NOISE_FACTOR / 2 * noise, 0.45 * print_level))


def _bridge(left: GrayImage, dark: GrayImage, printed: Plate, box_mm: BoxMm, floor: float) -> None:
    """Give back to strokes what a removed rule took from them, where ink stands on both sides of it. Changes `left`."""
    scale = px_per_mm(printed.dpi)
    grown = box_mm.grown(ZONE_MARGIN_MM)
    box = BoxPx(*(round(value * scale) for value in grown.as_tuple())).clipped(left.shape[1], left.shape[0])
    part = left[box.slices]
    if not part.size or np.count_nonzero(part > floor) < 12:
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


def _strokes(left: GrayImage, printed: Plate, floor: float, print_level: float) -> Mask:
    """`(height, width) bool`: neighbourhoods of ink that is dark, large and free enough to be an entry."""
    size = (left.shape[1] // 2, left.shape[0] // 2)
    half = cv2.resize(left, size, interpolation=cv2.INTER_AREA)
    ink = (half > floor).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    flat = labels[ink > 0]
    area = stats[:, cv2.CC_STAT_AREA]
    skirt = np.bincount(flat[printed.skirt[ink > 0]], minlength=count)
    sure = np.bincount(flat[half[ink > 0] > SURE_SHARE * print_level], minlength=count)
    smallest = SMALLEST_MM2 * px_per_mm(printed.dpi / 2) ** 2
    keep = (area >= max(4.0, smallest)) & (skirt < REMNANT_SHARE * area) & (sure >= 2)
    keep[0] = False
    kept = keep[labels].astype(np.uint8)
    grown = cv2.dilate(kept, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(grown, left.shape[::-1], interpolation=cv2.INTER_NEAREST), dtype=bool)
