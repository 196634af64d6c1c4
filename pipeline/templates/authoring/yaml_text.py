"""Writes a layout file as people write it: parts on lines of their own, numbers in brackets, short parts in braces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value]"
Item: TypeAlias = dict[str, Value]
SECTIONS = ("artwork", "zones", "texts")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""JSON leaves them as they are; to YAML they are line breaks, or no text at all."""


def yaml_text(document: Item, *, comment: str) -> str:
    """The document as YAML; lists of parts after the plain values, empty ones left out."""
    lines = [f"# {comment}"]
    lines += [f"{key}: {_flow(value)}" for key, value in document.items() if key not in SECTIONS]
    for key in SECTIONS:
        parts = document.get(key)
        if isinstance(parts, list) and parts:
            lines += ["", f"{key}:"]
            for part in parts:
                if isinstance(part, dict):
                    lines += _part(part, indent="  ")
    return "\n".join(lines) + "\n"


def _part(part: Item, *, indent: str) -> Iterator[str]:
    lead = f"{indent}- "
    for key, value in part.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{lead}{key}:"
            for inner in value:
                if isinstance(inner, dict):
                    yield from _part(inner, indent=indent + "    ")
        else:
            yield f"{lead}{key}: {_flow(value)}"
        lead = f"{indent}  "


def _flow(value: Value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        # JSON strings are YAML strings; names stay bare.
        return (
            value
            if value.isidentifier() and value not in {"true", "false", "null", "yes", "no", "on", "off"}
            else _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
        )
    return json.dumps(value)
