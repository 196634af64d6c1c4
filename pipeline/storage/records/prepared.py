"""Queries that are asked for every answer of the court API: put into words once for each database, then handed to its
driver itself. SQLAlchemy takes ten times as long to hand one on as SQLite takes to answer it."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

from sqlalchemy import BindParameter, Boolean, ColumnElement, Connection, Dialect, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import CompoundSelect, Insert, Select

from pipeline.storage.records.rows import Column, DbRow

Given: TypeAlias = Mapping[str, "Column | Sequence[str]"]
_Query: TypeAlias = "Select[tuple[Column, ...]] | CompoundSelect[tuple[Column, ...]] | Insert"
_Values: TypeAlias = "Sequence[Column] | Mapping[str, Column]"
_MakeRow: TypeAlias = "Callable[[Sequence[Column]], DbRow]"
_FEW = 8


def several(name: str) -> BindParameter[str]:
    """A list in a query: `column.in_(several("wanted"))`."""
    return bindparam(name, expanding=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which of the values given stands in a place of the text."""

    name: str
    index: int | None = None

    def of(self, given: Given) -> Column:
        value = given[self.name]
        return cast("Column", value if self.index is None else cast("list[str]", value)[self.index])


@dataclass(frozen=True, slots=True)
class _Wording:
    """A query as a driver takes it.

    Attributes:
        places: by what the text names them, in its order: what is given, or a value of the query itself.
        by_name: whether the driver takes values by name.
        row: makes what is read of what the driver gives; null for a query that reads nothing.
    """

    text: str
    places: tuple[tuple[str, _Place | Column], ...]
    by_name: bool
    row: _MakeRow | None

    def values(self, given: Given) -> _Values:
        found = [(name, its.of(given) if isinstance(its, _Place) else its) for name, its in self.places]
        return dict(found) if self.by_name else [value for _, value in found]


class Prepared:
    """One query. Values are texts and numbers, given by the names of its parameters, a list for those of `several`."""

    def __init__(self, query: _Query) -> None:
        self._query = query
        self._known: dict[tuple[object, ...], _Wording] = {}

    def rows(self, connection: Connection, given: Given) -> list[DbRow]:
        """All rows, with their columns as attributes. The transaction begins with it where none has.

        Raises:
            DBAPIError: as `Connection.execute`.
        """
        given = {name: _filled_up(value) if isinstance(value, list) else value for name, value in given.items()}
        wording = self._wording(connection.dialect, given)
        if not connection.in_transaction():
            connection.begin()
        driver = connection.connection
        cursor = driver.cursor()
        try:
            cursor.execute(wording.text, wording.values(given))
            found = [] if wording.row is None else list(map(wording.row, cursor.fetchall()))
        except connection.dialect.loaded_dbapi.Error as error:
            if connection.dialect.is_disconnect(error, driver.driver_connection, cursor):
                connection.invalidate(error)
            # Without the values, which are personal data.
            raise DBAPIError(wording.text, None, error, hide_parameters=True) from error
        finally:
            cursor.close()
        return found

    def first(self, connection: Connection, given: Given) -> DbRow | None:
        """Of a query that finds one row or none. Raises as `rows`."""
        return next(iter(self.rows(connection, given)), None)

    def _wording(self, dialect: Dialect, given: Given) -> _Wording:
        key = (dialect.name, *(len(value) for value in given.values() if isinstance(value, list)))
        found = self._known.get(key)
        if found is None:
            found = _wording(self._query, dialect, given)
            self._known[key] = found
        return found


def _wording(query: _Query, dialect: Dialect, given: Given) -> _Wording:
    # The places stand for the values, so that the compiler says where each goes.
    stand_ins = {name: _place_of(name, value) for name, value in given.items()}
    state = query.compile(dialect=dialect).construct_expanded_state(stand_ins)
    names = state.parameters.keys() if state.positiontup is None else state.positiontup
    places = tuple((name, state.parameters[name]) for name in names)
    row = None if isinstance(query, Insert) else _row_of(query, dialect)
    return _Wording(state.statement, places, state.positiontup is None, row)


def _filled_up(wanted: list[str]) -> list[str]:
    """Long lists come in few lengths, each with a wording of its own: the last value stands there again."""
    count = len(wanted)
    return wanted if count <= _FEW else wanted + wanted[-1:] * ((1 << (count - 1).bit_length()) - count)


def _place_of(name: str, value: Column | Sequence[str]) -> _Place | list[_Place]:
    if isinstance(value, list):
        return [_Place(name, index) for index in range(len(value))]
    return _Place(name)


def _row_of(query: Select[tuple[Column, ...]] | CompoundSelect[tuple[Column, ...]], dialect: Dialect) -> _MakeRow:
    """Of SQLite's types only truth is not Python's; PostgreSQL's driver gives all as they are."""
    columns = [column for column in query.selected_columns if isinstance(column, ColumnElement)]
    kind = namedtuple("_Found", [str(column.key) for column in columns])  # type: ignore[misc]  # its columns are the query's
    truths = [place for place, column in enumerate(columns) if isinstance(column.type, Boolean)]
    if dialect.supports_native_boolean or not truths:
        return cast("_MakeRow", kind._make)
    return cast("_MakeRow", partial(_with_truths, cast("_MakeRow", kind._make), truths))


def _with_truths(make: _MakeRow, truths: Sequence[int], found: Sequence[Column]) -> DbRow:
    values = list(found)
    for place in truths:
        values[place] = None if values[place] is None else bool(values[place])
    return make(values)
