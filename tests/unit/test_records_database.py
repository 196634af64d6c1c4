from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.errors import IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.model import BatchId
from pipeline.storage.lock import exclusive, shared
from pipeline.storage.records import sqlite
from pipeline.storage.records.database import REVISION, open_engine, reading, writing
from pipeline.storage.records.sql import SqlRecords, open_records
from pipeline.storage.records.tables import metadata
from tests.e2e.command import without_privileges
from tests.fakes import FakeClock


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'c.sqlite'}"


def _open(folder: Path) -> SqlRecords:
    return open_records(_url(folder), head_path=folder / "head.json", clock=FakeClock())


def test_the_migrated_tables_are_the_tables_of_the_program(tmp_path: Path) -> None:
    with reading(open_engine(_url(tmp_path))) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_revision_that_start_looks_for_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")

    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_database_is_opened_in_wal_mode_with_full_sync_and_foreign_keys(tmp_path: Path) -> None:
    with reading(open_engine(_url(tmp_path))) as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_the_records_of_an_earlier_start_are_still_there(tmp_path: Path) -> None:
    row = BatchRow(BatchId("b-001"), BatchOptions(), BatchState.RECEIVING, started_at=FakeClock().now())
    with _open(tmp_path).transaction() as change:
        change.put_batch(row)

    assert _open(tmp_path).batches() == (row,)


def test_statements_of_a_database_of_the_first_revision_have_no_forms(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", "pipeline:storage/migrations")
    with create_engine(_url(tmp_path)).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        batch = "INSERT INTO batches (id, state, started_at, wall_s, cpu_s) VALUES ('b-001', 'complete', :at, 0, 0)"
        connection.execute(text(batch), {"at": FakeClock().now().isoformat()})
        columns = "id, batch_id, position, issuer, number, state, rules, reasons"
        values = "'s', 'b-001', 0, 'valmont', '100', 'ready', '[]', '[]'"
        connection.execute(text(f"INSERT INTO statements ({columns}) VALUES ({values})"))

    (found,) = _open(tmp_path).statements(BatchId("b-001"))

    assert (found.number, found.forms) == ("100", ())


def test_a_database_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    with writing(open_engine(_url(tmp_path))) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE compatibility SET since = '9999'"))

    with pytest.raises(OperatorError, match="database_newer"):
        open_engine(_url(tmp_path))


def test_the_ledger_table_refuses_change_and_removal(tmp_path: Path) -> None:
    with _open(tmp_path).transaction() as change:
        change.append("batch_announced", "b", "{}")

    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        for statement in ("UPDATE ledger SET body = '[]'", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").write_bytes(b"this is no database, it only has the name of one" * 100)

    with pytest.raises(IntegrityError, match="database_corrupt"):
        open_engine(_url(tmp_path))


def test_a_database_that_someone_else_holds_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_MS", 1)
    first, second = open_engine(_url(tmp_path)), open_engine(_url(tmp_path))

    with writing(first), pytest.raises(Unavailable, match="database_locked"), writing(second):
        pass


def test_a_record_that_this_program_never_writes_is_named(tmp_path: Path) -> None:
    records = _open(tmp_path)
    with records.transaction() as change:
        change.put_batch(BatchRow(BatchId("b"), BatchOptions(), BatchState.COMPLETE, started_at=FakeClock().now()))
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        connection.execute("UPDATE batches SET state = 'lost'")

    with pytest.raises(IntegrityError, match="record_unreadable"):
        records.batches()


def test_a_head_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    records = _open(tmp_path)
    (tmp_path / "head.json").write_text("[]")

    with pytest.raises(IntegrityError, match="ledger_head_unreadable"):
        records.ledger_head()


def test_a_file_size_limit_stops_writing_and_leaves_the_database_sound(tmp_path: Path) -> None:
    _open(tmp_path)
    program = (
        "import sys; from pathlib import Path\n"
        "from pipeline.errors import PipelineError\n"
        "from tests.unit.test_records_database import _open\n"
        "try:\n"
        "    for number in range(1000):\n"
        "        with _open(Path(sys.argv[1])).transaction() as change:\n"
        "            change.append('note', str(number), '\"' + 'x' * 20_000 + '\"')\n"
        "except PipelineError as error: print(type(error).__name__)\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # noqa: E731
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], preexec_fn=limit, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "Unavailable"
    records = _open(tmp_path)
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    head = records.ledger_head()
    assert head is not None
    assert head.count <= len(list(records.ledger()))


def test_a_data_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.test_records_database import _code_of, _lock_code\n"
        "print(_code_of(Path(sys.argv[1]) / 'new'), _lock_code(Path(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [*without_privileges(), sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["read_only", "read_only"]


def _code_of(folder: Path) -> str:
    try:
        _open(folder)
    except PipelineError as error:
        return error.code
    return ""


def _lock_code(folder: Path) -> str:
    try:
        with exclusive(folder):
            return ""
    except PipelineError as error:
        return error.code


def test_two_writers_of_one_data_folder_keep_each_other_out(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        assert _lock_code(tmp_path) == "data_dir_busy"
        with pytest.raises(Unavailable, match="data_dir_busy"), shared(tmp_path):
            pass
    with exclusive(tmp_path):
        pass


def test_readers_that_compare_let_each_other_in_and_keep_writers_out(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        pass
    with shared(tmp_path), shared(tmp_path):
        assert _lock_code(tmp_path) == "data_dir_busy"


def test_a_folder_that_nothing_was_written_to_can_be_compared(tmp_path: Path) -> None:
    with shared(tmp_path / "nothing"):
        pass
