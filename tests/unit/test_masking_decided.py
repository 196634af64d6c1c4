"""A page with decided fields is covered and reads otherwise: what persons accepted never becomes another value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.review import Verb, Verdict
from pipeline.geometry import BoxPx
from pipeline.model import Decision, PageBytes, PageId, PageState, SheetOutcome
from pipeline.usecases.review import Decided, MaskChange, mask_page
from pipeline.usecases.reviewed import reviewed_page
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit import placed
from tests.unit.placed import PlacedOffice
from tests.unit.reviewing import ANNE, CHIEF, first_page, task, typed

BOX = BoxPx(100, 200, 300, 40)
LINE = "form number=812345! sum=162.00 // form number=812345! sum=12.00"


def _covered_otherwise(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """After ` // ` what is read once a place is covered."""
    return SheetOutcome(tuple(placed._page(replace(side, data=_line(side).encode())) for side in sides))


def _line(side: PageBytes) -> str:
    first, *others = side.data.decode().split(" // ")
    return others[0] if others and side.placing is not None and side.placing.masks else first


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlacedOffice:
    monkeypatch.setattr(placed, "placed_flow", _covered_otherwise)
    return PlacedOffice(tmp_path).on(MemoryRecords(FakeClock()))


@pytest.mark.parametrize("verdict", [Verdict(Verb.ACCEPT), typed("162.00")])
def test_what_was_accepted_and_reads_otherwise_now_is_asked_again(office: PlacedOffice, verdict: Verdict) -> None:
    batch = office.take(LINE)
    page, records = PageId(first_page(batch)), office.desk.keeping.records
    assert isinstance(office.say(task(batch, "sum"), verdict), Decided)

    mask = MaskChange((BOX,), ())
    assert isinstance(mask_page(page, 0, mask, CHIEF, reason="a card", desk=office.desk), Decided)
    assert office.read(page) == (page,)

    read = reviewed_page(page, records.review, records=records)
    assert read is not None
    field = read.effective.field("total_requested")
    assert field is not None
    assert field.decision is Decision.REVIEW
    assert office.row(page).state is PageState.IN_REVIEW
    told = [(its.kind.value, its.data.get("value")) for its in records.events.all()]
    assert ("published", "162.00") in told
    assert told[-1] == ("retracted", None)
    assert office.differences(again=True) == []

    office.say(task(batch, "sum"), typed("162.00"), ANNE)
    assert office.differences(again=True) == []
