"""Handwritten lines: every character is shaken, slanted, scaled and pressed on its own, and some are joined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from samples.fontpool import FontFile, FontPool, cap_ratio, has_glyph, load, parts
from samples.ink import CARBON, PEN_BLACK, PEN_BLUE, Coverage, Rgb, smooth_noise

FloatImage = npt.NDArray[np.float32]

_REFERENCE_PX = 96
"""Em size at which glyphs are cached; at 300 dpi it is about twice the size they are drawn at."""
_MARGIN = 40
"""Room around a cached glyph, in cache pixels, for accents and for shaking."""


@dataclass(frozen=True, slots=True)
class Writer:
    """One hand with its pen.

    Attributes:
        capital_mm: height of a capital letter.
        slant: horizontal shift per unit of height (0.2 leans right).
        shake: how unsteady each character is, about 0.3 (calm) to 1.5 (hurried).
        stroke_mm: width of the pen's stroke.
        pressure: darkness of the ink, 0 to 1; `wear` is how far it varies along a stroke.
        joins: probability that two neighbouring small letters are joined by a stroke.
    """

    font: FontFile
    capital_mm: float
    slant: float
    shake: float
    stroke_mm: float
    pressure: float
    wear: float
    joins: float
    rgb: Rgb


def draw_writer(rng: np.random.Generator, pool: FontPool, *, carbon: bool = False) -> Writer:
    """A writer of the pool with a hand and a pen of its own; `carbon`: what is pressed through carbonless paper."""
    font = pool.hands[int(rng.integers(len(pool.hands)))]
    pen = [PEN_BLUE, PEN_BLUE, PEN_BLACK][int(rng.integers(3))]
    shift = rng.integers(-10, 11, 3)
    return Writer(
        font=font,
        capital_mm=float(rng.uniform(2.5, 3.8)),
        slant=float(rng.normal(0.04, 0.09)),
        shake=float(rng.uniform(0.35, 1.1)),
        stroke_mm=float(rng.uniform(0.28, 0.5)),
        pressure=float(rng.uniform(0.45, 0.65) if carbon else rng.uniform(0.8, 1.0)),
        wear=float(rng.uniform(0.08, 0.3)),
        joins=0.0 if font.joined or font.capitals_only else float(rng.choice([0.0, 0.0, 0.35, 0.7])),
        rgb=CARBON if carbon else _shifted(pen, shift),
    )


def _shifted(rgb: Rgb, shift: npt.NDArray[np.int64]) -> Rgb:
    red, green, blue = (int(np.clip(value + step, 0, 255)) for value, step in zip(rgb, shift, strict=True))
    return (red, green, blue)


@dataclass(frozen=True, slots=True, eq=False)
class _Glyph:
    """A cached glyph: ink, its origin on the baseline, advance, stroke width, the ink's bounds; in cache pixels."""

    ink: FloatImage
    origin: tuple[float, float]
    advance_px: float
    stroke_px: float
    bounds: tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _glyph(font: FontFile, char: str) -> _Glyph:
    base, accents = parts(font, char)
    face = load(font, _REFERENCE_PX)
    left, top, right, bottom = face.getbbox(base, anchor="ls")
    width, height = int(right - left) + 2 * _MARGIN, int(bottom - top) + 2 * _MARGIN
    picture = Image.new("L", (width, height), 0)
    origin = (_MARGIN - left, _MARGIN - top)
    ImageDraw.Draw(picture).text(origin, base, font=face, fill=255, anchor="ls")
    ink = np.asarray(picture, np.uint8).copy()
    stroke_px = _stroke_px(ink)
    if accents:
        _add_accents(ink, accents, stroke_px)
    rows, columns = np.nonzero(ink > 60)
    bounds = (0, 0, 0, 0)
    if len(rows):
        bounds = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    return _Glyph(ink.astype(np.float32) / 255.0, origin, float(face.getlength(base)), stroke_px, bounds)


