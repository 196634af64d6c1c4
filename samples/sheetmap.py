"""Where every point of a sheet lies in the scan: paper stretch, skew, scale and turn, known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, Point, px_per_mm
from pipeline.model import ColorImage

_GRID_PX = 16
"""The maps are computed on this grid and interpolated: over 16 px the stretch is straight to 0.001 px."""


@dataclass(frozen=True, slots=True)
class Wave:
    """One component of paper stretch: a displacement of (dx, dy) millimetres times sin(kx x + ky y + phase)."""

    dx_mm: float
    dy_mm: float
    kx: float
    ky: float
    phase: float


@dataclass(frozen=True, slots=True)
class SheetMap:
    """From the layout's millimetres to the scan's pixels.

    A point p of the sheet is first displaced by the waves, then mapped by `scan_from_paper`.
    """

    scan_from_paper: Affine
    waves: tuple[Wave, ...] = ()

    def scan_point(self, point_mm: Point) -> Point:
        """A point of the layout in the scan as received, in pixels (pixel centres at half-integers)."""
        x, y = point_mm
        shifts = [(wave, math.sin(wave.kx * x + wave.ky * y + wave.phase)) for wave in self.waves]
        moved_x = x + sum(wave.dx_mm * sine for wave, sine in shifts)
        moved_y = y + sum(wave.dy_mm * sine for wave, sine in shifts)
        return self.scan_from_paper.apply((moved_x, moved_y))

    def sheet_points(self, scan_points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """`(n, 2)` points of the scan in the layout's millimetres: `scan_point` undone to 0.00001 mm."""
        back = self.scan_from_paper.inverse()
        x, y = scan_points[:, 0], scan_points[:, 1]
        paper_x, paper_y = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
        return np.stack(_unstretched(self.waves, paper_x, paper_y), axis=1)


def draw_waves(rng: np.random.Generator, size_mm: tuple[float, float], largest_mm: float) -> tuple[Wave, ...]:
    """Smooth stretch: three waves, each 1 to 3 times the sheet's shorter side long; together at most `largest_mm`."""
    if largest_mm <= 0.0:
        return ()
    waves = []
    shares = rng.dirichlet((2.0, 2.0, 2.0))
    for share in shares:
        heading, turn = rng.uniform(0, 2 * math.pi, 2)
        length_mm = min(size_mm) * rng.uniform(1.0, 3.0)
        k = 2 * math.pi / length_mm
        reach = float(share) * largest_mm
        waves.append(
            Wave(
                reach * math.cos(heading),
                reach * math.sin(heading),
                k * math.cos(turn),
                k * math.sin(turn),
                float(rng.uniform(0, 2 * math.pi)),
            )
        )
    return tuple(waves)


@dataclass(frozen=True, slots=True)
class Placing:
    """How the sheet lies in the scanner.

    Attributes:
        turn_deg: clockwise turn that makes the scan upright again: 0, 90, 180 or 270.
        skew_deg: how far the upright page's content is turned counter-clockwise.
        scale_x, scale_y: scale error of the scanner along and across.
        margins_mm: scanner bed seen left, top, right and bottom of the upright sheet; negative cuts into it.
    """

    turn_deg: int
    skew_deg: float
    scale_x: float
    scale_y: float
    margins_mm: tuple[float, float, float, float]


def place(size_mm: tuple[float, float], placing: Placing, *, dpi: float) -> tuple[Affine, tuple[int, int]]:
    """The map from the sheet's millimetres to scan pixels, and the scan's size (width, height) in pixels.

    The scan holds the skewed sheet's bounding box grown by the margins.
    """
    scale = px_per_mm(dpi)
    angle = math.radians(placing.skew_deg)
    cosine, sine = math.cos(angle), math.sin(angle)
    stretch = Affine.scaling(scale * placing.scale_x, scale * placing.scale_y)
    # y points down, so a counter-clockwise turn as seen has the sine's sign swapped.
    turned = Affine(cosine, sine, 0.0, -sine, cosine, 0.0).after(stretch)
    corners = [turned.apply(point) for point in ((0, 0), (size_mm[0], 0), size_mm, (0, size_mm[1]))]
    left_mm, top_mm, right_mm, bottom_mm = placing.margins_mm
    x0 = min(x for x, _ in corners) - left_mm * scale
    y0 = min(y for _, y in corners) - top_mm * scale
    width = round(max(x for x, _ in corners) + right_mm * scale - x0)
    height = round(max(y for _, y in corners) + bottom_mm * scale - y0)
    upright = Affine.translation(-x0, -y0).after(turned)
    return _turned(upright, placing.turn_deg, (width, height))


