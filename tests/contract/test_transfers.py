"""What records of transfers promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchState, TransferRef
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.contract.test_records import BATCH
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

COMPLETE = replace(BATCH, state=BatchState.COMPLETE)
OTHER = replace(COMPLETE, id=BatchId("2026-11-20-002"))


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    if request.param == "memory":
        return MemoryRecords(clock)
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)


def _refs() -> tuple[TransferRef, ...]:
    subjects = (f"{COMPLETE.id}.s0002", f"{COMPLETE.id}.s0001", str(COMPLETE.id))
    return tuple(TransferRef(subject, COMPLETE.id, sha256(subject.encode())) for subject in subjects)


def test_records_of_a_batch_come_by_subject(records: Records) -> None:
    with records.transaction() as change:
        change.put_batch(COMPLETE)
        change.transfers.put(_refs())

    assert records.transfers.of_batch(COMPLETE.id) == tuple(reversed(_refs()))
    assert records.transfers.of_subject(f"{COMPLETE.id}.s0001") == _refs()[1]
    assert records.transfers.of_subject("nothing") is None


def test_a_subject_keeps_its_first_record(records: Records) -> None:
    with records.transaction() as change:
        change.put_batch(COMPLETE)
        change.transfers.put(_refs())
    with records.transaction() as change:
        change.transfers.put(replace(ref, digest=sha256(b"another")) for ref in _refs())

    assert records.transfers.of_subject(_refs()[0].subject) == _refs()[0]


def test_complete_batches_without_a_record_of_their_own_are_undocumented(records: Records) -> None:
    with records.transaction() as change:
        for row in (COMPLETE, OTHER, replace(BATCH, id=BatchId("2026-11-20-003"))):
            change.put_batch(row)
        change.transfers.put(_refs())

    assert records.transfers.undocumented() == (OTHER.id,)


def test_ledger_entries_are_found_by_their_subjects(records: Records) -> None:
    subjects = [f"subject {number}" for number in range(1200)]
    with records.transaction() as change:
        for subject in [*subjects, "subject 3"]:
            change.append("noted", subject, canonical_json({}))

    assert [its.number for its in records.transfers.entries(["subject 3", "subject 1", "none"])] == [2, 4, 1201]
    assert len(records.transfers.entries(subjects)) == 1201


def test_a_batch_keeps_who_took_it_in_and_what_it_was_scanned_with(records: Records) -> None:
    options = replace(BATCH.options, operator="marie", scan_profile=sha256(b"profile"))
    with records.transaction() as change:
        change.put_batch(replace(BATCH, options=options))

    found = records.batch(BATCH.id)
    assert found is not None
    assert found.options == options
