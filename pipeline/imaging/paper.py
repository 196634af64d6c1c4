"""Finds the sheet inside the scan: measured on a small copy, so that the full scan is resampled only once, later."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry import Affine
from pipeline.imaging.crop import crop
from pipeline.imaging.deskew import skew_angle, straightened
from pipeline.imaging.reduce import reduced
from pipeline.model import GrayImage

WORK_SIDE_PX = 2400
"""Longest side of the copy that is judged as a whole: above 150 dpi for every size of the Regulation at 300 dpi."""
ASSUMED_DPI = 300.0
"""Where the file does not say and no layout tells yet: what court scanners are set to."""


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """The sheet, straight, cut out and reduced.

    Attributes:
        image: `(height, width) uint8, 0 = black`; any of four ways up.
        dpi: of `image`; null when the scan's is unknown.
        skew_deg: how far the content of the scan is turned counter-clockwise.
        scan_from_image: point of `image` in, point of the image given out.
    """

    image: GrayImage
    dpi: float | None
    skew_deg: float
    scan_from_image: Affine

    @property
    def likely_dpi(self) -> float:
        """`dpi`, or what it is if the scan was made at 300 dpi."""
        return self.dpi or ASSUMED_DPI * abs(self.scan_from_image.a * self.scan_from_image.e) ** -0.5


def find_paper(scan: GrayImage, *, dpi: float | None) -> Paper:
    """Reduce, straighten and cut a scan to its paper. `dpi` is the scan's, null when unknown."""
    small = reduced(scan, longest_px=WORK_SIDE_PX)
    straight = straightened(small.image, skew_angle(scan))
    cut = crop(straight.image, dpi=(dpi or ASSUMED_DPI) / small.factor)
    back = small.source_from_image.after(straight.source_from_image).after(cut.source_from_image)
    return Paper(cut.image, dpi / small.factor if dpi else None, straight.angle_deg, back)
