"""Check boxes: marked, unmarked or doubtful, by the ink in the registered interior of the box."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage, MarkBox, MarkReading, MarkState, Mask
from pipeline.ocr.ink import INK_BELOW, box_px

INSET_MM: Final = 0.35
"""The box's own border and its registration error stay outside the interior."""
AROUND_MM: Final = 1.6
"""Crosses and ticks overshoot a box by about this much."""
WINDOW_MM: Final = 6.0
OVERSHOOT_MM: Final = 2.2
SPECK_MM2: Final = 0.3
"""A mark that leaves its box by more is looked at by a person: it may be no mark."""
CLEAR_SHARE: Final = 0.012
MARK_SHARE: Final = 0.045
FILLED_SHARE: Final = 0.62
"""Ink share of the interior: below the first nothing, from the second a stroke through it (a 0.3 mm pen across a 4 mm
box covers 0.07), above the third blackened or scribbled out, and nobody can tell which."""
SHADED_BELOW: Final = 0.9
"""Median grey of the interior over that of the paper around. Carbon copies of full boxes are 0.6 to 0.75; the paper
itself, stained or in shadow, is the same inside and outside."""
STROKE_BELOW: Final = 0.65
SHADED_INSET_MM: Final = 0.6
"""Farther from the border than the interior otherwise, whose soft edge must not count here."""
CLEAR_SPAN: Final = 0.22
MARK_SPAN: Final = 0.4
"""Larger extent of the ink inside, as a share of the interior's side: a dot, and a stroke that is meant."""


def read_mark(mark: MarkBox, particulars: GrayImage, *, dpi: float, registered: GrayImage | None = None) -> MarkReading:
    """The state of one box.

    Args:
        mark: the box on the layout, border included.
        particulars: entries without the form, in the layout frame at `dpi`, paper white.
        registered: the page in the same frame before drop-out, to see boxes that are shaded all over.

    Returns:
        Ink is the covered share of the interior. Confidence is 1.0 far from all limits and 0.5 at one; it is 0.5 or
        less for a doubtful box.
    """
    inner = box_px(mark.box_mm.grown(-INSET_MM), dpi=dpi)
    height_px, width_px = particulars.shape
    inside = particulars[inner.clipped(width_px, height_px).slices] < INK_BELOW
    share = float(inside.mean()) if inside.size else 0.0
    span = _span(inside)
    unmarked = share < CLEAR_SHARE or (span < CLEAR_SPAN and share < MARK_SHARE)
    if unmarked and registered is not None and _is_shaded(mark.box_mm, registered, dpi):
        return MarkReading(mark.name, MarkState.DOUBTFUL, share, 0.2)
    if unmarked:
        return MarkReading(mark.name, MarkState.UNMARKED, share, 1.0 - 0.5 * min(1.0, share / MARK_SHARE))
    if share < MARK_SHARE or span < MARK_SPAN or share > FILLED_SHARE:
        return MarkReading(mark.name, MarkState.DOUBTFUL, share, 0.5)
    if _comes_from_afar(mark.box_mm, particulars, dpi):
        return MarkReading(mark.name, MarkState.DOUBTFUL, share, 0.3)
    around = _ring_ink_mm2(mark.box_mm, particulars, dpi)
    inside_mm2 = float(inside.sum()) / px_per_mm(dpi) ** 2
    if _passes_through(inside) or around > 1.5 * inside_mm2:
        return MarkReading(mark.name, MarkState.DOUBTFUL, share, 0.4)
    clearance = min((share - MARK_SHARE) / MARK_SHARE, (FILLED_SHARE - share) / 0.1, 1.0)
    return MarkReading(mark.name, MarkState.MARKED, share, 0.5 + 0.5 * clearance)


def read_marks(
    marks: tuple[MarkBox, ...], particulars: GrayImage, *, dpi: float, registered: GrayImage | None = None
) -> tuple[MarkReading, ...]:
    """The states of all boxes of a zone, in the layout's order. Arguments as for `read_mark`."""
    return tuple(read_mark(mark, particulars, dpi=dpi, registered=registered) for mark in marks)


def _is_shaded(box_mm: BoxMm, registered: GrayImage, dpi: float) -> bool:
    """The interior is darker than the paper around the box, all over or in strokes, although drop-out left nothing: it
    takes a box scribbled full with a faint pen for a shadow on the paper, and lost a cross in the rim of a stain."""
    height_px, width_px = registered.shape
    inner = registered[box_px(box_mm.grown(-SHADED_INSET_MM), dpi=dpi).clipped(width_px, height_px).slices]
    around = registered[box_px(box_mm.grown(AROUND_MM), dpi=dpi).clipped(width_px, height_px).slices]
    if not inner.size:
        return False
    paper = float(np.percentile(around, 75))
    strokes = float((inner < STROKE_BELOW * paper).mean())
    return float(np.median(inner)) < SHADED_BELOW * paper or strokes >= MARK_SHARE


def _comes_from_afar(box_mm: BoxMm, particulars: GrayImage, dpi: float) -> bool:
    """A piece of the ink inside belongs to something that goes on well beyond the box: a stamp, a signature."""
    scale = px_per_mm(dpi)
    around = box_px(box_mm.grown(WINDOW_MM), dpi=dpi).clipped(particulars.shape[1], particulars.shape[0])
    box = box_px(box_mm, dpi=dpi)
    ink = (particulars[around.slices] < INK_BELOW).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top = box.x - around.x, box.y - around.y
    touching = np.unique(labels[max(0, top) : top + box.height, max(0, left) : left + box.width])
    for x, y, width, height, area in (stats[label].tolist() for label in touching if label):
        beyond = max(left - x, top - y, x + width - left - box.width, y + height - top - box.height)
        if beyond > OVERSHOOT_MM * scale and area > SPECK_MM2 * scale**2:
            return True
    return False


def _span(inside: Mask) -> float:
    """The ink's larger extent over the interior's side, 0.0 to 1.0; single stray pixels at the rim do not count."""
    if not inside.any():
        return 0.0
    columns = np.flatnonzero(inside.any(axis=0))
    rows = np.flatnonzero(inside.any(axis=1))
    height_px, width_px = inside.shape
    across, down = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
    return float(max(across / width_px, down / height_px))


def _passes_through(inside: Mask) -> bool:
    """All ink lies in one edge strip of the interior: writing beside the box that only grazes it."""
    height_px, width_px = inside.shape
    columns = np.flatnonzero(inside.any(axis=0))
    rows = np.flatnonzero(inside.any(axis=1))
    grazes_sides = columns[-1] < 0.3 * width_px or columns[0] > 0.7 * width_px
    grazes_ends = rows[-1] < 0.3 * height_px or rows[0] > 0.7 * height_px
    return bool(grazes_sides or grazes_ends)


def _ring_ink_mm2(box: BoxMm, particulars: GrayImage, dpi: float) -> float:
    """Ink around the box, beyond its border, up to `AROUND_MM`."""
    height_px, width_px = particulars.shape
    outer: BoxPx = box_px(box.grown(AROUND_MM), dpi=dpi).clipped(width_px, height_px)
    core: BoxPx = box_px(box.grown(INSET_MM), dpi=dpi).clipped(width_px, height_px)
    around = int((particulars[outer.slices] < INK_BELOW).sum()) - int((particulars[core.slices] < INK_BELOW).sum())
    return float(around / px_per_mm(dpi) ** 2)
