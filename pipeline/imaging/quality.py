"""Judge whether a side is blank: paper that shows its back, its holes and its folds, but nothing anyone put there.

A blank side is labelled, never removed, and a side that may hold a faint pencil note is not blank. What tells this
side's ink from the other side's is the width of its edges: paper scatters light by a quarter of a millimetre, a
scanner by a tenth. So traces are judged by how much of their depth lies in fine detail.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import MM_PER_INCH, px_per_mm
from pipeline.imaging.faint import faint_strokes
from pipeline.imaging.lines import long_lines
from pipeline.imaging.show_through import (
    Behind,
    explained,
    gone,
    is_beyond_chance,
    is_show_through,
    may_hide_a_note,
    seen_behind,
)
from pipeline.model import GrayImage, Mask

_WORK_DPI = 150.0
"""A pencil stroke of 0.4 mm is 2.4 px wide."""
_SHARP_MM = 0.10
_FINE_MM = 0.35
_COARSE_MM = 1.0
"""Spreads of the three averages whose differences are fine and coarse detail: between the edges of ink and of
show-through, and wider than both."""
_LEAST_FINE = 5
"""Grey levels of fine detail that count as a trace; the faintest legible pencil has about twice as many."""
_NOISE_FACTOR = 3.0
_DEEP = 22
"""Grey levels of detail that creases, in part softer than ink, have along most of their length."""
_MOST_FINE = 12
"""Where a page is so full that its own traces pass for noise."""
_SHARP_RATIO = 1.5
"""Fine to coarse detail of ink of this side. Of 108 generated blank backs 8 have spots of show-through above it."""
_LEAST_SHARP_SHARE = 0.2
"""Of a group of traces: letters and digits have 0.22 (half a millimetre wide) to 0.9, show-through under 0.1."""
_LEAST_SHARP_MM2 = 0.3
"""Of a group: a digit has 0.48 and more, pieces of show-through in a noisy scan at most 0.23."""
_CREASE_MM = 10.0
"""Pieces of creases are at least this long where they are as sharp as ink."""
_JOIN_MM = 0.6
"""Traces nearer than this belong together: a dotted pencil stroke, the letters of a word."""
_LEAST_TRACE_MM = 1.3
"""A speck of dust is smaller, a letter or digit is not."""
_LARGEST_SPECK_MM = 1.0
_LEAST_DOTS = 4
_MOST_GROUPS = 40
"""With more of them a side is written on, whatever single ones are."""
_HOLE_MM = (3.0, 9.5)
"""Diameters of punched holes: 5 to 8 mm, and their shadows."""
_HOLE_FROM_EDGE_MM = 28.0
_STAPLE_MM = (8.0, 15.0)
_STAPLE_FROM_CORNER_MM = 32.0
_SLENDERNESS = 9.0
_RIM_MM = 12.0
"""Where pieces of the paper's edge, of the scan's edge after straightening, and the ends of creases lie."""
_LEAST_EDGE_MM = 5.0
"""A slender straight trace there that is no figure 1."""
_LONG_EDGE_MM = 40.0
"""Slender straight traces of this length are edges as far in as the bed reaches."""
_EDGE_MM = 4.0
"""Width of the strip along the image's edge where the paper ends, tears and casts its shadow."""
_GROUND_MM = 26.0
"""How far the scanner's bed may reach into the image: a margin, or a corner that is cut or torn off."""
_GROUND_LENGTH_MM = 50.0
"""A strip of bed that straightening has moved off the image's edge is at least this long."""
_GROUND_SHARE = 0.8
"""Beds darker than this share of the paper's tone. Uneven light seldom dims paper below 0.85 of its median."""
SURELY_BLANK = 0.9
SURELY_WRITTEN = 0.01
"""Scores between which a person has to look."""
_NOT_SURELY = 0.89
"""Of a side that is blank only if what is seen on it shows through, where that is not sure, or may hide a note."""
_PLAINLY_WRITTEN_MM2 = 400.0
"""As much sharp ink as four lines of writing: no strength of show-through leaves that much."""
_LEAST_FAINT_MM, _LEAST_FAINT_MM2 = 1.3, 0.3
"""Of a group of faint strokes: of the palest letters only pieces are found."""
_CERTAIN_INK_MM2 = 0.6
"""As much sharp ink as two small letters."""

