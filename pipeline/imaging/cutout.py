"""The page of a scan as one would hold it: the scanner's own pixels without its bed, none interpolated."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry import Affine, bounding_box_px
from pipeline.imaging.decode import Decoded
from pipeline.imaging.orient import turn
from pipeline.imaging.paper import Paper
from pipeline.model import GrayImage


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A page upright, with the skew it was fed with.

    Attributes:
        image: `(height, width) uint8, 0 = black`.
        scan_from_image: point of `image` in, point of the scan as received out.
    """

    image: GrayImage
    scan_from_image: Affine


def cut_out(decoded: Decoded, paper: Paper, quarter_turns: int) -> Cutout:
    """The part of a scan that holds the paper, turned clockwise."""
    height, width = paper.image.shape
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    around = bounding_box_px(paper.scan_from_image.apply(corner) for corner in corners)
    box = around.clipped(decoded.gray.shape[1], decoded.gray.shape[0])
    turned = turn(decoded.gray[box.slices], quarter_turns)
    moved = Affine.translation(float(box.x), float(box.y)).after(turned.source_from_image)
    return Cutout(turned.image, decoded.scan_from_decoded.after(moved))
