"""A person places a page: it is read so, what stood before is kept, and everything follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import Job, JobResult, Placement
from pipeline.custody.review import Reviewer, TaskId, TaskState, Verb
from pipeline.custody.review import Verdict as Says
from pipeline.errors import IntegrityError
from pipeline.geometry import BoxPx
from pipeline.model import Decision, LayoutId, PageId, PageLabel, PageState
from pipeline.ports import Records
from pipeline.usecases.report import batch_report
from pipeline.usecases.review import (
    Conflict,
    Decided,
    NotClosed,
    Refused,
    close_batch,
    pages_to_read,
    place_page,
    progress,
    read_placed,
)
from pipeline.usecases.review.undoing import reopen, undo
from tests.databases import POSTGRES, records_of
from tests.unit.placed import LEFT, RETURN, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, codes, first_page, task, typed

NOBODY = Reviewer("nobody", frozenset())
FORM = "form number=812345! name=TREMBLAY"
UNREAD = "unknown // form number=812346! name=? date=2026-03-14!"
TWO = "unknown // form number=900001! name=A // form number=900002! name=B"


@pytest.fixture(params=["memory", POSTGRES])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return records_of(request.param, tmp_path)


@pytest.fixture
def office(tmp_path: Path, records: Records) -> PlacedOffice:
    folder = tmp_path / "objects"
    folder.mkdir()
    return PlacedOffice(folder).on(records)


def _statement(office: PlacedOffice, page: str) -> tuple[str | None, tuple[str, ...]]:
    rows = office.desk.keeping.records.statements_of_page(PageId(page))
    return (rows[0].number, rows[0].members) if rows else (None, ())


# What is said


def test_a_placed_page_waits_to_be_read_and_stays_what_it_is(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)

    answer = office.place(page, Placement(STATEMENT), reason="")

    assert isinstance(answer, Decided)
    assert (answer.task.state, answer.said.verb) == (TaskState.DECIDED, Verb.PLACED)
    assert office.row(page).label is PageLabel.UNIDENTIFIED
    assert pages_to_read(records=office.desk.keeping.records) == (page,)
    assert pages_to_read(records=office.desk.keeping.records, batch=batch) == (page,)
    assert office.differences(again=True) == []


@pytest.mark.parametrize(
    ("placement", "code"),
    [
        (Placement(LayoutId("x.y@z")), "unknown_layout"),
        (Placement(None, 7), "placement_turns"),
        (Placement(None, None, (LEFT,)), "placement_parts_count"),
        (Placement(None, None, (LEFT, BoxPx(900, 0, 1000, 1500))), "placement_parts_overlap"),
        (Placement(None, None, (LEFT, BoxPx(1000, 0, 1001, 1500))), "placement_part_outside"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_recorded(office: PlacedOffice, placement: Placement, code: str) -> None:
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)
    before = len(tuple(office.desk.keeping.records.ledger()))

    assert codes(office.place(page, placement)) == [code]
    assert len(tuple(office.desk.keeping.records.ledger())) == before
    assert pages_to_read(records=office.desk.keeping.records) == ()


def test_pages_that_are_not_there_and_people_who_may_not_are_refused(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)

    assert codes(office.place("2026-01-01-001.0001.0001", Placement(STATEMENT))) == ["unknown_page"]
    assert codes(office.place(first_page(batch, 2), Placement(STATEMENT), NOBODY)) == ["task_of_other_queue"]
    ivan = Reviewer("ivan", frozenset(), exceptions=True)
    assert isinstance(office.place(first_page(batch, 2), Placement(STATEMENT), ivan), Decided)


def test_a_closed_batch_is_not_placed_in_and_one_with_pages_to_read_is_not_closed(office: PlacedOffice) -> None:
    batch = office.take("form number=812345!", UNREAD)
    page = first_page(batch, 2)
    office.place(page, Placement(STATEMENT))

    refused = close_batch(batch, CHIEF, desk=office.desk, reason="enough")
    assert isinstance(refused, NotClosed)
    assert [its.code for its in refused.reasons] == ["pages_wait_to_be_read"]

    task_ = office.task(page)
    assert task_ is not None
    assert isinstance(undo(task_.id, task_.version, ANNE, desk=office.desk), Decided)
    assert pages_to_read(records=office.desk.keeping.records) == ()
    close_batch(batch, CHIEF, desk=office.desk, reason="enough")
    assert codes(office.place(page, Placement(STATEMENT))) == ["review_batch_closed"]
    assert office.differences() == []


def test_a_form_sent_twice_counts_once_and_the_second_of_two_persons_is_told(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = PageId(first_page(batch, 2))

    def sent(layout: LayoutId, who: Reviewer) -> Decided | Conflict | Refused:
        return place_page(page, 0, Placement(layout), who, reason="", desk=office.desk)

    first, again = sent(STATEMENT, ANNE), sent(STATEMENT, ANNE)
    other, late = sent(RETURN, ANNE), sent(STATEMENT, BENOIT)

    assert isinstance(first, Decided)
    assert not first.again
    assert isinstance(again, Decided)
    assert again.again
    assert isinstance(other, Conflict)
    assert isinstance(late, Conflict)
    assert late.first == first.said


def test_a_page_whose_values_were_decided_is_not_placed(office: PlacedOffice) -> None:
    batch = office.take(FORM)
    office.say(task(batch, "name"), typed("GAGNON"))

    assert codes(office.place(first_page(batch), Placement(RETURN))) == ["page_fields_decided"]


def test_overruling_the_reader_wants_a_reason(office: PlacedOffice) -> None:
    batch = office.take(FORM)

    assert codes(office.place(first_page(batch), Placement(RETURN), reason=" ")) == ["reason_missing"]
    assert isinstance(office.place(first_page(batch), Placement(RETURN), reason="a return"), Decided)


# What is read


def test_a_page_is_read_as_the_form_that_it_is_and_its_doubtful_fields_are_asked(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)

    row = office.placed(page, Placement(STATEMENT))

    assert (row.label, row.state, row.reasons) == (PageLabel.FORM, PageState.IN_REVIEW, ())
    assert _statement(office, page) == ("812346", (page,))
    asked = office.task(f"{page}/defendant_name")
    assert asked is not None
    assert asked.statement is not None
    assert office.task(f"{page}/offence_date") is None
    assert pages_to_read(records=office.desk.keeping.records) == ()
    assert office.read(page) == ()
    assert office.differences(again=True) == []


def test_what_was_recorded_before_is_kept(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = PageId(first_page(batch, 2))
    keeping = office.desk.keeping
    outcome, derivatives = keeping.records.outcome(page), keeping.records.derivatives_of(page)

    office.placed(page, Placement(STATEMENT))

    (version,) = keeping.records.placing.versions(page)
    assert (version.number, version.said, version.label) == (1, 1, PageLabel.UNIDENTIFIED)
    assert (version.outcome, version.derivatives) == (outcome, derivatives)
    assert keeping.records.derivatives_of(page) != derivatives
    assert all(keeping.objects.exists(ref.digest) for ref in derivatives)


def test_a_page_joins_the_statement_with_its_number(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // return number=812345! name=B")
    page = first_page(batch, 2)

    office.placed(page, Placement(RETURN))

    number, members = _statement(office, page)
    assert (number, members) == ("812345", (first_page(batch), page))
    assert office.differences(again=True) == []


@pytest.mark.parametrize(("layout", "joined"), [(RETURN, True), (STATEMENT, False)])
def test_an_unsure_number_is_enough_for_a_return_document_alone(
    office: PlacedOffice, layout: LayoutId, joined: bool
) -> None:
    word = "return" if layout == RETURN else "form"
    batch = office.take(FORM, f"unknown // {word} number=812345 name=B")
    page = first_page(batch, 2)

    office.placed(page, Placement(layout))

    assert _statement(office, page)[1] == ((first_page(batch), page) if joined else (page,))
    assert office.differences(again=True) == []


def test_a_page_that_does_not_fit_is_set_aside_and_asked_about_again(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // nothing")
    page = first_page(batch, 2)

    row = office.placed(page, Placement(STATEMENT))

    assert (row.label, row.state) == (PageLabel.UNIDENTIFIED, PageState.EXCEPTION)
    assert [reason.code for reason in row.reasons] == ["placed_does_not_fit"]
    asked = office.task(page)
    assert asked is not None
    assert asked.state is TaskState.OPEN
    assert isinstance(office.place(page, Placement(RETURN)), Decided)
    assert office.differences(again=True) == []


def test_a_page_that_cannot_be_read_so_stays_what_it_was(office: PlacedOffice) -> None:
    batch = office.take(FORM, "unknown // refused")
    page = first_page(batch, 2)
    before = office.row(page)

    office.placed(page, Placement(STATEMENT))

    assert office.row(page) == before
    asked = office.task(page)
    assert asked is not None
    assert asked.state is TaskState.OPEN
    assert office.desk.keeping.records.review.history(asked.id)[-1].reason == "corrupt_image"
    assert pages_to_read(records=office.desk.keeping.records) == ()
    assert office.differences() == []


def test_an_enclosure_that_is_a_form_leaves_its_statement_for_its_own(office: PlacedOffice) -> None:
    batch = office.take(FORM, "letter // form number=777777!")
    page = first_page(batch, 2)
    assert _statement(office, page)[0] == "812345"

    row = office.placed(page, Placement(STATEMENT))

    assert row.state is PageState.READY
    assert _statement(office, page) == ("777777", (page,))
    assert _statement(office, first_page(batch))[1] == (first_page(batch),)
    assert office.differences(again=True) == []


def test_a_wrong_form_read_otherwise_withdraws_the_questions_about_the_first_reading(office: PlacedOffice) -> None:
    batch = office.take("form number=812345! name=? date=2026-03-14 // return number=812345! birth=?")
    page = first_page(batch)

    office.placed(page, Placement(RETURN))

    states = {its.field: its.state for its in office.desk.keeping.records.review.tasks(page=PageId(page)) if its.field}
    assert states == {
        "defendant_name": TaskState.WITHDRAWN,
        "offence_date": TaskState.WITHDRAWN,
        "defendant_birthdate": TaskState.OPEN,
    }
    assert codes(office.say(task(batch, "name"), typed("GAGNON"))) == ["task_withdrawn"]
    assert office.differences(again=True) == []
    office.say(task(batch, "birth"), typed("1980-02-03"))
    assert not isinstance(close_batch(batch, CHIEF, desk=office.desk, reason="done"), NotClosed)
    assert office.differences(again=True) == []


def test_a_value_decided_while_the_page_is_read_is_not_lost(office: PlacedOffice) -> None:
    batch = office.take(FORM + " // return number=812345!")
    page = first_page(batch)
    office.place(page, Placement(RETURN))
    office.say(task(batch, "name"), typed("GAGNON"))

    office.read(page)

    assert office.row(page).label is PageLabel.FORM
    asked = office.task(page)
    assert asked is not None
    assert office.desk.keeping.records.review.history(asked.id)[-1].reason == "page_fields_decided"
    assert office.differences(again=True) == []


def test_a_page_is_placed_again_and_every_reading_kept(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)

    office.placed(page, Placement(STATEMENT))
    office.placed(page, Placement(STATEMENT, 2))
    row = office.placed(page, Placement())

    assert row.label is PageLabel.UNIDENTIFIED
    kept = office.desk.keeping.records.placing.versions(PageId(page))
    assert [its.label for its in kept] == [PageLabel.UNIDENTIFIED, PageLabel.FORM, PageLabel.FORM]
    assert [its.said for its in kept] == [1, 2, 3]
    assert _statement(office, page) == (None, ())
    assert office.differences(again=True) == []


def test_what_was_read_is_not_taken_back_but_placed_again(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)
    office.placed(page, Placement(STATEMENT))

    assert codes(undo(TaskId(page), 1, ANNE, desk=office.desk)) == ["undo_not_possible"]


def test_a_field_that_is_sure_in_the_second_reading_is_sure(office: PlacedOffice) -> None:
    batch = office.take("form number=812345! name=? // return number=812345! name=TREMBLAY!")
    page = PageId(first_page(batch))

    office.placed(page, Placement(RETURN))

    (report,) = batch_report(batch, records=office.desk.keeping.records).pages
    assert report.outcome is not None
    assert [its.decision for its in report.outcome.fields] == [Decision.ACCEPTED, Decision.ACCEPTED]
    assert office.row(page).state is PageState.READY
    assert progress(batch, desk=office.desk).total == 1, "what was withdrawn is no work"


def test_a_form_with_questions_is_no_enclosure_until_it_is_placed_again(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = TaskId(first_page(batch, 2))
    office.placed(page, Placement(STATEMENT))
    reopen(page, ANNE, reason="no form after all", desk=office.desk)

    assert codes(office.say(page, Says(Verb.ENCLOSURE))) == ["page_to_place_first"]
    office.placed(page, Placement())
    assert isinstance(office.say(page, Says(Verb.ENCLOSURE)), Decided)

    assert office.row(page).label is PageLabel.ENCLOSURE
    assert _statement(office, page)[0] == "812345"
    assert office.differences(again=True) == []


def test_what_was_said_of_a_page_and_altered_is_not_read(tmp_path: Path) -> None:
    office = PlacedOffice(tmp_path)
    batch = office.take(FORM, UNREAD)
    page = first_page(batch, 2)
    office.place(page, Placement(STATEMENT))
    said = office.archive.records.tables.review.said[TaskId(page)]
    said[0] = replace(said[0], value="anything")

    with pytest.raises(IntegrityError) as refused:
        office.read(page)
    assert refused.value.code == "decision_altered"


class _PlacedMeanwhile:
    """A runner during whose work somebody says something else of the page."""

    def __init__(self, office: PlacedOffice, page: str) -> None:
        self._office = office
        self._page = page

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for result in self._office.archive.runner.run(jobs):
            assert isinstance(self._office.place(self._page, Placement(RETURN), BENOIT), Decided)
            yield result


def test_what_was_read_as_nobody_says_any_more_is_not_recorded(office: PlacedOffice) -> None:
    batch = office.take(FORM, UNREAD)
    page = PageId(first_page(batch, 2))
    office.place(page, Placement(STATEMENT))

    read = read_placed((page,), desk=office.desk, runner=_PlacedMeanwhile(office, page))

    assert read == ()
    assert office.row(page).label is PageLabel.UNIDENTIFIED
    assert pages_to_read(records=office.desk.keeping.records) == (page,)
    assert office.differences(again=True) == [], "images that nobody wanted are kept as such"
    assert office.read(page) == (page,)
    assert office.row(page).label is PageLabel.FORM
    assert office.differences(again=True) == []
