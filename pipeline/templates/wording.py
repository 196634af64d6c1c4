"""Gives inherited printed texts other words: another language on the same boxes, another issuer's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.templates.layout_yaml import YamlValue

PRINTED: Final = frozenset({"heading", "text", "printed_value"})


def reworded(part: dict[str, YamlValue], words: Mapping[str, str]) -> tuple[dict[str, YamlValue], tuple[str, ...]]:
    """A layout file with other words.

    Args:
        words: printed text as a whole, then what is printed instead; how the text is broken into lines does not count.
            A text with other words is no longer the translation that it was.

    Returns:
        The file, and those texts of `words` that are printed nowhere in it.
    """
    wanted = {_folded(old): new for old, new in words.items()}
    used: set[str] = set()
    result = {key: _reworded(key, value, wanted, used) for key, value in part.items()}
    return result, tuple(old for old in words if _folded(old) not in used)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _reworded(key: str, value: YamlValue, words: Mapping[str, str], used: set[str]) -> YamlValue:
    if isinstance(value, dict):
        changed = {inner: _reworded(inner, item, words, used) for inner, item in value.items()}
        if changed.get("text") != value.get("text"):
            changed.pop("translation", None)
        return changed
    if isinstance(value, list):
        return [_reworded("", item, words, used) for item in value]
    if key in PRINTED and isinstance(value, str) and _folded(value) in words:
        used.add(_folded(value))
        return words[_folded(value)]
    return value
