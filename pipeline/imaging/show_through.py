"""Lay the other side of a sheet, seen through the paper, onto this side.

What shows through is mirrored, pale and spread. Where it is found, the two scans lie on each other to less than a
millimetre, whichever way round the other side was scanned.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.imaging.reduce import at_scale
from pipeline.model import GrayImage

_COARSE_PX_PER_MM = 1.25
_FINE_PX_PER_MM = 2.5
_INNER_MM, _OUTER_MM = 0.35, 3.0
"""Spreads between which ink seen through paper has its contrast; narrower is noise, wider is light and stains."""
_RIM_MM = 9.0
"""Edges, their shadows and holes lie there: both sides have them in common, whatever shows through."""
_DEEPEST = 12.0
"""Grey levels: ink of this side must not outweigh what shows through."""
_DEEPEST_OTHER = 60.0
_NEAR_DEG = (0.0, -0.5, 0.5, -1.0, 1.0)
_FAR_DEG = tuple(step / 2.0 for step in range(-16, 17) if abs(step) > 2)
"""Tried where the nearer ones find nothing: a side without lines is not straightened."""
_FARTHEST_MM = 35.0
"""How far the papers may be cut differently."""
_LEAST_AGREEMENT = 0.35
"""Sides of different sheets come to 0.30 by chance; a quarter of a sheet's form showing at 2 % comes to 0.4."""
_LEAST_AT_FIRST = 0.05
_PLAIN_AT_FIRST = 0.25
"""Before the map is exact."""
_BED = 30.0
"""Grey levels below paper of a hole, over a bed that is no lighter than grey."""
_LEAST_HOLE_MM, _HOLE_RIM_MM, _HOLE_FROM_EDGE_MM = 2.5, 1.5, 28.0
_SHARP_MM = 0.10
_SLIP_MM = 0.7
"""How far what shows through may lie from where it is looked for: paper stretches."""
_LEEWAY = 1.6
"""The paper lets through more here, less there."""
_AROUND_MM = 12.0
_INKED, _DEEPEST_INK = 30.0, 160.0
"""Grey levels below paper, averaged over `_INNER_MM`, of ink of the other side by which it is measured what comes
through. Deeper ones are fields of ink, around which the paper is not seen, and the scanner's bed."""
_MOST_THROUGH = 0.5
"""Share of contrast above which dark places are no show-through: thin paper lets 0.3 through."""
_MOST_WITHOUT_HIDING = 0.08
"""With the leeway, 14 grey levels of 110 below paper: as much as a legible pencil has."""
_CELL_MM, _INKED_CELL_MM2, _LEAST_CELLS = 10.0, 1.0, 40
"""So many squares of the other side must have ink in them: of fewer marks one may lie on a mark of this side by chance,
which agrees then as well as what shows through. A form has 200 and more, a letter 100, a stamp or a signature 30."""

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]
"""`(2, 3)`: OpenCV pixel of this side in, pixel of the other side, mirrored, out."""


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """The other side as it lies behind this one.

    Attributes:
        image: of this side's shape, `uint8, 0 = black`; white where the other side's scan does not reach.
        reached: where it does.
        agreement: correlation of what shows through, up to 1.0.
        turned: the other side's scan is upside down to this one's.
    """

    image: GrayImage
    reached: npt.NDArray[np.bool_]
    agreement: float
    turned: bool


def seen_behind(image: GrayImage, other: GrayImage, *, dpi: float) -> Behind | None:
    """The other side laid onto this one by what shows through; null where nothing does.

    Args:
        image, other: both sides at `dpi`, best cropped to the paper; `other` as scanned, not mirrored.
    """
    return laid_onto(image, np.ascontiguousarray(other[:, ::-1]), dpi=dpi)


def laid_onto(image: GrayImage, mirrored: GrayImage, *, dpi: float) -> Behind | None:
    """As `seen_behind`, of an image that is not to be mirrored (any more): two scans of one side."""
    scale = px_per_mm(dpi)
    found = _coarsely(image, mirrored, scale)
    if found is None:
        return None
    turned, start = found
    if turned:
        mirrored = np.ascontiguousarray(mirrored[::-1, ::-1])
    matrix, agreement = _finely(image, mirrored, start, scale)
    if agreement < _LEAST_AGREEMENT:
        return None
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(mirrored, matrix, (width, height), flags=flags, borderValue=255)
    inside = cv2.warpAffine(np.ones_like(mirrored), matrix, (width, height), flags=flags, borderValue=0)
    return Behind(np.asarray(laid, np.uint8), np.asarray(inside, np.uint8) > 0, agreement, turned)


