"""What type a line of print is set in: the face and size that come nearest to its height and width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.model import FontFace
from pipeline.templates.fonts import CAP_HEIGHT, DESCENT, MM_PER_PT, Fonts, text_width_mm

X_HEIGHT: Final = 0.53
BELOW: Final = frozenset("gjpqyçQ,;()[]$|/")
LEAST_PT, MOST_PT, STEP_PT = 6.0, 24.0, 0.5
MOST_SQUEEZE: Final = 0.06
"""By how much type may be smaller than measured so that it is no wider than on paper."""


@dataclass(frozen=True, slots=True)
class Type:
    """A face, a size in points, and the baseline in millimetres."""

    face: FontFace
    size_pt: float
    baseline_mm: float


def type_of(text: str, box: BoxMm, fonts: Fonts) -> Type:
    """The type of a line whose ink fills a box."""
    low = bool(BELOW & set(text))
    tall = any(char.isupper() or char.isdigit() or char in "bdfhklt!?'\"()[]|/$" for char in text)
    share = (CAP_HEIGHT if tall else X_HEIGHT) + (DESCENT if low else 0.0)
    measured_pt = box.height / share / MM_PER_PT
    face = min(FontFace, key=lambda each: abs(_width(text, fonts, each, measured_pt) / box.width - 1.0))
    by_width_pt = measured_pt * box.width / max(0.1, _width(text, fonts, face, measured_pt))
    wanted_pt = min(measured_pt, max(by_width_pt, measured_pt * (1.0 - MOST_SQUEEZE)))
    size_pt = min(MOST_PT, max(LEAST_PT, STEP_PT * int(wanted_pt / STEP_PT + 0.25)))
    return Type(face, size_pt, box.bottom - (DESCENT * size_pt * MM_PER_PT if low else 0.0))


def _width(text: str, fonts: Fonts, face: FontFace, size_pt: float) -> float:
    return text_width_mm(text, fonts, face=face, size_pt=size_pt)