Labels = npt.NDArray[np.int32]
Detail = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blankness:
    """What was found on a side.

    Attributes:
        blank: nothing but paper, show-through, specks, holes, folds and stains.
        score: 0.0 (surely written on) to 1.0 (surely blank); `blank` from 0.5 on.
        ink_share: share of the side covered by sharp traces of any kind, 0.0 to 1.0.
    """

    blank: bool
    score: float
    ink_share: float

    @property
    def doubtful(self) -> bool:
        """Neither surely blank nor surely written on: a person has to look."""
        return SURELY_WRITTEN < self.score < SURELY_BLANK


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A side at working scale: traces, those as sharp as ink of this side, what lines may consist of, and the bed."""

    traces: Mask
    sharp: Mask
    lines: Mask
    ground: Mask
    scale_px_per_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Traces that lie together: `mask` in the box `rows`, `columns` of the side; `traces` without the joins."""

    rows: slice
    columns: slice
    mask: Mask
    traces: Mask


def blankness(image: GrayImage, *, dpi: float, other: GrayImage | None = None) -> Blankness:
    """Judge a side, upright or not, best after cropping to the paper.

    Args:
        other: the other side of the sheet, as scanned, at the same `dpi`; null where there is none. What of it shows
            through is no content of this side; what it does not account for is, however faint.
    """
    page, scale = _at_work_scale(image, dpi)
    side = _measured(page, scale)
    paper = long_lines(side.lines, scale_px_per_mm=scale) | side.ground
    ink_mm2 = _ink_mm2(side, side.traces & ~paper)
    ink_share = float(side.sharp.mean())
    if ink_mm2 >= _PLAINLY_WRITTEN_MM2:
        return Blankness(*_judged(ink_mm2, 0.0), ink_share)
    work_dpi = scale * MM_PER_INCH
    behind = None if other is None else _behind(page, _at_work_scale(other, dpi)[0], work_dpi)
    if behind is None:
        faint_mm2 = _faint_mm2(faint_strokes(page, None, dpi=work_dpi), paper, side)
        return Blankness(*_judged(ink_mm2, faint_mm2), ink_share)
    blank, score = _judged(*_unexplained_mm2(page, side, behind))
    unsure = may_hide_a_note(page, behind, dpi=work_dpi) or not is_beyond_chance(behind, dpi=work_dpi)
    if score >= SURELY_BLANK and unsure:
        alone_mm2 = _faint_mm2(faint_strokes(page, None, dpi=work_dpi), paper, side)
        if _judged(ink_mm2, alone_mm2)[1] < SURELY_BLANK:
            score = _NOT_SURELY
    return Blankness(blank, score, ink_share)


def _behind(page: GrayImage, other: GrayImage, dpi: float) -> Behind | None:
    """The other side, where it shows through."""
    found = seen_behind(page, other, dpi=dpi)
    return found if found is not None and is_show_through(page, found, dpi=dpi) else None


def _unexplained_mm2(page: GrayImage, side: _Side, behind: Behind) -> tuple[float, float]:
    """Area of sharp ink and of faint strokes that the other side does not account for."""
    scale = side.scale_px_per_mm
    dpi = scale * MM_PER_INCH
    through = explained(page, behind, dpi=dpi)
    # Rules of the other side's form are no edges or creases.
    paper = long_lines(side.lines & ~through, scale_px_per_mm=scale) | side.ground
    paper |= gone(page, behind, dpi=dpi)
    ink_mm2 = _ink_mm2(side, side.traces & ~paper & ~through)
    return ink_mm2, _faint_mm2(faint_strokes(page, behind, dpi=dpi), paper, side)


def _judged(ink_mm2: float, faint_mm2: float) -> tuple[bool, float]:
    """Faint strokes never say that a side is written on, only that somebody must look."""
    score = 1.0 / (1.0 + (ink_mm2 / _CERTAIN_INK_MM2) ** 2)
    blank = score >= 0.5
    if faint_mm2 > 0.0:
        score = min(score, 0.5 + (SURELY_BLANK - 0.5) / (1.0 + faint_mm2))
    return blank, score