def _stroke_px(ink: Coverage) -> float:
    """Typical stroke width of a glyph: twice the mean depth of its ridge."""
    inside = (ink > 127).astype(np.uint8)
    if not inside.any():
        return 6.0
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    ridge = depth[(depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-3) & (inside > 0)]
    return float(np.clip(2.0 * np.median(ridge), 2.0, 20.0))


def _add_accents(ink: Coverage, accents: str, stroke_px: float) -> None:
    """Draws combining marks above (cedilla: below) a glyph that the font has only without them."""
    rows, columns = np.nonzero(ink > 60)
    if not len(rows):
        return
    middle, top, bottom = (columns.min() + columns.max()) / 2, rows.min() - 7, rows.max() + 2
    strokes = {
        "\u0300": [[(-10, -13), (5, 0)]],
        "\u0301": [[(10, -13), (-5, 0)]],
        "\u0302": [[(-10, 0), (0, -12), (10, 0)]],
        "\u0308": [[(-8, -5), (-7, -6)], [(8, -5), (9, -6)]],
        "\u0327": [[(0, 0), (3, 6), (-4, 11)]],
    }
    for mark in accents:
        anchor = bottom if mark == "\u0327" else top
        for stroke in strokes.get(mark, []):
            points = np.array([[round(middle + x), round(anchor + y)] for x, y in stroke], np.int32)
            cv2.polylines(ink, [points], False, 255, max(2, round(stroke_px)), cv2.LINE_AA)


def measure_mm(text: str, writer: Writer) -> float:
    """Width of the text in this hand, in millimetres, at its natural size."""
    return sum(_advance_px(writer.font, char) for char in text) * _mm_per_cache_px(writer)


@lru_cache(maxsize=8192)
def _advance_px(font: FontFile, char: str) -> float:
    if char == " " or not has_glyph(font, parts(font, char)[0]):
        return max(0.34, 0.62 * cap_ratio(font)) * _REFERENCE_PX
    glyph = _glyph(font, char)
    # Some fonts set their letters on top of each other or far apart; people do neither.
    width = glyph.bounds[2] - glyph.bounds[0]
    return float(
        np.clip(glyph.advance_px, width * (0.86 if font.joined else 1.0) + (0 if font.joined else 6), width + 17)
    )


