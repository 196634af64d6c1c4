"""Puts the named parts of an edition over those it inherits: moved, changed, replaced, left out or added."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.templates.layout_yaml import YamlValue
from pipeline.templates.placing import placed

MOVE = "move_mm"
"""In a part of an edition: how far the inherited part is moved with its heading and check boxes, before changes."""

Merged = list[tuple[YamlValue, int | None]]


def merged_parts(inherited: Iterable[dict[str, YamlValue]], own: YamlValue, *, without: Iterable[str]) -> Merged:
    """The parts of an edition, the inherited ones first and in their order.

    Args:
        own: the list in the edition's file; null where it has none.
        without: names of inherited parts that are left out. A part of the file by such a name stands for itself.

    Returns:
        Each part with its place in `own`, or null where it is inherited as it was.
    """
    left_out = set(without)
    kept = [part for part in inherited if part.get("name") not in left_out]
    places = {str(part["name"]): place for place, part in enumerate(kept) if "name" in part}
    merged: Merged = [(part, None) for part in kept]
    for index, part in enumerate(own if isinstance(own, list) else []):
        name = part.get("name") if isinstance(part, dict) else None
        place = places.pop(name, None) if isinstance(name, str) else None
        if place is None or not isinstance(part, dict):
            merged.append((part, index))
        else:
            merged[place] = (_changed(kept[place], part), index)
    return merged


def _changed(inherited: dict[str, YamlValue], part: dict[str, YamlValue]) -> dict[str, YamlValue]:
    move = part.get(MOVE)
    if isinstance(move, list) and len(move) == 2:
        x, y = move
        if isinstance(x, int | float) and isinstance(y, int | float):
            inherited = placed(inherited, scale=(1.0, 1.0), offset_mm=(float(x), float(y)))
            part = {key: value for key, value in part.items() if key != MOVE}
    return _over(inherited, part)


def _over(inherited: dict[str, YamlValue], part: dict[str, YamlValue]) -> dict[str, YamlValue]:
    """Keys of the part before those inherited; null takes a key away. Headings, labels and marks are put over too."""
    result = dict(inherited)
    for key, value in part.items():
        before = inherited.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(before, dict):
            result[key] = _over(before, value)
        elif key == "marks" and isinstance(before, list):
            result[key] = [
                item for item, _ in merged_parts((m for m in before if isinstance(m, dict)), value, without=())
            ]
        else:
            result[key] = value
    return result
