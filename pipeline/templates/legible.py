"""Whether the printed headings and texts of a form stand on a registered page, legibly: print compared with artwork."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.library import PreparedLayout
from pipeline.templates.packing import packed, unpacked
from pipeline.templates.printed_parts import PrintedPart, printed_parts
from pipeline.templates.register import REGISTERED_DPI, Registered
from pipeline.templates.render import render_image
from pipeline.templates.requirements import Requirements

LOOK_DPI = REGISTERED_DPI / 2
"""6 point type has 6 px of x-height here; reading the print of a legal page takes a few milliseconds."""
TILE_MM = 9.0
"""A word or two: damage that makes one unreadable shows, and one stroke across it does not."""
MARGIN_MM = 0.2
REACH_PX = 3
"""Where a tile does not agree, it is looked for this far away: paper stretches where no landmark held it."""
ALIKE = 0.55
"""Of 802 lines of tuning pages, faded, blurred, stamped, written over or noisy, a reader got 45 % of the characters
where the print agreed by 0.50 to 0.55 and 81 % by 0.55 to 0.60; undamaged print agrees by 0.6 (6 point at 200 dpi) to
0.99."""
UPPER, UPPER_ALIKE = 0.65, 0.75
"""Words are told by the upper part of their letters: the edge of a stamp along their foot leaves them readable."""
HARDLY_ALIKE = 0.25
FLAT = 8.0
LEAST_CONTRAST = 0.06
"""The same reader got 72 % at a contrast of 0.03 and 98 % at 0.07; people need no less."""
LEAST_SHARE = 0.85
"""Of a heading or text; a punch hole in a paragraph does not make it unreadable."""
PAPER_STEP = 16
EVEN = 6.0
DARK_GROUND = 64.0
"""Even and as dark as this is the scanner's lid, not paper."""
OTHER_INK, SHADE = 0.35, 25.0
"""Where the grey varies as much as this share of the print's, something is over the print; where there is no print and
the page is darker by this, something hides it."""
SOME_LIKENESS = 0.2

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]


