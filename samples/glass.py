"""Several sheets on a scanner's glass at once: beside each other, one above the other, or one across the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, BoxPx, Point, bounding_box_px, px_per_mm
from pipeline.model import ColorImage
from samples.generate import GeneratedPage

RIM_MM = 0.4
"""Of the bed around a sheet that is taken along: its shadow lies there."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A scanned page, to lie on the glass.

    Attributes:
        at_mm: where the middle of its sheet lies.
        turn_deg: clockwise, from upright.
    """

    page: GeneratedPage
    at_mm: Point
    turn_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Glass:
    """What the scanner gives: RGB, and the smallest upright box around each sheet, in its pixels."""

    image: ColorImage
    boxes: tuple[BoxPx, ...]


def on_glass(lying: Sequence[Lying], size_mm: tuple[float, float], *, dpi: float, ground: int) -> Glass:
    """One scan of all of them, the last on top; what reaches over the glass is not seen."""
    scale = px_per_mm(dpi)
    width, height = (round(side * scale) for side in size_mm)
    image = np.full((height, width, 3), ground, np.uint8)
    noise = np.random.default_rng((width, height)).normal(0.0, 2.0, (height, width, 1))
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    boxes = []
    for each in lying:
        page_from_sheet = _fitted(each.page)
        glass_from_sheet = _placed(each, scale)
        _pasted(image, each.page, glass_from_sheet.after(page_from_sheet.inverse()))
        corners = _corners(each.page, 0.0)
        boxes.append(bounding_box_px(glass_from_sheet.apply(corner) for corner in corners).clipped(width, height))
    return Glass(image, tuple(boxes))


def extent_mm(page: GeneratedPage, turn_deg: float) -> tuple[float, float]:
    """How much room a sheet takes that lies turned."""
    width, height = page.truth.size_mm
    cosine, sine = abs(math.cos(math.radians(turn_deg))), abs(math.sin(math.radians(turn_deg)))
    return width * cosine + height * sine, width * sine + height * cosine


def _fitted(page: GeneratedPage) -> Affine:
    return page.truth.mapping.scan_from_paper


def _placed(each: Lying, scale: float) -> Affine:
    width, height = each.page.truth.size_mm
    angle = math.radians(each.turn_deg)
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    turned = Affine(cosine, -sine, 0.0, sine, cosine, 0.0)
    to_middle = Affine.translation(-width / 2, -height / 2)
    return Affine.translation(each.at_mm[0] * scale, each.at_mm[1] * scale).after(turned).after(to_middle)


def _corners(page: GeneratedPage, rim_mm: float) -> tuple[Point, Point, Point, Point]:
    width, height = page.truth.size_mm
    return (
        (-rim_mm, -rim_mm),
        (width + rim_mm, -rim_mm),
        (width + rim_mm, height + rim_mm),
        (-rim_mm, height + rim_mm),
    )


def _pasted(image: ColorImage, page: GeneratedPage, glass_from_page: Affine) -> None:
    """Lays the sheet of a scan, without the bed around it, onto the glass."""
    size = (image.shape[1], image.shape[0])
    half = Affine.translation(0.5, 0.5)
    shown = half.inverse().after(glass_from_page).after(half)
    matrix = np.array([[shown.a, shown.b, shown.c], [shown.d, shown.e, shown.f]])
    inside = np.zeros(page.image.shape[:2], np.uint8)
    outline = np.array([page.truth.mapping.scan_point(corner) for corner in _corners(page, RIM_MM)])
    cv2.fillConvexPoly(inside, _whole(outline), 255)
    seen = cv2.warpAffine(page.image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    where = cv2.warpAffine(inside, matrix, size, flags=cv2.INTER_NEAREST, borderValue=0) > 0
    image[where] = seen[where]


def _whole(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    return np.asarray(points.round(), dtype=np.int32)
