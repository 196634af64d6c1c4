"""SQLite under the records: its file, the settings of a connection, and what its errors mean."""

from __future__ import annotations

import os
import resource
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from pipeline.errors import IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.storage.failures import storage_failure

WRITES = "constat_writing"
"""The option of a connection whose transaction holds the write lock from its start."""
CLAIMS = "constat_claiming"
"""The option of one that writes beside those that hold the lock, where the database can: see `database.claiming`."""
_BUSY_TIMEOUT_MS = 30_000
_FILE = "constat_file"
"""Which file a connection that is kept was opened on: its device and its number there."""
_NOT_FOR_OTHERS = 0o640
"""It holds personal data and hashes of passwords."""


def sqlite_engine(url: str) -> Engine:
    """An engine on the file, which is made when it is not there. Raises as `storage_failure`."""
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
    if path and not path.startswith("file:"):
        _hold_to_file(engine, Path(path))
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def frozen_sqlite_engine(url: str) -> Engine:
    """An engine with one connection, to be begun by `begin_frozen`."""
    return create_engine(
        url,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",  # SQLAlchemy begins and ends nothing: the one transaction is begun by hand
        skip_autocommit_rollback=True,
    )


def begin_frozen(connection: Connection) -> None:
    for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "query_only=ON"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    connection.exec_driver_sql("BEGIN")


def sqlite_failure(error: sqlite3.Error) -> PipelineError:
    """What an error of the driver means."""
    detail = str(error)
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
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


def _hold_to_file(engine: Engine, path: Path) -> None:
    """Connections that are kept belong to a file, not to its name: one that was put back from a safety copy while the
    server runs is read from then on; one that was moved away is missed, and no empty one is made in its place."""

    def opened(_dialect: object, record: ConnectionPoolEntry, _args: object, _options: object) -> None:
        record.info[_FILE] = _identity(path)

    def used(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if record.info.get(_FILE) != _identity(path):
            raise DisconnectionError

    event.listen(engine, "do_connect", opened)
    event.listen(engine, "checkout", used)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise Unavailable("database_gone", path="database") from error
    return found.st_dev, found.st_ino


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
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _files_are_limited() -> bool:
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
