"""Scales and moves all positions of a layout file, or of a part of one, as plain values."""

from __future__ import annotations

from typing import Final, cast

from pipeline.templates.layout_yaml import YamlValue

BOXES: Final = frozenset({"box_mm", "frame", "edition_mark", "detachable_mark", "logo"})
POINTS: Final = frozenset({"at", "rule"})
"""A rule is two points."""
DECIMALS: Final = 4


def placed(part: dict[str, YamlValue], *, scale: float, offset_mm: tuple[float, float]) -> dict[str, YamlValue]:
    """A well-formed part with every position scaled about the origin, then moved; sizes of type and lines stay."""
    if scale == 1.0 and offset_mm == (0.0, 0.0):
        return part
    return {key: _placed(key, value, scale, offset_mm) for key, value in part.items()}


def _placed(key: str, value: YamlValue, scale: float, offset_mm: tuple[float, float]) -> YamlValue:
    if isinstance(value, dict):
        return placed(value, scale=scale, offset_mm=offset_mm)
    if not isinstance(value, list):
        return value
    if key not in BOXES and key not in POINTS:
        return [_placed("", item, scale, offset_mm) for item in value]
    numbers = [float(cast(float, number)) * scale for number in value]
    moved = len(numbers) if key in POINTS else 2
    return [
        round(number + (offset_mm[index % 2] if index < moved else 0.0), DECIMALS)
        for index, number in enumerate(numbers)
    ]
