"""One moment of the records: read once, from one state; never older than what the thread itself wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.model import BatchId
from pipeline.storage.records.sql import SqlRecords, open_records
from tests.fakes import FakeClock

BATCH = BatchId("2026-11-27-001")


@pytest.fixture
def records(tmp_path: Path) -> SqlRecords:
    clock = FakeClock()
    found = open_records(f"sqlite:///{tmp_path / 'x.sqlite'}", head_path=tmp_path / "head.json", clock=clock)
    with found.transaction() as change:
        change.put_batch(BatchRow(BATCH, BatchOptions(name="first"), BatchState.RECEIVING, clock.now()))
    return found


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Every question that the database is asked."""
    found: list[str] = []

    def note(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.set_trace_callback(found.append)

    event.listen(Pool, "checkout", note)
    yield found
    event.remove(Pool, "checkout", note)


def name_of(records: SqlRecords) -> str | None:
    found = records.batch(BATCH)
    return None if found is None else found.options.name


def rename(records: SqlRecords, name: str) -> None:
    with records.transaction() as change:
        found = records.batch(BATCH)
        assert found is not None
        change.put_batch(replace(found, options=BatchOptions(name=name)))


def elsewhere(records: SqlRecords, name: str) -> None:
    """By another person's request."""
    other = Thread(target=rename, args=(records, name))
    other.start()
    other.join()


def test_in_one_moment_the_same_is_asked_once(records: SqlRecords, asked: list[str]) -> None:
    with records.moment():
        assert [name_of(records) for _ in range(3)] == ["first"] * 3
    assert sum("FROM batches" in its for its in asked) == 1
    assert sum(its == "BEGIN" for its in asked) <= 1


def test_what_others_write_meanwhile_is_seen_in_the_next_moment(records: SqlRecords) -> None:
    with records.moment():
        assert records.review.unmade() == ()
        elsewhere(records, "second")
        assert name_of(records) == "first"
    assert name_of(records) == "second"


def test_what_the_thread_writes_itself_is_seen_at_once(records: SqlRecords) -> None:
    with records.moment():
        assert name_of(records) == "first"
        rename(records, "second")
        assert name_of(records) == "second"


def test_a_transaction_within_a_moment_rests_on_what_is_recorded_now(records: SqlRecords) -> None:
    with records.moment():
        assert name_of(records) == "first"
        elsewhere(records, "second")
        with records.transaction():
            assert name_of(records) == "second"
        assert name_of(records) == "second"


def test_a_moment_within_a_moment_is_the_same(records: SqlRecords) -> None:
    with records.moment():
        assert name_of(records) == "first"
        elsewhere(records, "second")
        with records.moment():
            assert name_of(records) == "first"
        assert name_of(records) == "first"


def test_rows_taken_one_by_one_may_outlive_the_moment(records: SqlRecords) -> None:
    with records.transaction() as change:
        for number in range(3):
            change.append("noted", str(number), "{}")
    with records.moment():
        name_of(records)
        entries = records.ledger()
        first = next(entries)
    assert [first.subject, *(its.subject for its in entries)] == ["0", "1", "2"]


def test_what_fails_in_a_moment_ends_it(records: SqlRecords) -> None:
    def fails() -> None:
        with records.moment():
            assert name_of(records) == "first"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    elsewhere(records, "second")
    assert name_of(records) == "second"