def _turned(upright: Affine, turn_deg: int, size: tuple[int, int]) -> tuple[Affine, tuple[int, int]]:
    """The same after turning the scan so that `turn_deg` clockwise makes it upright."""
    width, height = float(size[0]), float(size[1])
    if turn_deg == 0:
        return upright, size
    if turn_deg == 180:
        return Affine(-1, 0, width, 0, -1, height).after(upright), size
    if turn_deg == 90:  # the scan lies turned counter-clockwise: (x, y) -> (y, width - x)
        return Affine(0, 1, 0, -1, 0, width).after(upright), (size[1], size[0])
    return Affine(0, -1, height, 1, 0, 0).after(upright), (size[1], size[0])


def warp(
    sheet: ColorImage, mapping: SheetMap, size_px: tuple[int, int], *, dpi: float, ground: tuple[int, int, int]
) -> ColorImage:
    """The sheet as the scanner sees it, on a ground of one colour.

    Args:
        sheet: the sheet in its own pixels, `dpi` of the scan without scale error.
        size_px: (width, height) of the scan.
    """
    map_x, map_y = _maps(mapping, size_px, px_per_mm(dpi))
    fixed, fraction = cv2.convertMaps(map_x, map_y, cv2.CV_16SC2)
    scan = cv2.remap(
        sheet, fixed, fraction, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=[float(c) for c in ground]
    )
    return np.asarray(scan, np.uint8)


def _maps(
    mapping: SheetMap, size_px: tuple[int, int], scale: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """For every scan pixel the sheet pixel it shows, as OpenCV indices (centres at whole numbers)."""
    width, height = size_px
    columns, rows = math.ceil(width / _GRID_PX) + 2, math.ceil(height / _GRID_PX) + 2
    # cv2.resize samples cell centres; one cell more on each side keeps its edge handling out of the picture.
    xs = (np.arange(columns) - 0.5) * _GRID_PX
    ys = (np.arange(rows) - 0.5) * _GRID_PX
    grid_x, grid_y = np.meshgrid(xs, ys)
    back = mapping.scan_from_paper.inverse()
    paper_x = back.a * grid_x + back.b * grid_y + back.c
    paper_y = back.d * grid_x + back.e * grid_y + back.f
    sheet_x, sheet_y = _unstretched(mapping.waves, paper_x, paper_y)
    return (dense(sheet_x * scale - 0.5, size_px), dense(sheet_y * scale - 0.5, size_px))


def _unstretched(
    waves: tuple[Wave, ...], paper_x: npt.NDArray[np.float64], paper_y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where points of the paper were before the waves displaced them."""
    sheet_x, sheet_y = paper_x, paper_y
    for _ in range(4):  # the displacement's slope is under 0.06, so four rounds leave under 0.00001 mm
        shift_x, shift_y = _displacement(waves, sheet_x, sheet_y)
        sheet_x, sheet_y = paper_x - shift_x, paper_y - shift_y
    return sheet_x, sheet_y


def _displacement(
    waves: tuple[Wave, ...], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    total_x, total_y = np.zeros_like(x), np.zeros_like(y)
    for wave in waves:
        sine = np.sin(wave.kx * x + wave.ky * y + wave.phase)
        total_x, total_y = total_x + wave.dx_mm * sine, total_y + wave.dy_mm * sine
    return total_x, total_y


def dense(grid: npt.NDArray[np.float64], size_px: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The coarse grid interpolated to every pixel centre of the scan."""
    rows, columns = grid.shape
    full = cv2.resize(grid.astype(np.float32), (columns * _GRID_PX, rows * _GRID_PX), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(full[_GRID_PX : _GRID_PX + size_px[1], _GRID_PX : _GRID_PX + size_px[0]])
