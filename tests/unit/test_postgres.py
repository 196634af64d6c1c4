"""What is of PostgreSQL alone: how databases are made and refused, who writes when, what its failures are called."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Integer, text
from sqlalchemy.exc import DBAPIError

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState
from pipeline.errors import PipelineError
from pipeline.model import BatchId, FileId
from pipeline.storage.records import postgres as adapter
from pipeline.storage.records.at_work import at_work
from pipeline.storage.records.database import is_there, open_engine, reading
from pipeline.storage.records.postgres import postgres_engine
from pipeline.storage.records.sql import SqlRecords, frozen_records, open_records
from pipeline.storage.records.tables import metadata
from tests.databases import run_beside, url_of
from tests.fakes import FakeClock
from tests.servers.postgres import PASSWORD, Postgres

pytestmark = pytest.mark.servers
BATCH = BatchRow(BatchId("b-001"), BatchOptions(), BatchState.RECEIVING, started_at=FakeClock().now())


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    return url_of("postgres", tmp_path)


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    made = postgres.empty()
    yield made
    postgres.drop(made)


def _records(url: str, folder: Path) -> SqlRecords:
    return open_records(url, head_path=folder / "head.json", clock=FakeClock())


def _code(url: str) -> str:
    with pytest.raises(PipelineError) as caught:
        open_engine(url)
    assert PASSWORD not in str(caught.value)
    assert "wr0ng" not in str(caught.value)
    return caught.value.code


def _differs(_context: object, _its: object, _ours: object, found: object, declared: object) -> bool | None:
    """Whole numbers are wider there than they are declared."""
    return False if isinstance(found, BigInteger) and isinstance(declared, Integer) else None


def test_an_empty_database_gets_the_tables_of_the_program(empty: str) -> None:
    before = is_there(empty)
    with reading(open_engine(empty)) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _differs})
        assert compare_metadata(context, metadata) == []

    assert not before
    assert is_there(empty)


def test_texts_are_compared_by_their_bytes_and_whole_numbers_have_64_bits(empty: str) -> None:
    """Whatever language the database was made for: this one sorts `a` before `B`."""
    columns = (
        "SELECT table_name, column_name, data_type, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
    )
    with reading(open_engine(empty)) as connection:
        found = connection.execute(text(columns)).all()

    assert {row.collation_name for row in found if row.data_type == "text"} == {"C"}
    assert {row.data_type for row in found} == {"text", "bigint", "boolean", "double precision", "bytea"}


def test_many_that_start_at_once_migrate_once(empty: str) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        try:
            open_engine(empty)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert failed == []
    assert is_there(empty)


def test_a_database_that_cannot_keep_every_character_is_refused(postgres: Postgres) -> None:
    url = postgres.empty(options="ENCODING 'LATIN1' LOCALE 'C'")
    try:
        assert _code(url) == "database_encoding"
    finally:
        postgres.drop(url)


def test_what_keeps_one_out_is_named_without_the_password(postgres: Postgres, url: str) -> None:
    name = url.rsplit("/", 1)[1]
    assert _code(postgres.url(name, password="wr0ng")) == "database_refused"
    assert _code(postgres.url("nothing")) == "database_refused"
    assert _code(url.replace(f":{postgres.port}/", ":1/")) == "database_unreachable"


def test_a_role_without_rights_is_refused(postgres: Postgres, url: str) -> None:
    name = url.rsplit("/", 1)[1]
    with postgres.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS looker")
        connection.execute(f"CREATE ROLE looker LOGIN PASSWORD '{PASSWORD}'".encode())
    other = url.replace("constat:", "looker:", 1)
    try:
        with pytest.raises(PipelineError) as caught:
            open_engine(other)
    finally:
        postgres_engine(other, os.getpid()).dispose()
    assert caught.value.code == "database_refused"
    assert name in postgres.url(name)


def test_who_begins_to_write_waits_and_sees_what_the_one_before_has_written(url: str, tmp_path: Path) -> None:
    first, second = _records(url, tmp_path), _records(url, tmp_path)
    begun, seen = threading.Event(), []

    def write() -> None:
        begun.set()
        with second.transaction() as change:
            seen.append(change.new_batch_number("b-"))

    other = threading.Thread(target=write)
    with first.transaction() as change:
        other.start()
        begun.wait()
        other.join(0.2)
        waiting = not seen
        change.put_batch(BATCH)
    other.join()

    assert waiting
    assert seen == [2]


def test_a_database_that_someone_else_holds_is_locked(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "LOCK_TIMEOUT_MS", 50)
    postgres_engine(url, os.getpid()).dispose()
    first, second = _records(url, tmp_path), _records(url, tmp_path)
    try:
        with first.transaction(), pytest.raises(PipelineError, match="database_locked"), second.transaction():
            pass
    finally:
        postgres_engine(url, os.getpid()).dispose()


def test_what_is_read_in_one_moment_does_not_change(url: str, tmp_path: Path) -> None:
    records, beside = _records(url, tmp_path), frozen_records
    frozen = beside(url, head_path=tmp_path / "head.json", clock=FakeClock())
    with records.moment():
        before = records.batches()
        thread = threading.Thread(target=lambda: _put(records))
        thread.start()
        thread.join()
        inside = records.batches()

    assert before == inside == frozen.batches() == ()
    assert records.batches() == (BATCH,)


def _put(records: SqlRecords) -> None:
    with records.transaction() as change:
        change.put_batch(BATCH)


def test_a_long_chain_is_read_row_by_row_while_others_write(url: str, tmp_path: Path) -> None:
    records = _records(url, tmp_path)
    with records.transaction() as change:
        for number in range(2500):
            change.append("note", str(number), "{}")
    chain = records.ledger()
    first = next(chain)
    with records.transaction() as change:
        change.append("note", "later", "{}")

    assert first.number == 1
    assert [entry.number for entry in chain] == list(range(2, 2501))


def test_a_size_of_more_than_two_gigabytes_comes_back(url: str, tmp_path: Path) -> None:
    records = _records(url, tmp_path)
    large = FileRow(FileId("f"), BATCH.id, 0, "/m.pdf", "m.pdf", 5 * 1024**3, 1, False, FileState.ANNOUNCED)
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(large)

    assert records.file(large.id) == large


def test_a_text_with_nul_is_refused_and_nothing_is_written(url: str, tmp_path: Path) -> None:
    records = _records(url, tmp_path)
    with pytest.raises(PipelineError, match="text_with_nul"), records.transaction() as change:
        change.put_batch(replace(BATCH, options=BatchOptions(name="a\0b")))

    assert records.batches() == ()
    with pytest.raises(PipelineError, match="text_with_nul"):
        records.statements_numbered("1\0")


def test_tables_that_only_grow_are_not_emptied_either(url: str, tmp_path: Path) -> None:
    with _records(url, tmp_path).transaction() as change:
        change.append("note", "1", "{}")

    for act in ("UPDATE ledger SET body = '[]'", "DELETE FROM ledger", "TRUNCATE ledger"):
        with pytest.raises(DBAPIError, match="only grows"):
            run_beside(url, act)


def test_commands_on_two_machines_keep_each_other_out(url: str) -> None:
    with at_work(url, place="here"):
        with pytest.raises(PipelineError, match="data_dir_busy"), at_work(url, place="there"):
            pass
        with pytest.raises(PipelineError, match="data_dir_busy"), at_work(url, place="there", shared=True):
            pass
    with at_work(url, place="here", shared=True), at_work(url, place="there", shared=True):
        pass


def test_after_a_restart_of_the_server_everything_committed_is_there(
    postgres: Postgres, url: str, tmp_path: Path
) -> None:
    records = _records(url, tmp_path)
    _put(records)
    postgres.stop()
    try:
        with pytest.raises(PipelineError, match="database_unreachable"):
            records.batches()
        with pytest.raises(PipelineError, match="database_unreachable"), records.transaction():
            pass
    finally:
        postgres.start()

    assert records.batches() == (BATCH,)
    with records.transaction() as change:
        change.append("note", "1", "{}")


def test_a_transaction_that_the_server_did_not_survive_has_changed_nothing(
    postgres: Postgres, url: str, tmp_path: Path
) -> None:
    records = _records(url, tmp_path)

    def write() -> None:
        with records.transaction() as change:
            change.put_batch(BATCH)
            change.append("note", "1", "{}")
            postgres.stop()

    with pytest.raises(PipelineError, match="database_unreachable"):
        write()
    with suppress(PipelineError):
        records.batches()
    postgres.start()

    assert records.batches() == ()
    assert list(records.ledger()) == []
    head = records.ledger_head()
    assert head is not None
    assert head.count == 0
