"""Which printed words belong to a space, and which stand free: titles of sections, labels drawn beside a box."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.geometry import BoxMm
from pipeline.model import Heading, Kind, Layout, Paragraph, Zone
from pipeline.templates.fonts import Fonts, heading_box

_LETTERS = re.compile(r"[^\W\d_]{2}|[Nn]°")
NEAR_MM = 3.0
"""Words drawn apart from a space still belong to it at this distance; headings stand 1 mm from theirs."""
BELOW_MM = 1.0
"""Words further below belong to what follows."""


def lettered(text: str) -> bool:
    """Whether the text holds a word: two letters running, or the sign for "number"."""
    return _LETTERS.search(text) is not None


def owned(layout: Layout) -> frozenset[Heading]:
    """The printed words that the layout ties to a space."""
    return frozenset(word for zone in layout.zones for word in zone.words)


def free_lines(layout: Layout) -> Iterator[tuple[str, float]]:
    """Printed lines that belong to no space and are no named text, with the height of their base line in millimetres:
    titles of sections and the like."""
    mine = owned(layout)
    for item in layout.artwork:
        if isinstance(item, Heading) and item not in mine:
            yield item.text, item.y
        elif isinstance(item, Paragraph) and item.name is None:
            yield item.text, item.box_mm.y


def beside(zone: Zone, layout: Layout, named: frozenset[Heading], fonts: Fonts) -> bool:
    """Whether free printed words stand right above, beside or around a space or one of its check boxes."""
    boxes = [mark.box_mm for mark in zone.marks] or [zone.box_mm]
    for item in layout.artwork:
        if isinstance(item, Heading) and item not in named and lettered(item.text):
            area = heading_box(item, fonts)
        elif isinstance(item, Paragraph) and lettered(item.text) and not _printed_value(item, layout):
            area = item.box_mm
        else:
            continue
        if any(_near(area, box) for box in boxes):
            return True
    return False


def _printed_value(item: Paragraph, layout: Layout) -> bool:
    return item.name is None and any(
        zone.printed_value == item.text and zone.kind is not Kind.TEXT_BLOCK for zone in layout.zones
    )


def _near(words: BoxMm, box: BoxMm) -> bool:
    around = BoxMm(box.x - NEAR_MM, box.y - NEAR_MM, box.width + 2 * NEAR_MM, box.height + NEAR_MM + BELOW_MM)
    return around.overlap_mm2(words) > 0.0