def darkness(image: GrayImage, *, scale_px_per_mm: float, deepest: float) -> Floats:
    """How much darker than its surroundings each place is, in grey levels up to `deepest`, without rim and mean."""
    inner = cv2.GaussianBlur(image.astype(np.float32), (0, 0), _INNER_MM * scale_px_per_mm)
    outer = cv2.GaussianBlur(inner, (0, 0), _OUTER_MM * scale_px_per_mm)
    dark = np.asarray(np.clip(outer - inner, 0.0, deepest), np.float32)
    rim = round(_RIM_MM * scale_px_per_mm)
    held = np.zeros_like(dark)
    if min(dark.shape) > 3 * rim:
        part = dark[rim:-rim, rim:-rim]
        held[rim:-rim, rim:-rim] = part - part.mean()
    return held


def _coarsely(image: GrayImage, mirrored: GrayImage, scale: float) -> tuple[bool, Matrix] | None:
    """Whether the other side is upside down, and the map at full scale; null where no way of laying it agrees."""
    px = min(scale, _COARSE_PX_PER_MM)
    here = darkness(at_scale(image, scale, px), scale_px_per_mm=px, deepest=_DEEPEST)
    there = darkness(at_scale(mirrored, scale, px), scale_px_per_mm=px, deepest=_DEEPEST_OTHER)
    search = _Search(here, there, round(_FARTHEST_MM * px))
    best = max(search.tried(angle, turned) for angle in _NEAR_DEG for turned in (False, True))
    if best[0] < _PLAIN_AT_FIRST:
        best = max(best, *(search.tried(angle, turned) for angle in _FAR_DEG for turned in (False, True)))
    agreement, turned, matrix = best[0], best[1], search.matrix(*best[2:])
    if agreement < _LEAST_AT_FIRST:
        return None
    back = image.shape[1] / here.shape[1]
    matrix[:, 2] *= back
    return turned, matrix


class _Search:
    """Correlations of one side with the other at any angle: the transform of this side is made once."""

    def __init__(self, here: Floats, there: Floats, reach_px: int) -> None:
        self._there, self._reach = there, reach_px
        longest = np.maximum(here.shape, there.shape) + reach_px
        self._size = tuple(cv2.getOptimalDFTSize(int(its)) for its in longest)
        self._norm = float(np.linalg.norm(here)) or 1.0
        self._here = cv2.dft(self._padded(here), flags=cv2.DFT_COMPLEX_OUTPUT)

    def tried(self, angle_deg: float, turned: bool) -> tuple[float, bool, float, int, int]:
        """Agreement, and how the other side has to be turned and moved for it."""
        there = self._turned(angle_deg, turned)
        norm = float(np.linalg.norm(there)) or 1.0
        spectrum = cv2.mulSpectrums(
            cv2.dft(self._padded(there), flags=cv2.DFT_COMPLEX_OUTPUT), self._here, 0, conjB=True
        )
        found = cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT | cv2.DFT_SCALE)
        reach = self._reach
        near = np.roll(found, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
        row, column = np.unravel_index(int(np.argmax(near)), near.shape)
        value = float(near[row, column]) / (self._norm * norm)
        return value, turned, angle_deg, int(column) - reach, int(row) - reach

    def matrix(self, angle_deg: float, right_px: int, down_px: int) -> Matrix:
        """Pixel of this side to pixel of the (turned) other side."""
        height, width = self._there.shape
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
        whole = np.vstack([turn, (0.0, 0.0, 1.0)])
        back = np.linalg.inv(whole) @ np.array([[1, 0, right_px], [0, 1, down_px], [0, 0, 1]], float)
        return np.asarray(back[:2], np.float32)

    def _turned(self, angle_deg: float, turned: bool) -> Floats:
        there = np.ascontiguousarray(self._there[::-1, ::-1]) if turned else self._there
        if angle_deg == 0.0:
            return there
        height, width = there.shape
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
        return np.asarray(cv2.warpAffine(there, matrix, (width, height)), np.float32)

    def _padded(self, image: Floats) -> Floats:
        rows, columns = self._size
        below, right = rows - image.shape[0], columns - image.shape[1]
        return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0), np.float32)


def _finely(image: GrayImage, mirrored: GrayImage, start: Matrix, scale: float) -> tuple[Matrix, float]:
    """The map at full scale made exact, and the agreement it comes to."""
    px = min(scale, _FINE_PX_PER_MM)
    small, small_other = at_scale(image, scale, px), at_scale(mirrored, scale, px)
    here = darkness(small, scale_px_per_mm=px, deepest=_DEEPEST)
    there = darkness(small_other, scale_px_per_mm=px, deepest=_DEEPEST_OTHER)
    factor = small.shape[1] / image.shape[1]
    matrix = start.copy()
    matrix[:, 2] *= factor
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-4)
    whole = np.full(there.shape, 255, np.uint8)
    try:
        # Positive values alone: zero is what is outside.
        agreement, better = cv2.findTransformECC(here, there, matrix.copy(), cv2.MOTION_AFFINE, criteria, whole, 5)
    except cv2.error:
        # It does not converge where there is next to nothing to agree on.
        return start, 0.0
    result = np.asarray(better, np.float32)
    result[:, 2] /= factor
    return result, float(agreement)


