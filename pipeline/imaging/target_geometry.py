"""How true lengths are in a scan of the target: resolution, angles, errors of its dots, and how even its rulers are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import MM_PER_INCH, Affine, px_per_mm
from pipeline.imaging.target_measures import Curve, Placing
from pipeline.imaging.target_plan import RULER_STEP_MM, TICK_LENGTHS_MM, ruler_ticks
from pipeline.imaging.target_sheet import FoundTarget, fitted
from pipeline.model import GrayImage

Floats = npt.NDArray[np.float64]

_FINE_MM: Final = 0.02
"""Rulers are sampled so finely; a pixel at 300 dpi is 0.085 mm."""
_BAND_MM: Final = (0.4, TICK_LENGTHS_MM[0] - 0.4)
_LEAST_TICKS: Final = 0.9
"""Share of a ruler's ticks that must be found."""
_LEAST_DARK: Final = 25.0
"""Grey levels of a tick against the paper beside it."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Both axes, and by how many degrees they are off a right angle."""

    across: Placing
    along: Placing
    shear_deg: float


def measure_geometry(gray: GrayImage, found: FoundTarget, *, dpi_said: float) -> Geometry:
    """Measure the dots and rulers of a target that was found in this image.

    The print's own deviations are taken out where the target says them.
    """
    true_mm = found.plan_mm * _stretch(found)
    image_mm = found.image_px / px_per_mm(dpi_said)
    rigid = _residuals_rigid(true_mm, image_mm)
    its = fitted(true_mm, found.image_px)
    bent = found.image_px - _applied(its, true_mm)
    turned = found.turns % 2 == 1
    scales = (math.hypot(its.a, its.b), math.hypot(its.d, its.e))
    # Rows of the map: how x and how y of the image follow from the plan.
    angle = math.degrees(math.acos(max(-1.0, min(1.0, (its.a * its.d + its.b * its.e) / (scales[0] * scales[1])))))
    placings = []
    for axis, scale in enumerate(scales):
        bends = bent[:, axis] / scale
        uneven = _uneven(gray, found, along_plan=(axis == 1) != turned)
        placings.append(
            Placing(
                dpi=scale * MM_PER_INCH,
                scale_error=scale * MM_PER_INCH / dpi_said - 1.0,
                error_max_mm=float(np.abs(rigid[:, axis]).max()),
                error_rms_mm=_rms(rigid[:, axis]),
                bend_max_mm=float(np.abs(bends).max()),
                bend_rms_mm=_rms(bends),
                uneven_max_mm=max(abs(off) for _, off in uneven) if uneven else None,
                uneven=uneven,
            )
        )
    return Geometry(placings[0], placings[1], angle - 90.0)


def _stretch(found: FoundTarget) -> Floats:
    return np.array([1.0 + found.printed.across, 1.0 + found.printed.along])


def _residuals_rigid(true_mm: Floats, image_mm: Floats) -> Floats:
    """What is left after the best turn and shift, without any change of scale (Kabsch)."""
    one, other = true_mm - true_mm.mean(axis=0), image_mm - image_mm.mean(axis=0)
    left, _, right = np.linalg.svd(one.T @ other)
    turn = left @ right
    return np.asarray(other - one @ turn, np.float64)


def _applied(its: Affine, points: Floats) -> Floats:
    x, y = points[:, 0], points[:, 1]
    return np.column_stack([its.a * x + its.b * y + its.c, its.d * x + its.e * y + its.f])


def _uneven(gray: GrayImage, found: FoundTarget, *, along_plan: bool) -> Curve:
    """Millimetres along a ruler, and how far its tick there is off even steps; none where it cannot be followed."""
    ticks = np.array(ruler_ticks(along_plan))
    places = np.arange(ticks[0] - RULER_STEP_MM / 2, ticks[-1] + RULER_STEP_MM / 2, _FINE_MM)
    dark = _profile(gray, found.image_from_plan, places, along_plan=along_plan)
    seen, offsets = [], []
    for tick in ticks:
        near = np.abs(places - tick) <= RULER_STEP_MM / 2
        weights = np.clip(dark[near] - 0.25 * dark[near].max(), 0.0, None)
        if dark[near].max() >= _LEAST_DARK and weights.sum() > 0.0:
            seen.append(float(tick))
            offsets.append(float((weights * places[near]).sum() / weights.sum() - tick))
    if len(seen) < _LEAST_TICKS * ticks.size:
        return ()
    straight = np.polyval(np.polyfit(seen, offsets, 1), seen)
    left = np.array(offsets) - straight
    # One tick lies between pixels: its neighbours share what really moved.
    smooth = np.convolve(np.pad(left, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    return tuple((tick - float(ticks[0]), float(off)) for tick, off in zip(seen, smooth, strict=True))


def _profile(gray: GrayImage, its: Affine, places: Floats, *, along_plan: bool) -> Floats:
    """Darkness along a ruler, averaged over the band that all its ticks cross."""
    across = np.arange(*_BAND_MM, 0.05)
    x, y = np.meshgrid(across, places) if along_plan else np.meshgrid(places, across, indexing="ij")
    columns = its.a * x + its.b * y + its.c - 0.5
    rows = its.d * x + its.e * y + its.f - 0.5
    # Longer than the sampler allows on one side: it takes pieces.
    pieces = [
        cv2.remap(
            gray,
            columns[start : start + 8000].astype(np.float32),
            rows[start : start + 8000].astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for start in range(0, len(places), 8000)
    ]
    tone = np.concatenate(pieces).astype(np.float64).mean(axis=1)
    return np.asarray(np.percentile(tone, 90) - tone, np.float64)


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
