"""Opens the database of the records: connection settings, transactions, migration at start, and its errors."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from pipeline.errors import IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.storage.failures import storage_failure

REVISION = "0005"
"""The newest migration; the tables in `tables.py` are what it leaves."""

_BUSY_TIMEOUT_MS = 30_000
_NOT_FOR_OTHERS = 0o640
"""It holds personal data and hashes of passwords."""
_WRITING = "constat_writing"


def open_engine(url: str) -> Engine:
    """An engine on the migrated database, made when it is not there. `url` is `sqlite:///PATH`, or `sqlite:///file:PATH?...`.

    Raises:
        OperatorError: `read_only`; `database_newer` when a newer program has migrated it.
        Unavailable: `database_locked`, `disk_full`, `database_error`.
        IntegrityError: `database_corrupt`.
    """
    path = make_url(url).database
    if path and not path.startswith("file:"):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            if not Path(path).exists():
                # The files that SQLite makes beside it take its permissions.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _NOT_FOR_OTHERS))
        except OSError as error:
            raise storage_failure(error, path) from error
    # Without a limit: whoever writes reads on a second connection, and must not wait for one behind those that wait to
    # write.
    engine = create_engine(url, max_overflow=-1)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    with translated():
        _migrate(engine)
    return engine


def frozen_engine(url: str) -> Engine:
    """An engine whose reads, by one thread, all see the database as it is now, whoever writes in the meantime.

    Raises as `open_engine`; the database is there and migrated.
    """
    engine = create_engine(
        url,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",  # SQLAlchemy begins and ends nothing: the one transaction is begun below
        skip_autocommit_rollback=True,
    )
    with translated(), engine.connect() as connection:
        for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "query_only=ON"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.exec_driver_sql("BEGIN")
        # The view is fixed by the first read, not by BEGIN.
        connection.execute(text("SELECT version_num FROM alembic_version"))
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view: one deferred transaction.

    Raises:
        IntegrityError: `record_unreadable` when a row holds what this program never writes.
    """
    try:
        with translated(), engine.connect() as connection:
            yield connection
    except (ValueError, TypeError, IndexError) as error:
        raise IntegrityError("record_unreadable", detail=str(error)) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start, so that what it reads stays true until it commits."""
    with translated(), engine.execution_options(**{_WRITING: True}).begin() as connection:
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the database reports into the pipeline's errors."""
    try:
        yield
    except DBAPIError as error:
        raise _failure(error) from error


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by its own rules; `_on_begin` does it by ours.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "journal_mode=WAL",
        # WAL with NORMAL may forget the last commits at a power cut; a receipt must not be forgotten.
        "synchronous=FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        found = _revision(connection)
    if found == REVISION:
        return
    # Only needed when there is something to migrate; importing it costs every start a third of a second.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")
    with engine.execution_options(**{_WRITING: True}).begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise OperatorError("database_newer", found=found or "", known=REVISION) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _failure(error: DBAPIError) -> PipelineError:
    detail = str(error.orig)
    extended = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable("database_locked")
    if code == sqlite3.SQLITE_FULL:
        return Unavailable("disk_full", path="database")
    if extended == sqlite3.SQLITE_IOERR_WRITE and _files_are_limited():
        # SQLite does not say why a write failed.
        return Unavailable("file_size_limit", path="database")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return OperatorError("read_only", path="database")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return IntegrityError("database_corrupt", detail=detail)
    return Unavailable("database_error", detail=detail)


def _files_are_limited() -> bool:
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
