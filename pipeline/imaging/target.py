"""Measures a scanner by a scan of the target: lengths, sharpness, tone, noise, colour, lines.

What is measured is print and scanner together; a print is never sharper, more even or truer than it was printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, Point, px_per_mm
from pipeline.imaging.slanted_edge import EdgeResponse, edge_response, frequency_at
from pipeline.imaging.target_geometry import measure_geometry
from pipeline.imaging.target_measures import EdgeFound, Sharpness, TargetMeasures
from pipeline.imaging.target_plan import SQUARE_MM, TILT_DEG, Printed, squares, turned
from pipeline.imaging.target_sheet import FoundTarget, find_target
from pipeline.imaging.target_tone import find_streaks, light_curve, measure_color, measure_tone
from pipeline.model import ColorImage, GrayImage

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]

_ALONG_EDGE_MM: Final = 6.0
"""From the middle of an edge to either end of what is looked at."""
_BESIDE_EDGE_MM: Final = 3.2
_CURVE_POINTS: Final = 41


def measure(gray: GrayImage, color: ColorImage | None = None, *, dpi_said: float) -> TargetMeasures:
    """Measure a scan of the target, whichever way round it lies.

    Args:
        gray: the whole page.
        color: the same in colour; null: colour is not measured.
        dpi_said: the resolution that the scanner was asked for, or says.

    Raises:
        InputRefused: as `find_target`.
    """
    found = find_target(gray)
    geometry = measure_geometry(gray, found, dpi_said=dpi_said)
    tone = measure_tone(gray, found)
    levels, light = light_curve(tone)

    def as_light(part: Levels) -> Floats:
        return np.interp(part.astype(np.float64), levels, light)

    sharp = [
        _sharpness(gray, color, found, as_light, across=across, dpi=(dpi, dpi_said))
        for across, dpi in ((True, geometry.across.dpi), (False, geometry.along.dpi))
    ]
    return TargetMeasures(
        dpi_said=dpi_said,
        turns=found.turns,
        skew_deg=found.skew_deg,
        shear_deg=geometry.shear_deg,
        dots=len(found.plan_mm),
        across=geometry.across,
        along=geometry.along,
        sharp_across=sharp[0],
        sharp_along=sharp[1],
        tone=tone,
        color=None if color is None else measure_color(color, found),
        streaks=find_streaks(gray if color is None else color, found),
        print_measured=found.printed != Printed(),
    )


def _sharpness(
    gray: GrayImage,
    color: ColorImage | None,
    found: FoundTarget,
    as_light: Callable[[Levels], Floats],
    *,
    across: bool,
    dpi: tuple[float, float],
) -> Sharpness | None:
    """All edges on one axis; null where none can be measured. `dpi` is as found, and as said."""
    scale = px_per_mm(dpi[0])
    measured: list[tuple[str, EdgeResponse]] = []
    fringes = []
    for place, middle in _edges(found.image_from_plan, across=across):
        part = _part(gray, middle, scale, across=across)
        response = edge_response(as_light(part)) if part.size else None
        if response is None:
            continue
        measured.append((place, response))
        if color is not None:
            fringes.append(_fringe(_part(color, middle, scale, across=across), as_light))
    if not measured:
        return None
    return _summed(measured, scale, _nyquist(dpi[1]), fringes if color is not None else None)


def _summed(
    measured: Sequence[tuple[str, EdgeResponse]], scale: float, nyquist_lpmm: float, fringes: list[float] | None
) -> Sharpness:
    edges = tuple(
        EdgeFound(place, frequency_at(its, 0.5) * scale, frequency_at(its, 0.1) * scale) for place, its in measured
    )
    mean = np.mean([its.mtf for _, its in measured], axis=0)
    cycles = measured[0][1].cycles_per_px
    shown = np.linspace(0.0, 2.0 * nyquist_lpmm, _CURVE_POINTS)
    curve = np.interp(shown, cycles * scale, mean)
    worst = min(_by_place(edges).values())
    return Sharpness(
        mtf50_lpmm=float(np.mean([its.mtf50_lpmm for its in edges])),
        mtf10_lpmm=float(np.mean([its.mtf10_lpmm for its in edges])),
        efficiency=min(1.0, worst / nyquist_lpmm),
        # Beyond what pixels hold, a curve is noise by a small divisor.
        peak=float(mean[cycles <= 0.5].max()),
        edges=edges,
        curve=tuple((float(at), float(left)) for at, left in zip(shown, curve, strict=True)),
        fringe_px=max(fringes, default=0.0) if fringes is not None else None,
    )


def _by_place(edges: Iterable[EdgeFound]) -> dict[str, float]:
    """Mean limit of resolution of each place: one edge alone is a matter of chance."""
    places: dict[str, list[float]] = {}
    for its in edges:
        places.setdefault(its.place, []).append(its.mtf10_lpmm)
    return {place: sum(found) / len(found) for place, found in places.items()}


def _edges(its: Affine, *, across: bool) -> Iterable[tuple[str, Point]]:
    """Middles in the image of all edges that cross its lines (`across`) or its columns."""
    half = SQUARE_MM / 2
    for square in squares():
        x, y = square.centre_mm
        for side in ((half, 0.0), (-half, 0.0), (0.0, half), (0.0, -half)):
            dx, dy = turned(side, TILT_DEG)
            way = (its.a * dx + its.b * dy, its.d * dx + its.e * dy)
            if (abs(way[0]) > abs(way[1])) == across:
                yield square.place, its.apply((x + dx, y + dy))


def _part(image: Levels, middle: Point, scale: float, *, across: bool) -> Levels:
    """What is around an edge, turned so that the edge runs from top to bottom; empty outside of the image."""
    reach = (_BESIDE_EDGE_MM * scale, _ALONG_EDGE_MM * scale)
    wide, high = reach if across else (reach[1], reach[0])
    left, right = round(middle[0] - wide), round(middle[0] + wide)
    top, bottom = round(middle[1] - high), round(middle[1] + high)
    if left < 0 or top < 0 or right > image.shape[1] or bottom > image.shape[0]:
        return np.zeros((0, 0), np.uint8)
    part = image[top:bottom, left:right]
    return part if across else np.asarray(part.swapaxes(0, 1), np.uint8)


def _fringe(part: Levels, as_light: Callable[[Levels], Floats]) -> float:
    """Largest distance of red or blue from green, in pixels; 0.0 where an edge is lost in one of them."""
    found = [edge_response(as_light(part[:, :, number])) for number in range(3)]
    places = [its.place_px for its in found if its is not None]
    return max(abs(places[0] - places[1]), abs(places[2] - places[1])) if len(places) == 3 else 0.0


def _nyquist(dpi: float) -> float:
    """The finest lines that pixels of this resolution can hold, in line pairs per millimetre."""
    return px_per_mm(dpi) / 2.0
