"""An image at its own size, at half of it, at a quarter: any part of it at any size costs what the answer has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxPx
from pipeline.model import ColorImage, GrayImage
from pipeline.screens.iiif.cut import Cut

_SMALLEST_PX: Final = 64
"""No level is made of one whose longer side is at most this."""


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """Attributes:
    levels: each of half the size of the one before, rounded up; the first is the image. `(height, width) uint8, 0 =
        black`, or with 2 channels (grey and opacity), 3 (red green blue) or 4 (and opacity). Where there is opacity,
        the others are multiplied by it: black where nothing is.
    """

    levels: tuple[GrayImage | ColorImage, ...]

    @property
    def width_px(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def height_px(self) -> int:
        return int(self.levels[0].shape[0])

    @property
    def channels(self) -> int:
        return int(self.levels[0].shape[2]) if self.levels[0].ndim == 3 else 1

    @property
    def size_bytes(self) -> int:
        return sum(level.nbytes for level in self.levels)


def pyramid(image: GrayImage | ColorImage) -> Pyramid:
    """Of an image as `Pyramid.levels` has them; the image itself is its first level, not a copy."""
    levels = [image]
    while max(levels[-1].shape[:2]) > _SMALLEST_PX:
        levels.append(_halved(levels[-1]))
    return Pyramid(tuple(levels))


def _halved(image: GrayImage | ColorImage) -> GrayImage | ColorImage:
    """Each pixel the mean of 2 x 2; of an odd last row or column, twice that one."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), dtype=np.uint8)
    return _resized(image, -(-width // 2), -(-height // 2), cv2.INTER_AREA)


def cut_out(of: Pyramid, cut: Cut) -> GrayImage | ColorImage:
    """The part of the image at the size that is asked for, of as many channels."""
    level = max(index for index in range(len(of.levels)) if index == 0 or _serves(of, cut, 1 << index))
    scale = 1 << level
    box = _scaled(cut.box, scale)
    part = of.levels[level][box.slices]
    # What becomes smaller is averaged; only then, what becomes larger is drawn out.
    smaller = min(box.width, cut.width_px), min(box.height, cut.height_px)
    part = _resized(part, *smaller, cv2.INTER_AREA)
    return _resized(part, cut.width_px, cut.height_px, cv2.INTER_LINEAR)


def _serves(of: Pyramid, cut: Cut, scale: int) -> bool:
    """Whether a level has the region's edges on edges of its pixels, and enough of these."""
    box = cut.box
    edges = box.x % scale or box.y % scale
    edges = (
        edges or (box.right % scale and box.right != of.width_px) or (box.bottom % scale and box.bottom != of.height_px)
    )
    small = _scaled(box, scale)
    return not edges and small.width >= cut.width_px and small.height >= cut.height_px


def _scaled(box: BoxPx, scale: int) -> BoxPx:
    left, top = box.x // scale, box.y // scale
    return BoxPx(left, top, -(-box.right // scale) - left, -(-box.bottom // scale) - top)


def _resized(image: GrayImage | ColorImage, width: int, height: int, how: int) -> GrayImage | ColorImage:
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)
