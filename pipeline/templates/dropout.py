"""Takes the printed form off a registered page: what is left is what somebody entered."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.library import PreparedLayout
from pipeline.templates.plate import CORE_STEP, LEVEL, UPRIGHT, Plate, plate, runs
from pipeline.templates.register import REGISTERED_DPI, Registered

GROUND_STEP = 8
"""The paper's own darkness is measured at an eighth of the resolution: 0.7 mm a pixel at 300 dpi."""
GROUND_REACH = 5
DARKEST_GROUND = 70
PRINT_MARGIN = 1.25
"""Printing varies by about a quarter in darkness over a page."""
LEAST_PRINT = 60
LEAST_EXPECTED = 40
"""Where the plate is lighter, no print shows."""
LEAST_INK, MOST_FLOOR = 12.0, 60.0
NOISE_FACTOR = 2.5
SHARP = 0.45
"""Rise of darkness over two pixels at 150 dpi, as a share of the darkness itself: strokes have more, even faint
ones; show-through, folds and the rims of stains are soft."""
DARK = 0.5
"""Of the page's print darkness. Show-through, stains and folds are fainter: what is darker is ink, sharp or not."""
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
        particulars: `(height, width) uint8, 0 = black`: entries on pure white, their edges still grey.
        dark: `(height, width) uint8`, 0 = as light as the paper around, 255 = black.
        expected: `(height, width) uint8`, darkness of the print, as the plate has it; see `Plate`.
        entries: `(height, width) uint8`, darkness of the entries, as faint as they were written.
        floor: darkness above which a pixel of `entries` is ink.
    """

    particulars: GrayImage
    dark: GrayImage
    expected: GrayImage
    entries: GrayImage
    floor: float

    @property
    def form(self) -> GrayImage:
        """`(height, width) uint8, 0 = black`: printed ink on white. Made anew at each call."""
        return np.where(self.expected > LEAST_EXPECTED, 255 - self.dark, 255).astype(np.uint8)

    @property
    def ink(self) -> Mask:
        """`(height, width) bool`: entry ink. Made anew at each call."""
        return self.entries > self.floor


def split(registered: Registered, prepared: PreparedLayout) -> Split:
    """Separate entries from the form, on a ground made even."""
    printed = plate(prepared, registered.dpi)
    dark = _darkness(registered.image, printed)
    core = dark[::CORE_STEP, ::CORE_STEP][printed.core]
    print_level = max(LEAST_PRINT, float(np.median(core)) if len(core) else 0.0)
    weight = -PRINT_MARGIN * print_level / 255.0
    left = np.asarray(cv2.addWeighted(dark, 1.0, printed.expected, weight, 0.0), dtype=np.uint8)
    _take_off_folds(left, dark, print_level)
    floor = _floor(left)
    for zone in prepared.layout.zones:
        _bridge(left, dark, printed, zone.box_mm, floor)
    _keep_strokes(left, printed, floor, print_level)
    return Split(_strengthened(left), dark, printed.expected, left, floor)


def _strengthened(entries: GrayImage) -> GrayImage:
    """Entries as dark ink on white: each stroke is raised by what the darkest ink within 3 mm lacks to black."""
    height, width = (side - side % LEVEL_STEP for side in entries.shape)
    blocks = entries[:height, :width].reshape(height // LEVEL_STEP, LEVEL_STEP, width // LEVEL_STEP, LEVEL_STEP)
    level = cv2.dilate(blocks.max(axis=1).max(axis=2), np.ones((5, 5), np.uint8))
    level = np.maximum(cv2.blur(level, (3, 3)), round(255 / MOST_GAIN))
    level = cv2.resize(level, entries.shape[::-1], interpolation=cv2.INTER_LINEAR)
    cv2.divide(entries, level, dst=level, scale=255.0)
    return np.asarray(cv2.bitwise_not(level, dst=level), dtype=np.uint8)


def _halved(image: GrayImage) -> GrayImage:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    return _reduced(image, 2, 2)


def _reduced(image: GrayImage, columns: int, rows: int) -> GrayImage:
    """Means of whole blocks; what is left of the last ones is left out: OpenCV takes ten times as long for parts."""
    height, width = image.shape[0] // rows, image.shape[1] // columns
    whole = image[: height * rows, : width * columns]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _darkness(image: GrayImage, printed: Plate) -> GrayImage:
    """`uint8`, 0 = as light as the paper around, 255 = black; printed grey grounds count as paper."""
    if printed.grounds:
        image = image.copy()
    for ground in printed.grounds:
        image[ground.box.slices] = cv2.divide(image[ground.box.slices], ground.gray, scale=255.0)
    # Not three halvings: each rounds up by an eighth of a grey level on the mean.
    small = _reduced(_halved(image), GROUND_STEP // 2, GROUND_STEP // 2)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((GROUND_REACH, GROUND_REACH), np.uint8))
    paper = np.maximum(cv2.GaussianBlur(paper, (0, 0), 1.5), DARKEST_GROUND)
    whole = cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    cv2.divide(image, whole, dst=whole, scale=255.0)
    return np.asarray(cv2.bitwise_not(whole, dst=whole), dtype=np.uint8)


def _floor(left: GrayImage) -> float:
    """Darkness above which a pixel may be ink: over the noise of the paper."""
    sample = left[::7, ::7]
    low = sample[(sample > 0) & (sample < 60)]
    noise = float(np.percentile(low, 68)) if len(low) > 100 else 0.0
    return min(MOST_FLOOR, max(LEAST_INK, NOISE_FACTOR * noise))


def _take_off_folds(left: GrayImage, dark: GrayImage, print_level: float) -> None:
    """Takes off faint straight bands that run level or upright for 20 mm and more: folds, shadows of tape.

    Changes `left`.
    """
    height, width = left.shape
    half = _halved(dark)
    # Averaged along the band, where it changes slowly; across it, it may be only 0.3 mm wide.
    band = _bands(_reduced(half, FOLD_STEP // 2, 1), print_level)
    for top, bottom in runs(band.max(axis=1) > 0):
        shade = cv2.resize(band[top:bottom], (width, 2 * (bottom - top)), interpolation=cv2.INTER_LINEAR)
        strip = slice(2 * top, 2 * bottom)
        left[strip] = cv2.addWeighted(left[strip], 1.0, shade, -FOLD_MARGIN, 0.0)
    band = _bands(np.ascontiguousarray(_reduced(half, 1, FOLD_STEP // 2).T), print_level).T
    for start, end in runs(band.max(axis=0) > 0):
        shade = cv2.resize(band[:, start:end], (2 * (end - start), height), interpolation=cv2.INTER_LINEAR)
        strip = slice(2 * start, 2 * end)
        left[:, strip] = cv2.addWeighted(left[:, strip], 1.0, shade, -FOLD_MARGIN, 0.0)


def _bands(small: GrayImage, print_level: float) -> GrayImage:
    """What is dark, but fainter than print, along 20 mm of a row of `small`, whose pixels are 8 long and 2 high."""
    length = round(FOLD_MM * px_per_mm(REGISTERED_DPI) / FOLD_STEP)
    band = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    band[(band > MOST_FOLD * print_level) | (band < LEAST_FOLD)] = 0
    return np.asarray(cv2.dilate(band, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def _bridge(left: GrayImage, dark: GrayImage, printed: Plate, box_mm: BoxMm, floor: float) -> None:
    """Give back to strokes what a removed rule took from them, where ink stands on both sides of it. Changes `left`."""
    scale = px_per_mm(printed.dpi)
    grown = box_mm.grown(ZONE_MARGIN_MM)
    zone = BoxPx(*(round(value * scale) for value in grown.as_tuple())).clipped(left.shape[1], left.shape[0])
    ink = cv2.threshold(left[zone.slices], floor, 255, cv2.THRESH_BINARY)[1]
    crossing = cv2.bitwise_and(printed.rules[zone.slices], ink)
    if cv2.countNonZero(crossing) < LEAST_CROSSING:
        return
    length = round(BRIDGE_MM * scale) | 1
    x, y, width, height = cv2.boundingRect(crossing)
    around = BoxPx(zone.x + x - length, zone.y + y - length, width + 2 * length, height + 2 * length)
    box = around.clipped(zone.right, zone.bottom)
    part, seen, rules = left[box.slices], dark[box.slices], printed.rules[box.slices]
    upright_line, slope, steep = np.ones((length, 1), np.uint8), np.eye(length, dtype=np.uint8), _steep(length)
    both = _closed(part, (slope, slope[::-1]))
    over = np.maximum(both, _closed(part, (upright_line, steep, steep[:, ::-1])))
    flat = np.maximum(both, _closed(part, (upright_line.T, steep.T, steep.T[::-1])))
    for closed, bit in ((over, LEVEL), (flat, UPRIGHT)):
        np.maximum(part, np.minimum(closed, seen), out=part, where=(rules & bit) > 0)


def _closed(image: GrayImage, kernels: tuple[GrayImage, ...]) -> GrayImage:
    """The darkest of the closings by each kernel."""
    closings = [cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ascontiguousarray(kernel)) for kernel in kernels]
    return np.asarray(np.maximum.reduce(closings), dtype=np.uint8)


def _steep(length: int) -> GrayImage:
    """A line kernel at about 63 degrees from level."""
    kernel = np.zeros((length, length // 2 + 1), np.uint8)
    kernel[np.arange(length), np.arange(length) // 2] = 1
    return kernel


def _keep_strokes(left: GrayImage, printed: Plate, floor: float, print_level: float) -> None:
    """Leaves only ink that is dark, sharp, large and free enough to be an entry. Changes `left`."""
    half = _halved(left)
    ink = (half > floor).astype(np.uint8)
    count, labels = cv2.connectedComponents(ink, connectivity=8, ltype=cv2.CV_32S)
    where = np.flatnonzero(ink)
    flat = labels.ravel()[where]
    area = np.bincount(flat, minlength=count).astype(np.float64)
    skirt = np.bincount(flat[printed.skirt.ravel()[where]], minlength=count)
    smooth = cv2.blur(half, (3, 3))
    steep = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    depth = np.bincount(flat, weights=half.ravel()[where], minlength=count)
    # Against the smoothed darkness: a bar of two pixels, an l or an i, has lost a third of its own by smoothing.
    smoothed = np.bincount(flat, weights=smooth.ravel()[where], minlength=count)
    sharp = np.bincount(flat, weights=steep.ravel()[where], minlength=count) / np.maximum(smoothed, 1.0)
    smallest = max(4.0, SMALLEST_MM2 * px_per_mm(printed.dpi / 2) ** 2)
    keep = (area >= smallest) & (skirt < REMNANT_SHARE * area)
    keep &= ((sharp > SHARP) | (depth > DARK * print_level * area)) & (depth > SURE * floor * area)
    ink.ravel()[where] = keep[flat] * np.uint8(255)
    _mask_doubled(left, np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), dtype=np.uint8))


def _mask_doubled(image: GrayImage, half: GrayImage) -> None:
    """Sets 0 where a mask of half the size (255 = keep) does not keep, and in an odd last row and column."""
    height, width = 2 * half.shape[0], 2 * half.shape[1]
    # Interleaving with itself and masking alternate rows is twice as fast as enlarging the mask.
    wide = cv2.merge((half, half)).reshape(half.shape[0], width)
    for first in (0, 1):
        lines = image[first:height:2, :width]
        lines[:] = cv2.bitwise_and(lines, wide)
    image[height:] = 0
    image[:, width:] = 0
