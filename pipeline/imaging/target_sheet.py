"""Finds the target in a scan: its code first, then dot by dot, as far as they reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from pipeline.errors import InputRefused
from pipeline.geometry import MM_PER_INCH, Affine, Point
from pipeline.imaging.target_plan import DOT_MM, VERSION, Printed, code_box, dots, from_code
from pipeline.model import GrayImage

Floats = npt.NDArray[np.float64]

_FORMATS: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
LEAST_DPI: Final = 140.0
"""A dot is 16 pixels wide there; with fewer, hardly any of the figures mean anything."""
MOST_SKEW_DEG: Final = 3.0
"""The squares are tilted by five degrees: turned by as much the other way, their edges would run along the pixels."""
LEAST_CONTRAST: Final = 60
"""Grey levels between a dot and the paper around it."""
_LEAST_PAPER: Final = 90.0
"""Grey level of paper in a scan whose code might still be found."""
LEAST_DOTS: Final = 32
"""Of 35: dust and a dead line may hide some."""
_REACH_MM: Final = 1.4
"""A dot lies no further from where those found before say."""
_AREA: Final = (0.6, 1.5)
"""Of a dot as printed and scanned, against a circle of its size."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundTarget:
    """The target in a scan.

    Attributes:
        printed: how far the print is off, as its code says.
        image_from_plan: point of the plan in millimetres in, of the image in pixels out (`Affine`).
        plan_mm, image_px: `(n, 2) float64`: dots that were found, x and y, in pairs.
    """

    printed: Printed
    image_from_plan: Affine
    plan_mm: Floats
    image_px: Floats

    @property
    def turns(self) -> int:
        """Clockwise quarter turns by which the target lies turned in the image, 0 to 3."""
        return round(math.degrees(math.atan2(self.image_from_plan.d, self.image_from_plan.a)) / 90.0) % 4

    @property
    def skew_deg(self) -> float:
        """How far the target is turned from the nearest quarter turn, counter-clockwise positive."""
        its = self.image_from_plan
        by_x, by_y = math.atan2(its.d, its.a), math.atan2(-its.b, its.e)
        middle = math.atan2(math.sin(by_x) + math.sin(by_y), math.cos(by_x) + math.cos(by_y))
        return -((math.degrees(middle) + 45.0) % 90.0 - 45.0)


def find_target(gray: GrayImage) -> FoundTarget:
    """Find the target, whichever way round it lies.

    Args:
        gray: a scan of the whole page, 140 dpi or more.

    Raises:
        InputRefused: `target_not_found`, `target_other_version`, `target_mirrored`, `target_cut_off`,
            `target_damaged`, `target_too_dark`, `target_too_coarse`, `target_crooked`, `target_bilevel`.
    """
    version, printed, corners = _code(gray)
    if not np.any((gray > 40) & (gray < 215)):
        raise InputRefused("target_bilevel")
    if version != VERSION:
        raise InputRefused("target_other_version", version=version, known=VERSION)
    box = np.array(code_box().corners, np.float64)
    start = fitted(box, corners)
    dpi = math.sqrt(abs(start.a * start.e - start.b * start.d)) * MM_PER_INCH
    if dpi < LEAST_DPI:
        raise InputRefused("target_too_coarse", dpi=round(dpi), least=round(LEAST_DPI))
    try:
        plan, image = _dots(gray, box, corners)
    except InputRefused as error:
        if _is_mirrored(gray, box, corners):
            raise InputRefused("target_mirrored") from error
        raise
    found = FoundTarget(printed, fitted(plan, image), plan, image)
    if abs(found.skew_deg) > MOST_SKEW_DEG:
        raise InputRefused("target_crooked", angle_deg=f"{found.skew_deg:.1f}", most=f"{MOST_SKEW_DEG:.0f}")
    return found


def fitted(plan: Floats, image: Floats) -> Affine:
    """The affine map that takes points of the plan nearest to those of the image, `(n, 2)` each, n >= 3."""
    known = np.column_stack([plan, np.ones(len(plan))])
    solved, *_ = np.linalg.lstsq(known, image, rcond=None)
    (a, d), (b, e), (c, f) = solved
    return Affine(float(a), float(b), float(c), float(d), float(e), float(f))


