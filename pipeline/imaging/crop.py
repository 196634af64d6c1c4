"""Find the paper inside a scan and cut away the scanner's surround: black, white or grey.

Nothing that may be content is ever cut. A side where no surround can be told from paper stays as it is, and a shadow on
the paper is no surround.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, BoxPx, px_per_mm
from pipeline.imaging.reduce import reduced
from pipeline.model import GrayImage, Mask

_WORK_SIDE_PX = 600
_PAPER_DIFFERS_BY = 7.0
"""Grey levels, after averaging 8 x 8 pixels, between paper and surround. White paper on a white lid differs by 10."""
_LEAST_STEP = 2.5
"""Grey levels within 2 pixels of the small copy at a paper's edge, more than is usual within `_BESIDE_PX` of it. A
shadow on the paper falls off evenly, over centimetres."""
_BESIDE_PX = 10
_ABOUT_PX = 6
"""Of the small copy: so far from where nearly all surround ends, single rows and columns of it may end, for the edge is
blurred and never quite straight."""
_SURROUND_SHARE = 0.97
"""Of a row or column: how much must be surround. A torn or folded corner leaves more paper than the rest."""
_LEAST_CUT_MM = 1.0
_MARGIN_MM = 0.7
"""Kept outside the paper: the blur of its edge."""
_LEAST_PAPER_MM = 60.0
"""A paper found narrower than any form or cheque is a mistake."""


@dataclass(frozen=True, slots=True, eq=False)
class Cropped:
    """The paper's part of a page.

    Attributes:
        image: `(height, width) uint8, 0 = black`, a copy of the part of the input inside `box`.
        box: the paper in the input image.
        source_from_image: point of `image` in, point of the input out.
        found: a surround was found and cut; false when the page fills the image or no edge can be told.
    """

    image: GrayImage
    box: BoxPx
    source_from_image: Affine
    found: bool


def crop(image: GrayImage, *, dpi: float) -> Cropped:
    """Cut a straightened page to its paper. `dpi` turns the millimetres of the margins into pixels."""
    height, width = image.shape
    small = reduced(image, longest_px=_WORK_SIDE_PX)
    box_small = _paper_box(small.image, px_per_mm(dpi) / small.factor)
    box = _enlarged(box_small, small.factor, round(_MARGIN_MM * px_per_mm(dpi))).clipped(width, height)
    least_cut = _LEAST_CUT_MM * px_per_mm(dpi)
    left = box.x if box.x >= least_cut else 0
    top = box.y if box.y >= least_cut else 0
    # The reduction drops odd last rows and columns: less than one of its pixels is no cut either.
    right = box.right if width - box.right >= max(least_cut, small.factor) else width
    bottom = box.bottom if height - box.bottom >= max(least_cut, small.factor) else height
    box = BoxPx(left, top, right - left, bottom - top)
    found = (box.width, box.height) != (width, height)
    return Cropped(image[box.slices].copy(), box, Affine.translation(float(left), float(top)), found)


def _enlarged(box: BoxPx, factor: int, margin_px: int) -> BoxPx:
    return BoxPx(
        box.x * factor - margin_px,
        box.y * factor - margin_px,
        box.width * factor + 2 * margin_px,
        box.height * factor + 2 * margin_px,
    )


def _paper_box(image: GrayImage, scale_px_per_mm: float) -> BoxPx:
    """The paper in a reduced image; the whole image where nothing convinces."""
    height, width = image.shape
    whole = BoxPx(0, 0, width, height)
    surround = _surround(image)
    if not surround.any():
        return whole
    left, right = _bounds(surround.mean(axis=0))
    top, bottom = _bounds(surround.mean(axis=1))
    smooth = np.asarray(cv2.medianBlur(image, 5), dtype=np.float32)
    # Seen from each side of the image in turn: the rows from that side on.
    left = left if _is_edge(left, surround.T, smooth.T) else 0
    top = top if _is_edge(top, surround, smooth) else 0
    right = right if _is_edge(width - right, surround.T[::-1], smooth.T[::-1]) else width
    bottom = bottom if _is_edge(height - bottom, surround[::-1], smooth[::-1]) else height
    box = BoxPx(left, top, right - left, bottom - top)
    if min(box.width, box.height) < _LEAST_PAPER_MM * scale_px_per_mm:
        return whole
    return box if _holds_all_content(image, surround, box) else whole


def _bounds(surround_share: npt.NDArray[np.float64]) -> tuple[int, int]:
    """First and one past the last line that is not nearly all surround."""
    paper = np.flatnonzero(surround_share < _SURROUND_SHARE)
    return (int(paper[0]), int(paper[-1]) + 1) if paper.size else (0, surround_share.size)


def _is_edge(row: int, surround: Mask, tones: npt.NDArray[np.float32]) -> bool:
    """Whether the surround that begins with the first row and ends about this one ends in a step of tone: at the edge
    of the paper, and not where a shadow on it has faded."""
    height = surround.shape[0]
    depth = np.where(surround.all(axis=0), height, np.argmin(surround, axis=0))
    ends = np.flatnonzero((np.abs(depth - row) <= _ABOUT_PX) & (depth > 0) & (depth < height))
    if not ends.size:
        return row <= _ABOUT_PX
    away = np.arange(-_BESIDE_PX, _BESIDE_PX)[:, np.newaxis]
    profile = np.median(tones[np.clip(depth[ends] + away, 0, height - 1), ends], axis=1)
    slopes = np.abs(profile[2:] - profile[:-2])
    return float(slopes.max() - np.median(slopes)) >= _LEAST_STEP


def _surround(image: GrayImage) -> Mask:
    """Pixels of an even tone other than the paper's that hang together with the image's edge."""
    smooth = np.asarray(cv2.medianBlur(image, 5), dtype=np.uint8)
    paper_tone = _paper_tone(smooth)
    other = (np.abs(smooth.astype(np.float32) - paper_tone) > _PAPER_DIFFERS_BY).astype(np.uint8)
    # Print and noise make bridges of one pixel from the edge into the page.
    other = np.asarray(cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    framed = cv2.copyMakeBorder(other, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    return np.asarray((labels == labels[0, 0])[1:-1, 1:-1])


def _paper_tone(image: GrayImage) -> float:
    """The commonest tone of the middle of the image: most of a written page is bare paper."""
    height, width = image.shape
    middle = image[height // 5 : height - height // 5, width // 5 : width - width // 5]
    counts = np.bincount(middle.ravel(), minlength=256).astype(np.float64)
    return float(np.argmax(np.convolve(counts, np.ones(5), mode="same")))


def _holds_all_content(image: GrayImage, surround: Mask, box: BoxPx) -> bool:
    """Whether what lies outside the box is even: a strip with writing or print in it is no surround."""
    outside = np.ones(image.shape, dtype=np.bool_)
    outside[box.slices] = False
    # The paper's edge itself is half paper, half surround.
    inner = cv2.erode((outside & surround).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1)
    outside = np.asarray(inner, dtype=np.bool_)
    if not outside.any():
        return False
    tones = image[outside].astype(np.float32)
    return bool(np.mean(np.abs(tones - np.median(tones)) > 40.0) < 0.01)
