"""The scan of a blank form laid flat: straight, cut to the paper, at one known resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import Affine, px_per_mm
from pipeline.imaging.orient import turned_source
from pipeline.imaging.paper import find_paper
from pipeline.model import GrayImage

FLAT_DPI: Final = 300.0
WHITE: Final = 255
MOST_RIM_MM: Final = 2.0
OTHER_TONE: Final = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class FlatPage:
    """`image`: `(height, width) uint8, 0 = black` at 300 dpi, its top left corner that of the paper.

    Attributes:
        scan_from_image: pixel of `image` in, pixel of the scan out.
    """

    image: GrayImage
    scan_from_image: Affine

    @property
    def size_mm(self) -> tuple[float, float]:
        """To the half millimetre: paper is cut, and its edge is seen, no better than that."""
        height, width = self.image.shape
        scale = px_per_mm(FLAT_DPI)
        return round(2 * width / scale) / 2.0, round(2 * height / scale) / 2.0


def lay_flat(scan: GrayImage, *, dpi: float, quarter_turns: int = 0) -> FlatPage:
    """Straighten and cut a scan of known resolution.

    Args:
        quarter_turns: clockwise turns that make the page upright.
    """
    paper = find_paper(scan, dpi=dpi)
    height, width = paper.image.shape
    upright = turned_source(quarter_turns, width_px=width, height_px=height)
    if quarter_turns % 2:
        height, width = width, height
    factor = (paper.dpi or dpi) / FLAT_DPI
    small_from_flat = Affine(factor, 0.0, 0.0, 0.0, factor, 0.0)
    mapping = paper.scan_from_image.after(upright).after(small_from_flat)
    size = (round(width / factor), round(height / factor))
    image = drawn_flat(scan, mapping, size)
    left, right = _rim_px(image.T), _rim_px(image.T[::-1])
    top, bottom = _rim_px(image), _rim_px(image[::-1])
    cut = np.ascontiguousarray(image[top : image.shape[0] - bottom, left : image.shape[1] - right])
    return FlatPage(cut, mapping.after(Affine.translation(float(left), float(top))))


def drawn_flat(scan: GrayImage, scan_from_image: Affine, size_px: tuple[int, int]) -> GrayImage:
    """A scan drawn in another frame, `size_px` wide and high; white where the scan does not reach."""
    map_ = scan_from_image
    # Affine maps speak of pixel corners, OpenCV of pixel centres.
    centred = np.array(
        [
            [map_.a, map_.b, map_.c + 0.5 * (map_.a + map_.b) - 0.5],
            [map_.d, map_.e, map_.f + 0.5 * (map_.d + map_.e) - 0.5],
        ]
    )
    drawn = cv2.warpAffine(scan, centred, size_px, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=WHITE)
    return np.asarray(drawn, np.uint8)


def sheet_picture(scan: GrayImage, scan_from_layout: Affine, size_mm: tuple[float, float], *, dpi: float) -> bytes:
    """PNG, grey, of a sheet of this size in millimetres: its top left corner is the picture's.

    Args:
        scan_from_layout: millimetre of the sheet in, pixel of the scan out.
    """
    scale = px_per_mm(dpi)
    size_px = (max(1, round(size_mm[0] * scale)), max(1, round(size_mm[1] * scale)))
    # A scan has several times the picture's resolution: averaged first, thin rules stay whole.
    shrink = max(1, int(np.hypot(scan_from_layout.a, scan_from_layout.d) / scale))
    small = scan
    if shrink > 1:
        height, width = scan.shape[0] // shrink, scan.shape[1] // shrink
        whole = scan[: height * shrink, : width * shrink]
        small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    small_from_layout = Affine.scaling(1.0 / shrink).after(scan_from_layout)
    drawn = drawn_flat(small, small_from_layout.after(Affine.scaling(1.0 / scale)), size_px)
    return cv2.imencode(".png", drawn)[1].tobytes()


def _rim_px(image: GrayImage) -> int:
    """Rows at the top that still show what lies around the paper: finding the paper leaves half a millimetre of it."""
    reach = round(MOST_RIM_MM * px_per_mm(FLAT_DPI))
    paper = float(np.median(image[reach : 4 * reach]))
    beside = np.flatnonzero(np.abs(np.median(image[:reach], axis=1) - paper) > OTHER_TONE)
    return int(beside[-1]) + 1 if len(beside) else 0