def _code(gray: GrayImage) -> tuple[str, Printed, Floats]:
    """Version, deviations and corners: top left, top right, bottom right, bottom left as it reads."""
    for code in zxingcpp.read_barcodes(gray, formats=_FORMATS, try_rotate=True, try_invert=False):
        said = from_code(code.text) if code.valid else None
        if said is not None:
            its = code.position
            corners = [(at.x, at.y) for at in (its.top_left, its.top_right, its.bottom_right, its.bottom_left)]
            return (*said, np.array(corners, np.float64))
    # A page without contrast that is light is a blank back.
    raise InputRefused("target_too_dark" if np.percentile(gray, 90.0) < _LEAST_PAPER else "target_not_found")


def _is_mirrored(gray: GrayImage, box: Floats, corners: Floats) -> bool:
    """Whether the dots are where a mirror would put them. The code itself reads either way, and does not say which."""
    try:
        _dots(gray, box, corners[[0, 3, 2, 1]])
    except InputRefused:
        return False
    return True


def _dots(gray: GrayImage, box: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Dots on the plan and in the image, found from the code outwards: each says better where the next one lies."""
    centre = box.mean(axis=0)
    waiting = sorted(dots(), key=lambda dot: math.dist(dot, (float(centre[0]), float(centre[1]))))
    plan, image = [*map(tuple, box)], [*map(tuple, corners)]
    weak, found_plan, found_image = 0, list[Point](), list[Point]()
    for dot in waiting:
        near = fitted(np.array(plan), np.array(image))
        at = near.apply(dot)
        height, width = gray.shape
        if not (0.0 <= at[0] < width and 0.0 <= at[1] < height):
            raise InputRefused("target_cut_off")
        centroid, contrast = _dot(gray, at, math.sqrt(abs(near.a * near.e - near.b * near.d)))
        weak += contrast < LEAST_CONTRAST
        if centroid is None:
            continue
        found_plan.append(dot)
        found_image.append(centroid)
        # Dots are known to a fiftieth of a pixel, the code's corners to one: they go once there are enough dots.
        plan, image = (
            (found_plan, found_image)
            if len(found_plan) >= 6
            else (
                [*plan, dot],
                [*image, centroid],
            )
        )
    if len(found_plan) < LEAST_DOTS:
        code = "target_too_dark" if weak > len(waiting) // 2 else "target_damaged"
        raise InputRefused(code, found=len(found_plan), of=len(waiting))
    return np.array(found_plan), np.array(found_image)


def _dot(gray: GrayImage, at: Point, scale_px_per_mm: float) -> tuple[Point | None, float]:
    """Centre of the dot near a place, null without one; and how many grey levels it has against the paper."""
    reach = math.ceil((DOT_MM / 2 + _REACH_MM) * scale_px_per_mm)
    left, top = max(0, round(at[0]) - reach), max(0, round(at[1]) - reach)
    part = gray[top : round(at[1]) + reach + 1, left : round(at[0]) + reach + 1].astype(np.float32)
    paper, ink = float(np.percentile(part, 85)), float(np.percentile(part, 3))
    if paper - ink < LEAST_CONTRAST:
        return None, paper - ink
    dark = np.clip((paper - part) / (paper - ink), 0.0, 1.0)
    count, labels, stats, centres = cv2.connectedComponentsWithStats((dark > 0.5).astype(np.uint8), connectivity=8)
    expected = math.pi * (DOT_MM / 2 * scale_px_per_mm) ** 2
    best, nearest = None, math.inf
    for number in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[number])
        whole = x > 0 and y > 0 and x + width < part.shape[1] and y + height < part.shape[0]
        far = math.dist(centres[number] + (left + 0.5, top + 0.5), at)
        if whole and _AREA[0] <= area / expected <= _AREA[1] and far < nearest:
            best, nearest = number, far
    if best is None:
        return None, paper - ink
    spread = np.ones((5, 5), np.uint8)
    mask = cv2.dilate((labels == best).astype(np.uint8), spread) > 0
    weights = np.where(mask, dark, 0.0)
    rows, columns = np.indices(part.shape)
    total = float(weights.sum())
    x_px, y_px = float((weights * columns).sum()) / total, float((weights * rows).sum()) / total
    return (left + x_px + 0.5, top + y_px + 0.5), paper - ink