def share_through(image: GrayImage, behind: Behind, *, dpi: float) -> float:
    """Share of the other side's contrast that comes through the paper, 0.0 to 1.0, measured on this very sheet."""
    scale = px_per_mm(dpi)
    here, there = (below_paper(its, scale_px_per_mm=scale, spread_mm=_INNER_MM) for its in (image, behind.image))
    rim = round(_RIM_MM * scale)
    inked = (there > _INKED) & (there < _DEEPEST_INK) & behind.reached
    inked[:rim], inked[-rim:], inked[:, :rim], inked[:, -rim:] = False, False, False, False
    if not inked.any():
        return 0.0
    return float(np.clip(np.median(here[inked] / there[inked]), 0.0, 1.0))


def is_show_through(image: GrayImage, behind: Behind, *, dpi: float) -> bool:
    """Whether what agrees is pale enough to have come through paper; marks on both sides agree too, and are not."""
    return share_through(image, behind, dpi=dpi) <= _MOST_THROUGH


def may_hide_a_note(image: GrayImage, behind: Behind, *, dpi: float) -> bool:
    """Whether so much comes through that what somebody wrote on top of it may pass for it."""
    return share_through(image, behind, dpi=dpi) > _MOST_WITHOUT_HIDING


def is_beyond_chance(behind: Behind, *, dpi: float) -> bool:
    """Whether the other side has so much on it that a few marks of this side cannot agree with it by chance."""
    scale = px_per_mm(dpi)
    inked = (below_paper(behind.image, scale_px_per_mm=scale, spread_mm=_INNER_MM) > _INKED) & behind.reached
    cells = (max(1, round(length / (_CELL_MM * scale))) for length in inked.shape)
    rows, columns = cells
    share = cv2.resize(inked.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return int((share > _INKED_CELL_MM2 / _CELL_MM**2).sum()) >= _LEAST_CELLS


def explained(image: GrayImage, behind: Behind, *, dpi: float) -> npt.NDArray[np.bool_]:
    """Where this side is no darker than ink of the other side makes it; `(height, width) bool`.

    False where the other side has no ink, and where it is not known.
    """
    scale = px_per_mm(dpi)
    share = share_through(image, behind, dpi=dpi)
    here = below_paper(image, scale_px_per_mm=scale, spread_mm=_SHARP_MM)
    there = below_paper(behind.image, scale_px_per_mm=scale, spread_mm=_INNER_MM)
    reach = 2 * round(_SLIP_MM * scale) + 1
    around = cv2.dilate(there, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    noise = 1.4826 * float(np.median(np.abs(here)))
    return (around > _INKED / 2) & (here <= _LEEWAY * share * around + 4.0 * noise) & behind.reached


def gone(image: GrayImage, behind: Behind, *, dpi: float) -> npt.NDArray[np.bool_]:
    """Where the paper is punched out or torn off: both sides show the scanner's bed; `(height, width) bool`."""
    scale = px_per_mm(dpi)
    here, there = (below_paper(its, scale_px_per_mm=scale, spread_mm=_INNER_MM) for its in (image, behind.image))
    both = ((here > _BED) & (there > _BED) & behind.reached).view(np.uint8)
    inner = round(_HOLE_FROM_EDGE_MM * scale)
    both[inner:-inner, inner:-inner] = 0
    brush, around = (2 * round(its * scale) + 1 for its in (_LEAST_HOLE_MM / 2, _HOLE_RIM_MM))
    solid = cv2.morphologyEx(both, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (brush, brush)))
    return cv2.dilate(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))) > 0


def below_paper(image: GrayImage, *, scale_px_per_mm: float, spread_mm: float) -> Floats:
    """Grey levels below the paper around (negative: above it), of an image averaged over `spread_mm`."""
    height, width = image.shape
    small = cv2.resize(image, (max(2, width // 4), max(2, height // 4)), interpolation=cv2.INTER_AREA)
    side = max(3, round(_AROUND_MM * scale_px_per_mm / 4) | 1)
    paper = cv2.GaussianBlur(cv2.medianBlur(small, side), (0, 0), 2.0)
    around = cv2.resize(paper, (width, height)).astype(np.float32)
    inner = cv2.GaussianBlur(image.astype(np.float32), (0, 0), max(0.3, spread_mm * scale_px_per_mm))
    return np.asarray(around - inner, np.float32)
