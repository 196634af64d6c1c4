"""Makes a database into one of an earlier program: without the tables that came later."""

from __future__ import annotations

import sqlite3

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool


def made_older(connection: sqlite3.Connection, revision: str) -> None:
    """Take away all tables and indexes that a database of this revision did not have; columns are not looked at."""
    known = _names(revision)
    for kind in ("table", "index"):
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = ? AND sql IS NOT NULL", (kind,))
        for name in sorted({name for (name,) in found} - known):
            connection.execute(f"DROP {kind} {name}")
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def _names(revision: str) -> set[str]:
    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")
    with create_engine("sqlite://", poolclass=StaticPool).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return {str(name) for (name,) in connection.execute(text("SELECT name FROM sqlite_master"))}