class Trouble(StrEnum):
    """Why print cannot be read."""

    CUT_OFF = "cut_off"
    COVERED = "covered"
    FADED = "faded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Seen:
    """One required heading or text on a page.

    Attributes:
        share: of its print that can be read, 0.0 to 1.0.
        trouble: why the rest cannot; null where enough can.
    """

    part: PrintedPart
    share: float
    trouble: Trouble | None


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """The print of a layout in pieces, at 150 dpi.

    Attributes:
        artwork: `(height, width) uint8, 0 = black`, as soft as a scan.
        boxes: of each piece, in pixels of the artwork.
        part: `(n,)`, which part each piece belongs to.
        pixels: `(pixels,) int32`, flat positions of all pieces' pixels, piece after piece; `starts` where each begins.
        print: `(pixels,) uint8`, the artwork there; `mean`, `spread` of it, and `size` in pixels, by piece.
    """

    parts: tuple[PrintedPart, ...]
    artwork: GrayImage
    boxes: tuple[BoxPx, ...]
    part: IntArray
    pixels: npt.NDArray[np.int32]
    starts: IntArray
    print: npt.NDArray[np.uint8]
    size: FloatArray
    mean: FloatArray
    spread: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How the pieces of print stand on a page, by piece.

    Attributes:
        alike: correlation with the artwork, -1.0 to 1.0, the best near the place; `in_place`: exactly there.
        contrast: of the print, as a share of black on white.
        mean, spread: of the page's grey there.
    """

    alike: FloatArray
    in_place: FloatArray
    contrast: FloatArray
    mean: FloatArray
    spread: FloatArray


def legible(
    registered: Registered, prepared: PreparedLayout, requirements: Requirements, *, page_px: tuple[int, int]
) -> tuple[Seen, ...]:
    """Each required heading and text of a layout, as it stands on a page.

    Args:
        registered: the page in the layout's frame, at 300 dpi.
        page_px: width and height of the page as it was given to registration: what lies outside was cut off.
    """
    tiles = tiles_of(prepared, requirements)
    if not tiles.parts:
        return ()
    page = halved(registered.image)
    found = agreement(page, tiles)
    readable = (found.alike >= ALIKE) & (found.contrast >= LEAST_CONTRAST)
    size = np.bincount(tiles.part, weights=tiles.size, minlength=len(tiles.parts))
    read = np.bincount(tiles.part, weights=tiles.size * readable, minlength=len(tiles.parts))
    paper = float(np.median(page[::PAPER_STEP, ::PAPER_STEP]))
    seen = []
    for index, (part, share) in enumerate(zip(tiles.parts, read / size, strict=True)):
        trouble = None
        if share < LEAST_SHARE:
            lost = np.flatnonzero((tiles.part == index) & ~readable)
            trouble = _most(lost, found, tiles, paper, lambda box: _off_page(box, registered, page_px))
        seen.append(Seen(part, float(share), trouble))
    return tuple(seen)


def halved(image: GrayImage) -> GrayImage:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    whole = image[: height * 2, : width * 2]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def agreement(page: GrayImage, tiles: Tiles) -> Agreement:
    """Correlation and contrast of each piece, in place; pieces that do not agree there are looked for nearby."""
    grey = page.ravel()[tiles.pixels].astype(np.int32)
    total = np.add.reduceat(grey, tiles.starts, dtype=np.int64)
    squares = np.add.reduceat(grey * grey, tiles.starts, dtype=np.int64)
    products = np.add.reduceat(grey * tiles.print.astype(np.int32), tiles.starts, dtype=np.int64)
    mean = total / tiles.size
    spread = np.sqrt(np.maximum(squares / tiles.size - mean * mean, 1e-6))
    common = products / tiles.size - mean * tiles.mean
    alike = common / (spread * tiles.spread)
    in_place = alike.copy()
    # On even grey there is nothing to look for.
    for index in np.flatnonzero((alike < ALIKE) & (spread >= EVEN)):
        alike[index] = max(alike[index], _nearby(page, tiles, tiles.boxes[index]))
    return Agreement(alike, in_place, alike * spread / tiles.spread, mean, spread)


def _nearby(page: GrayImage, tiles: Tiles, box: BoxPx) -> float:
    """The best agreement of a piece near its place, whole or without its foot."""
    height, width = page.shape
    around = BoxPx(box.x - REACH_PX, box.y - REACH_PX, box.width + 2 * REACH_PX, box.height + 2 * REACH_PX)
    window = page[around.clipped(width, height).slices]
    if window.shape[0] < box.height or window.shape[1] < box.width or int(np.ptp(window)) == 0:
        return 0.0
    piece = tiles.artwork[box.slices]
    whole = _best(window, piece)
    if whole < HARDLY_ALIKE:
        return whole
    foot = max(4, round(UPPER * box.height))
    upper = _best(window[: foot + 2 * REACH_PX], piece[:foot])
    return max(whole, upper * ALIKE / UPPER_ALIKE)


def _best(window: GrayImage, piece: GrayImage) -> float:
    if float(piece.std()) < FLAT or int(np.ptp(window)) == 0:
        return 0.0
    return float(cv2.matchTemplate(window, piece, cv2.TM_CCOEFF_NORMED).max())


def _most(lost: IntArray, found: Agreement, tiles: Tiles, paper: float, off_page: Callable[[BoxPx], bool]) -> Trouble:
    """The trouble of the greater part of the pieces that cannot be read."""
    areas = dict.fromkeys(Trouble, 0.0)
    for index in lost:
        areas[_trouble(int(index), found, tiles, paper, off_page)] += float(tiles.size[index])
    return max(areas, key=lambda trouble: areas[trouble])


def _trouble(index: int, found: Agreement, tiles: Tiles, paper: float, off_page: Callable[[BoxPx], bool]) -> Trouble:
    even = found.spread[index] < EVEN
    if off_page(tiles.boxes[index]) or (even and found.mean[index] < DARK_GROUND):
        return Trouble.CUT_OFF
    if found.spread[index] > OTHER_INK * tiles.spread[index]:
        return Trouble.COVERED
    if found.in_place[index] >= SOME_LIKENESS:
        return Trouble.FADED
    return Trouble.COVERED if found.mean[index] < paper - SHADE else Trouble.MISSING


def _off_page(box: BoxPx, registered: Registered, page_px: tuple[int, int]) -> bool:
    """Whether a piece of print lies beyond the edge of the scanned page."""
    scale = px_per_mm(LOOK_DPI)
    x, y = registered.page_point(((box.x + box.width / 2) / scale, (box.y + box.height / 2) / scale))
    return not (0 <= x <= page_px[0] and 0 <= y <= page_px[1])


@lru_cache(maxsize=64)
def tiles_of(prepared: PreparedLayout, requirements: Requirements) -> Tiles:
    """The pieces of a layout's required print; 3 MB, kept for the layouts of mixed mail."""
    parts = printed_parts(prepared.layout, prepared.fonts, requirements)
    artwork = _artwork(prepared)
    height, width = artwork.shape
    pieces = [
        (index, box)
        for index, part in enumerate(parts)
        for line in part.lines
        for piece in _pieces(line)
        if (box := _pixels_of(piece).clipped(width, height)).width > 1 and box.height > 1
    ]
    # A piece of white, between two words, says nothing.
    pieces = [(index, box) for index, box in pieces if float(artwork[box.slices].std()) > FLAT]
    shown = sorted({index for index, _ in pieces})
    places = np.arange(height * width, dtype=np.int32).reshape(height, width)
    flat = [places[box.slices].ravel() for _, box in pieces]
    size = np.array([len(each) for each in flat], dtype=np.float64)
    grey = [artwork[box.slices].astype(np.float64) for _, box in pieces]
    pixels = np.concatenate(flat) if flat else np.empty(0, np.int32)
    return Tiles(
        parts=tuple(parts[index] for index in shown),
        artwork=artwork,
        boxes=tuple(box for _, box in pieces),
        part=np.searchsorted(shown, [index for index, _ in pieces]).astype(np.intp),
        pixels=pixels,
        starts=np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.intp) if flat else np.empty(0, np.intp),
        print=artwork.ravel()[pixels],
        size=size,
        mean=np.array([each.mean() for each in grey]),
        spread=np.array([each.std() for each in grey]),
    )


def _artwork(prepared: PreparedLayout) -> GrayImage:
    """The printed form as a scan shows it; drawing it takes most of the time, so it is kept between runs."""
    key = f"print {REGISTERED_DPI:g} {prepared.key}"
    kept = unpacked(prepared.cache.get(key))
    if kept is not None and "artwork" in kept:
        return np.asarray(kept["artwork"], dtype=np.uint8)
    drawn = halved(render_image(prepared.layout, prepared.fonts, dpi=REGISTERED_DPI))
    artwork = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.6), dtype=np.uint8)
    prepared.cache.put(key, packed({"artwork": artwork}, squeezed=True))
    return artwork


def _pieces(line: BoxMm) -> Iterator[BoxMm]:
    count = max(1, math.ceil(line.width / TILE_MM))
    for index in range(count):
        piece = BoxMm(line.x + line.width * index / count, line.y, line.width / count, line.height)
        yield piece.grown(MARGIN_MM)


def _pixels_of(box: BoxMm) -> BoxPx:
    scale = px_per_mm(LOOK_DPI)
    left, top = math.floor(box.x * scale), math.floor(box.y * scale)
    return BoxPx(left, top, math.ceil(box.right * scale) - left, math.ceil(box.bottom * scale) - top)
