"""A person covers places of a page: it is read anew, decisions stay, and what stood before is shown by nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody import Placement, placement_text
from pipeline.custody.placing import placement_from
from pipeline.custody.review import Reviewer, TaskId, TaskState, Verb, Verdict
from pipeline.geometry import BoxPx
from pipeline.model import MaskKind, PageId, PageLabel, PageState
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.masks import covered_boxes
from pipeline.usecases.review import (
    Closed,
    Conflict,
    Decided,
    MaskChange,
    Refused,
    close_batch,
    mask_page,
    reopen,
    supersede_page,
)
from pipeline.usecases.stored_outcome import kept_outcome
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.placed import LEFT, RETURN, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, CHIEF, codes, first_page, task, typed

FORM = "form number=812345! name=?"
BOX, OTHER = BoxPx(100, 200, 300, 40), BoxPx(100, 900, 300, 40)


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


def _mask(
    office: PlacedOffice,
    page: str,
    *cover: BoxPx,
    show: tuple[BoxPx, ...] = (),
    who: Reviewer = CHIEF,
    reason: str = "a card",
) -> Decided | Conflict | Refused:
    found = office.task(page)
    version = 0 if found is None else found.version
    return mask_page(PageId(page), version, MaskChange(cover, show), who, reason=reason, desk=office.desk)


def _masks(office: PlacedOffice, page: str) -> list[tuple[BoxPx, MaskKind]]:
    text = office.desk.keeping.records.outcome(PageId(page))
    assert text is not None
    return [(mask.box_px, mask.kind) for mask in kept_outcome(PageId(page), text).masks]


def test_a_placement_without_masks_has_the_text_that_it_always_had() -> None:
    assert placement_text(Placement(STATEMENT, 1)) == (
        '{"layout":"iii.statement.front.fr@generic-1","parts":[],"quarter_turns":1}'
    )
    masked = Placement(None, None, (), (BOX,), (OTHER,))
    assert placement_from(placement_text(masked)) == masked


def test_a_page_is_read_anew_with_a_place_covered_and_verifies(office: PlacedOffice) -> None:
    page = first_page(office.take(FORM))
    before = {ref.digest for ref in office.desk.keeping.records.derivatives_of(PageId(page))}

    answer = _mask(office, page, BOX)
    assert isinstance(answer, Decided), answer
    assert office.read(page) == (page,)

    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert covered_boxes(office.row(page), records=office.desk.keeping.records) == (BOX,)
    assert not before & {ref.digest for ref in office.desk.keeping.records.derivatives_of(PageId(page))}
    (version,) = office.desk.keeping.records.placing.versions(PageId(page))
    assert {ref.digest for ref in version.derivatives} == before
    assert office.differences(again=True) == []


def test_what_persons_decided_stays_and_so_does_the_statement(office: PlacedOffice) -> None:
    batch = office.take(FORM)
    page = first_page(batch)
    office.say(task(batch, "name"), typed("GAGNON"))
    before = office.desk.keeping.records.statements(batch)

    assert isinstance(_mask(office, page, BOX), Decided)
    assert office.read(page) == (page,)

    said = office.desk.keeping.records.review.history(task(batch, "name"))
    assert [row.value for row in said] == ["GAGNON"]
    decided = office.task(task(batch, "name"))
    assert decided is not None
    assert decided.state is TaskState.DECIDED
    assert office.row(page).state is PageState.READY
    assert [(row.number, row.members) for row in office.desk.keeping.records.statements(batch)] == [
        (row.number, row.members) for row in before
    ]
    assert office.differences(again=True) == []


def test_of_a_closed_batch_a_supervisor_covers_and_it_is_closed_anew(office: PlacedOffice) -> None:
    batch = office.take("form number=812345!")
    page = first_page(batch)
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)

    assert codes(_mask(office, page, BOX, who=ANNE)) == ["review_batch_closed"]
    assert isinstance(_mask(office, page, BOX), Decided)
    assert office.read(page) == (page,)
    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert office.differences(again=True) == []
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert office.row(page).state is PageState.ARCHIVED
    assert office.differences(again=True) == []


def test_whoever_places_a_page_later_lays_nothing_bare(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // form number=812346! name=? date=2026-03-14!")
    page = first_page(batch, 2)
    assert isinstance(_mask(office, page, BOX), Decided)
    office.read(page)

    row = office.placed(page, Placement(STATEMENT))

    assert row.label is PageLabel.FORM
    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert office.differences(again=True) == []


def test_a_mask_is_taken_off_again_and_the_history_tells_both(office: PlacedOffice) -> None:
    page = first_page(office.take(FORM))
    assert isinstance(_mask(office, page, BOX, OTHER), Decided)
    office.read(page)

    assert codes(_mask(office, page, show=(BOX,), who=ANNE, reason="curious")) == ["mask_taken_off_by_supervisor"]
    assert isinstance(_mask(office, page, show=(BOX,), reason="a file number"), Decided)
    office.read(page)

    assert _masks(office, page) == [(OTHER, MaskKind.PERSON)]
    said = office.desk.keeping.records.review.history(TaskId(page))
    assert [(row.verb, row.reason) for row in said] == [(Verb.PLACED, "a card"), (Verb.PLACED, "a file number")]
    assert office.differences(again=True) == []


@pytest.mark.parametrize(
    ("cover", "reason", "code"),
    [
        ((BOX,), " ", "reason_missing"),
        ((), "why", "mask_missing"),
        ((BoxPx(1990, 0, 20, 20),), "why", "mask_outside"),
        (tuple(BoxPx(number, 0, 5, 5) for number in range(61)), "why", "masks_too_many"),
    ],
)
def test_what_cannot_be_covered_is_refused(
    office: PlacedOffice, cover: tuple[BoxPx, ...], reason: str, code: str
) -> None:
    page = first_page(office.take(FORM))

    assert codes(_mask(office, page, *cover, reason=reason)) == [code]
    assert office.task(page) is None


def test_of_a_divided_image_the_parts_are_covered_and_the_whole_is_shown_without(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // form number=900001! name=A // form number=900002! name=B")
    whole = first_page(batch, 2)
    office.placed(whole, Placement(STATEMENT, None, (LEFT, RIGHT)))
    part = f"{whole}.p1"

    assert codes(_mask(office, whole, BOX)) == ["mask_its_parts"]
    assert isinstance(_mask(office, part, BOX), Decided)
    assert office.read(part) == (part,)

    records = office.desk.keeping.records
    assert covered_boxes(office.row(part), records=records) == (BOX,)
    assert covered_boxes(office.row(whole), records=records) == (BOX,)
    assert office.differences(again=True) == []


def test_a_cards_number_is_never_typed_in(office: PlacedOffice) -> None:
    batch = office.take(FORM)

    refused = office.say(task(batch, "name"), typed("VISA 4111 1111 1111 1111"))

    assert codes(refused) == ["card_not_entered"]
    assert office.desk.keeping.records.review.history(task(batch, "name")) == ()


def test_of_a_number_in_the_words_of_a_reason_nothing_is_kept(office: PlacedOffice) -> None:
    page = first_page(office.take(FORM))

    assert isinstance(_mask(office, page, BOX, reason="it says 4111 1111 1111 1111"), Decided)

    (said,) = office.desk.keeping.records.review.history(TaskId(page))
    assert said.reason.startswith("it says \u2588")
    assert "4111" not in said.reason


def test_while_a_mask_waits_nothing_is_said_that_would_forget_it(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown")
    page, other = first_page(batch, 2), first_page(batch)
    assert isinstance(_mask(office, page, BOX), Decided)

    assert codes(reopen(TaskId(page), CHIEF, reason="a letter", desk=office.desk)) == ["pages_wait_to_be_read"]
    gone = supersede_page(PageId(page), 1, PageId(other), CHIEF, reason="again", desk=office.desk)
    assert codes(gone) == ["pages_wait_to_be_read"]

    assert office.read(page) == (page,)
    office.say(TaskId(page), Verdict(Verb.ENCLOSURE))
    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert office.differences(again=True) == []


def test_a_page_that_is_covered_before_it_was_read_as_placed_goes_where_it_was_placed(office: PlacedOffice) -> None:
    batch = office.take(FORM, "form number=812346! name=? // return number=812345! plea=guilty!")
    page = first_page(batch, 2)
    assert isinstance(office.place(page, Placement(RETURN)), Decided)

    assert isinstance(_mask(office, page, BOX), Decided)
    assert office.read(page) == (page,)

    rows = office.desk.keeping.records.statements(batch)
    assert [row.returns for row in rows if row.number == "812345"] == [(page,)]
    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert office.differences(again=True) == []


def test_a_placed_form_that_is_asked_about_again_stays_that_form_when_it_is_covered(office: PlacedOffice) -> None:
    batch = office.take(FORM, "form number=812346! name=? // return number=812345! plea=guilty! name=?")
    page = first_page(batch, 2)
    office.placed(page, Placement(RETURN))
    office.say(TaskId(f"{page}/defendant_name"), typed("GAGNON"))
    assert isinstance(reopen(TaskId(page), CHIEF, reason="a card?", desk=office.desk), Decided)

    assert isinstance(_mask(office, page, BOX), Decided)
    assert office.read(page) == (page,)

    rows = office.desk.keeping.records.statements(batch)
    assert [row.returns for row in rows if row.number == "812345"] == [(page,)]
    assert _masks(office, page) == [(BOX, MaskKind.PERSON)]
    assert office.differences(again=True) == []
