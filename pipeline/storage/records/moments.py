"""One moment of the records: what a thread reads in it comes from one transaction, and is not read twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from pipeline.custody import StatementRow

Given = ParamSpec("Given")
Found = TypeVar("Found")
_MOST_KEPT = 256
"""Answers of one moment; more are asked for again."""


class _HasEngine(Protocol):
    @property
    def _engine(self) -> Engine: ...


Reader = TypeVar("Reader", bound=_HasEngine)


class Moment:
    """A connection opened at the first read, and what was read from it. For one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.kept: dict[Hashable, object] = {}
        self.statements: dict[str, StatementRow] = {}
        """Rows that were read in it, by id."""
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self.engine.connect()
        return self._connection

    def end(self) -> None:
        """What is read next is of a new moment."""
        self.kept.clear()
        self.statements.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _Here(threading.local):
    moment: Moment | None = None


_here = _Here()


def moment_of(engine: Engine) -> Moment | None:
    """The one that this thread is in."""
    its = _here.moment
    return its if its is not None and its.engine is engine else None


@contextmanager
def one_moment(engine: Engine) -> Iterator[None]:
    """Reads of this thread see the records as they were at the first of them. Within another, that one goes on."""
    if moment_of(engine) is not None:
        yield
        return
    with _moment(engine):
        yield


@contextmanager
def own_moment(engine: Engine) -> Iterator[None]:
    """As `one_moment`, begun anew: for whoever holds the write lock, so that nothing is written meanwhile. One around
    it is over, since what was read there may have changed."""
    around = moment_of(engine)
    try:
        with _moment(engine):
            yield
    finally:
        if around is not None:
            around.end()


@contextmanager
def _moment(engine: Engine) -> Iterator[None]:
    before, _here.moment = _here.moment, Moment(engine)
    try:
        yield
    finally:
        its, _here.moment = _here.moment, before
        if its is not None:
            its.end()


def keep(moment: Moment, method: Callable[..., Found], found: Found, *args: object, **options: object) -> None:
    """What a method `once_a_moment` would find in this moment, found in another way."""
    if len(moment.kept) < _MOST_KEPT:
        moment.kept.setdefault(_question(method, args, options), found)


def _question(method: Callable[..., object], args: tuple[object, ...], options: Mapping[str, object]) -> Hashable:
    return method.__qualname__, args, frozenset(options.items())


def once_a_moment(
    method: Callable[Concatenate[Reader, Given], Found],
) -> Callable[Concatenate[Reader, Given], Found]:
    """For reads of frozen values: in one moment the same question has the same answer."""

    @wraps(method)
    def asked(self: Reader, /, *args: Given.args, **options: Given.kwargs) -> Found:
        moment = moment_of(self._engine)
        if moment is None:
            return method(self, *args, **options)
        key = _question(method, args, options)
        if key in moment.kept:
            return moment.kept[key]  # type: ignore[return-value]  # what this method gave
        found = method(self, *args, **options)
        if len(moment.kept) < _MOST_KEPT:
            moment.kept[key] = found
        return found

    return asked
