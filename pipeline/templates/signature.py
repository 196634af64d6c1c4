"""Signature of a page: where ink and ruled lines lie along its height and its width; finds candidate layouts fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage

Profile: TypeAlias = npt.NDArray[np.float32]

BIN_MM = 0.4
BINS = 1024
"""409.6 mm: the longest sheet is 355 mm; the rest is room for a scanner's surround."""
EDGE_MM = 3.0
"""Left out: the shadow of a paper's edge would pass for the longest line of all."""
RULE_MM = 7.0
"""Shorter strokes are letters, not ruled lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Ink along one direction of a page, one value a pixel row or column.

    Attributes:
        rules: ink of ruled lines that run across this direction.
        ink: all ink, for pages that are text and have few lines.
    """

    rules: Profile
    ink: Profile

    def reversed(self) -> Profiles:
        return Profiles(self.rules[::-1], self.ink[::-1])


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """`down` runs from top to bottom, `across` from left to right."""

    down: Profiles
    across: Profiles


def darkness(image: GrayImage, *, dpi: float) -> npt.NDArray[np.float32]:
    """`(height, width) float32, 0.0 = as light as the paper around, 1.0 = black`; large dark areas count as paper."""
    step = max(1, round(px_per_mm(dpi)))
    small = cv2.resize(image, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    ground = cv2.GaussianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), (0, 0), 2.0)
    ground = cv2.resize(ground, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark = cv2.subtract(ground, image).astype(np.float32)
    return np.asarray(np.minimum(dark / np.maximum(ground, 64), 1.0), dtype=np.float32)


def signature(image: GrayImage, *, dpi: float) -> Signature:
    """Signature of a deskewed page; `dpi` may be a rough guess."""
    dark = darkness(image, dpi=dpi)
    margin = max(1, round(EDGE_MM * px_per_mm(dpi)))
    dark[:margin], dark[-margin:], dark[:, :margin], dark[:, -margin:] = 0, 0, 0, 0
    turned = np.ascontiguousarray(dark.T)
    return Signature(down=_profiles(dark, dpi), across=_profiles(turned, dpi))


def _profiles(dark: npt.NDArray[np.float32], dpi: float) -> Profiles:
    scale = px_per_mm(dpi)
    length, gap = max(3, round(RULE_MM * scale)), max(1, round(0.8 * scale))
    along = np.asarray(cv2.blur(dark, (length, 1)), dtype=np.float32)
    ridge = along.copy()
    ridge[gap:] -= along[:-gap]
    lower = along.copy()
    lower[:-gap] -= along[gap:]
    ridge = np.maximum(np.minimum(ridge, lower), 0.0)
    return Profiles(rules=ridge.sum(1), ink=dark.sum(1))


def spectra(profiles: Profiles, bin_px: npt.NDArray[np.float64]) -> npt.NDArray[np.complex64]:
    """Spectra of both profiles at several scales, each of unit energy and without its slow part.

    Args:
        bin_px: `(s,) float64`, pixels in a bin of 0.4 mm, one value a scale to try.

    Returns:
        `(s, 2, 513) complex64`: rules, then ink.
    """
    edges = np.arange(BINS + 1)[None, :] * bin_px[:, None]
    planes = []
    for profile in (profiles.rules, profiles.ink):
        sums = np.concatenate([[0.0], np.cumsum(profile, dtype=np.float64)])
        # Past the end the running sum stays level: no ink there.
        binned = np.diff(np.interp(edges, np.arange(len(sums)), sums), axis=1)
        planes.append(_flattened(binned))
    return np.fft.rfft(np.stack(planes, 1), axis=2).astype(np.complex64)


def _flattened(binned: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Square root (a long line must not outweigh ten short ones), less its own slow part, unit energy."""
    rooted = np.sqrt(np.maximum(binned, 0.0))
    narrow = np.asarray([0.25, 0.5, 0.25])
    rows = [np.convolve(row, narrow, "same") - np.convolve(row, np.full(15, 1 / 15), "same") for row in rooted]
    flat = np.stack(rows)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(norm, 1e-9), dtype=np.float64)


def correlate(
    page: npt.NDArray[np.complex64], layouts: npt.NDArray[np.complex64], *, bins: int = BINS
) -> npt.NDArray[np.float32]:
    """Correlation of a page with layouts over all shifts.

    Args:
        page: `(s, 2, 513)`, one row a scale.
        layouts: `(n, 2, 513)`.
        bins: 1024, or 512 for half the resolution at less than half the cost.

    Returns:
        `(n, s, bins) float32`: mean of both profiles' correlations, at most 1.0; the index is the shift, page minus
        layout, in steps of 409.6 mm / bins, negative ones wrapped.
    """
    used = bins // 2 + 1
    product = np.einsum("scf,ncf->nsf", page[:, :, :used], layouts[:, :, :used].conj())
    return np.asarray(np.fft.irfft(product, bins, axis=2) * (bins / BINS / 2), dtype=np.float32)
