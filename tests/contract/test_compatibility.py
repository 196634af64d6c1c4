"""Programs of two revisions on one database: the older one goes on while the newer one migrates, where it only adds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import StaticPool

from pipeline.custody import BatchOptions
from pipeline.errors import OperatorError
from pipeline.evidence import ledger
from pipeline.storage.records import database
from pipeline.storage.records.compatibility import oldest_compatible
from pipeline.storage.records.database import REVISION, open_engine
from pipeline.storage.records.postgres import postgres_engine
from pipeline.storage.records.sql import SqlRecords, open_records
from pipeline.storage.records.sqlite import WRITES, sqlite_engine
from pipeline.usecases.intake import take_in
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.databases import REAL, databases, run_beside, url_of
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeClock, FakeRunner, LinePages, line_flow

BEFORE = f"{int(REVISION) - 1:04d}"
NEXT = f"{int(REVISION) + 1:04d}"
ENTRIES = 60


@pytest.fixture(params=REAL)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")
    return config


def _open(url: str, folder: Path) -> SqlRecords:
    return open_records(url, head_path=folder / "head.json", clock=FakeClock())


def _known(monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    """As a program that knows migrations up to this one."""
    monkeypatch.setattr(database, "REVISION", revision)


def _added(url: str, *, since: str) -> None:
    """What a later migration might do that only adds."""
    run_beside(
        url,
        "ALTER TABLE pages ADD COLUMN later TEXT",
        "ALTER TABLE ledger ADD COLUMN later INTEGER DEFAULT 0",
        "CREATE TABLE later (id TEXT PRIMARY KEY, page_id TEXT REFERENCES pages (id))",
        "CREATE INDEX pages_by_later ON pages (later)",
        f"UPDATE alembic_version SET version_num = '{NEXT}'",
        "DELETE FROM compatibility",
        f"INSERT INTO compatibility (since) VALUES ('{since}')",
    )


@pytest.mark.parametrize("kind", REAL[:1])
def test_a_program_does_its_whole_work_on_tables_that_a_newer_one_added_to(kind: str, tmp_path: Path) -> None:
    url = url_of(kind, tmp_path)
    open_engine(url).dispose()
    _added(url, since=REVISION)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "a.pdf").write_text("no 812345\nletter")
    keeping = keeping_of(tmp_path, database=url)
    runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), line_flow))

    take_in(FolderFiles().listing([tmp_path / "mail"]), BatchOptions(), keeping=keeping, runner=runner)

    assert verify_all(keeping=keeping, runner=runner).differences == ()


@pytest.mark.parametrize("kind", REAL[:1])
def test_a_program_is_refused_by_tables_that_it_cannot_work_on(kind: str, tmp_path: Path) -> None:
    url = url_of(kind, tmp_path)
    open_engine(url).dispose()
    _added(url, since=NEXT)

    with pytest.raises(OperatorError, match="database_newer"):
        open_engine(url)


@pytest.mark.skipif(oldest_compatible(_config()) > BEFORE, reason="the newest migration does more than add")
def test_the_newest_migration_is_made_while_the_program_before_goes_on_writing(
    as_before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = as_before
    _known(monkeypatch, BEFORE)
    older = _open(url, tmp_path)
    half, problems = Event(), list[BaseException]()

    def work() -> None:
        try:
            for number in range(ENTRIES):
                with older.transaction() as change:
                    change.append("note", str(number), "{}")
                if number == ENTRIES // 3:
                    half.set()
        except BaseException as error:
            problems.append(error)
            half.set()

    worker = Thread(target=work)
    worker.start()
    assert half.wait(60)
    _known(monkeypatch, REVISION)
    newer = _open(url, tmp_path)
    with newer.transaction() as change:
        change.append("note", "newer", "{}")
    worker.join(60)
    # The older one may even be started again.
    _known(monkeypatch, BEFORE)
    with _open(url, tmp_path).transaction() as change:
        change.append("note", "older", "{}")

    entries = tuple(newer.ledger())
    assert problems == []
    assert len(entries) == ENTRIES + 2
    assert ledger.verify(entries, newer.ledger_head()) == ()


@pytest.fixture
def as_before(kind: str, tmp_path: Path) -> Iterator[str]:
    """A database as the program before leaves it."""
    url = url_of(kind, tmp_path) if kind == "sqlite" else databases.server().empty()
    engine = sqlite_engine(url) if kind == "sqlite" else postgres_engine(url, os.getpid())
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        _upgraded(connection, BEFORE)
    yield url
    if kind != "sqlite":
        databases.server().drop(url)


def _upgraded(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _declared() -> Iterator[tuple[str, str]]:
    for script in ScriptDirectory.from_config(_config()).walk_revisions():
        if hasattr(script.module, "COMPATIBLE_SINCE"):
            yield script.revision, script.module.COMPATIBLE_SINCE


@pytest.mark.parametrize(("revision", "since"), sorted(_declared()))
def test_a_migration_that_says_so_has_only_added(revision: str, since: str) -> None:
    with create_engine("sqlite://", poolclass=StaticPool).begin() as connection:
        _upgraded(connection, since)
        before = _shape(connection)
        _upgraded(connection, revision)
        after = _shape(connection)

    assert {name: columns for name, columns in before.items() if not columns.items() <= after[name].items()} == {}
    forced = {
        f"{table}.{column}"
        for table in before
        for column, (_, nullable, default) in after[table].items()
        if column not in before[table] and not nullable and default is None
    }
    assert forced == set(), "a row of the older program would lack it"


def _shape(connection: Connection) -> dict[str, dict[str, tuple[str, bool, str | None]]]:
    """Of each table its columns, and what each unique constraint and index asks for."""
    found = inspect(connection)
    shape = {}
    for table in found.get_table_names():
        columns = {
            str(its["name"]): (str(its["type"]), bool(its["nullable"]), its["default"])
            for its in found.get_columns(table)
        }
        unique: list[list[str | None]] = [[*its["column_names"]] for its in found.get_unique_constraints(table)]
        unique += [its["column_names"] for its in found.get_indexes(table) if its["unique"]]
        shape[table] = columns | {f"unique {','.join(map(str, names))}": ("", False, None) for names in unique}
    return shape
