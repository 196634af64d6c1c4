"""Writes a layout file that was read back as text: what it leaves to the defaults stays unsaid."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from pipeline.templates.authoring.yaml_text import Item, Value, yaml_text
from pipeline.templates.document import LayoutFile

_DECIMALS: Final = 4
"""A tenth of a micrometre; and a number with more may be written with an exponent, which a layout file has none of."""
_ALIASES: Final = {"whose": "copy"}


def file_text(file: LayoutFile, *, comment: str) -> str:
    """The file as YAML, its first line the comment. Reading it gives an equal file, to 0.0001 of each number."""
    return yaml_text(_item(file), comment=comment)


def _item(part: BaseModel) -> Item:
    fields = type(part).model_fields
    said = {name: getattr(part, name) for name, its in fields.items() if its.is_required()}
    said |= {name: getattr(part, name) for name, its in fields.items() if getattr(part, name) != its.default}
    return {_ALIASES.get(name, name): _value(said[name]) for name in fields if name in said}


def _value(value: object) -> Value:
    if isinstance(value, BaseModel):
        return _item(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, bool | int):
        return value
    return str(value)
