"""Where a scan that holds several pages may be divided, as the program proposes it on the screen of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.custody import PageRow
from pipeline.model import PageLabel
from pipeline.templates.company import boxes_of
from pipeline.web.parts import WebParts
from pipeline.web.review_frame import Frame, part_shown
from pipeline.web.review_scan import scan_of

_WHOLE: Final = 99.0
"""Hundredths of a side that are all of it, but for rounding."""


def proposed_cut(row: PageRow, frame: Frame, parts: WebParts) -> Mapping[str, str]:
    """What the form of a page starts with where the program saw two pages in it; empty where it proposes nothing."""
    boxes = [box for reason in row.reasons for box in boxes_of(reason)]
    if len(boxes) != 2 or row.label is not PageLabel.UNIDENTIFIED or row.part_of is not None:
        return {}
    scan = scan_of(row, parts).turned(frame.turn)
    one, other = (part_shown(box, scan) for box in boxes)
    if one.height > _WHOLE and other.height > _WHOLE:
        return {"split": "across", "cut": f"{max(one.x, other.x):.1f}"}
    return {"split": "down", "cut": f"{max(one.y, other.y):.1f}"}
