"""Several pages in one image: its parts are pages of their own, and the image stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import Placement
from pipeline.custody.review import TaskId, Verb
from pipeline.custody.review import Verdict as Says
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, PageState
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.balance import balance
from pipeline.usecases.batch_sheets import batch_sheets
from pipeline.usecases.report import batch_report
from pipeline.usecases.review import (
    NotClosed,
    close_batch,
)
from pipeline.usecases.review.undoing import reopen
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.placed import LEFT, RETURN, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, CHIEF, codes, first_page, typed

FORM = "form number=812345! name=TREMBLAY"
TWO = "unknown // form number=900001! name=A // form number=900002! name=B"


@pytest.fixture(params=["memory", "sqlite"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    if request.param == "memory":
        return MemoryRecords(clock)
    return open_records(f"sqlite:///{tmp_path / 'c.sqlite'}", head_path=tmp_path / "head.json", clock=clock)


@pytest.fixture
def office(tmp_path: Path, records: Records) -> PlacedOffice:
    folder = tmp_path / "objects"
    folder.mkdir()
    return PlacedOffice(folder).on(records)


def _statement(office: PlacedOffice, page: str) -> tuple[str | None, tuple[str, ...]]:
    rows = office.desk.keeping.records.statements_of_page(PageId(page))
    return (rows[0].number, rows[0].members) if rows else (None, ())


def test_parts_are_pages_of_their_own_and_the_image_stays(office: PlacedOffice) -> None:
    batch = office.take(FORM, TWO)
    page = first_page(batch, 2)

    whole = office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))

    assert (whole.label, whole.state) == (PageLabel.DIVIDED, PageState.READY)
    parts = office.desk.keeping.records.placing.parts(PageId(page))
    assert [(its.id, its.part_of, its.part_box) for its in parts] == [
        (f"{page}.p1", page, LEFT),
        (f"{page}.p2", page, RIGHT),
    ]
    assert _statement(office, f"{page}.p1")[0] == "900001"
    assert _statement(office, f"{page}.p2")[0] == "900002"
    assert _statement(office, page) == (None, ())
    assert office.task(f"{page}.p1/defendant_name") is not None
    assert office.differences(again=True) == []


def test_parts_are_no_images_in_the_balance(office: PlacedOffice) -> None:
    batch = office.take(FORM, TWO)
    row = office.desk.keeping.records.batch(batch)
    assert row is not None
    before = balance(row, records=office.desk.keeping.records)

    office.placed(first_page(batch, 2), Placement(STATEMENT, None, (LEFT, RIGHT)))

    after = balance(row, records=office.desk.keeping.records)
    assert after.holds
    assert replace(after, exceptions=0) == replace(before, exceptions=0)


def test_a_part_is_placed_by_itself_and_not_divided(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // form number=900001! name=A // return number=812345! name=B")
    page = first_page(batch, 2)
    office.placed(page, Placement(None, None, (LEFT, RIGHT)))
    part = f"{page}.p2"

    assert codes(office.place(part, Placement(None, None, (LEFT, RIGHT)))) == ["part_not_divided"]
    office.placed(part, Placement(RETURN, 1))

    assert office.row(part).part_box == RIGHT
    assert office.differences(again=True) == []


def test_an_image_divided_anew_has_new_parts_and_the_first_are_kept(office: PlacedOffice) -> None:
    batch = office.take(FORM, TWO)
    page = first_page(batch, 2)
    office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))

    left = BoxPx(0, 0, 900, 1500)
    office.placed(page, Placement(STATEMENT, None, (left, RIGHT)))

    labels = {its.id: its.label for its in office.desk.keeping.records.placing.parts(PageId(page))}
    assert labels == {
        f"{page}.p1": PageLabel.SUPERSEDED,
        f"{page}.p2": PageLabel.SUPERSEDED,
        f"{page}.p3": PageLabel.FORM,
        f"{page}.p4": PageLabel.FORM,
    }
    assert _statement(office, f"{page}.p1") == (None, ())
    assert codes(office.place(f"{page}.p1", Placement(STATEMENT))) == ["page_superseded"]
    assert office.differences(again=True) == []


def test_an_image_is_not_divided_anew_once_a_value_of_a_part_was_decided(office: PlacedOffice) -> None:
    batch = office.take(FORM, TWO)
    page = first_page(batch, 2)
    office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))
    office.say(TaskId(f"{page}.p1/defendant_name"), typed("GAGNON"))

    assert codes(office.place(page, Placement(STATEMENT))) == ["page_fields_decided"]


def test_one_part_that_cannot_be_read_leaves_the_image_undivided(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // form number=900001! // refused")
    page = first_page(batch, 2)

    whole = office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))

    assert whole.label is PageLabel.UNIDENTIFIED
    assert office.desk.keeping.records.placing.parts(PageId(page)) == ()
    assert office.differences() == []


def test_a_batch_with_parts_is_closed_and_sealed_with_them(office: PlacedOffice) -> None:
    batch = office.take("form number=812345!", "unknown // form number=900001! // form number=900002!")
    page = first_page(batch, 2)
    office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))
    for row in office.desk.keeping.records.statements(batch):
        if office.task(row.id) is not None:
            office.say(TaskId(row.id), Says(Verb.AS_IS, reason="looked at"))

    assert not isinstance(close_batch(batch, CHIEF, desk=office.desk, reason="done"), NotClosed)

    assert office.row(f"{page}.p1").state is PageState.ARCHIVED
    assert office.differences(again=True) == []


def test_an_image_that_was_divided_counts_by_its_parts(office: PlacedOffice) -> None:
    batch = office.take("form number=812345! // return number=900001! name=A // return number=900002! name=B")
    page = first_page(batch)

    office.placed(page, Placement(RETURN, None, (LEFT, RIGHT)))

    counts = batch_report(batch, records=office.desk.keeping.records).counts
    assert (counts.images, counts.returns, counts.fields, counts.unidentified) == (1, 2, 4, 0)
    sheets = batch_sheets(batch, records=office.desk.keeping.records)
    assert sheets.returns == 2
    assert {side.page.id for sheet in sheets.sheets for side in sheet.sides} == {page, f"{page}.p1", f"{page}.p2"}


def test_an_image_that_was_divided_is_no_enclosure(office: PlacedOffice) -> None:
    batch = office.take(FORM, TWO)
    page = TaskId(first_page(batch, 2))
    office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))
    reopen(page, ANNE, reason="no form after all", desk=office.desk)

    assert codes(office.say(page, Says(Verb.BLANK))) == ["page_to_place_first"]


def test_an_image_that_was_taken_for_a_form_leaves_its_statement_to_its_parts(office: PlacedOffice) -> None:
    batch = office.take("form number=812345! // form number=812345! // form number=900002!")
    page = first_page(batch)
    assert _statement(office, page)[1] == (page,)

    office.placed(page, Placement(STATEMENT, None, (LEFT, RIGHT)))

    assert _statement(office, page) == (None, ())
    assert _statement(office, f"{page}.p1") == ("812345", (f"{page}.p1",))
    assert office.differences(again=True) == []
