"""What the databases of the records say differently: types of columns and two functions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Text, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import GenericTypeCompiler, SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class local_day(FunctionElement[str]):  # noqa: N801  # stands in queries like the functions beside it
    """The day, where this program runs, of a moment in ISO 8601: `2026-11-22`."""

    type = Text()
    inherit_cache = True


class place_of(FunctionElement[int]):  # noqa: N801
    """Where the second text begins in the first, counted from 1; 0 where it is not in it. Case counts."""

    type = Integer()
    inherit_cache = True


class WholeNumber(Integer):
    """A number in a question, of as many bits as it needs; SQLAlchemy would declare each to have 32."""

    render_bind_cast = False


def first_of(text: ColumnElement[str], characters: int) -> ColumnElement[str]:
    """What a text begins with. Case counts, as it does not in LIKE everywhere."""
    return func.substr(text, 1, characters, type_=Text())


@compiles(local_day)
def _local_day(element: local_day, compiler: SQLCompiler, **kw: Any) -> str:  # as SQLAlchemy hands it on
    return f"date({compiler.process(element.clauses, **kw)}, 'localtime')"


@compiles(local_day, "postgresql")
def _local_day_in_session(element: local_day, compiler: SQLCompiler, **kw: Any) -> str:
    # The zone is that of the session, which is opened with the program's own.
    moment = compiler.process(element.clauses, **kw)
    return f"to_char(CAST({moment} AS TIMESTAMP WITH TIME ZONE), 'YYYY-MM-DD')"


@compiles(place_of)
def _place_of(element: place_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(place_of, "postgresql")
def _place_of_in_bytes(element: place_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(Integer, "postgresql")
def _whole_number(type_: Integer, compiler: GenericTypeCompiler, **kw: Any) -> str:
    """SQLite keeps whole numbers of 64 bits under every name; a size in bytes soon needs more than 32."""
    return "BIGINT" if isinstance(kw.get("type_expression"), Column) else compiler.visit_INTEGER(type_, **kw)


@compiles(Text, "postgresql")
def _text(type_: Text, compiler: GenericTypeCompiler, **kw: Any) -> str:
    """Columns of text are compared by their bytes, as SQLite does, whatever language the database was made for: the
    order of pages, places in a list and moments in ISO 8601 must not depend on it."""
    plain = compiler.visit_TEXT(type_, **kw)
    return f'{plain} COLLATE "C"' if isinstance(kw.get("type_expression"), Column) else plain
