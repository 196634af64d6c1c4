"""PostgreSQL under the records: connections and their settings, one writer at a time, and what its errors mean."""

from __future__ import annotations

import os
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import psycopg
from psycopg import IsolationLevel
from psycopg.adapt import Buffer, Loader
from sqlalchemy import Connection, Engine, Integer, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

from pipeline.errors import InputRefused, IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.storage.records.portable import WholeNumber
from pipeline.storage.records.sqlite import CLAIMS, WRITES

LOCK_TIMEOUT_MS = 30_000
_WRITER = 0x636F6E7374617401
"""Key of the advisory lock of the transaction that writes, which counts within one database."""
_CONNECT_TIMEOUT_S = 10
_SILENCE_S = 30
"""A peer that does not answer for so long is gone."""
_KEPT_CONNECTIONS = 10
_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})
_DEFAULTS: dict[str, str | int] = {
    "application_name": "constat",
    "client_encoding": "UTF8",
    "connect_timeout": _CONNECT_TIMEOUT_S,
    "keepalives_idle": _SILENCE_S,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": _SILENCE_S * 1000,
}
_PASSES = re.compile(r"starting up|shutting down|recovery|too many|connection slots", re.IGNORECASE)
"""What a server says that refuses a connection for the moment; it says so in its own language, this one by default."""


@lru_cache(maxsize=32)
def postgres_engine(url: str, _process: int) -> Engine:
    """An engine whose connections all who open the same database in this process share."""
    engine = create_engine(
        url,
        pool_size=_KEPT_CONNECTIONS,
        # Without a limit, as for SQLite: whoever writes reads on a second connection.
        max_overflow=-1,
        # A connection that did not survive a restart of the server is replaced before it is used.
        pool_pre_ping=True,
        use_native_hstore=False,
        connect_args=_arguments(url),
    )
    _prepare(engine)
    event.listen(engine, "begin", _on_begin)
    return engine


def frozen_postgres_engine(url: str) -> Engine:
    """An engine with one connection, to be begun by `begin_frozen`."""
    engine = create_engine(
        url,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        use_native_hstore=False,
        connect_args=_arguments(url),
    )
    _prepare(engine)
    return engine


def begin_frozen(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def require_fit(connection: Connection) -> None:
    """Raises OperatorError `database_encoding`: what is written there would not come back as it was."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise OperatorError("database_encoding", found=str(encoding))


def postgres_failure(error: psycopg.Error) -> PipelineError:
    """What an error of the driver means, by its SQLSTATE; of the server's words the first line goes along."""
    state, detail = error.sqlstate or "", _words(error)
    if isinstance(error, psycopg.OperationalError) and not state:
        return _no_connection(detail)
    if isinstance(error, psycopg.DataError) and not state:
        # The driver itself: this database keeps no character NUL in a text.
        return InputRefused("text_with_nul")
    if state.startswith(("08", "57P")) or state == "53300":
        return _unreachable(detail)
    if state in ("55P03", "40001", "40P01"):
        return Unavailable("database_locked")
    if state == "53100":
        return Unavailable("disk_full", path="database")
    if state == "25006":
        return OperatorError("read_only", path="database")
    if state.startswith(("28", "3D")) or state == "42501":
        return OperatorError("database_refused", detail=detail)
    if state.startswith("XX") and state != "XX000":
        return IntegrityError("database_corrupt", detail=detail)
    return Unavailable("database_error", detail=detail)


def _prepare(engine: Engine) -> None:
    engine.dialect.colspecs = {**engine.dialect.colspecs, Integer: WholeNumber}
    event.listen(engine, "connect", _on_connect)


class _Whole(Loader):
    """Sums of whole numbers come as `numeric`, and are whole numbers."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


def _on_connect(connection: psycopg.Connection[tuple[object, ...]], _record: object) -> None:
    connection.adapters.register_loader("numeric", _Whole)
    before, connection.autocommit = connection.autocommit, True
    settings = {
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        # Comparing an archive takes long, in one transaction.
        "idle_in_transaction_session_timeout": "0",
    }
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    # A site may ask for more than `on`; with less a commit may be forgotten, and a receipt must not be.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    try:
        connection.execute("SELECT set_config('TimeZone', %s, false)", (_zone(),))
    except psycopg.DataError:
        # As the system does with a name that it does not know.
        connection.execute("SELECT set_config('TimeZone', 'UTC', false)")
    connection.autocommit = before


def _on_begin(connection: Connection) -> None:
    """One writer at a time: what a transaction that writes has read stays true until it commits.

    It begins at READ COMMITTED, where each question sees what was committed before it: a snapshot would be taken before
    the lock is granted, and not show what the writer before it has written. Readers see one snapshot.
    """
    options = connection.get_execution_options()
    writes, beside = bool(options.get(WRITES, False)), bool(options.get(CLAIMS, False))
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        return
    driver.isolation_level = IsolationLevel.READ_COMMITTED if writes else IsolationLevel.REPEATABLE_READ
    driver.read_only = not writes
    if writes and not beside:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _arguments(url: str) -> dict[str, str | int]:
    """What a connection is opened with, but for what the URL says itself. Beyond this machine it is encrypted."""
    parsed = make_url(url)
    host = str(parsed.host or parsed.query.get("host", ""))
    encrypted = {} if host in _HERE or host.startswith("/") else {"sslmode": "require"}
    given = {**_DEFAULTS, **encrypted}
    return {name: value for name, value in given.items() if name not in parsed.query}


def libpq_address(url: str) -> dict[str, str]:
    """As libpq names the parts of a URL."""
    parsed = make_url(url)
    parts = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
    }
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in parsed.query.items()}
    given = {name: str(value) for name, value in parts.items() if value is not None}
    return {name: str(value) for name, value in _arguments(url).items()} | given | query


def _no_connection(detail: str) -> PipelineError:
    # What a server says before a session has begun comes without its code.
    refused = "FATAL" in detail and not _PASSES.search(detail)
    return OperatorError("database_refused", detail=detail) if refused else _unreachable(detail)


def _unreachable(detail: str) -> PipelineError:
    return Unavailable("database_unreachable", detail=detail)


def _words(error: psycopg.Error) -> str:
    """The first line of what the server said: those after it may quote what was written."""
    said = error.diag.message_primary or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _zone() -> str:
    """The zone of this machine as the system knows it, else its present distance from UTC."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named:
        return named
    _, found, zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    if found:
        return zone
    offset = datetime.now().astimezone().strftime("%z")
    # POSIX counts westwards.
    return f"<{offset}>{'-' if offset[0] == '+' else '+'}{offset[1:3]}:{offset[3:]}"
