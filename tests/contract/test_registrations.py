"""What the records promise of registrations, asked of the fake and of the databases alike."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState
from pipeline.custody.registrations import Registration
from pipeline.errors import PipelineError
from pipeline.model import BatchId, FileId
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH, FILE = BatchId("2026-11-20-001"), FileId("2026-11-20-001.0001")
ROW = Registration(1, FILE, sha256(b"one"), NOON, "client:court", "k1")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def _file(records: Records) -> None:
    with records.transaction() as change:
        change.put_batch(BatchRow(BATCH, BatchOptions(), BatchState.RECEIVING, NOON))
        change.put_file(FileRow(FILE, BATCH, 0, "", "a.electronic.json", 3, 1, True, FileState.RECEIVED, ROW.digest))


def test_a_registration_is_found_by_its_request_and_by_its_bytes(records: Records) -> None:
    _file(records)
    again = Registration(2, FILE, ROW.digest, NOON, "os:anne")
    with records.transaction() as change:
        assert change.registrations.count() == 0
        change.registrations.add(ROW)
        change.registrations.add(again)
        assert change.registrations.requested("client:court", "k1") == ROW
        assert change.registrations.of_digest(ROW.digest) == (ROW, again)
        assert change.registrations.count() == 2

    assert records.registrations.requested("client:court", "k1") == ROW
    assert records.registrations.requested("client:other", "k1") is None
    assert records.registrations.of_digest(ROW.digest) == (ROW, again)
    assert records.registrations.of_digest(sha256(b"two")) == ()


def test_many_registrations_may_have_no_key(records: Records) -> None:
    _file(records)
    with records.transaction() as change:
        for sequence in (1, 2):
            change.registrations.add(Registration(sequence, FILE, ROW.digest, NOON, "os:anne"))

    assert len(records.registrations.attested()[0]) == 2


def test_the_ledger_s_entries_on_registrations_come_with_them(records: Records) -> None:
    _file(records)
    with records.transaction() as change:
        change.registrations.add(ROW)
        change.append("electronic_registered", "registration:1", "{}")
        change.append("batch_announced", BATCH, "{}")

    rows, entries = records.registrations.attested()

    assert rows == (ROW,)
    assert [entry.subject for entry in entries] == ["registration:1"]


def test_a_database_lets_no_registration_be_changed(tmp_path: Path) -> None:
    import sqlite3

    records = open_records(f"sqlite:///{tmp_path / 'c.sqlite'}", head_path=tmp_path / "head.json", clock=FakeClock())
    _file(records)
    with records.transaction() as change:
        change.registrations.add(ROW)

    with sqlite3.connect(tmp_path / "c.sqlite") as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE registrations SET by = 'x'")
    with pytest.raises(PipelineError), records.transaction() as change:
        change.registrations.add(ROW)
