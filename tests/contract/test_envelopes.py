"""What the records of envelopes promise, asked of the fake and of the databases alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.custody.envelopes import EnvelopeRow
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCHES = (BatchId("2026-11-20-001"), BatchId("2026-11-21-001"))
ROW = EnvelopeRow(BATCHES[0], 7, date(2026, 11, 17), "déchirée", NOON, "anne")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    found: Records = MemoryRecords(clock)
    if request.param != "memory":
        found = open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)
    with found.transaction() as change:
        for batch in BATCHES:
            change.put_batch(BatchRow(batch, BatchOptions(), BatchState.COMPLETE, started_at=NOON))
    return found


def test_what_is_said_of_an_envelope_comes_back_as_it_was_put_and_is_replaced(records: Records) -> None:
    first = replace(ROW, postmark=None, note="", entered_at=NOON.replace(microsecond=7))
    with records.transaction() as change:
        change.envelopes.put(first)
    before = records.envelopes.of_batch(BATCHES[0])
    with records.transaction() as change:
        change.envelopes.put(ROW)
        inside = change.envelopes.of_batch(BATCHES[0])

    assert before == (first,)
    assert inside == records.envelopes.of_batch(BATCHES[0]) == (ROW,)


def test_envelopes_come_by_their_first_sheet_and_each_batch_has_its_own(records: Records) -> None:
    with records.transaction() as change:
        for sheet in (12, 3, 101):
            change.envelopes.put(replace(ROW, first_sheet=sheet))
        change.envelopes.put(replace(ROW, batch=BATCHES[1], first_sheet=3))

    assert [row.first_sheet for row in records.envelopes.of_batch(BATCHES[0])] == [3, 12, 101]
    assert records.envelopes.of_batch(BATCHES[1]) == (replace(ROW, batch=BATCHES[1], first_sheet=3),)
    assert records.envelopes.of_batch(BatchId("none")) == ()
