"""Frozen values as JSON and back, by the types that their dataclasses declare.

A key that an older text lacks takes the field's default.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache, partial
from operator import itemgetter
from typing import TypeAlias, TypeVar, Union, cast, get_args, get_origin

from pipeline.evidence.canonical import Json

_T = TypeVar("_T")
_NUMBERS: Mapping[object, type] = {int: int, float: float, bool: bool, str: str}
_NOTHING: frozenset[str] = frozenset()
_MOST_SHAPES = 64
"""Combinations of types of one dataclass that are remembered."""
_Reader: TypeAlias = "Callable[[object], object]"


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
    return cast(_T, _reader(kind, without)(value))


@lru_cache(maxsize=128)
def _types(kind: type, without: frozenset[str]) -> Mapping[str, object]:
    """Declared types of a dataclass's fields, by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.name not in without}


def _reader(kind: object, without: frozenset[str]) -> _Reader:
    """What makes values of this type of JSON, found once for each field of a dataclass: a page has hundreds of them.

    Not kept by the type itself: unions of the same members are equal in whatever order, which matters here.
    """
    if _is_union(kind):
        return _Union({arm: _reader(arm, without) for arm in get_args(kind) if arm is not type(None)})
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(cast(type, kind), without)
    if get_origin(kind) is tuple:
        args = get_args(kind)
        if len(args) == 2 and args[1] is Ellipsis:
            return partial(_read_alike, _reader(args[0], without))
        return partial(_read_tuple, tuple(_reader(its, without) for its in args))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return partial(_read_leaf, kind, {each.value: each for each in kind})
    if isinstance(kind, type) and issubclass(kind, date):
        return partial(_read_time, kind)
    return _Plain(_plain(kind))


@dataclasses.dataclass(frozen=True, slots=True)
class _Plain:
    """Reads what JSON has itself."""

    kind: type

    def __call__(self, value: object) -> object:
        return value if value is None or type(value) is self.kind else self.kind(value)


@dataclasses.dataclass(frozen=True, slots=True)
class _Union:
    """Reads a value of one of several types, by its own type, else as one of the first."""

    arms: Mapping[object, _Reader]

    def arm_of(self, kind: type) -> _Reader:
        return self.arms.get(kind) or next(iter(self.arms.values()))

    def __call__(self, value: object) -> object:
        return None if value is None else self.arm_of(type(value))(value)


class _Dataclass:
    """Reads values of a dataclass. Most objects of a page have the same types at the same keys: what is to be done with
    which of them is found once for each such combination, and nothing at all is done with what JSON has itself."""

    def __init__(self, kind: type, without: frozenset[str]) -> None:
        self._make: Callable[..., object] = kind
        self._readers = {name: _reader(its, without) for name, its in _types(kind, without).items()}
        # Those left out may stand in between.
        in_order = tuple(self._readers) == getattr(kind, "__match_args__", ())
        self._taken = itemgetter(*self._readers) if in_order and len(self._readers) > 1 else None
        self._steps: dict[tuple[type, ...], tuple[tuple[int, _Reader], ...]] = {}

    def __call__(self, value: object) -> object:
        if value is None:
            return None
        if self._taken is None:
            return self._named(value)
        try:
            found: tuple[object, ...] = self._taken(value)  # type: ignore[arg-type]  # raises TypeError for what is no object
        except KeyError:
            return self._named(value)
        shape = tuple(map(type, found))
        steps = self._steps.get(shape)
        if steps is None:
            steps = self._steps_of(shape)
        if not steps:
            return self._make(*found)
        values = list(found)
        for place, read in steps:
            values[place] = read(values[place])
        return self._make(*values)

    def _named(self, value: object) -> object:
        given = cast("Mapping[str, object]", value)
        return self._make(**{name: read(given[name]) for name, read in self._readers.items() if name in given})

    def _steps_of(self, shape: tuple[type, ...]) -> tuple[tuple[int, _Reader], ...]:
        pairs = enumerate(zip(self._readers.values(), shape, strict=True))
        steps = tuple((place, read) for place, (read, kind) in pairs if not _is_kept(read, kind))
        if len(self._steps) < _MOST_SHAPES:
            self._steps[shape] = steps
        return steps


@lru_cache(maxsize=128)
def _dataclass_reader(kind: type, without: frozenset[str]) -> _Reader:
    return _Dataclass(kind, without)


def _is_kept(read: _Reader, kind: type) -> bool:
    """Whether values of this type are what they are read as."""
    if kind is type(None):
        return True
    if isinstance(read, _Union):
        return _is_kept(read.arm_of(kind), kind)
    return isinstance(read, _Plain) and read.kind is kind


def _read_leaf(kind: type, known: Mapping[object, object], value: object) -> object:
    if type(value) is str and value in known:
        return known[value]
    return None if value is None else kind(value)


def _read_time(kind: type[date], value: object) -> date | None:
    return None if value is None else kind.fromisoformat(str(value))


def _read_alike(read: _Reader, value: object) -> object:
    return None if value is None else tuple(map(read, cast("list[object]", value)))


def _read_tuple(of_items: tuple[_Reader, ...], value: object) -> object:
    if value is None:
        return None
    return tuple(read(item) for read, item in zip(of_items, cast("list[object]", value), strict=True))


def _is_union(kind: object) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _arm(kind: object, value: object) -> object:
    """The member of a union that the value belongs to: by its own type, else the first that is not null."""
    arms = [arm for arm in get_args(kind) if arm is not type(None)]
    return next((arm for arm in arms if arm is type(value)), arms[0])


def _items(kind: object, count: int) -> tuple[object, ...]:
    args = get_args(kind)
    return (args[0],) * count if len(args) == 2 and args[1] is Ellipsis else args


@lru_cache(maxsize=128)
def _plain(kind: object) -> type:
    """The built-in type of a leaf; a NewType is what it stands on."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    return _NUMBERS[kind]
