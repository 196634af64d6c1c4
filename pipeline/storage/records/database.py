"""Opens the database of the records, SQLite or PostgreSQL: transactions, migration at start, and its errors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from pipeline.errors import IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.storage.records import sqlite
from pipeline.storage.records.moments import moment_of
from pipeline.storage.records.sqlite import CLAIMS, WRITES, frozen_sqlite_engine, sqlite_engine, sqlite_failure
from pipeline.storage.records.turns import require_turn

REVISION = "0023"
"""The newest migration; the tables in `tables.py` are what it leaves."""

_INDEXED_SINCE = "0011"
"""The first revision with an index of statements, which is filled after the migration."""
_TOLD_SINCE = "0012"
"""The first with an outbox; what is older is told after the migration."""
_SERVER = "postgresql"
_ROWS_AT_ONCE = 1000


def open_engine(url: str) -> Engine:
    """An engine on the migrated database. A file of SQLite is made when it is not there; a database of PostgreSQL must
    be there, and may be empty.

    Args:
        url: `sqlite:///PATH`, `sqlite:///file:PATH?...` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`.

    Raises:
        OperatorError: `read_only`; `database_newer` when a newer program has migrated it in a way that this one cannot
            work with; `database_refused`, `database_encoding`.
        Unavailable: `database_locked`, `disk_full`, `database_unreachable`, `database_error`.
        IntegrityError: `database_corrupt`.
    """
    engine = _engine(url)
    with translated():
        _migrate(engine)
    return engine


def is_there(url: str) -> bool:
    """Whether a database on a server holds records. Raises as `open_engine`."""
    with reading(_engine(url)) as connection:
        return _revision(connection) is not None


def frozen_engine(url: str) -> Engine:
    """An engine whose reads, by one thread, all see the database as it is now, whoever writes in the meantime.

    Raises as `open_engine`; the database is there and migrated.
    """
    if url.startswith(_SERVER):
        from pipeline.storage.records import postgres

        engine, begin = postgres.frozen_postgres_engine(url), postgres.begin_frozen
    else:
        engine, begin = frozen_sqlite_engine(url), sqlite.begin_frozen
    with translated(), engine.connect() as connection:
        begin(connection)
        # The view is fixed by the first read, not by BEGIN.
        connection.execute(text("SELECT version_num FROM alembic_version"))
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view: one read transaction, that of the moment this thread is in if it is in one.

    Raises:
        IntegrityError: `record_unreadable` when a row holds what this program never writes.
    """
    moment = moment_of(engine)
    try:
        if moment is not None:
            with translated():
                yield moment.connection
        else:
            with translated(), engine.connect() as connection:
                yield connection
    except (ValueError, TypeError, IndexError) as error:
        raise IntegrityError("record_unreadable", detail=str(error)) from error


@contextmanager
def streaming(engine: Engine) -> Iterator[Connection]:
    """As `reading`, for rows that are taken one by one, not fetched at once: with a connection of its own, since
    they may outlive the moment."""
    try:
        with translated(), engine.connect() as connection:
            yield connection.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE)
    except (ValueError, TypeError, IndexError) as error:
        raise IntegrityError("record_unreadable", detail=str(error)) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start, so that what it reads stays true until it commits.

    Raises Unavailable `work_taken_over` in work that somebody else has taken over (see `at_work`).
    """
    with translated(), engine.connect() as connection, connection.execution_options(**{WRITES: True}).begin():
        require_turn(connection)
        yield connection


@contextmanager
def claiming(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes beside `writing`, for rows of which locks of rows say who has them: claims of jobs
    and signs of life. It waits for no writer and no writer waits for it, but at the rows it has changed.

    What it reads may change before it commits, unless it has locked it (`with_for_update(skip_locked=True)`); so it
    numbers nothing and appends to no chain. On SQLite it is one that writes like any other.
    """
    with translated(), engine.execution_options(**{WRITES: True, CLAIMS: True}).begin() as connection:
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the database reports into the pipeline's errors."""
    try:
        yield
    except DBAPIError as error:
        raise _failure(error) from error


def _engine(url: str) -> Engine:
    if not url.startswith(_SERVER):
        return sqlite_engine(url)
    # Loaded only where it is used.
    from pipeline.storage.records.postgres import postgres_engine

    return postgres_engine(url, os.getpid())


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            _require_compatible(connection, found)
            return
    # Only needed when there is something to migrate; importing it costs every start a third of a second.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    from pipeline.storage.records.compatibility import keep_since

    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if found is None and engine.dialect.name == _SERVER:
            from pipeline.storage.records.postgres import require_fit

            require_fit(connection)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise OperatorError("database_newer", found=found or "", known=REVISION) from error
        keep_since(connection, config)
        if found is not None and found < _INDEXED_SINCE:
            _index_statements(connection)
        if found is not None and found < _TOLD_SINCE:
            _tell_everything(connection)


def _require_compatible(connection: Connection, found: str) -> None:
    """A newer program has migrated it, and may have left it so that this one works on it still."""
    from pipeline.storage.records.compatibility import works_with

    if not works_with(connection, REVISION):
        raise OperatorError("database_newer", found=found, known=REVISION)


def _index_statements(connection: Connection) -> None:
    # Only once in the life of a database; these modules open it themselves.
    from pipeline.storage.records.review import SqlReviewChange
    from pipeline.storage.records.statement_index import index_everything

    index_everything(connection, SqlReviewChange(connection))


def _tell_everything(connection: Connection) -> None:
    from pipeline.storage.clock import SystemClock
    from pipeline.storage.records.events_begun import tell_everything

    tell_everything(connection, SystemClock())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _failure(error: DBAPIError) -> PipelineError:
    if isinstance(error.orig, sqlite3.Error):
        return sqlite_failure(error.orig)
    import psycopg

    from pipeline.storage.records.postgres import postgres_failure

    if isinstance(error.orig, psycopg.Error):
        return postgres_failure(error.orig)
    return Unavailable("database_error", detail=type(error.orig).__name__)
