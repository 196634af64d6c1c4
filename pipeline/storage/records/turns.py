"""Whose turn it is to work on batches of a database on a server. A connection that holds a lock may be lost unnoticed;
the number of the turn, in the database, tells in every transaction whether somebody else has taken the work over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import URL, Connection, insert, select, update

from pipeline.errors import Unavailable
from pipeline.storage.records import tables

_BATCHES = "batches"
_its = tables.work_turns.c
_NUMBER = select(_its.number).where(_its.work == _BATCHES)


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn that whoever runs here is in.

    Attributes:
        url: of the database.
        kept: looks whether the lock is still held, and takes it again; whether it is held then.
    """

    url: URL
    number: int
    kept: Callable[[], bool]


_here: ContextVar[Turn | None] = ContextVar("constat_turn", default=None)


@contextmanager
def in_turn(turn: Turn) -> Iterator[None]:
    """What is written by this thread meanwhile is written in this turn, or not at all."""
    before = _here.set(turn)
    try:
        yield
    finally:
        _here.reset(before)


def begun_turn(connection: Connection) -> int:
    """The number of a new turn; all those before it are over once the transaction is committed, which holds the write
    lock: whoever wrote in one of them has committed, or will not."""
    number = turn_number(connection) + 1
    if number == 1:
        connection.execute(insert(tables.work_turns).values(work=_BATCHES, number=number))
    else:
        connection.execute(update(tables.work_turns).where(_its.work == _BATCHES).values(number=number))
    return number


def turn_number(connection: Connection) -> int:
    """That of the latest turn; 0 before the first."""
    return int(connection.execute(_NUMBER).scalar() or 0)


def require_turn(connection: Connection) -> None:
    """To be asked in a transaction that holds the write lock: nobody else begins a turn before it ends.

    Raises:
        Unavailable: `work_taken_over`; as `Turn.kept`.
    """
    turn = _here.get()
    if turn is None or turn.url != connection.engine.url:
        return
    if turn_number(connection) != turn.number or not turn.kept():
        raise Unavailable("work_taken_over")
