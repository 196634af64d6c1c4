"""Draws a page into a layout's frame with one resampling, and maps layout points to the page by the very same map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import MM_PER_INCH, Affine, Point, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.affine_fit import moved
from pipeline.templates.stretch import Stretch

NODE_PX = 16
"""1.4 mm at 300 dpi; between nodes the map is bilinear, off by less than 0.001 mm for paper's stretch."""
BAND_NODES = 16
WHITE = 255


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Where each point of the layout lies on the page.

    Attributes:
        dpi: of the layout's frame.
        size_px: width and height of the frame.
        nodes: `(rows, columns, 2) float32`: x, y on the page (pixel centres at half-integers) of the frame's points
            `((column - 0.5) * 16, (row - 0.5) * 16)`; one node beyond the frame on each side.
    """

    dpi: float
    size_px: tuple[int, int]
    nodes: npt.NDArray[np.float32]

    @staticmethod
    def of(size_mm: tuple[float, float], page_from_layout: Affine, stretch: Stretch, *, dpi: float) -> Warp:
        """The map: shift by the stretch, then the affine map (mm to page px)."""
        scale = px_per_mm(dpi)
        width, height = (round(side * scale) for side in size_mm)
        columns, rows = (-(-side // NODE_PX) + 2 for side in (width, height))
        x_mm, y_mm = (np.arange(-0.5, count - 1.0) * float(NODE_PX / scale) for count in (columns, rows))
        points = np.stack(np.meshgrid(x_mm, y_mm), axis=2) + stretch.shift_mm(x_mm, y_mm)
        nodes = moved(page_from_layout, points.reshape(-1, 2)).reshape(rows, columns, 2)
        return Warp(dpi, (width, height), nodes.astype(np.float32))

    def page_point(self, point_mm: Point) -> Point:
        """The pixel of the page (pixel centres at half-integers) that a layout point was drawn from."""
        scale = self.dpi / MM_PER_INCH / NODE_PX
        rows, columns = self.nodes.shape[:2]
        x, y = point_mm[0] * scale + 0.5, point_mm[1] * scale + 0.5
        column, row = (min(max(int(np.floor(place)), 0), count - 2) for place, count in ((x, columns), (y, rows)))
        u, v = x - column, y - row
        top = self.nodes[row, column] * (1 - u) + self.nodes[row, column + 1] * u
        bottom = self.nodes[row + 1, column] * (1 - u) + self.nodes[row + 1, column + 1] * u
        found = top * (1 - v) + bottom * v
        return float(found[0]), float(found[1])

    def draw(self, page: GrayImage) -> GrayImage:
        """The page in the layout's frame, bilinear; white where the page does not reach."""
        width, height = self.size_px
        columns = self.nodes.shape[1]
        out = np.empty((height, width), np.uint8)
        # OpenCV's own coordinates have pixel centres at integers.
        nodes = self.nodes - np.float32(0.5)
        # In bands, so that the maps (8 bytes a pixel) stay in the processor's cache.
        for first in range(0, -(-height // NODE_PX), BAND_NODES):
            part = nodes[first : first + BAND_NODES + 2]
            size = (columns * NODE_PX, part.shape[0] * NODE_PX)
            top, bottom = first * NODE_PX, min((first + BAND_NODES) * NODE_PX, height)
            inner = (slice(NODE_PX, NODE_PX + bottom - top), slice(NODE_PX, NODE_PX + width))
            x, y = (cv2.resize(part[:, :, axis], size, interpolation=cv2.INTER_LINEAR)[inner] for axis in (0, 1))
            out[top:bottom] = cv2.remap(page, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=WHITE)
        return out
