"""Frozen values as JSON and back, by the types that their dataclasses declare.

A key that an older text lacks takes the field's default.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TypeVar, Union, cast, get_args, get_origin

from pipeline.evidence.canonical import Json

_T = TypeVar("_T")
_NUMBERS: Mapping[object, type] = {int: int, float: float, bool: bool, str: str}
_TIMES = (date, datetime)
_NOTHING: frozenset[str] = frozenset()


def encoded(value: object, kind: object, *, without: frozenset[str] = _NOTHING) -> Json:
    """A value of a declared type as JSON: a NumPy number where a float is declared is written as that float.

    Args:
        without: names of fields that are left out.
    """
    if value is None:
        return None
    if _is_union(kind):
        return encoded(value, _arm(kind, value), without=without)
    if dataclasses.is_dataclass(kind):
        fields = _types(cast(type, kind), without)
        return {name: encoded(getattr(value, name), its, without=without) for name, its in fields.items()}
    if get_origin(kind) is tuple:
        items = cast("tuple[object, ...]", value)
        of_items = _items(kind, len(items))
        return [encoded(item, its, without=without) for item, its in zip(items, of_items, strict=True)]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    return cast(Json, _plain(kind)(value))


def decoded(value: object, kind: type[_T], *, without: frozenset[str] = _NOTHING) -> _T:
    """The value that `encoded` wrote.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: the JSON is not of this type.
    """
    return cast(_T, _value(value, kind, without))


@lru_cache(maxsize=128)
def _types(kind: type, without: frozenset[str]) -> Mapping[str, object]:
    """Declared types of a dataclass's fields, by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.name not in without}


def _value(value: object, kind: object, without: frozenset[str]) -> object:
    if value is None:
        return None
    if _is_union(kind):
        return _value(value, _arm(kind, value), without)
    if dataclasses.is_dataclass(kind):
        given = cast("Mapping[str, object]", value)
        fields = _types(cast(type, kind), without)
        return cast(type, kind)(
            **{name: _value(given[name], its, without) for name, its in fields.items() if name in given}
        )
    if get_origin(kind) is tuple:
        items = cast("list[object]", value)
        return tuple(_value(item, its, without) for item, its in zip(items, _items(kind, len(items)), strict=True))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind in _TIMES:
        return kind.fromisoformat(str(value))
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
