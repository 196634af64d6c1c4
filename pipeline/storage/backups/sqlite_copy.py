"""The database of one machine as a file: copied at one moment while others write, and put back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import IntegrityError
from pipeline.storage.durable import flush
from pipeline.storage.failures import storage_failure
from pipeline.storage.records.sqlite import sqlite_failure

NAME = "database.sqlite"
_CLOSED = 0o600
_AS_A_DATABASE = 0o640


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the database as it is at one moment. Whoever writes goes on: the copy is read in one transaction.

    Raises:
        IntegrityError: `database_corrupt`.
        Unavailable, OperatorError: as `sqlite_failure`.
    """
    address = f"file:{quote(str(source))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as kept, closing(sqlite3.connect(target)) as copy:
            # In one step, all pages at once: with several, each commit in between would begin it anew.
            kept.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").close()
            (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise sqlite_failure(error) from error
    if found != "ok":
        raise IntegrityError("database_corrupt", detail=str(found))
    target.chmod(_CLOSED)


def put_back_sqlite(copy: Path, database: Path) -> None:
    """Make the copy the database: whole under its name, or not there. Raises as `storage_failure`."""
    begun = database.with_name(f"{database.name}.restoring")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, begun)
        begun.chmod(_AS_A_DATABASE)
        for path in (begun, begun.parent):
            flush(path)
        # Left beside a database that was moved away, they would be taken for this one's.
        for left in ("-wal", "-shm"):
            database.with_name(f"{database.name}{left}").unlink(missing_ok=True)
        begun.rename(database)
        flush(database.parent)
    except OSError as error:
        raise storage_failure(error, database) from error
