"""Lengths of a layout file that are plainly no millimetres: keys of another unit, texts, pixels, inches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.templates.layout_yaml import YamlValue
from pipeline.templates.problem import Located, Problem

ALLOWED: Final = "mm, pt"
"""Positions and lengths are plain numbers of millimetres (`box_mm`, `size_mm`), type sizes of points (`size_pt`)."""
_UNIT_KEY: Final = re.compile(r"(?:\w+_)?(?:in|inch|inches|px|pixels?|cm|pts?|pica|dpi|ft|units?)")
_LENGTH: Final = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*(?:mm|cm|m|in|inch(?:es)?|px|pt|\"|″)?\s*")
LONGEST_MM: Final = 400.0
"""The longest sheet of s. 15 has 355 mm: a larger number counts something else, pixels most likely."""
SHORTEST_MM: Final = 40.0
"""No sheet of s. 15 has a side under 90 mm: both sides under 40 are centimetres, both under 16 are inches."""
INCHES: Final = 16.0
CENTIMETRE: Final = 10.0
SLACK: Final = 1.02
FEWEST_BOXES: Final = 3


def is_unit_key(key: str) -> bool:
    """Whether an unknown key names a length in a unit that layouts do not take: `box_in`, `size_px`, `dpi`."""
    return _UNIT_KEY.fullmatch(key) is not None


def is_length_text(value: object) -> bool:
    """Whether a text stands where a plain number of millimetres should: `"3.5in"`, `"90 mm"`, `"90"`."""
    return isinstance(value, str) and _LENGTH.fullmatch(value) is not None


def unit_problems(value: YamlValue) -> Iterator[Located]:
    """Sizes and boxes of a file, as read, that are plainly in another unit."""
    if not isinstance(value, dict):
        return
    size = _numbers(value.get("size_mm"), 2)
    unit = _unit_of(size) if size else None
    if size and unit is not None:
        yield ("size_mm",), Problem("layout_unit_size", params=_facts(size, unit))
    boxes = list(_boxes(value))
    for path, box in boxes:
        if max(box) > LONGEST_MM:
            yield path, Problem("layout_unit_box", params=_facts(box, "px"))
    if size and unit is None and len(boxes) >= FEWEST_BOXES:
        reach = max(max(box[i] + box[i + 2] for _, box in boxes) / size[i] for i in (0, 1))
        if reach <= SLACK / CENTIMETRE:
            small = "in" if reach <= SLACK / 25.4 else "cm"
            yield ("zones",), Problem("layout_unit_boxes", params=_facts(boxes[0][1], small))


def _facts(found: Sequence[float], unit: str) -> tuple[tuple[str, str], ...]:
    listed = ", ".join(f"{number:g}" for number in found)
    return (("found", listed), ("unit", unit), ("allowed", ALLOWED))


def _unit_of(size: Sequence[float]) -> str | None:
    if min(size) > LONGEST_MM:
        return "px"
    if max(size) < SHORTEST_MM:
        return "in" if max(size) < INCHES else "cm"
    return None


def _boxes(value: dict[str, YamlValue]) -> Iterator[tuple[tuple[str | int, ...], list[float]]]:
    for part in ("zones", "texts"):
        listed = value.get(part)
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            box = _numbers(item.get("box_mm"), 4) if isinstance(item, dict) else None
            if box:
                yield (part, index, "box_mm"), box


def _numbers(value: YamlValue, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    numbers = [float(item) for item in value if isinstance(item, int | float) and not isinstance(item, bool)]
    return numbers if len(numbers) == count else None
