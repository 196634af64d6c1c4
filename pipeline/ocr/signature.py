"""Signatures: is the space signed? Answered by the amount and extent of ink; who signed is not asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage
from pipeline.ocr.ink import INK_BELOW, Ink, Stroke, box_px, cut, find_ink, stroke_width_px

REACH_MM: Final = 1.0
"""A signature may start or end this far outside its space; ink farther away is not looked at."""
ABSENT_INK_MM2: Final = 0.35
PRESENT_INK_MM2: Final = 2.2
"""Ink of all strokes: a slip of the pen of 1 mm covers 0.35, the shortest initials (two letters of 3 mm) about 2.2."""
ABSENT_STROKE_MM: Final = 1.2
PRESENT_STROKE_MM: Final = 1.6
PRESENT_EXTENT_MM: Final = 5.0
"""Longer side of the longest stroke: below the first only specks, from the second writing. Extent: of all ink."""
WIDEST_PEN_MM: Final = 1.25
"""Pens draw 0.3 to 0.8 mm; the rim of a coffee stain and a fold measure 1.5 and more."""
FRAME_LENGTH_MM: Final = 9.0
FRAME_WIDTH_MM: Final = 1.1
LEAST_HEIGHT_MM: Final = 1.2
"""Lower ink is a line: left over from the printed base line, or a dash for "none"."""


AROUND_MM: Final = 8.0
FOREIGN_SHARE: Final = 0.35
FOREIGN_INK_MM2: Final = 0.5
"""A group of ink with more than this share of it outside the space is not of the space: a stamp that comes over its
edge. Signatures cross their base line, but lie mostly above it."""
GROUP_GAP_MM: Final = 1.6
"""Letters and frame of one stamp stand nearer to each other; a stamp's letters inside a space, its frame broken up by
faint ink, passed for signatures."""


@dataclass(frozen=True, slots=True)
class Presence:
    """`present` is null when the ink does not tell; `ink` is the covered share of the space, 0.0 to 1.0."""

    present: bool | None
    confidence: float
    ink: float


def signature_presence(box_mm: BoxMm, particulars: GrayImage, *, dpi: float) -> Presence:
    """Whether a signature stands in the space.

    Args:
        box_mm: the space on the layout.
        particulars: entries without the form, in the layout frame at `dpi`, paper white.
    """
    scale = px_per_mm(dpi)
    ink = find_ink(cut(particulars, box_px(box_mm.grown(REACH_MM), dpi=dpi)), dpi=dpi)
    if not ink.strokes:
        return Presence(False, 1.0, 0.0)
    strokes = [stroke for stroke in ink.strokes if stroke_width_px(ink, stroke) <= WIDEST_PEN_MM * scale]
    framed = any(is_frame_line(ink, stroke, dpi=dpi) for stroke in strokes)
    if not strokes or framed or foreign_ink_mm2(box_mm, particulars, dpi=dpi) > FOREIGN_INK_MM2:
        return Presence(None, 0.5, 0.0)
    ink_mm2 = sum(stroke.area_px for stroke in strokes) / scale**2
    share = min(1.0, ink_mm2 / max(1e-6, box_mm.width * box_mm.height))
    boxes = [stroke.box for stroke in strokes]
    width_mm = (max(box.right for box in boxes) - min(box.x for box in boxes)) / scale
    tallest_mm = max(box.height for box in boxes) / scale
    longest_mm = max(max(box.width, box.height) for box in boxes) / scale
    if ink_mm2 < ABSENT_INK_MM2 or longest_mm < ABSENT_STROKE_MM:
        return Presence(False, 1.0 - 0.5 * min(1.0, ink_mm2 / PRESENT_INK_MM2), share)
    written = ink_mm2 >= PRESENT_INK_MM2 and max(width_mm, longest_mm) >= PRESENT_EXTENT_MM
    if written and tallest_mm >= LEAST_HEIGHT_MM and longest_mm >= PRESENT_STROKE_MM:
        return Presence(True, min(1.0, 0.5 + 0.25 * ink_mm2 / PRESENT_INK_MM2), share)
    return Presence(None, 0.5, share)


def is_frame_line(ink: Ink, stroke: Stroke, *, dpi: float) -> bool:
    """A piece that is one long, thin, straight stroke which leaves the level: the edge of a stamp's frame. What runs
    level may be left of the printed base line, or the flourish under a name."""
    scale = px_per_mm(dpi)
    if max(stroke.box.width, stroke.box.height) < FRAME_LENGTH_MM * scale:
        return False
    points = cv2.findNonZero((ink.labels[stroke.box.slices] == stroke.label).astype(np.uint8))
    thin_px, long_px = sorted(cv2.minAreaRect(points)[1])
    level = stroke.box.height <= LEAST_HEIGHT_MM * scale
    return bool(thin_px <= FRAME_WIDTH_MM * scale and long_px >= FRAME_LENGTH_MM * scale and not level)


def foreign_ink_mm2(box_mm: BoxMm, particulars: GrayImage, *, dpi: float) -> float:
    """Ink in the space, in square millimetres, of groups that lie to a good part outside it."""
    scale = px_per_mm(dpi)
    around = box_px(box_mm.grown(AROUND_MM), dpi=dpi).clipped(particulars.shape[1], particulars.shape[0])
    space = box_px(box_mm.grown(REACH_MM), dpi=dpi).clipped(particulars.shape[1], particulars.shape[0])
    ink = (particulars[around.slices] < INK_BELOW).astype(np.uint8)
    if not ink.any():
        return 0.0
    reach = max(1, round(GROUP_GAP_MM / 2.0 * scale))
    count, groups = cv2.connectedComponents(cv2.dilate(ink, np.ones((2 * reach + 1,) * 2, np.uint8)), connectivity=8)
    labels = groups * ink
    inner = labels[space.y - around.y : space.bottom - around.y, space.x - around.x : space.right - around.x]
    inside, total = np.bincount(inner.ravel(), minlength=count)[1:], np.bincount(labels.ravel(), minlength=count)[1:]
    foreign = (inside > 0) & (total - inside > FOREIGN_SHARE * total)
    return float(inside[foreign].sum()) / scale**2
