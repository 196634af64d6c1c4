"""How a person placed a page: the form that it is, its turn, the pages that one image holds; and what stood before.

A placement is what a person said. It is kept as the value of a row of the page's history, as canonical text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from pipeline.custody.rows import DerivativeRef
from pipeline.geometry import BoxPx
from pipeline.model import LayoutId, PageId, PageLabel, Reason

LEAST_PARTS: Final = 2
MOST_PARTS: Final = 6
MOST_MASKS: Final = 60
"""Of each sort on a page."""
LEAST_PART_PX: Final = 200
"""Of each side of a part; no form could be read on fewer."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What a person says of how a page is to be read.

    Attributes:
        layout: the form that it is; null: it is recognised by itself.
        quarter_turns: clockwise, 0 to 3, that make the scan upright as it is shown; null: they are found.
        parts: where the image holds several pages: one box each, in the scan as received; none for one page alone.
            Layout and turns are then those of each part.
        masks, shown: what is covered beside what is found, and what is not although it was; in the scan as received.
    """

    layout: LayoutId | None = None
    quarter_turns: int | None = None
    parts: tuple[BoxPx, ...] = ()
    masks: tuple[BoxPx, ...] = ()
    shown: tuple[BoxPx, ...] = ()

    @property
    def bare(self) -> Placement:
        """The same without what is said of masks: how the page is read."""
        return replace(self, masks=(), shown=())


@dataclass(frozen=True, slots=True)
class OutcomeVersion:
    """What was recorded of a page before it was read as a person had placed it. Never changed, never removed.

    Attributes:
        number: of the page, from 1, without gaps.
        said: number of the row of the page's history that had it read anew.
        outcome: canonical JSON; null for a page that had none, because it had failed.
    """

    page: PageId
    number: int
    said: int
    outcome: str | None
    label: PageLabel | None
    derivatives: tuple[DerivativeRef, ...] = ()


def placement_text(placement: Placement) -> str:
    """The one text of a placement: JSON, keys sorted, no blanks."""
    facts: dict[str, object] = {
        "layout": placement.layout,
        "quarter_turns": placement.quarter_turns,
        "parts": [list(box.as_tuple()) for box in placement.parts],
    }
    # Only where there are any: placements of before there were masks keep the digest they always had.
    for name, boxes in (("masks", placement.masks), ("shown", placement.shown)):
        if boxes:
            facts[name] = [list(box.as_tuple()) for box in boxes]
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def placement_from(text: str) -> Placement:
    """Raises:
    ValueError: the text is no placement.
    """
    try:
        facts = json.loads(text)
        layout, turns = facts["layout"], facts["quarter_turns"]
        parts, masks, shown = (
            tuple(BoxPx(*(_whole(side) for side in box)) for box in boxes)
            for boxes in (facts["parts"], facts.get("masks", ()), facts.get("shown", ()))
        )
        turned = None if turns is None else _whole(turns)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("not a placement") from error
    if layout is not None and not isinstance(layout, str):
        raise ValueError("not a placement")
    return Placement(None if layout is None else LayoutId(layout), turned, parts, masks, shown)


def faults(placement: Placement, size_px: tuple[int, int] | None) -> tuple[Reason, ...]:
    """What is wrong with a placement by itself, all of it.

    Args:
        size_px: width and height of the scan as received; null where it is not known: then it cannot be divided.
    """
    found = []
    if placement.quarter_turns is not None and placement.quarter_turns not in range(4):
        found.append(Reason("placement_turns"))
    found += _mask_faults(placement, size_px)
    parts = placement.parts
    if not parts:
        return tuple(found)
    if not LEAST_PARTS <= len(parts) <= MOST_PARTS:
        found.append(Reason("placement_parts_count", (("least", str(LEAST_PARTS)), ("most", str(MOST_PARTS)))))
    if size_px is None:
        found.append(Reason("page_size_unknown"))
    elif any(not _inside(box, size_px) for box in parts):
        found.append(Reason("placement_part_outside", (("width_px", str(size_px[0])), ("height_px", str(size_px[1])))))
    if any(min(box.width, box.height) < LEAST_PART_PX for box in parts):
        found.append(Reason("placement_part_small", (("least_px", str(LEAST_PART_PX)),)))
    if any(_overlap(box, other) for rank, box in enumerate(parts) for other in parts[:rank]):
        found.append(Reason("placement_parts_overlap"))
    return tuple(found)


def _mask_faults(placement: Placement, size_px: tuple[int, int] | None) -> list[Reason]:
    boxes = (*placement.masks, *placement.shown)
    if max(len(placement.masks), len(placement.shown)) > MOST_MASKS:
        return [Reason("masks_too_many", (("most", str(MOST_MASKS)),))]
    if boxes and size_px is None:
        return [Reason("page_size_unknown")]
    if size_px is not None and any(min(box.width, box.height) < 1 or not _inside(box, size_px) for box in boxes):
        return [Reason("mask_outside", (("width_px", str(size_px[0])), ("height_px", str(size_px[1]))))]
    return []


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _inside(box: BoxPx, size_px: tuple[int, int]) -> bool:
    return box.x >= 0 and box.y >= 0 and box.right <= size_px[0] and box.bottom <= size_px[1]


def _overlap(one: BoxPx, other: BoxPx) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > 0 and down > 0
