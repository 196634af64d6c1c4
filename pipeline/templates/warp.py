"""Draws a page into a layout's frame with one resampling, and maps layout points to the page by the very same map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import MM_PER_INCH, Affine, Point, px_per_mm
from pipeline.model import ChromaImage, GrayImage
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
        return _drawn(page, self.nodes, self.size_px, NODE_PX, WHITE)

    def draw_halved(self, image: ChromaImage, image_from_page: Affine, *, ground: int) -> ChromaImage:
        """Another image of the page in the layout's frame at half its resolution.

        Args:
            image: `(rows, columns, 2) uint8`.
            image_from_page: pixel of the page in, pixel of this image out.
            ground: value where the image does not reach.

        Returns:
            `(height // 2, width // 2, 2) uint8`.
        """
        rows, columns = self.nodes.shape[:2]
        nodes = moved(image_from_page, self.nodes.reshape(-1, 2).astype(np.float64)).reshape(rows, columns, 2)
        size_px = (self.size_px[0] // 2, self.size_px[1] // 2)
        return _drawn(image, nodes.astype(np.float32), size_px, NODE_PX // 2, ground)


def _drawn(
    page: npt.NDArray[np.uint8], nodes: npt.NDArray[np.float32], size_px: tuple[int, int], node_px: int, ground: int
) -> npt.NDArray[np.uint8]:
    width, height = size_px
    columns = nodes.shape[1]
    out = np.empty((height, width, *page.shape[2:]), np.uint8)
    # OpenCV's own coordinates have pixel centres at integers.
    nodes = nodes - np.float32(0.5)
    border = [float(ground)] * 4
    # In bands, so that the maps (8 bytes a pixel) stay in the processor's cache.
    for first in range(0, -(-height // node_px), BAND_NODES):
        part = nodes[first : first + BAND_NODES + 2]
        size = (columns * node_px, part.shape[0] * node_px)
        top, bottom = first * node_px, min((first + BAND_NODES) * node_px, height)
        inner = (slice(node_px, node_px + bottom - top), slice(node_px, node_px + width))
        x, y = (cv2.resize(part[:, :, axis], size, interpolation=cv2.INTER_LINEAR)[inner] for axis in (0, 1))
        out[top:bottom] = cv2.remap(page, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    return out
