"""What the records of placed pages promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError as Aborted

from pipeline.custody import DerivativeRef, OutcomeVersion, TransferRef
from pipeline.custody.review import ReviewBatch, Subject, TaskId, TaskState, Verb
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, PageLabel
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.contract.test_review import BATCH, FILE, NOON, PAGES, SAID, TASK
from tests.databases import KINDS, REAL, run_beside, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

PAGE, OTHER = PAGES
PART = replace(PAGE, id=PageId(f"{PAGE.id}.p1"), part_of=PAGE.id, part_box=BoxPx(1, 2, 300, 400))
IMAGE = DerivativeRef("thumbnail", "image/png", sha256(b"image"))
FIRST = OutcomeVersion(PAGE.id, 1, 1, '{"text":"\\u202e é"}', PageLabel.UNIDENTIFIED, (IMAGE,))
SECOND = OutcomeVersion(PAGE.id, 2, 4, None, None)
PAGE_TASK = replace(TASK, id=TaskId(PAGE.id), subject=Subject.PAGE, field="", kind=None, layout=None, blind=False)
PLACED = replace(SAID, task=PAGE_TASK.id, verb=Verb.PLACED, value="{}")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    made: Records = MemoryRecords(clock)
    if request.param != "memory":
        made = open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)
    with made.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        for page in PAGES:
            change.put_page(page)
        change.review.put_batch(ReviewBatch(BATCH.id, NOON))
    return made


def test_a_part_comes_back_with_the_image_that_it_is_of(records: Records) -> None:
    with records.transaction() as change:
        change.put_page(PART)
        assert change.placing.parts(PAGE.id) == (PART,)

    assert records.page(PART.id) == PART
    assert records.placing.parts(PAGE.id) == (PART,)
    assert records.placing.parts(OTHER.id) == ()
    assert records.page(PAGE.id) == PAGE


def test_parts_follow_their_image_in_the_order_of_the_pages(records: Records) -> None:
    tenth = replace(PART, id=PageId(f"{PAGE.id}.p2"))
    with records.transaction() as change:
        change.put_page(tenth)
        change.put_page(PART)
        for page in (PAGE, PART, tenth, OTHER):
            change.put_outcome(page.id, "{}", ())

    assert [page.id for page in records.pages(BATCH.id)] == [PAGE.id, PART.id, tenth.id, OTHER.id]
    assert [page for page, _ in records.outcomes(BATCH.id)] == [PAGE.id, PART.id, tenth.id, OTHER.id]


def test_versions_of_a_page_come_oldest_first(records: Records) -> None:
    with records.transaction() as change:
        change.placing.keep(FIRST)
        assert change.placing.versions(PAGE.id) == (FIRST,)
        change.placing.keep(SECOND)

    assert records.placing.versions(PAGE.id) == (FIRST, SECOND)
    assert records.placing.versions(OTHER.id) == ()
    assert records.placing.versions_of(BATCH.id) == {PAGE.id: (FIRST, SECOND)}
    assert records.placing.versions_of(BatchId("2026-11-20-009")) == {}


def test_placed_pages_are_those_of_which_a_row_says_so(records: Records) -> None:
    with records.transaction() as change:
        for task in (PAGE_TASK, replace(PAGE_TASK, id=TaskId(OTHER.id), page=OTHER.id)):
            change.review.put_task(task)
        change.review.add(PLACED)
        change.review.add(replace(PLACED, number=2))
        change.review.add(replace(PLACED, task=TaskId(OTHER.id), verb=Verb.RESCAN))

    assert records.placing.placed() == (PAGE.id,)
    assert records.placing.placed(BATCH.id) == (PAGE.id,)
    assert records.placing.placed(BatchId("2026-11-20-009")) == ()


def test_of_closed_batches_placed_pages_are_told_only_when_asked_for(records: Records) -> None:
    with records.transaction() as change:
        change.review.put_task(replace(PAGE_TASK, state=TaskState.CLOSED))
        change.review.add(PLACED)

    assert records.placing.placed() == ()
    assert records.placing.placed(BATCH.id) == (PAGE.id,)


def test_a_transfer_record_made_again_keeps_the_earlier_one(records: Records) -> None:
    first, second, third = (TransferRef(str(BATCH.id), BATCH.id, sha256(data)) for data in (b"1", b"2", b"3"))
    with records.transaction() as change:
        change.transfers.put((first,))
        change.transfers.put_again((second,))
        change.transfers.put_again((second,))
        change.transfers.put_again((third,))

    assert records.transfers.of_batch(BATCH.id) == (third,)
    assert records.transfers.earlier(BATCH.id) == (first, second)


def test_a_subject_that_had_no_transfer_record_gets_one(records: Records) -> None:
    ref = TransferRef(f"{BATCH.id}.s0009", BATCH.id, sha256(b"new"))
    with records.transaction() as change:
        change.transfers.put_again((ref,))

    assert records.transfers.of_subject(ref.subject) == ref
    assert records.transfers.earlier(BATCH.id) == ()


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("act", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["outcome_versions", "transfer_versions"])
def test_the_database_itself_keeps_what_was_recorded_before(tmp_path: Path, act: str, table: str, kind: str) -> None:
    records = open_records(url_of(kind, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        change.put_page(PAGE)
        change.placing.keep(FIRST)
        change.transfers.put((TransferRef("a", BATCH.id, sha256(b"1")),))
        change.transfers.put_again((TransferRef("a", BATCH.id, sha256(b"2")),))

    with pytest.raises(Aborted, match="is kept"):
        run_beside(url_of(kind, tmp_path), act.format(table))
