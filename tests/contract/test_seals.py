"""What the records hold of seals, in memory and in a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState, EntryHash
from pipeline.custody.seals import KeptSeal, KeyId, RootHash, Seal
from pipeline.model import BatchId, Reason
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchRow(BatchId("2026-11-20-001"), BatchOptions(), BatchState.COMPLETE, started_at=NOON)
SEAL = Seal(
    1, BATCH.id, 1, 3, RootHash("a" * 64), EntryHash("0" * 64), NOON, RootHash("b" * 64), KeyId("c" * 64), "d" * 128
)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def test_seals_come_back_by_number_as_they_were_put(records: Records) -> None:
    unsigned = Seal(2, None, 4, 9, RootHash("e" * 64), EntryHash("f" * 64), NOON, RootHash("1" * 64))
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.seals.put(KeptSeal(unsigned))
        change.seals.put(KeptSeal(SEAL, waiting=Reason("time_authority_slow", (("url", "http://x"),))))
        assert change.seals.seals() == (SEAL, unsigned)
    assert records.seals.all() == (
        KeptSeal(SEAL, waiting=Reason("time_authority_slow", (("url", "http://x"),))),
        KeptSeal(unsigned),
    )

    with records.transaction() as change:
        change.seals.put(KeptSeal(SEAL, token=b"\x30\x00"))
    assert records.seals.all() == (KeptSeal(SEAL, token=b"\x30\x00"), KeptSeal(unsigned))


def test_one_seal_is_found_without_reading_all(records: Records) -> None:
    assert records.seals.newest() is None
    slow = Reason("time_authority_slow", (("url", "http://x"),))
    seals = [replace(SEAL, batch=None, number=number, first=number, last=number) for number in (1, 2, 3)]
    first, second = KeptSeal(seals[0], token=b"1"), KeptSeal(seals[1], waiting=slow, peaks=("ab", "cd"))
    with records.transaction() as change:
        assert change.seals.newest() is None
        for kept in (KeptSeal(seals[2]), second, first):
            change.seals.put(kept)
        assert change.seals.newest() == KeptSeal(seals[2])

    assert records.seals.newest() == KeptSeal(seals[2])
    assert records.seals.numbered(2) == records.seals.waiting() == second
    assert records.seals.numbered(4) is None
    assert records.seals.unstamped() == (2, 3)


def test_the_seal_over_an_entry_is_found_signed_or_not(records: Records) -> None:
    its = [replace(SEAL, batch=None, number=number, first=3 * number - 2, last=3 * number) for number in (1, 2, 3)]
    its[1] = replace(its[1], key=None, signature=None)
    with records.transaction() as change:
        for seal in its:
            change.seals.put(KeptSeal(seal))

    for entry, first, first_signed in ((1, 1, 1), (3, 1, 1), (4, 2, 3), (9, 3, 3)):
        assert records.seals.covering(entry, signed=False) == KeptSeal(its[first - 1])
        assert records.seals.covering(entry, signed=True) == KeptSeal(its[first_signed - 1])
    assert records.seals.covering(10, signed=False) is None


def test_a_seal_of_a_transaction_that_failed_is_not_there(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.seals.put(KeptSeal(replace(SEAL, batch=None)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert records.seals.all() == ()


def test_entries_of_the_ledger_are_found_by_number_and_kind(records: Records) -> None:
    with records.transaction() as change:
        for kind in ("one", "two", "one", "three"):
            change.append(kind, "subject", "{}")
        assert [entry.number for entry in change.seals.entries_after(2)] == [3, 4]
        assert [entry.number for entry in change.seals.entries_of({"one"})] == [1, 3]

    assert [entry.number for entry in records.seals.entries(2, 3)] == [2, 3]
    assert [entry.number for entry in records.seals.entries_after(3)] == [4]
    assert [entry.number for entry in records.seals.entries_of({"one", "three"})] == [1, 3, 4]
    assert records.seals.entries_of(()) == ()
