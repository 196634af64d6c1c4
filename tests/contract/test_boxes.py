"""What the records of boxes promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody.boxes import (
    BoxName,
    BoxRow,
    BoxState,
    Destruction,
    DestructionState,
    Hold,
    HoldKind,
    PageVerdict,
    Person,
    RetentionApplied,
    Sample,
    SampledPage,
    SheetRef,
)
from pipeline.errors import Unavailable
from pipeline.model import Digest, PageId
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.contract.test_records import BATCH, FILE, PAGE
from tests.databases import KINDS, REAL, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANNE = Person("Anne Tremblay", "atremblay")
BOX = BoxRow(BoxName("B-17"), "étage 2, rayon 4", BoxState.OPEN, made_at=NOON)
OTHER = replace(BOX, name=BoxName("B-18"))
SHEETS = tuple(SheetRef(BATCH.id, number) for number in range(1, 5))


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    records: Records = (
        MemoryRecords(FakeClock())
        if request.param == "memory"
        else open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())
    )
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        change.put_page(PAGE)
        change.boxes.put_box(OTHER)
        change.boxes.put_box(BOX)
    return records


def test_boxes_come_back_by_name_and_change(records: Records) -> None:
    assert records.boxes.all() == (BOX, OTHER)
    sealed = replace(BOX, state=BoxState.SEALED, sealed_at=NOON, counted=4)
    with records.transaction() as change:
        change.boxes.put_box(sealed)

    assert records.boxes.box(BOX.name) == sealed
    assert records.boxes.box(BoxName("nowhere")) is None


def test_a_sheet_is_in_one_box_at_a_time(records: Records) -> None:
    with records.transaction() as change:
        change.boxes.put_sheets(BOX.name, SHEETS)
        change.boxes.put_sheets(OTHER.name, SHEETS[1:2])
        change.boxes.take_sheets(SHEETS[3:])

    assert records.boxes.sheets(BOX.name) == (SHEETS[0], SHEETS[2])
    assert records.boxes.sheets(OTHER.name) == (SHEETS[1],)
    assert records.boxes.boxes_of(BATCH.id) == {1: BOX.name, 2: OTHER.name, 3: BOX.name}


def test_a_hold_is_released_and_still_there(records: Records) -> None:
    hold = Hold("h0001", HoldKind.STATEMENT, "812345", "valmont", "appel en cours", NOON, ANNE)
    released = replace(hold, released_at=NOON + timedelta(days=1), released_by=ANNE, release_reason="désistement")
    for its in (hold, released):
        with records.transaction() as change:
            change.boxes.put_hold(its)

        assert records.boxes.holds() == (its,)


def test_a_sample_keeps_its_pages_in_order_with_what_was_found(records: Records) -> None:
    first = Sample("B-17/1", BOX.name, "5eed", sha256(b"c"), 1, NOON, ANNE, (SampledPage(PAGE.id),))
    later = replace(first, id="B-17/2", drawn_at=NOON + timedelta(hours=1))
    seen = SampledPage(PAGE.id, PageVerdict.FAULT, "coin plié", NOON, ANNE)
    with records.transaction() as change:
        change.boxes.put_sample(later)
        change.boxes.put_sample(first)
        change.boxes.put_sample(replace(first, pages=(seen,)))

    assert records.boxes.samples(BOX.name) == (replace(first, pages=(seen,)), later)
    assert records.boxes.samples(OTHER.name) == ()


def test_the_last_verdict_on_a_page_is_that_of_the_last_sample_that_was_looked_at(records: Records) -> None:
    def sample(number: int, verdict: PageVerdict | None) -> Sample:
        page = SampledPage(PAGE.id, verdict, "", NOON, ANNE) if verdict else SampledPage(PAGE.id)
        drawn_at = NOON + timedelta(hours=number)
        return Sample(f"B-17/{number}", BOX.name, "5eed", sha256(b"c"), 1, drawn_at, ANNE, (page,))

    assert records.boxes.last_verdicts([PAGE.id]) == {}
    last = None
    for number, verdict in enumerate((PageVerdict.FAULT, PageVerdict.OK, None), start=1):
        with records.transaction() as change:
            change.boxes.put_sample(sample(number, verdict))
        last = verdict or last
        assert records.boxes.last_verdicts([PAGE.id, PageId("other")]) == {PAGE.id: last}
    assert records.boxes.last_verdicts([]) == {}


def test_a_destruction_goes_from_step_to_step_and_its_certificates_are_known(records: Records) -> None:
    first = Destruction("B-17/d1", BOX.name, DestructionState.AUTHORISED, sha256(b"c"), sha256(b"1"), NOON, ANNE)
    done = replace(
        first,
        state=DestructionState.DONE,
        completed=sha256(b"2"),
        destroyed_on=date(2026, 12, 1),
        destroyed_by=ANNE,
        witness="Luc Roy",
    )
    assert records.boxes.certificates() == frozenset[Digest]()
    for its in (first, done):
        with records.transaction() as change:
            change.boxes.put_destruction(its)

        assert records.boxes.destructions(BOX.name) == (its,)
    assert records.boxes.certificates() == {sha256(b"1"), sha256(b"2")}


def test_what_was_last_applied_to_a_batch_is_kept(records: Records) -> None:
    assert records.boxes.retention_applied(BATCH.id) is None
    for objects in (3, 4):
        applied = RetentionApplied(BATCH.id, NOON, objects, sha256(b"terms"))
        with records.transaction() as change:
            change.boxes.put_retention_applied(applied)

        assert records.boxes.retention_applied(BATCH.id) == applied


def test_changes_of_a_failed_transaction_leave_nothing(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.boxes.put_sheets(BOX.name, SHEETS)
            change.boxes.put_hold(Hold("h0001", HoldKind.BOX, BOX.name, "", "x", NOON, ANNE))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert records.boxes.sheets(BOX.name) == ()
    assert records.boxes.holds() == ()


@pytest.mark.parametrize("kind", REAL)
def test_a_page_of_a_sample_is_a_page_that_is_recorded(tmp_path: Path, kind: str) -> None:
    """Held by the database alone."""
    real = open_records(url_of(kind, tmp_path), head_path=tmp_path / "h.json", clock=FakeClock())
    sample = Sample("B/1", BOX.name, "s", sha256(b"c"), 0, NOON, ANNE, (SampledPage(PageId("nothing")),))

    def put() -> None:
        with real.transaction() as change:
            change.boxes.put_box(BOX)
            change.boxes.put_sample(sample)

    with pytest.raises(Unavailable, match="database_error"):
        put()
