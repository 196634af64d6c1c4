"""Judge whether a front and a back that were scanned in two passes are of one sheet, and in which order a stack lay.

What contradicts it: another outline, holes that do not meet. What shows it: what comes through the paper, both ways,
place by place: two sheets of one form have the form in common, not what is filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from pipeline.geometry import MM_PER_INCH, px_per_mm
from pipeline.imaging.reduce import at_scale
from pipeline.imaging.show_through import Floats, below_paper, darkness, seen_behind
from pipeline.model import GrayImage, Mask

_PX_PER_MM = 3.0
_OWN_INK = 40.0
"""Grey levels below paper: ink of this side; what shows through is paler."""
_AROUND_INK_MM = 0.5
_OTHER_SIZE_MM = 6.0
"""More than torn edges and crooked cuts make up."""
_HOLE_MM = (3.0, 9.5)
_HOLE_FROM_EDGE_MM = 28.0
_SAME_HOLE_MM = 3.5
_BLOCK_MM = 6.0
_LEAST_CONTRAST = 1.2
"""Grey levels, as a spread within a block: below, what shows through is lost in the paper's grain."""
_GRAINS = 2.5
_FITS = 0.35
_LEAST_BLOCKS = 12
"""A few words."""
_ENOUGH_BLOCKS = 300
"""A back with little on it shows next to nothing on a front full of ink: what remains there proves nothing."""
_ONE_SHEET, _TWO_SHEETS = 0.99, 0.80
"""Shares of fitting blocks: of one sheet 0.93 and more, of two sheets with one form 0.82 to 0.98, of other forms less
than 0.5, if anything shows at all."""
_LEAST_FITTING = 0.93
_MARGIN = 0.008


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Seen:
    """How a side fits what shows through on the other one.

    Attributes:
        blocks: places of 6 mm in which ink of the one side must show on the other.
        fitting: share of them where it does, 0.0 to 1.0.
    """

    blocks: int
    fitting: float


@dataclass(frozen=True, slots=True)
class SameSheet:
    """Whether two sides are of one sheet, and why.

    Attributes:
        size_differs_mm: by how much the papers differ, in width or height.
        holes: punched holes found in front and back.
        holes_met: of the front's, with one of the back's behind it.
        on_back, on_front: what shows through; null where nothing does.
    """

    verdict: Verdict
    size_differs_mm: float
    holes: tuple[int, int]
    holes_met: int
    on_back: Seen | None
    on_front: Seen | None


@dataclass(frozen=True, slots=True)
class Tied:
    """How the backs of a stack belong to its fronts.

    Attributes:
        reversed: the backs come from the last sheet on; null where nothing tells.
        sheets: each front with the back that this order gives it.
        misfits: places of the fronts, from 0, whose back is of another sheet.
        unsure: likewise, where nothing tells.
    """

    reversed: bool | None
    sheets: tuple[SameSheet, ...]
    misfits: tuple[int, ...]
    unsure: tuple[int, ...]


def same_sheet(front: GrayImage, back: GrayImage, *, dpi: float) -> SameSheet:
    """Compare two sides, straight and cut to the paper, `(height, width) uint8, 0 = black`, both at `dpi`."""
    one, other = _small(front, dpi), _small(back, dpi)
    differs_mm = _size_differs_mm(one, other)
    holes = (_holes(one), _holes(other))
    met = sum(_meets(hole, holes[1], other.shape[1]) for hole in holes[0])
    on_back, on_front = _shown(other, one), _shown(one, other)
    seen = [its for its in (on_back, on_front) if its is not None]
    plain = [its for its in seen if its.blocks >= _ENOUGH_BLOCKS]
    verdict = _verdict(plain or seen[:1], (len(holes[0]), len(holes[1])), met)
    # A bed that is not cut off makes a paper look larger: only what contradicts everything else is told apart by it.
    if verdict is Verdict.YES and differs_mm > _OTHER_SIZE_MM:
        verdict = Verdict.UNSURE
    return SameSheet(verdict, differs_mm, (len(holes[0]), len(holes[1])), met, on_back, on_front)


