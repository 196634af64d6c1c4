"""Where everything stands on the target that scanners are measured with, in millimetres.

The plan is 190 mm by 259 mm, origin top left, y down, and is the same on every size of paper that it is centred on. A
grid of dots says where the paper is; each of the 24 fields between them holds one thing to measure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import BoxMm, Point

VERSION: Final = "1"
WIDTH_MM: Final = 190.0
HEIGHT_MM: Final = 259.0
SIZES_MM: Final = {"letter": (215.9, 279.4), "a4": (210.0, 297.0)}
"""Sheets that it is printed on."""
DOT_MM: Final = 3.0
"""Diameter: 24 pixels at 200 dpi, whose centre is found to a fiftieth of a pixel."""
COLUMNS_MM: Final = (8.0, 51.5, 95.0, 138.5, 182.0)
ROWS_MM: Final = (8.0, 48.5, 89.0, 129.5, 170.0, 210.5, 251.0)
PAPER_MM: Final = (2.2, 3.5)
"""Bare paper around each dot, between these distances from its centre: where the light is measured."""
CODE_MM: Final = 24.0
"""Side of the square code without its quiet zone."""
SQUARE_MM: Final = 16.0
TILT_DEG: Final = 5.0
"""Of the black squares: their edges cross pixels at all places between two of them (ISO 12233)."""
PATCH_MM: Final = 10.0
_PITCH_MM: Final = 10.9
STEPS: Final = 18
RULER_STEP_MM: Final = 1.0
TICK_MM: Final = 0.25
"""Width of a ruler's ticks."""
TICK_LENGTHS_MM: Final = (1.8, 2.4, 3.0)
"""Of a millimetre's tick, every fifth, every tenth."""
ALONG_RULER_MM: Final = (29.5, 229.5)
"""From and to on the left edge of the plan: 200 mm."""
ACROSS_RULER_MM: Final = (20.0, 170.0)
"""On the upper edge: 150 mm."""
LINE_PAIRS_PER_MM: Final = (2.0, 3.0, 4.0, 5.0, 6.0)
TEXT_SIZES_PT: Final = (4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
CODE_CELL: Final = (0, 1)
WORDS_CELL: Final = (0, 2)
LINES_CELLS: Final = ((4, 1), (5, 1))
TEXT_CELLS: Final = ((4, 2), (5, 2))
_SQUARE_CELLS: Final = ((0, 0), (0, 3), (2, 1), (3, 2), (5, 0), (5, 3))
_GRAY_CELLS: Final = ((1, 1), (1, 2))
_COLOR_CELLS: Final = ((3, 0), (2, 3))
COLORS: Final = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (0, 255, 255),
    (255, 0, 255),
    (255, 255, 0),
    (115, 82, 68),
    (194, 150, 130),
    (98, 122, 157),
    (87, 108, 67),
    (133, 128, 177),
    (103, 189, 170),
    (214, 126, 44),
    (80, 91, 166),
    (193, 90, 99),
    (94, 60, 108),
    (157, 188, 64),
    (224, 163, 46),
)
"""sRGB: the corners of the cube, then colours of nature and of stamps, inks and papers."""
_CODE_TEXT = re.compile(r"CONSTAT-TARGET/(\d{1,3})( X([+-]\d{1,6}) Y([+-]\d{1,6}))?")
_PARTS_PER_MILLION: Final = 1_000_000
MOST_DEVIATION: Final = 0.03
"""A print that is off by more than this was scaled to fit."""


@dataclass(frozen=True, slots=True)
class Square:
    """A tilted black square: its centre on the plan, and `centre` or the corner that it stands in."""

    place: str
    centre_mm: Point


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch of one tone: what it is printed as, and its box on the plan."""

    srgb: tuple[int, int, int]
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class Printed:
    """How far the print itself is off: by which share it is too long on both axes of the plan, as a person measured it
    with a ruler that can be trusted."""

    across: float = 0.0
    along: float = 0.0


def cell(row: int, column: int) -> Point:
    """Centre of a field between four dots."""
    return (
        (COLUMNS_MM[column] + COLUMNS_MM[column + 1]) / 2,
        (ROWS_MM[row] + ROWS_MM[row + 1]) / 2,
    )


def dots() -> tuple[Point, ...]:
    """Centres of the dots, row by row."""
    return tuple((x, y) for y in ROWS_MM for x in COLUMNS_MM)


def code_box() -> BoxMm:
    x, y = cell(*CODE_CELL)
    return BoxMm(x - CODE_MM / 2, y - CODE_MM / 2, CODE_MM, CODE_MM)


def squares() -> tuple[Square, ...]:
    """One in each corner, two about the centre."""
    places = ("top_left", "top_right", "centre", "centre", "bottom_left", "bottom_right")
    return tuple(Square(place, cell(*at)) for place, at in zip(places, _SQUARE_CELLS, strict=True))


def turned(point: Point, angle_deg: float) -> Point:
    """A point turned about the origin, clockwise where y points down."""
    turn = math.radians(angle_deg)
    x, y = point
    return (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))


def grays() -> tuple[Patch, ...]:
    """Steps of equal lightness from bare paper (L* 100) to full black (L* 0)."""
    tones = [_gray_of_lightness(100.0 * (1.0 - step / (STEPS - 1))) for step in range(STEPS)]
    return tuple(Patch((tone, tone, tone), box) for tone, box in zip(tones, _boxes(_GRAY_CELLS), strict=True))


def colors() -> tuple[Patch, ...]:
    return tuple(Patch(color, box) for color, box in zip(COLORS, _boxes(_COLOR_CELLS), strict=True))


def ruler_ticks(along: bool) -> tuple[float, ...]:
    """Where the ticks of a ruler stand: on the plan's y (`along`) or x."""
    first, last = ALONG_RULER_MM if along else ACROSS_RULER_MM
    return tuple(first + number * RULER_STEP_MM for number in range(round((last - first) / RULER_STEP_MM) + 1))


def code_text(printed: Printed) -> str:
    """What the square code says: the version, and how far the print is off, in millionths, where it was measured."""
    plain = f"CONSTAT-TARGET/{VERSION}"
    if printed == Printed():
        return plain
    x, y = (round(its * _PARTS_PER_MILLION) for its in (printed.across, printed.along))
    return f"{plain} X{x:+d} Y{y:+d}"


def from_code(text: str) -> tuple[str, Printed] | None:
    """Version and deviations; null for a code that is no target's."""
    found = _CODE_TEXT.fullmatch(text)
    if found is None:
        return None
    x, y = (int(part or 0) / _PARTS_PER_MILLION for part in (found[3], found[4]))
    return (found[1], Printed(x, y)) if max(abs(x), abs(y)) <= MOST_DEVIATION else None


def _boxes(cells: tuple[tuple[int, int], ...]) -> tuple[BoxMm, ...]:
    """Nine in each field, row by row."""
    found = []
    for at in cells:
        x, y = cell(*at)
        for row in (-1, 0, 1):
            for column in (-1, 0, 1):
                left, top = x + column * _PITCH_MM - PATCH_MM / 2, y + row * _PITCH_MM - PATCH_MM / 2
                found.append(BoxMm(left, top, PATCH_MM, PATCH_MM))
    return tuple(found)


def _gray_of_lightness(lightness: float) -> int:
    """The sRGB grey of a lightness (L*)."""
    root = (lightness + 16.0) / 116.0
    linear = root**3 if root > 6 / 29 else 3 * (6 / 29) ** 2 * (root - 4 / 29)
    encoded = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, encoded)))
