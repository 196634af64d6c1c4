"""The databases that contract suites run on: a file of SQLite, and a database of its own on one PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copy2
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text

from pipeline.ports import Records
from pipeline.storage.records.database import open_engine
from pipeline.storage.records.postgres import postgres_engine
from pipeline.storage.records.sql import open_records
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.servers.postgres import Postgres, running_postgres

POSTGRES = pytest.param("postgres", marks=pytest.mark.servers)
KINDS = ("memory", "sqlite", POSTGRES)
REAL = KINDS[1:]


class Databases:
    """One server of a test process, begun by the first test that asks for it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Postgres | None = None
        self._made: dict[Path, str] = {}
        self._free: list[str] = []
        self._migrated: Path | None = None

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        with self._stack:
            yield
        self._server = self._migrated = None

    def server(self) -> Postgres:
        if self._server is None:
            self._server = self._stack.enter_context(running_postgres())
        if self._server.process is None:
            # A test that failed while it was stopped.
            self._server.start()
        return self._server

    def url(self, kind: str, folder: Path) -> str:
        """The same one each time that a folder is named."""
        if kind == "sqlite":
            file = folder / "c.sqlite"
            if folder.is_dir() and not file.exists():
                self._copy_migrated(file)
            return f"sqlite:///{file}"
        if folder not in self._made:
            self._made[folder] = self._free.pop() if self._free else self.server().migrated()
        return self._made[folder]

    def _copy_migrated(self, file: Path) -> None:
        """A database as migrating an empty file leaves it, without doing all that for every test."""
        if self._migrated is None:
            folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="constat-migrated-")))
            self._migrated = folder / "c.sqlite"
            open_engine(f"sqlite:///{self._migrated}").dispose()
        copy2(self._migrated, file)

    def clear(self) -> None:
        """Empty what a test has used, for the next."""
        while self._made:
            _, url = self._made.popitem()
            self.server().clear(url)
            self._free.append(url)


databases = Databases()


def url_of(kind: str, folder: Path) -> str:
    """Where records of this kind are: in the folder, or in a database that is cleared after the test."""
    return databases.url(kind, folder)


def records_of(kind: str, folder: Path) -> Records:
    """Empty ones, in memory or in a database, for suites of use cases."""
    if kind == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(kind, folder), head_path=folder / "head.json", clock=FakeClock())


def close_connections(kind: str, folder: Path) -> None:
    """What the next connections are opened with is asked anew."""
    if kind == "postgres":
        postgres_engine(url_of(kind, folder), os.getpid()).dispose()


def run_beside(url: str, *statements: str) -> None:
    """As somebody who goes around the program."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
