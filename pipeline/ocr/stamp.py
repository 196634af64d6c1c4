"""Stamps and receipts: does an impression, a slip or a machine's print stand in the space?"""

from __future__ import annotations

from typing import Final

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage
from pipeline.ocr.ink import Stroke, box_px, cut, find_ink, stroke_width_px
from pipeline.ocr.signature import FOREIGN_INK_MM2, WIDEST_PEN_MM, Presence, foreign_ink_mm2

ABSENT_INK_MM2: Final = 1.0
PRESENT_INK_MM2: Final = 12.0
PRESENT_EXTENT_MM: Final = 8.0
"""A dated stamp of 20 x 10 mm prints 30 mm2 or more, a faint one 12; a few specks or a fold stay below 1."""
LEAST_HEIGHT_MM: Final = 3.0
CREASE_WIDTH_MM: Final = 1.0
CREASE_LENGTH_MM: Final = 3.0
"""A fold leaves pieces of thin straight lines: two folds through a wide space have 15 mm2 and prove no stamp."""


def stamp_presence(box_mm: BoxMm, particulars: GrayImage, *, dpi: float) -> Presence:
    """Whether a stamp or receipt stands in the space; null between the limits, and where what stands there comes over
    its edge (another stamp) or is broader than letters and frames are (the rim of a stain).

    Args:
        box_mm: the space on the layout.
        particulars: entries without the form, in the layout frame at `dpi`, paper white.
    """
    scale = px_per_mm(dpi)
    ink = find_ink(cut(particulars, box_px(box_mm, dpi=dpi)), dpi=dpi)
    if not ink.strokes:
        return Presence(False, 1.0, 0.0)
    ink_mm2 = sum(stroke.area_px for stroke in ink.strokes) / scale**2
    share = min(1.0, ink_mm2 / max(1e-6, box_mm.width * box_mm.height))
    boxes = [stroke.box for stroke in ink.strokes]
    width_mm = (max(box.right for box in boxes) - min(box.x for box in boxes)) / scale
    height_mm = (max(box.bottom for box in boxes) - min(box.y for box in boxes)) / scale
    if ink_mm2 < ABSENT_INK_MM2:
        return Presence(False, 1.0 - 0.5 * ink_mm2 / ABSENT_INK_MM2, share)
    broad_mm2 = sum(s.area_px for s in ink.strokes if stroke_width_px(ink, s) > WIDEST_PEN_MM * scale) / scale**2
    if broad_mm2 > 0.5 * ink_mm2 or foreign_ink_mm2(box_mm, particulars, dpi=dpi) > FOREIGN_INK_MM2:
        return Presence(None, 0.5, share)
    proven_mm2 = sum(stroke.area_px for stroke in ink.strokes if not _like_a_crease(stroke, scale)) / scale**2
    if proven_mm2 >= PRESENT_INK_MM2 and max(width_mm, height_mm) >= PRESENT_EXTENT_MM and height_mm >= LEAST_HEIGHT_MM:
        return Presence(True, min(1.0, 0.5 + 0.25 * ink_mm2 / PRESENT_INK_MM2), share)
    return Presence(None, 0.5, share)


def _like_a_crease(stroke: Stroke, scale: float) -> bool:
    width_mm, height_mm = stroke.box.width / scale, stroke.box.height / scale
    return min(width_mm, height_mm) <= CREASE_WIDTH_MM and max(width_mm, height_mm) >= CREASE_LENGTH_MM
