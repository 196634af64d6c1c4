"""What the records of fingerprints and confirmed blank sides promise, asked of the fake and of the databases alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState, PageRow
from pipeline.custody.fingerprints import BlankConfirmed, FingerprintRow
from pipeline.model import BatchId, Digest, FileId, PageId, PageState
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchId("2026-11-20-001")
FILE = FileId(f"{BATCH}.0001")
PAGES = tuple(PageId(f"{FILE}.000{number}") for number in (1, 2, 3))
SCANS = tuple(Digest(letter * 64) for letter in "abc")
BITS = "0123456789" * 6
ROW = FingerprintRow(PAGES[0], BATCH, SCANS[0], BITS)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    found: Records = MemoryRecords(clock)
    if request.param != "memory":
        found = open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)
    with found.transaction() as change:
        change.put_batch(BatchRow(BATCH, BatchOptions(), BatchState.COMPLETE, started_at=NOON))
        change.put_file(FileRow(FILE, BATCH, 0, "/m.pdf", "m.pdf", 1, 1, False, FileState.SPLIT, SCANS[0]))
        for index, page in enumerate(PAGES):
            change.put_page(PageRow(page, BATCH, FILE, index, SCANS[index], PageState.READY))
    return found


def test_a_page_is_found_by_its_scan_and_by_any_band_of_its_bits(records: Records) -> None:
    # All bands but the last differ.
    far = "f" * 57 + BITS[-3:]
    with records.transaction() as change:
        change.fingerprints.put(ROW)
        change.fingerprints.put(FingerprintRow(PAGES[1], BATCH, SCANS[1], "e" * 60))
        change.fingerprints.put(FingerprintRow(PAGES[2], BATCH, SCANS[0], None))

    assert [row.page for row in records.fingerprints.same_scan([SCANS[0]])] == [PAGES[0], PAGES[2]]
    assert records.fingerprints.alike(far) == (ROW,)
    # The same digits in another place are no band in common.
    assert records.fingerprints.alike(BITS[-3:] + "f" * 57) == ()


def test_what_a_page_is_known_by_is_written_once(records: Records) -> None:
    with records.transaction() as change:
        change.fingerprints.put(ROW)
        change.fingerprints.put(replace(ROW, bits="e" * 60))

    assert records.fingerprints.same_scan([SCANS[0]]) == (ROW,)


def test_a_confirmed_blank_side_comes_back_as_it_was_put(records: Records) -> None:
    first = BlankConfirmed(PAGES[1], BATCH, NOON, "anne")
    second = replace(first, page=PAGES[0], at=NOON.replace(microsecond=7), by="benoit")
    with records.transaction() as change:
        change.fingerprints.put_confirmed(first)
        change.fingerprints.put_confirmed(second)

    assert records.fingerprints.confirmed(BATCH) == (second, first)
    assert records.fingerprints.confirmed(BatchId("2026-11-20-002")) == ()
