"""The lock of who works on the batches of a database on a server: a session's advisory lock, taken again when its
connection is lost, and a turn that is over for good once somebody else has begun one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic, sleep

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from pipeline.errors import Unavailable
from pipeline.storage.records.database import open_engine, reading, writing
from pipeline.storage.records.postgres import libpq_address, postgres_failure
from pipeline.storage.records.turns import Turn, begun_turn, in_turn, turn_number

_AT_WORK = 0x636F6E7374617402
"""Key of the lock, which counts within one database."""
_PATIENCE_S, _POLL_S = 3.0, 0.05
"""A command that was just killed may still be ending."""
_LOOKED_EVERY_S = 1.0
"""How often a transaction asks besides whether the connection that holds the lock is alive; that nobody else has begun
a turn is asked in each."""
_ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s AND backend_start = CAST(%s AS timestamptz) AND usename = current_user
"""
_ITSELF = "SELECT pid, CAST(backend_start AS text) FROM pg_stat_activity WHERE pid = pg_backend_pid()"


@contextmanager
def at_work(url: str, *, place: str, shared: bool = False) -> Iterator[None]:
    """Keep other commands, on whatever machine, from working on the batches of this database. The server frees it when
    the connection ends, however it ends. It is taken again then by the next transaction of this work; if somebody else
    has begun to work meanwhile, its transactions are refused from then on (see docs/adr/0027-postgresql.md).

    Args:
        place: what is busy, for people.
        shared: others that only compare may do the same.

    Raises:
        Unavailable: `data_dir_busy`; `work_taken_over` at the end of a comparison during which somebody has worked;
            as `postgres_failure`.
    """
    lock = _Lock(url, "_shared" if shared else "")
    try:
        if not lock.taken(_PATIENCE_S):
            raise Unavailable("data_dir_busy", path=place)
        # Migrated under the lock, as whoever works on batches finds it.
        engine = open_engine(url)
        if shared:
            yield from _compared(engine)
        else:
            with writing(engine) as connection:
                number = begun_turn(connection)
            with in_turn(Turn(engine.url, number, lock.kept)):
                yield
    finally:
        lock.close()


def _compared(engine: Engine) -> Iterator[None]:
    before = _latest(engine)
    yield
    if _latest(engine) != before:
        raise Unavailable("work_taken_over")


def _latest(engine: Engine) -> int:
    with reading(engine) as connection:
        return turn_number(connection)


@dataclass(slots=True)
class _Lock:
    """An advisory lock on a connection of its own.

    Attributes:
        shared: what the names of its functions end in.
    """

    url: str
    shared: str
    _connection: psycopg.Connection[tuple[object, ...]] | None = None
    _session: tuple[object, ...] = ()
    _looked_s: float = field(default_factory=monotonic)

    def taken(self, patience_s: float) -> bool:
        """Raises as `postgres_failure`."""
        with _translated():
            self._connection = psycopg.connect(make_conninfo(**libpq_address(self.url)), autocommit=True)
            # A machine that is gone must not keep the lock for the two hours after which a server looks by itself.
            for name, value in (("idle", "30"), ("interval", "10"), ("count", "3")):
                self._connection.execute("SELECT set_config(%s, %s, false)", (f"tcp_keepalives_{name}", value))
            got = self._polled(self._connection, patience_s)
            if got:
                self._session = self._connection.execute(_ITSELF).fetchone() or ()
        return got

    def kept(self) -> bool:
        """Whether it is still held, or again. Raises as `postgres_failure`."""
        if monotonic() - self._looked_s < _LOOKED_EVERY_S:
            return True
        if not self._answers() and not self._taken_again():
            return False
        self._looked_s = monotonic()
        return True

    def close(self) -> None:
        # The work is done, whether or not the server can still be told.
        with suppress(psycopg.Error):
            if self._connection is not None:
                self._connection.close()

    def _answers(self) -> bool:
        try:
            return self._connection is not None and self._connection.execute("SELECT 1").fetchone() is not None
        except psycopg.Error:
            return False

    def _taken_again(self) -> bool:
        before = self._session
        self.close()
        if self.taken(0.0):
            return True
        # A session whose network was cut may hold it still: it was this one's.
        with _translated():
            if self._connection is None or not self._connection.execute(_ENDED, before).fetchall():
                return False
            if not self._polled(self._connection, _PATIENCE_S):
                return False
            self._session = self._connection.execute(_ITSELF).fetchone() or ()
        return True

    def _polled(self, connection: psycopg.Connection[tuple[object, ...]], patience_s: float) -> bool:
        """Take it, with some patience."""
        give_up_s = monotonic() + patience_s
        while True:
            row = connection.execute(f"SELECT pg_try_advisory_lock{self.shared}({_AT_WORK})".encode()).fetchone()
            if row is not None and row[0]:
                return True
            if monotonic() > give_up_s:
                return False
            sleep(_POLL_S)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise postgres_failure(error) from error