def tied(fronts: Sequence[GrayImage], backs: Sequence[GrayImage], *, dpi: float) -> Tied:
    """Find whether the backs of a stack come in the order of its fronts or from the last one on.

    Each back is compared with its own front and the ones before and after it: where a sheet was left out or drawn in
    with another, a neighbour fits better. Fronts without a back are misfits.
    """
    stacks = tuple(_stack(fronts, order, dpi) for order in (tuple(backs), tuple(reversed(backs))))
    straight, back_first = (_fitting(stack) for stack in stacks)
    turned = None if abs(straight - back_first) < _MARGIN else back_first > straight
    sheets = stacks[1] if turned else stacks[0]
    lone = tuple(range(len(sheets), len(fronts)))
    misfits = tuple(its for its, sheet in enumerate(sheets) if sheet.verdict is Verdict.NO) + lone
    unsure = tuple(its for its, sheet in enumerate(sheets) if sheet.verdict is Verdict.UNSURE)
    return Tied(turned, sheets, misfits, unsure)


def _stack(fronts: Sequence[GrayImage], backs: Sequence[GrayImage], dpi: float) -> tuple[SameSheet, ...]:
    sheets = []
    for place, (front, back) in enumerate(zip(fronts, backs, strict=False)):
        found = same_sheet(front, back, dpi=dpi)
        beside = [fronts[its] for its in (place - 1, place + 1) if 0 <= its < len(fronts)]
        if found.on_back is not None and found.on_back.blocks >= _LEAST_BLOCKS:
            others = [_shown(_small(back, dpi), _small(its, dpi)) for its in beside]
            found = replace(found, verdict=_beside(found.verdict, found.on_back, others))
        sheets.append(found)
    if any(its.verdict is Verdict.NO for its in sheets):
        # In a stack that is out of step a back may fit its front best and still be of a sheet further on.
        sheets = [replace(its, verdict=Verdict.UNSURE) if _is_relative(its) else its for its in sheets]
    return tuple(sheets)


def _is_relative(sheet: SameSheet) -> bool:
    fitting = 0.0 if sheet.on_back is None else sheet.on_back.fitting
    return sheet.verdict is Verdict.YES and fitting < _ONE_SHEET


def _beside(verdict: Verdict, own: Seen, others: Sequence[Seen | None]) -> Verdict:
    """The verdict once the neighbours were compared: what the back shows is of the front that it fits best."""
    best = max((its.fitting for its in others if its is not None), default=None)
    if best is None or verdict is Verdict.NO:
        return verdict
    if own.fitting >= max(best + _MARGIN, _LEAST_FITTING):
        return Verdict.YES
    return Verdict.NO if best >= own.fitting + _MARGIN else Verdict.UNSURE


def _fitting(sheets: Sequence[SameSheet]) -> float:
    """How well a whole order fits, 0.0 to 1.0: by each back on which its front must show."""
    seen = [its.on_back.fitting for its in sheets if its.on_back is not None and its.on_back.blocks >= _LEAST_BLOCKS]
    return sum(seen) / len(sheets) if seen else 0.0


def _verdict(seen: Sequence[Seen], holes: tuple[int, int], met: int) -> Verdict:
    blocks = sum(its.blocks for its in seen)
    if blocks < _LEAST_BLOCKS:
        # Nothing shows through. Holes in both sides that nowhere meet are of two sheets.
        return Verdict.NO if min(holes) > 1 and not met else Verdict.UNSURE
    fitting = sum(its.blocks * its.fitting for its in seen) / blocks
    if fitting >= _ONE_SHEET:
        return Verdict.YES
    return Verdict.NO if fitting < _TWO_SHEETS else Verdict.UNSURE


def _small(image: GrayImage, dpi: float) -> GrayImage:
    return at_scale(image, px_per_mm(dpi), _PX_PER_MM)


def _size_differs_mm(one: GrayImage, other: GrayImage) -> float:
    return float(max(abs(a - b) for a, b in zip(one.shape, other.shape, strict=True))) / _PX_PER_MM


