"""Which damages a sheet gets at a level, and their order: first the paper, then the scanner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import ColorImage
from samples import damage
from samples.sheetmap import Placing, SheetMap, draw_waves, place, warp


class Level(StrEnum):
    CLEAN = "clean"
    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"


class Mode(StrEnum):
    """Colour mode of a scan; the image stays RGB, with equal channels for grey and bilevel."""

    COLOR = "color"
    GRAY = "gray"
    BILEVEL = "bilevel"


@dataclass(frozen=True, slots=True)
class _Degree:
    """One level's numbers: probabilities, and ranges in degrees, millimetres or grey levels."""

    skew_deg: float
    stretch_mm: float
    scale_error: float
    noise: tuple[float, float]
    blur_mm: tuple[float, float]
    jpeg: tuple[int, int]
    strength: float
    stain: float
    fold: float
    holes: float
    staple: float
    corner: float
    corner_mm: float
    light: float
    fade: float
    through: float
    received: float
    carbon: float
    no_barcode: float
    spoiled_mark: float
    upside_down: float
    sideways: float


_DEGREES = {
    Level.CLEAN: _Degree(
        0.0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0), (92, 95), 0.0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
    Level.LIGHT: _Degree(
        1.2, 0.12, 0.002, (0.8, 2.5), (0.02, 0.045), (80, 92), 0.5,
        0.04, 0.15, 0.05, 0.12, 0.02, 8.0, 0.3, 0.02, 0.3, 0.15, 0.04, 0.05, 0.02, 0.10, 0.01,
    ),
    Level.MEDIUM: _Degree(
        3.5, 0.3, 0.004, (2.0, 5.0), (0.03, 0.07), (65, 85), 0.8,
        0.15, 0.35, 0.12, 0.25, 0.10, 12.0, 0.5, 0.06, 0.5, 0.3, 0.12, 0.12, 0.10, 0.15, 0.03,
    ),
    Level.HEAVY: _Degree(
        7.0, 0.6, 0.006, (4.0, 9.0), (0.05, 0.10), (45, 72), 1.0,
        0.4, 0.6, 0.25, 0.35, 0.3, 22.0, 0.7, 0.12, 0.7, 0.5, 0.2, 0.25, 0.25, 0.2, 0.05,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wear:
    """Everything that happens to one side of a sheet, decided before it is drawn.

    `tear_mm`: how much a torn top edge lost, at even steps from left to right; empty for a cut edge.
    """

    level: Level
    placing: Placing
    mode: Mode
    ground: int
    edge_shadow: bool
    noise_sigma: float
    blur_mm: float
    jpeg_quality: int
    damages: frozenset[str]
    strength: float
    corner_mm: float
    stretch_mm: float
    tear_mm: tuple[float, ...] = ()


def torn(wear: Wear, rng: np.random.Generator) -> Wear:
    """The same wear with a top edge torn along perforations."""
    return replace(wear, tear_mm=tuple(_draw_tear(rng, wear.level)), damages=wear.damages | {"torn_edge"})


def other_side_of(front: Wear, back: Wear) -> Wear:
    """The back's own wear on the same scanner, with the front's torn edge seen from behind."""
    shared = front.damages & {"torn_edge"}
    return replace(back, ground=front.ground, tear_mm=front.tear_mm[::-1], damages=back.damages | shared)


def _draw_tear(rng: np.random.Generator, level: Level) -> npt.NDArray[np.float64]:
    """How many millimetres a torn edge lost, at 220 even steps: 0.2 mm clean, to 2 mm where the paper gave way."""
    reach_mm = {Level.CLEAN: 0.2, Level.LIGHT: 0.5, Level.MEDIUM: 1.0, Level.HEAVY: 2.0}[level]
    drift = np.interp(np.linspace(0, 1, 220), np.linspace(0, 1, 12), rng.uniform(0.0, 0.7, 12))
    return np.asarray(reach_mm * (drift + rng.uniform(0.0, 0.3, 220)))


def chance(level: Level, name: str, rng: np.random.Generator) -> bool:
    """Whether something of `_Degree` with this name happens at this level."""
    return bool(rng.random() < float(getattr(_DEGREES[level], name)))


def draw_wear(rng: np.random.Generator, level: Level, *, mode: Mode | None = None) -> Wear:
    """The wear of one side."""
    degree = _DEGREES[level]
    names = ("stain", "fold", "holes", "staple", "corner", "light", "fade", "through", "spoiled_mark")
    happened = frozenset(name for name in names if chance(level, name, rng))
    ground = [16, 16, 250, 252, 168][int(rng.integers(5))]
    if ground < 100:
        ground += int(rng.integers(0, 18))
    return Wear(
        level=level,
        placing=_draw_placing(rng, level),
        mode=mode or _draw_mode(rng, level),
        ground=252 if level is Level.CLEAN else ground,
        edge_shadow=level is not Level.CLEAN and bool(rng.random() < 0.7),
        noise_sigma=float(rng.uniform(*degree.noise)),
        blur_mm=float(rng.uniform(*degree.blur_mm)),
        jpeg_quality=int(rng.integers(degree.jpeg[0], degree.jpeg[1] + 1)),
        damages=happened,
        strength=degree.strength,
        corner_mm=degree.corner_mm,
        stretch_mm=degree.stretch_mm * float(rng.uniform(0.3, 1.0)),
    )


def _draw_mode(rng: np.random.Generator, level: Level) -> Mode:
    draw = rng.random()
    if level in (Level.CLEAN, Level.LIGHT) and draw < 0.08:
        return Mode.BILEVEL
    return Mode.GRAY if draw < 0.35 else Mode.COLOR


def _draw_placing(rng: np.random.Generator, level: Level) -> Placing:
    degree = _DEGREES[level]
    skew = 0.0
    if degree.skew_deg:
        skew = float(rng.uniform(-1.0, 1.0) * abs(rng.uniform(-1.0, 1.0)) ** 0.5 * degree.skew_deg)
    turn = 180 if chance(level, "upside_down", rng) else 0
    if chance(level, "sideways", rng):
        turn = int(rng.choice([90, 270]))
    margins = (0.0, 0.0, 0.0, 0.0)
    if level is not Level.CLEAN:
        left, top, right, bottom = (float(max(-0.3, rng.uniform(-1.5, 7.0))) for _ in range(4))
        margins = (left, top, right, bottom)
    common = rng.normal(0.0, degree.scale_error)
    scale_x, scale_y = (1.0 + float(common + rng.normal(0.0, 0.4 * degree.scale_error)) for _ in range(2))
    return Placing(turn, skew, scale_x, scale_y, margins)


def wear_paper(
    sheet: ColorImage,
    other_side: ColorImage | None,
    wear: Wear,
    mark_box: BoxMm | None,
    rng: np.random.Generator,
    *,
    dpi: float,
) -> ColorImage:
    """The sheet after its life on desks and in envelopes, before it is scanned."""
    scale, worn = px_per_mm(dpi), sheet
    if "fade" in wear.damages:
        worn = damage.thermal_fade(worn, rng, strength=wear.strength)
    if other_side is not None and "through" in wear.damages:
        worn = damage.show_through(worn, other_side, rng, strength=wear.strength * float(rng.uniform(0.2, 1.0)))
    if "fold" in wear.damages:
        worn = damage.fold_lines(worn, rng, px_per_mm=scale, strength=wear.strength)
    if "stain" in wear.damages:
        worn = damage.coffee_stain(worn, rng, px_per_mm=scale, strength=wear.strength)
    if "spoiled_mark" in wear.damages and mark_box is not None:
        worn = _spoil(worn, mark_box, rng, scale)
    if "staple" in wear.damages:
        worn = damage.staple_holes(worn, rng, px_per_mm=scale)
    if "holes" in wear.damages:
        worn = damage.punched_holes(worn, rng, px_per_mm=scale, ground=wear.ground)
    if "corner" in wear.damages:
        worn = damage.cut_corners(worn, rng, px_per_mm=scale, ground=wear.ground, largest_mm=wear.corner_mm)
    if wear.tear_mm:
        worn = damage.torn_top(worn, np.array(wear.tear_mm), px_per_mm=scale, ground=wear.ground)
    return worn


def _spoil(sheet: ColorImage, box: BoxMm, rng: np.random.Generator, scale: float) -> ColorImage:
    """A dark blot over the edition mark, so that it can no longer be decoded."""
    spoiled = sheet.copy()
    for _ in range(7):
        centre = (
            round((box.x + box.width * rng.uniform(0.1, 0.9)) * scale),
            round((box.y + box.height * rng.uniform(0.1, 0.9)) * scale),
        )
        axes = (round(rng.uniform(1.0, 3.0) * scale), round(rng.uniform(0.6, 2.0) * scale))
        tone = int(rng.integers(30, 70))
        cv2.ellipse(
            spoiled, centre, axes, float(rng.uniform(0, 180)), 0, 360, (tone, tone - 8, tone - 14), -1, cv2.LINE_AA
        )
    return spoiled


def scan(
    worn: ColorImage, size_mm: tuple[float, float], wear: Wear, rng: np.random.Generator, *, dpi: float
) -> tuple[ColorImage, SheetMap]:
    """The scanner's image of the sheet (before JPEG) and where every point of the sheet lies in it."""
    scale = px_per_mm(dpi)
    scan_from_paper, size_px = place(size_mm, wear.placing, dpi=dpi)
    mapping = SheetMap(scan_from_paper, draw_waves(rng, size_mm, wear.stretch_mm))
    ground = (wear.ground, wear.ground, wear.ground)
    image = warp(worn, mapping, size_px, dpi=dpi, ground=ground)
    if wear.edge_shadow and wear.ground > 100:
        image = _edge_shadow(image, mapping, size_mm, scale)
    image = damage.blur(image, px_per_mm=scale, sigma_mm=wear.blur_mm)
    if "light" in wear.damages:
        image = damage.uneven_light(image, rng, strength=wear.strength)
    image = damage.noise(image, rng, sigma=wear.noise_sigma)
    if wear.mode is Mode.GRAY:
        image = np.asarray(cv2.merge([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)] * 3), np.uint8)
    if wear.mode is Mode.BILEVEL:
        image = damage.bilevel(image, px_per_mm=scale)
    return image, mapping


def _edge_shadow(image: ColorImage, mapping: SheetMap, size_mm: tuple[float, float], scale: float) -> ColorImage:
    """The paper's thin shadow on a light scanner bed, 0.4 mm wide along its edges."""
    width, height = size_mm
    steps = np.linspace(0.0, 1.0, 20)
    rim = [(width * s, -0.2) for s in steps] + [(width + 0.2, height * s) for s in steps]
    rim += [(width * (1 - s), height + 0.2) for s in steps] + [(-0.2, height * (1 - s)) for s in steps]
    points = np.array([mapping.scan_point(point) for point in rim])
    shaded = image.copy()
    cv2.polylines(
        shaded,
        [(points * 16).round().astype(np.int32)],
        True,
        (186, 186, 188),
        max(1, round(0.4 * scale)),
        cv2.LINE_AA,
        4,
    )
    return shaded
