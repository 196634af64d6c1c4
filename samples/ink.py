"""Ink as it lies on paper: small coverage patches that are multiplied onto a page, so a layer stays sparse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import ColorImage

Coverage: TypeAlias = npt.NDArray[np.uint8]
"""`(height, width) uint8`: 0 = bare paper, 255 = solid ink."""
Rgb: TypeAlias = tuple[int, int, int]

BLACK: Rgb = (18, 18, 20)
PEN_BLUE: Rgb = (28, 44, 140)
PEN_BLACK: Rgb = (30, 30, 36)
CARBON: Rgb = (92, 104, 142)
"""Blue-grey of a carbonless copy."""
RIBBON: Rgb = (40, 38, 46)
THERMAL: Rgb = (52, 50, 60)
STAMP_RED: Rgb = (176, 34, 52)
STAMP_VIOLET: Rgb = (84, 52, 140)


@dataclass(frozen=True, slots=True, eq=False)
class Deposit:
    """One patch of ink. `x_px`, `y_px`: its top-left corner on the sheet, in sheet pixels (may lie outside)."""

    x_px: int
    y_px: int
    coverage: Coverage
    rgb: Rgb

    def faded(self, strength: float, rgb: Rgb | None = None) -> Deposit:
        """The same patch with its coverage scaled by `strength` (0 to 1), optionally in another colour."""
        scaled = cv2.convertScaleAbs(self.coverage, alpha=strength)
        return replace(self, coverage=np.asarray(scaled, np.uint8), rgb=rgb or self.rgb)


def lay(page: ColorImage, deposits: Iterable[Deposit]) -> ColorImage:
    """The page with ink multiplied onto it: each channel becomes paper * (1 - coverage * (1 - ink))."""
    inked = page.copy()
    height_px, width_px = page.shape[:2]
    for deposit in deposits:
        rows, columns = deposit.coverage.shape
        top, left = max(0, deposit.y_px), max(0, deposit.x_px)
        bottom, right = min(height_px, deposit.y_px + rows), min(width_px, deposit.x_px + columns)
        if bottom <= top or right <= left:
            continue
        part = deposit.coverage[top - deposit.y_px : bottom - deposit.y_px, left - deposit.x_px : right - deposit.x_px]
        cover = part.astype(np.float32)[..., None] / 255.0
        absorbed = 1.0 - np.asarray(deposit.rgb, np.float32) / 255.0
        region = inked[top:bottom, left:right].astype(np.float32)
        inked[top:bottom, left:right] = (region * (1.0 - cover * absorbed) + 0.5).astype(np.uint8)
    return inked


def coverage_of(shape: tuple[int, int], deposits: Iterable[Deposit]) -> Coverage:
    """All patches of a layer as one coverage image of the sheet, `shape` = (height, width) in sheet pixels."""
    page = np.full((*shape, 3), 255, np.uint8)
    inked = lay(page, (replace(deposit, rgb=(0, 0, 0)) for deposit in deposits))
    return np.asarray(255 - inked[..., 0], np.uint8)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], scale_px: float) -> npt.NDArray[np.float32]:
    """Noise of unit variance or a little less that changes over about `scale_px` pixels; `(height, width) float32`."""
    rows = max(2, round(shape[0] / scale_px) + 2)
    columns = max(2, round(shape[1] / scale_px) + 2)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