def _shown(side: GrayImage, other: GrayImage) -> Seen | None:
    """How what shows through on a side fits the other one, its own ink left out."""
    bare = np.where(_ink(side), _paper_of(side), side).astype(np.uint8)
    # The other side shows this one's ink: that proves nothing.
    inked = np.where(_ink(other), other, _paper_of(other)).astype(np.uint8)
    behind = seen_behind(bare, inked, dpi=_PX_PER_MM * MM_PER_INCH)
    if behind is None:
        return None
    here = darkness(bare, scale_px_per_mm=_PX_PER_MM, deepest=60.0)
    there = darkness(behind.image, scale_px_per_mm=_PX_PER_MM, deepest=200.0)
    here, there = (np.asarray(cv2.GaussianBlur(its, (0, 0), 0.4 * _PX_PER_MM), np.float32) for its in (here, there))
    own = below_paper(side, scale_px_per_mm=_PX_PER_MM, spread_mm=0.1) > _OWN_INK
    covered = cv2.blur(own.astype(np.float32), _box())
    together, spread_here, spread_there = _locally(here, there)
    share = float(np.sum(here * there) / max(1.0, float(np.sum(there * there))))
    step = round(_BLOCK_MM * _PX_PER_MM)
    inner = 2 * step
    grid = (slice(inner, -inner, step // 2), slice(inner, -inner, step // 2))
    grain = float(np.percentile(spread_here[grid], 20)) if spread_here[grid].size else 0.0
    least = max(_LEAST_CONTRAST, _GRAINS * grain)
    told = (covered < 0.05) & behind.reached
    must = told & (share * spread_there > least)
    # What shows and is not on the other side counts as well.
    must |= told & (spread_here > 2.0 * least)
    fits = together > _FITS * np.maximum(spread_here * spread_there, 1e-6)
    count = int(must[grid].sum())
    return Seen(count, float((fits & must)[grid].sum()) / count if count else 0.0)


def _box() -> tuple[int, int]:
    side = round(_BLOCK_MM * _PX_PER_MM) | 1
    return side, side


def _locally(here: Floats, there: Floats) -> tuple[Floats, Floats, Floats]:
    """Covariance and spreads within the block around each place."""
    mean_here, mean_there = cv2.blur(here, _box()), cv2.blur(there, _box())
    together = cv2.blur(here * there, _box()) - mean_here * mean_there
    spreads = (
        np.sqrt(np.maximum(cv2.blur(its * its, _box()) - mean * mean, 0.0))
        for its, mean in ((here, mean_here), (there, mean_there))
    )
    spread_here, spread_there = (np.asarray(its, np.float32) for its in spreads)
    return np.asarray(together, np.float32), spread_here, spread_there


def _ink(side: GrayImage) -> Mask:
    """The side's own ink, and half a millimetre around it."""
    below = below_paper(side, scale_px_per_mm=_PX_PER_MM, spread_mm=0.1)
    reach = 2 * round(_AROUND_INK_MM * _PX_PER_MM) + 1
    return cv2.dilate((below > _OWN_INK).view(np.uint8), np.ones((reach, reach), np.uint8)) > 0


def _paper_of(side: GrayImage) -> GrayImage:
    return np.asarray(cv2.medianBlur(side, round(12.0 * _PX_PER_MM) | 1), np.uint8)


def _holes(side: GrayImage) -> list[tuple[float, float]]:
    """Middles, in millimetres, of punched holes: round, of one tone, near an edge, over a bed darker than paper."""
    dark = (below_paper(side, scale_px_per_mm=_PX_PER_MM, spread_mm=0.2) > _OWN_INK).view(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(dark, connectivity=4)
    height, width = side.shape
    found = []
    for (x, y, w, h, area), (middle_x, middle_y) in zip(stats[1:], middles[1:], strict=True):
        round_ = max(w, h) <= 1.2 * min(w, h) and 0.68 * w * h <= area <= 0.88 * w * h
        sized = _HOLE_MM[0] <= max(w, h) / _PX_PER_MM <= _HOLE_MM[1]
        near = min(x, y, width - x - w, height - y - h) <= _HOLE_FROM_EDGE_MM * _PX_PER_MM
        if round_ and sized and near:
            found.append((float(middle_x) / _PX_PER_MM, float(middle_y) / _PX_PER_MM))
    return found


def _meets(hole: tuple[float, float], others: Sequence[tuple[float, float]], width_px: int) -> bool:
    """Whether a hole has one of the other side behind it, seen in a mirror."""
    width_mm = width_px / _PX_PER_MM
    return any(np.hypot(hole[0] - (width_mm - x), hole[1] - y) <= _SAME_HOLE_MM for x, y in others)
