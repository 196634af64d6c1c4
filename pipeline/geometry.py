"""Millimetres, pixels and the transforms between them.

Boxes are `(x, y, width, height)`, origin top left, y down. Millimetre boxes belong to a layout; pixel boxes are
half-open and belong to the image that the docstring names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

MM_PER_INCH = 25.4

Point: TypeAlias = tuple[float, float]


def px_per_mm(dpi: float) -> float:
    """Pixels in a millimetre at a resolution in dots per inch."""
    return dpi / MM_PER_INCH


@dataclass(frozen=True, slots=True)
class BoxMm:
    """A box on a layout, in millimetres from the sheet's top-left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """Top left, top right, bottom right, bottom left."""
        return ((self.x, self.y), (self.right, self.y), (self.right, self.bottom), (self.x, self.bottom))

    def grown(self, margin_mm: float) -> BoxMm:
        """The box with a margin added on each side (negative shrinks; never below zero size)."""
        return BoxMm(
            self.x - margin_mm,
            self.y - margin_mm,
            max(0.0, self.width + 2 * margin_mm),
            max(0.0, self.height + 2 * margin_mm),
        )

    def overlap_mm2(self, other: BoxMm) -> float:
        """Shared area in square millimetres; 0.0 for boxes that only touch."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class BoxPx:
    """A half-open box in an image, in whole pixels: columns x to x+width-1, rows y to y+height-1."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices for a NumPy image; call on a box that lies inside the image."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def clipped(self, width_px: int, height_px: int) -> BoxPx:
        """The part inside an image of the given size; zero size when none is."""
        left, top = min(max(self.x, 0), width_px), min(max(self.y, 0), height_px)
        right, bottom = min(max(self.right, 0), width_px), min(max(self.bottom, 0), height_px)
        return BoxPx(left, top, max(0, right - left), max(0, bottom - top))

    def as_tuple(self) -> tuple[int, int, int, int]:
        return (self.x, self.y, self.width, self.height)


def bounding_box_px(points: Iterable[Point]) -> BoxPx:
    """Smallest half-open pixel box that holds all points (at least one)."""
    xs, ys = zip(*points, strict=True)
    left, top = math.floor(min(xs)), math.floor(min(ys))
    return BoxPx(left, top, max(1, math.ceil(max(xs)) - left), max(1, math.ceil(max(ys)) - top))


@dataclass(frozen=True, slots=True)
class Affine:
    """An affine map of the plane: x' = a x + b y + c, y' = d x + e y + f.

    Used from one image to another; the variable's name says which (`scan_from_page`: page point in, scan point out).
    Pixel coordinates have pixel centres at half-integers: the image spans 0..width, 0..height.
    """

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @staticmethod
    def identity() -> Affine:
        return Affine(1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

    @staticmethod
    def scaling(factor_x: float, factor_y: float | None = None) -> Affine:
        return Affine(factor_x, 0.0, 0.0, 0.0, factor_x if factor_y is None else factor_y, 0.0)

    @staticmethod
    def translation(dx: float, dy: float) -> Affine:
        return Affine(1.0, 0.0, dx, 0.0, 1.0, dy)

    def apply(self, point: Point) -> Point:
        x, y = point
        return (self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f)

    def after(self, first: Affine) -> Affine:
        """The map that applies `first`, then this one."""
        return Affine(
            self.a * first.a + self.b * first.d,
            self.a * first.b + self.b * first.e,
            self.a * first.c + self.b * first.f + self.c,
            self.d * first.a + self.e * first.d,
            self.d * first.b + self.e * first.e,
            self.d * first.c + self.e * first.f + self.f,
        )

    def inverse(self) -> Affine:
        """Raises ZeroDivisionError for a map that is not invertible."""
        det = self.a * self.e - self.b * self.d
        a, b, d, e = self.e / det, -self.b / det, -self.d / det, self.a / det
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))
