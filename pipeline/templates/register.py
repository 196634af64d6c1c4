"""Lays a page onto its layout to a tenth of a millimetre: an affine map, then the paper's own stretch."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, Point, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.affine_fit import fit_affine, moved
from pipeline.templates.landmarks import FloatArray, Landmarks, Sightings, sight
from pipeline.templates.library import FINE_DPI, PreparedLayout
from pipeline.templates.rescale import rescaled
from pipeline.templates.stretch import fit_stretch
from pipeline.templates.warp import WHITE, Warp

REGISTERED_DPI = 300.0
REACH_MM = 1.5
"""Identification is within 0.4 mm in the middle of a page; stretch adds up to 0.6 mm."""
UNLIKE, ALIKE = 0.3, 0.7
SURE_INFORMATION = 40.0
"""Mean squared gradient of a patch (grey levels a pixel) that fixes a shift to a tenth of a pixel on a noisy scan."""
NEARLY = 0.06
INLIER_MM = 0.35
LEAST_TOLD = 0.25
NO_FIT_MM = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A page in the frame of its layout.

    Attributes:
        image: `(height, width) uint8, 0 = black`, the page warped to `dpi`; white where the page does not reach.
        page_from_layout: the affine part, millimetres on the layout in, pixels of the page out.
        residual_mm: spread (1.48 times the median) of what the fit leaves of the landmarks that agree with it; 9.0
            when there are none.
        residual_p95_mm: 95th percentile of the same.
        found: share of the layout's landmarks that agree with the fit, 0.0 to 1.0.
        warp: the whole map; see `page_point`.
        astray: `(n,) bool`, which of the layout's fine landmarks do not agree with the fit or are not to be found.
    """

    image: GrayImage
    dpi: float
    page_from_layout: Affine
    residual_mm: float
    residual_p95_mm: float
    found: float
    warp: Warp
    astray: npt.NDArray[np.bool_]

    def page_point(self, point_mm: Point) -> Point:
        """The pixel of the page as given (pixel centres at half-integers) where a point of the layout lies."""
        return self.warp.page_point(point_mm)


def register(page: GrayImage, *, dpi: float, prepared: PreparedLayout, initial: Affine) -> Registered:
    """Fit landmarks, first with one affine map, then with a smooth stretch, and resample the page once.

    Args:
        page: upright; it need not be deskewed, if `initial` holds the skew.
        dpi: of the page, roughly: chooses how much to reduce it before looking.
        initial: millimetres on the layout in, pixels of `page` out; within 1.5 mm everywhere.
    """
    landmarks = prepared.fine
    seen = _look(page, dpi, landmarks, initial, prepared.layout.size_mm)
    at, trust = landmarks.centers_mm[seen.index], _trust(landmarks, seen)
    correction = fit_affine(at, seen.shift_mm, trust)
    targets = at + seen.shift_mm
    # The stretch moves layout points before the affine map does, so what is left is taken back through that map.
    left_mm = moved(correction.inverse(), targets) - at
    stretch = fit_stretch(prepared.layout.size_mm, at, left_mm, trust)
    page_from_layout = initial.after(correction)
    warp = Warp.of(prepared.layout.size_mm, page_from_layout, stretch, dpi=REGISTERED_DPI)
    missed = np.hypot(*(left_mm - stretch.shift_at(at)).T)
    agrees = (trust.min(1) > LEAST_TOLD) & (missed < INLIER_MM)
    spread_mm, p95_mm, found = _residual(missed[agrees], len(landmarks))
    astray = np.ones(len(landmarks), np.bool_)
    astray[seen.index[agrees]] = False
    return Registered(warp.draw(page), REGISTERED_DPI, page_from_layout, spread_mm, p95_mm, found, warp, astray)


def _look(
    page: GrayImage, dpi: float, landmarks: Landmarks, initial: Affine, size_mm: tuple[float, float]
) -> Sightings:
    """Sightings in the page as drawn, reduced, by the initial map into the layout's frame."""
    factor = FINE_DPI / dpi
    # Twice the resolution, nearly: halving is quick, and the map takes up the rest, as it is drawn anyway.
    small = rescaled(page, 0.5 if abs(factor / 0.5 - 1.0) < NEARLY else factor)
    scale = px_per_mm(FINE_DPI)
    small_from_frame = small.source_from_image.inverse().after(initial).after(Affine.scaling(1 / scale))
    # From half-integer pixel centres to OpenCV's integer ones.
    half = Affine.translation(0.5, 0.5)
    shown = half.inverse().after(small_from_frame).after(half)
    matrix = np.array([[shown.a, shown.b, shown.c], [shown.d, shown.e, shown.f]])
    size = (round(size_mm[0] * scale), round(size_mm[1] * scale))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    frame = cv2.warpAffine(small.image, matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=WHITE)
    return sight(
        np.asarray(frame, dtype=np.uint8), landmarks, landmarks.centers_mm * scale, reach_px=round(REACH_MM * scale)
    )


def _trust(landmarks: Landmarks, seen: Sightings) -> FloatArray:
    """`(m, 2)`, 0.0 to 1.0: how much a sighting says about the shift along x and along y."""
    information = landmarks.information[seen.index]
    alike = np.clip((seen.likeness - UNLIKE) / (ALIKE - UNLIKE), 0.0, 1.0)
    return np.asarray(information / (information + SURE_INFORMATION) * alike[:, None] ** 2, dtype=np.float64)


def _residual(agreeing: FloatArray, count: int) -> tuple[float, float, float]:
    """Spread and 95th percentile of the residual of agreeing landmarks, and their share of all."""
    if not len(agreeing):
        return NO_FIT_MM, NO_FIT_MM, 0.0
    return 1.48 * float(np.median(agreeing)), float(np.percentile(agreeing, 95)), len(agreeing) / max(1, count)