def _faint_mm2(strokes: Mask, paper: Mask, side: _Side) -> float:
    """Area of faint strokes that are no edge, crease, hole or dust."""
    height, width = strokes.shape
    at_scale = cv2.resize(paper.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    scale = side.scale_px_per_mm * width / side.traces.shape[1]
    found = _Side(strokes, strokes, strokes, at_scale, scale)
    return _ink_mm2(found, strokes & ~at_scale, least_mm=_LEAST_FAINT_MM, least_mm2=_LEAST_FAINT_MM2)


def _at_work_scale(image: GrayImage, dpi: float) -> tuple[GrayImage, float]:
    """The image at about `_WORK_DPI`, or as it is if that is less; and its pixels a millimetre."""
    factor = min(1.0, _WORK_DPI / dpi)
    height, width = (max(2, round(length * factor)) for length in image.shape)
    if factor > 0.9:
        return image, px_per_mm(dpi)
    page = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return page, float(px_per_mm(dpi) * width / image.shape[1])


def _measured(page: GrayImage, scale: float) -> _Side:
    height, width = page.shape
    half = np.asarray(
        cv2.resize(page, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA), np.uint8
    )
    sharp = cv2.GaussianBlur(page, (0, 0), _SHARP_MM * scale)
    fine = cv2.GaussianBlur(half, (0, 0), _FINE_MM * scale / 2)
    coarse = cv2.GaussianBlur(half, (0, 0), _COARSE_MM * scale / 2)
    coarse_detail = cv2.resize(cv2.subtract(coarse, fine), (width, height))
    detail = np.asarray(cv2.subtract(cv2.resize(fine, (width, height)), sharp), np.uint8)
    floor = min(max(_LEAST_FINE, round(_NOISE_FACTOR * _noise(detail))), _MOST_FINE)
    traces = (detail > floor) & (detail > coarse_detail)
    strict = cv2.compare(detail, cv2.convertScaleAbs(coarse_detail, alpha=_SHARP_RATIO), cv2.CMP_GT) > 0
    deep = cv2.add(detail, coarse_detail) > _DEEP
    return _Side(traces, traces & strict, traces | deep, _ground(half, (width, height), scale), scale)


def _noise(detail: Detail) -> float:
    """Spread of the detail where there is none; the positive half is all that is kept."""
    return float(np.percentile(detail[::5, ::5], 80)) / 0.84


def _ground(half: GrayImage, size_px: tuple[int, int], scale_px_per_mm: float) -> Mask:
    """The scanner's bed: dark, broad, at the image's edge or along it; with a millimetre around it."""
    tone = float(np.median(half[::4, ::4])) * _GROUND_SHARE
    dark = (half < tone).view(np.uint8)
    reach = round(_GROUND_MM * scale_px_per_mm / 2)
    dark[reach:-reach, reach:-reach] = 0
    breadth = max(3, round(1.5 * scale_px_per_mm / 2) | 1)
    # What is beyond the image counts as dark: a strip of bed at its edge may be narrower than the brush.
    broad = cv2.erode(dark, np.ones((breadth, breadth), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    height, width = half.shape
    x, y, w, h = (stats[:, column] for column in range(4))
    outer = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
    outer |= np.maximum(w, h) > _GROUND_LENGTH_MM * scale_px_per_mm / 2
    outer &= np.bincount(labels[broad > 0], minlength=count) > 0
    outer[0] = False
    margin = max(3, round(2.0 * scale_px_per_mm / 2) | 1)
    grown = cv2.dilate(outer[labels].view(np.uint8), np.ones((margin, margin), np.uint8))
    return np.asarray(cv2.resize(grown, size_px, interpolation=cv2.INTER_NEAREST)) > 0


def _ink_mm2(
    side: _Side, traces: Mask, *, least_mm: float = _LEAST_TRACE_MM, least_mm2: float = _LEAST_SHARP_MM2
) -> float:
    """Area of the groups of traces that are ink of this side."""
    reach = max(3, round(_JOIN_MM * side.scale_px_per_mm) | 1)
    joined = cv2.morphologyEx(traces.view(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, found, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    labels = np.asarray(found, np.int32)
    all_px = np.bincount(labels[traces], minlength=count)
    sharp_px = np.bincount(labels[traces & side.sharp], minlength=count)
    large = np.maximum(stats[:, 2], stats[:, 3]) >= least_mm * side.scale_px_per_mm
    large &= sharp_px >= least_mm2 * side.scale_px_per_mm**2
    large[0] = False
    inked = np.flatnonzero(large & (sharp_px >= _LEAST_SHARP_SHARE * np.maximum(all_px, 1)))
    if inked.size <= _MOST_GROUPS:
        groups = (
            (number, _group(labels, traces, np.asarray(stats[number], np.int32), int(number))) for number in inked
        )
        inked = np.array([number for number, group in groups if not _is_paper(side, group)], np.intp)
    return float(all_px[inked].sum()) / side.scale_px_per_mm**2


def _group(labels: Labels, traces: Mask, stats: Labels, number: int) -> _Group:
    x, y, width, height = (int(value) for value in stats[:4])
    rows, columns = slice(y, y + height), slice(x, x + width)
    mask = labels[rows, columns] == number
    return _Group(rows, columns, mask, mask & traces[rows, columns])


def _is_paper(side: _Side, group: _Group) -> bool:
    """Whether a group is an edge or a crease of the paper, a punched hole, a staple or dust."""
    return (
        _is_crease(side, group)
        or _along_edge(side, group)
        or _is_hole(side, group)
        or _is_staple(side, group)
        or _is_dust(side, group)
    )


def _is_dust(side: _Side, group: _Group) -> bool:
    """Whether a group is two or three specks that happen to lie together. A dotted stroke has more dots."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(group.traces.view(np.uint8), connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]
    return bool(sizes.shape[0] < _LEAST_DOTS and sizes.max() < _LARGEST_SPECK_MM * side.scale_px_per_mm)


def _along_edge(side: _Side, group: _Group) -> bool:
    """Whether a group stays in the strip along the image's edge, or is a piece of an edge or a crease near it."""
    height, width = side.traces.shape
    rows, columns = group.rows, group.columns
    reach_px = min(rows.stop, columns.stop, height - rows.start, width - columns.start)
    if reach_px <= _EDGE_MM * side.scale_px_per_mm:
        return True
    long_mm, slenderness = _straight(side, group)
    rim_mm = _RIM_MM if long_mm < _LONG_EDGE_MM else _GROUND_MM
    return reach_px <= rim_mm * side.scale_px_per_mm and long_mm >= _LEAST_EDGE_MM and slenderness >= _SLENDERNESS


def _is_crease(side: _Side, group: _Group) -> bool:
    """Whether a group is a piece of a slender straight line: nobody writes a ruler's line and nothing else."""
    long_mm, slenderness = _straight(side, group)
    return long_mm >= _CREASE_MM and slenderness >= 2 * _SLENDERNESS


def _straight(side: _Side, group: _Group) -> tuple[float, float]:
    """Length in millimetres of the narrowest box around a group's traces, turned as it may be, and length by width."""
    points = np.column_stack(np.nonzero(group.traces)).astype(np.float32)
    _, (one, other), _ = cv2.minAreaRect(points)
    long_px, short_px = max(one, other) + 1.0, min(one, other) + 1.0
    return long_px / side.scale_px_per_mm, long_px / short_px


def _from_edges_mm(side: _Side, group: _Group) -> tuple[float, float]:
    """Distances from the nearest upper or lower, and the nearest left or right edge of the image."""
    height, width = side.traces.shape
    vertical = min(group.rows.start, height - group.rows.stop)
    horizontal = min(group.columns.start, width - group.columns.stop)
    return vertical / side.scale_px_per_mm, horizontal / side.scale_px_per_mm


def _is_hole(side: _Side, group: _Group) -> bool:
    """Whether a group is a full or ring-shaped disc of a punch's size near the edge."""
    height, width = group.mask.shape
    diameter_mm = max(height, width) / side.scale_px_per_mm
    if not (_HOLE_MM[0] <= diameter_mm <= _HOLE_MM[1]) or min(height, width) < 0.75 * max(height, width):
        return False
    if min(_from_edges_mm(side, group)) > _HOLE_FROM_EDGE_MM:
        return False
    rows, columns = np.nonzero(group.mask)
    radii = np.hypot((rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5)
    # A disc's outline: nothing in the corners of its box, something all along its rim.
    rim = np.unique(np.degrees(np.arctan2(rows + 0.5 - height / 2, columns + 0.5 - width / 2))[radii > 0.4] // 20)
    return bool(np.mean(radii > 0.56) < 0.02 and rim.size >= 16)


def _is_staple(side: _Side, group: _Group) -> bool:
    """Whether a group is one slender straight trace of a staple's length in a corner."""
    if max(_from_edges_mm(side, group)) > _STAPLE_FROM_CORNER_MM:
        return False
    long_mm, slenderness = _straight(side, group)
    return _STAPLE_MM[0] <= long_mm <= _STAPLE_MM[1] and slenderness >= _SLENDERNESS