def _mm_per_cache_px(writer: Writer) -> float:
    return writer.font.enlarge * writer.capital_mm / (cap_ratio(writer.font) * _REFERENCE_PX)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A written line: its coverage, and where the left end of its baseline lies in it, in pixels."""

    coverage: Coverage
    origin_px: tuple[float, float]


def write_line(
    text: str, writer: Writer, rng: np.random.Generator, *, px_per_mm: float, squeeze: float = 1.0
) -> Written:
    """One line by hand.

    Args:
        text: characters the font can show (see `FontFile.adapted`).
        px_per_mm: resolution of the sheet.
        squeeze: horizontal narrowing, 1.0 = natural width.
    """
    over = 2.0  # drawn at twice the resolution, then averaged, for the soft edge of ink
    scale = _mm_per_cache_px(writer) * px_per_mm * over
    margin = int(writer.capital_mm * px_per_mm * over * 0.9) + 4
    length = sum(_advance_px(writer.font, char) for char in text) * scale * squeeze
    height = int(writer.capital_mm * px_per_mm * over * 1.4) + 2 * margin
    canvas = np.zeros((height + height % 2, (int(length * 1.15) + 2 * margin) // 2 * 2), np.float32)
    baseline = canvas.shape[0] - margin - writer.capital_mm * px_per_mm * over * 0.35
    _place_characters(canvas, text, writer, rng, _Pen(scale, squeeze, float(margin), baseline))
    shaken = _wander(canvas, writer, rng, px_per_mm * over)
    inked = _press(shaken, writer, rng, px_per_mm * over)
    small = cv2.resize(inked, (canvas.shape[1] // 2, canvas.shape[0] // 2), interpolation=cv2.INTER_AREA)
    coverage = np.clip(small * 255.0, 0, 255).astype(np.uint8)
    return Written(coverage, (margin / over, baseline / over))


@dataclass(frozen=True, slots=True)
class _Pen:
    scale: float
    squeeze: float
    left: float
    baseline: float


def _place_characters(canvas: FloatImage, text: str, writer: Writer, rng: np.random.Generator, pen: _Pen) -> None:
    em = _REFERENCE_PX * pen.scale
    x = pen.left
    drift, phase = rng.normal(0.0, 0.006) * writer.shake, rng.uniform(0, 2 * math.pi)
    previous: tuple[float, float] | None = None
    for char in text:
        advance = _advance_px(writer.font, char) * pen.scale * pen.squeeze
        if char == " ":
            x += advance * (1.0 + rng.normal(0.0, 0.15) * writer.shake)
            previous = None
            continue
        wave = 0.022 * em * math.sin(phase + (x - pen.left) / (5.0 * em)) * writer.shake
        y = pen.baseline + wave + drift * (x - pen.left) + rng.normal(0.0, 0.013) * em * writer.shake
        glyph = _glyph(writer.font, char)
        matrix = _shake_matrix(char, writer, rng, pen, (x, y))
        _stamp_glyph(canvas, glyph, matrix)
        if previous is not None and char.islower() and rng.random() < writer.joins:
            _join(canvas, previous, _left_end(glyph, matrix), glyph.stroke_px * pen.scale)
        previous = _right_end(glyph, matrix) if char.islower() else None
        x += advance * (1.0 + rng.normal(0.0, 0.02 if writer.font.joined else 0.05) * writer.shake)


def _shake_matrix(
    char: str, writer: Writer, rng: np.random.Generator, pen: _Pen, at: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """Glyph pixels to canvas pixels: turn, lean and size differ a little for each character."""
    glyph = _glyph(writer.font, char)
    turn = math.radians(rng.normal(0.0, 1.7) * writer.shake)
    lean = -(writer.slant + rng.normal(0.0, 0.03) * writer.shake)
    grow_x = pen.scale * pen.squeeze * (1.0 + rng.normal(0.0, 0.045) * writer.shake)
    grow_y = pen.scale * (1.0 + rng.normal(0.0, 0.045) * writer.shake)
    rotate = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    shape = rotate @ np.array([[grow_x, lean * grow_y], [0.0, grow_y]])
    origin = np.array(glyph.origin, float)
    if glyph.bounds[2] > glyph.bounds[0]:
        # Centre the ink in its advance: the fonts' side bearings are unreliable.
        width = glyph.bounds[2] - glyph.bounds[0]
        bearing = (_advance_px(writer.font, char) - width) / 2
        origin[0] = glyph.origin[0] if writer.font.joined else glyph.bounds[0] - bearing
    return np.column_stack([shape, np.array(at) - shape @ origin])


def _stamp_glyph(canvas: FloatImage, glyph: _Glyph, matrix: npt.NDArray[np.float64]) -> None:
    height, width = glyph.ink.shape
    corners = matrix @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]], float)
    left, top = np.floor(corners.min(axis=1)).astype(int)
    right, bottom = np.ceil(corners.max(axis=1)).astype(int)
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1, y1 = min(canvas.shape[1], int(right)), min(canvas.shape[0], int(bottom))
    if x1 <= x0 or y1 <= y0:
        return
    local = matrix.copy()
    local[:, 2] -= (x0, y0)
    warped = cv2.warpAffine(glyph.ink, local, (x1 - x0, y1 - y0), flags=cv2.INTER_AREA)
    np.maximum(canvas[y0:y1, x0:x1], warped, out=canvas[y0:y1, x0:x1])


def _right_end(glyph: _Glyph, matrix: npt.NDArray[np.float64]) -> tuple[float, float]:
    return _low_end(glyph, matrix, rightmost=True)


def _left_end(glyph: _Glyph, matrix: npt.NDArray[np.float64]) -> tuple[float, float]:
    return _low_end(glyph, matrix, rightmost=False)


def _low_end(glyph: _Glyph, matrix: npt.NDArray[np.float64], *, rightmost: bool) -> tuple[float, float]:
    """The outermost ink point between half the x-height and the baseline, in canvas pixels."""
    base = round(glyph.origin[1])
    band = glyph.ink[max(0, base - round(0.3 * _REFERENCE_PX)) : max(1, base)]
    rows, columns = np.nonzero(band > 0.5)
    if not len(rows):
        point = np.array([glyph.origin[0], glyph.origin[1], 1.0])
    else:
        index = int(columns.argmax() if rightmost else columns.argmin())
        point = np.array([columns[index], rows[index] + max(0, base - round(0.3 * _REFERENCE_PX)), 1.0])
    x, y = matrix @ point
    return float(x), float(y)


def _join(canvas: FloatImage, start: tuple[float, float], end: tuple[float, float], stroke_px: float) -> None:
    """A short hanging curve between two letters, a little thinner than the letters."""
    gap = end[0] - start[0]
    if not -2 * stroke_px < gap < 9 * stroke_px:
        return
    sag = min(0.35 * abs(gap), 3 * stroke_px)
    middle = ((start[0] + end[0]) / 2, max(start[1], end[1]) + sag)
    steps = np.linspace(0, 1, 9)[:, None]
    curve = (1 - steps) ** 2 * np.array(start) + 2 * steps * (1 - steps) * np.array(middle) + steps**2 * np.array(end)
    picture = np.zeros(canvas.shape, np.uint8)
    cv2.polylines(
        picture, [np.round(curve * 16).astype(np.int32)], False, 255, max(1, round(0.8 * stroke_px)), cv2.LINE_AA, 4
    )
    np.maximum(canvas, picture.astype(np.float32) / 255.0, out=canvas)


def _wander(canvas: FloatImage, writer: Writer, rng: np.random.Generator, px_per_mm: float) -> FloatImage:
    """Smooth displacement of up to about 0.1 mm over 1.5 mm: the hand never draws the same curve twice."""
    shape = (canvas.shape[0], canvas.shape[1])
    reach = 0.045 * px_per_mm * writer.shake
    rows, columns = np.indices(shape, np.float32)
    map_x = columns + reach * smooth_noise(rng, shape, 1.5 * px_per_mm)
    map_y = rows + reach * smooth_noise(rng, shape, 1.5 * px_per_mm)
    return np.asarray(cv2.remap(canvas, map_x, map_y, cv2.INTER_LINEAR), np.float32)


def _press(canvas: FloatImage, writer: Writer, rng: np.random.Generator, px_per_mm: float) -> FloatImage:
    """Stroke width moved towards the pen's, and width and darkness varied along the stroke."""
    shape = (canvas.shape[0], canvas.shape[1])
    current = _glyph(writer.font, "n" if has_glyph(writer.font, "n") else "N").stroke_px
    stroke_px = current * _mm_per_cache_px(writer) * px_per_mm
    grow = 0.5 * (writer.stroke_mm * px_per_mm - stroke_px)
    # Signed distance to the glyph's edge, positive inside; moving its zero makes strokes wider or thinner.
    inside = (canvas > 0.4).astype(np.uint8)
    signed = cv2.distanceTransform(inside, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    thinnest = -0.28 * stroke_px
    figure = _glyph(writer.font, "0").bounds
    # In a narrow hand a broad pen would close the figures: a stroke takes at most 0.27 of a zero's width.
    open_px = 0.27 * (figure[2] - figure[0]) * _mm_per_cache_px(writer) * px_per_mm
    # Thin scripts are written with a pen of 0.3 mm at least; strong ones grow by a fifth at most.
    thickest = max(0.22 * stroke_px, 0.5 * (0.3 * px_per_mm - stroke_px))
    uneven = 0.14 * stroke_px * writer.wear / 0.2 * smooth_noise(rng, shape, 1.2 * px_per_mm)
    edge = signed + float(np.clip(grow, thinnest, max(thinnest, min(thickest, 0.5 * (open_px - stroke_px))))) + uneven
    body = np.clip(edge / 1.6 + 0.5, 0.0, 1.0)
    dark = writer.pressure * (1.0 - writer.wear * np.clip(0.5 + 0.6 * smooth_noise(rng, shape, 2.2 * px_per_mm), 0, 1))
    return np.asarray(body * np.clip(dark, 0.15, 1.0), np.float32)
