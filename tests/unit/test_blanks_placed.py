"""A page that reads as blank once a person has placed it becomes blank by a person's word alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody import Placement
from pipeline.custody.review import TaskState
from pipeline.model import BatchId, PageId, PageLabel
from pipeline.usecases.review import Closed, NotClosed, close_batch
from pipeline.usecases.review.blanks import blank_sides, confirm_blanks
from tests.unit.placed import LEFT, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, CHIEF, first_page

BLANK_THEN = "unknown // blank"


@pytest.fixture
def office(tmp_path: Path) -> PlacedOffice:
    return PlacedOffice(tmp_path)


def _open(office: PlacedOffice, batch: BatchId) -> list[PageId]:
    return [its.page.id for its in blank_sides(batch, desk=office.desk) if its.open]


def _confirm(office: PlacedOffice, batch: BatchId, page: PageId, *, out: bool = False) -> tuple[PageId, ...]:
    task = office.task(page)
    seen = {page: 0 if task is None else task.version}
    done = confirm_blanks(batch, seen, ANNE, thrown_out=[page] if out else [], desk=office.desk)
    return done.doubted if out else done.pages


def _placed_blank(office: PlacedOffice) -> tuple[BatchId, PageId]:
    batch = office.take(BLANK_THEN)
    page = PageId(first_page(batch))
    assert office.placed(page, Placement(STATEMENT)).label is PageLabel.BLANK
    return batch, page


def test_a_page_that_reads_as_blank_as_it_was_placed_waits_to_be_confirmed(office: PlacedOffice) -> None:
    batch, page = _placed_blank(office)

    assert _open(office, batch) == [page]
    refused = close_batch(batch, CHIEF, desk=office.desk, reason="late")
    assert isinstance(refused, NotClosed)
    assert [reason.code for reason in refused.reasons] == ["blanks_wait"]


def test_once_it_is_confirmed_the_batch_is_closed_and_verifies(office: PlacedOffice) -> None:
    batch, page = _placed_blank(office)

    assert _confirm(office, batch, page) == (page,)
    assert _open(office, batch) == []
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert office.differences(again=True) == []


def test_taken_out_it_is_a_page_for_a_person_again(office: PlacedOffice) -> None:
    batch, page = _placed_blank(office)

    assert _confirm(office, batch, page, out=True) == (page,)

    task = office.task(page)
    assert task is not None
    assert task.state is TaskState.OPEN
    assert _open(office, batch) == []
    assert office.differences(again=True) == []


def test_what_was_placed_again_since_somebody_looked_is_not_confirmed(office: PlacedOffice) -> None:
    batch, page = _placed_blank(office)
    task = office.task(page)
    assert task is not None
    office.placed(page, Placement(STATEMENT, 2))

    done = confirm_blanks(batch, {page: task.version}, ANNE, thrown_out=(), desk=office.desk)

    assert (done.pages, done.left) == ((), ((page, ()),))


def test_a_confirmation_holds_for_what_was_seen_and_not_for_a_later_reading(office: PlacedOffice) -> None:
    batch = office.take("blank // blank")
    page = PageId(first_page(batch))
    _confirm(office, batch, page)
    assert _open(office, batch) == []

    office.placed(page, Placement(STATEMENT))

    assert _open(office, batch) == [page]


def test_a_part_that_reads_as_blank_waits_to_be_confirmed(office: PlacedOffice) -> None:
    batch = office.take("unknown // form number=900001! name=A! // blank")
    page = PageId(first_page(batch))
    office.placed(page, Placement(None, None, (LEFT, RIGHT)))

    assert _open(office, batch) == [PageId(f"{page}.p2")]
    refused = close_batch(batch, CHIEF, desk=office.desk, reason="late")
    assert isinstance(refused, NotClosed)
    assert "blanks_wait" in [reason.code for reason in refused.reasons]
    assert _confirm(office, batch, PageId(f"{page}.p2")) == (PageId(f"{page}.p2"),)
    assert office.differences(again=True) == []


def test_a_placed_page_that_is_not_read_yet_is_not_confirmed_before(office: PlacedOffice) -> None:
    batch = office.take("blank // form number=900001!")
    page = PageId(first_page(batch))
    office.place(page, Placement(STATEMENT))

    assert _open(office, batch) == []
