"""Scales and moves all positions of a layout file, or of a part of one, as plain values."""

from __future__ import annotations

from typing import Final, TypeAlias, cast

from pipeline.templates.layout_yaml import YamlValue

BOXES: Final = frozenset({"box_mm", "frame", "logo"})
POINTS: Final = frozenset({"at", "rule"})
"""A rule is two points."""
CODES: Final = frozenset({"edition_mark", "detachable_mark"})
DECIMALS: Final = 4
Pair: TypeAlias = tuple[float, float]


def placed(part: dict[str, YamlValue], *, scale: Pair, offset_mm: Pair) -> dict[str, YamlValue]:
    """A well-formed part with every position scaled about the origin, then moved.

    Sizes of type, widths of lines, check boxes and edition marks stay as they are: the latter two keep their middle.

    Args:
        scale: across and down.
    """
    if scale == (1.0, 1.0) and offset_mm == (0.0, 0.0):
        return part
    return {key: _placed(key, value, scale, offset_mm, fixed=False) for key, value in part.items()}


def _placed(key: str, value: YamlValue, scale: Pair, offset_mm: Pair, *, fixed: bool) -> YamlValue:
    if isinstance(value, dict):
        return {inner: _placed(inner, item, scale, offset_mm, fixed=fixed) for inner, item in value.items()}
    if not isinstance(value, list):
        return value
    if key in CODES or (key in BOXES and fixed):
        return _middle_placed([float(cast(float, number)) for number in value], scale, offset_mm)
    if key not in BOXES and key not in POINTS:
        return [_placed("", item, scale, offset_mm, fixed=fixed or key == "marks") for item in value]
    moved = len(value) if key in POINTS else 2
    numbers = [float(cast(float, number)) * scale[index % 2] for index, number in enumerate(value)]
    return [
        round(number + (offset_mm[index % 2] if index < moved else 0.0), DECIMALS)
        for index, number in enumerate(numbers)
    ]


def _middle_placed(box: list[float], scale: Pair, offset_mm: Pair) -> YamlValue:
    x, y, width, height = box
    left = (x + width / 2) * scale[0] + offset_mm[0] - width / 2
    top = (y + height / 2) * scale[1] + offset_mm[1] - height / 2
    return [round(left, DECIMALS), round(top, DECIMALS), width, height]
