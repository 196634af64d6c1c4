"""Which programs may work on a database: also those that are older than its last migration, where it only added.

A migration declares `COMPATIBLE_SINCE`, the oldest revision whose program works on what it leaves; one that declares
nothing works with itself alone. The newest one's is kept in the database, for programs that do not know it.
"""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select

from pipeline.storage.records.tables.compatibility import compatibility


def works_with(connection: Connection, known: str) -> bool:
    """Whether a program that knows migrations up to this one may work on a database that a newer one migrated."""
    if not inspect(connection).has_table(compatibility.name):
        return False
    since = connection.execute(select(compatibility.c.since)).scalar()
    return since is not None and since <= known


def keep_since(connection: Connection, config: Config) -> None:
    """Keep what the migrations declare together; to be called after them, in their transaction."""
    connection.execute(delete(compatibility))
    connection.execute(insert(compatibility).values(since=oldest_compatible(config)))


def oldest_compatible(config: Config) -> str:
    """The oldest revision whose program works on what the newest migration leaves: none after it says otherwise."""
    oldest, needed = "", ""
    for script in ScriptDirectory.from_config(config).walk_revisions():
        if script.revision < needed:
            break
        oldest = script.revision
        needed = max(needed, str(getattr(script.module, "COMPATIBLE_SINCE", script.revision)))
    return oldest
