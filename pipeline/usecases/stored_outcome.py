"""A page's outcome as text to keep: canonical JSON, equal for equal outcomes, and back.

Images are left out: they are objects. A key that an older record lacks takes the field's default.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import TypeVar, Union, cast, get_args, get_origin

from pipeline.evidence.canonical import Json, canonical_json
from pipeline.model import PageOutcome

_T = TypeVar("_T")
_NUMBERS: Mapping[object, type] = {int: int, float: float, bool: bool, str: str}
_LEFT_OUT = frozenset({"derivatives"})


def outcome_text(outcome: PageOutcome) -> str:
    """Raises:
    ValueError: a number is infinite or not a number.
    """
    return canonical_json(_encoded(outcome, PageOutcome))


def outcome_from(text: str) -> PageOutcome:
    """Raises:
    ValueError: the text is no outcome.
    """
    try:
        return _decoded(json.loads(text), PageOutcome)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a page outcome") from error


@lru_cache(maxsize=64)
def _types(kind: type) -> Mapping[str, object]:
    """Declared types of a dataclass's fields, by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.name not in _LEFT_OUT}


def _encoded(value: object, kind: object) -> Json:
    """By declared type, so that a NumPy number where a float is declared is written as that float."""
    if value is None:
        return None
    if _is_union(kind):
        return _encoded(value, _arm(kind, value))
    if dataclasses.is_dataclass(kind):
        return {name: _encoded(getattr(value, name), its) for name, its in _types(cast(type, kind)).items()}
    if get_origin(kind) is tuple:
        items = cast("tuple[object, ...]", value)
        return [_encoded(item, its) for item, its in zip(items, _items(kind, len(items)), strict=True)]
    if isinstance(value, Enum):
        return str(value.value)
    return cast(Json, _plain(kind)(value))


def _decoded(value: object, kind: type[_T]) -> _T:
    return cast(_T, _value(value, kind))


def _value(value: object, kind: object) -> object:
    if value is None:
        return None
    if _is_union(kind):
        return _value(value, _arm(kind, value))
    if dataclasses.is_dataclass(kind):
        given = cast("Mapping[str, object]", value)
        known = {name: _value(given[name], its) for name, its in _types(cast(type, kind)).items() if name in given}
        return cast(type, kind)(**known)
    if get_origin(kind) is tuple:
        items = cast("list[object]", value)
        return tuple(_value(item, its) for item, its in zip(items, _items(kind, len(items)), strict=True))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return _plain(kind)(value)


def _is_union(kind: object) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _arm(kind: object, value: object) -> object:
    """The member of a union that the value belongs to: by its own type, else the first that is not null."""
    arms = [arm for arm in get_args(kind) if arm is not type(None)]
    return next((arm for arm in arms if arm is type(value)), arms[0])


def _items(kind: object, count: int) -> tuple[object, ...]:
    args = get_args(kind)
    return (args[0],) * count if len(args) == 2 and args[1] is Ellipsis else args


def _plain(kind: object) -> type:
    """The built-in type of a leaf; a NewType is what it stands on."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    return _NUMBERS[kind]
