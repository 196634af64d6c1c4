"""Pages set aside, pleas in letters, and the closing of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody.review import (
    Queue,
    Reviewer,
    TaskId,
    Verb,
    Verdict,
)
from pipeline.geometry import BoxPx
from pipeline.model import Decision, PageId, PageLabel, PageState
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import (
    Closed,
    Decided,
    NotClosed,
    close_batch,
    enter_plea,
    next_task,
    progress,
    reopen,
    task_view,
    undo,
)
from tests.databases import POSTGRES, records_of
from tests.unit.reviewing import (
    ACCEPT,
    ANNE,
    BENOIT,
    CHIEF,
    Office,
    codes,
    first_page,
    page,
    say,
    statement,
    task,
    typed,
    value,
)


@pytest.fixture(params=["memory", POSTGRES])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    return Office(tmp_path).on(records_of(request.param, tmp_path))


# Exceptions, closing


def test_a_batch_with_open_fields_is_not_closed(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAY")

    refused = close_batch(batch, CHIEF, desk=office.desk, reason="enough")

    assert isinstance(refused, NotClosed)
    assert codes(refused) == ["batch_has_open_tasks"]
    assert [its.task for its in refused.waiting] == [task(batch, "name")]


def test_a_closed_batch_is_archived_and_changes_no_more(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    say(office, task(batch, "name"), typed("TREMBLAY"))

    closed = close_batch(batch, ANNE, desk=office.desk)

    assert closed == Closed(batch, archived=1, exceptions=0)
    assert (page(office, first_page(batch)).state, statement(office, batch).state) == (PageState.ARCHIVED,) * 2
    assert value(office, batch, task(batch, "name")) == "TREMBLAY"
    assert codes(undo(task(batch, "name"), 1, ANNE, desk=office.desk)) == ["review_batch_closed"]
    assert codes(reopen(task(batch, "name"), ANNE, reason="doubt", desk=office.desk)) == ["review_batch_closed"]
    assert codes(say(office, task(batch, "name"), ACCEPT)) == ["review_batch_closed"]
    assert codes(close_batch(batch, ANNE, desk=office.desk)) == ["review_batch_closed"]


def test_a_page_set_aside_is_left_only_with_a_supervisors_reason(office: Office) -> None:
    batch = office.take("form number=812345!", "unknown")

    nobody = close_batch(batch, ANNE, desk=office.desk, reason="never mind")
    bare = close_batch(batch, CHIEF, desk=office.desk)
    closed = close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")

    assert codes(nobody) == codes(bare) == ["exceptions_need_reason"]
    assert closed == Closed(batch, archived=1, exceptions=1)
    assert page(office, first_page(batch, 2)).state is PageState.EXCEPTION


def test_progress_counts(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAY date=2026-03-14", "unknown")
    say(office, task(batch, "date"), typed("2026-08-14"))

    found = progress(batch, desk=office.desk)

    assert dict(found.waiting) == {Queue.REVIEWER: 2, Queue.SECOND: 1, Queue.SUPERVISOR: 0}
    assert (found.open, found.decided, found.total, found.exceptions) == (3, 0, 3, 1)


# A plea in a letter


def test_a_plea_in_a_letter_is_entered_with_its_place_and_confirmed_by_another(office: Office) -> None:
    batch = office.take("form number=812345678!", "letter")
    letter = PageId(first_page(batch, 2))

    entered = enter_plea(letter, "guilty", BoxPx(5, 5, 20, 10), ANNE, reason="« je plaide coupable »", desk=office.desk)
    waiting = page(office, letter).state
    view = task_view(TaskId(f"{letter}/plea"), desk=office.desk)
    junk = say(office, TaskId(f"{letter}/plea"), typed("perhaps"), BENOIT)
    say(office, TaskId(f"{letter}/plea"), Verdict(Verb.CONFIRM), BENOIT)

    assert isinstance(entered, Decided)
    assert waiting is PageState.IN_REVIEW
    assert view is not None
    assert view.choices == ("guilty", "guilty_contests_greater_sentence", "not_guilty")
    assert codes(junk) == ["value_not_choice"]
    report = find_statement("812345678", records=office.archive.records)
    assert report.answer == "plea"
    shown = next(its for its in report.pages if its.row.id == letter)
    assert shown.outcome is not None
    field = shown.outcome.field("plea")
    assert field is not None
    assert (field.value, field.decision, field.box_px) == ("guilty", Decision.ACCEPTED, BoxPx(5, 5, 20, 10))
    assert shown.row.state is PageState.READY


def test_a_plea_in_a_letter_may_be_late(office: Office) -> None:
    batch = office.take("form number=812345678! service=2026-03-02!", "letter")
    letter = PageId(first_page(batch, 2))
    before = [reason.code for reason in statement(office, batch).reasons]

    enter_plea(letter, "not_guilty", BoxPx(5, 5, 20, 10), ANNE, reason="so", desk=office.desk)
    say(office, TaskId(f"{letter}/plea"), Verdict(Verb.CONFIRM), BENOIT)

    assert before == []
    assert [reason.code for reason in statement(office, batch).reasons] == ["plea_perhaps_late"]
    assert statement(office, batch).state is PageState.READY


@pytest.mark.parametrize(
    ("plea", "place", "reason", "code"),
    [
        ("perhaps", BoxPx(5, 5, 20, 10), "so", "value_not_choice"),
        ("guilty", BoxPx(5, 5, 96, 10), "so", "place_outside_page"),
        ("guilty", BoxPx(5, 5, 0, 10), "so", "place_outside_page"),
        ("guilty", BoxPx(5, 5, 20, 10), " ", "reason_missing"),
    ],
)
def test_a_plea_without_a_place_or_reason_is_refused(
    office: Office, plea: str, place: BoxPx, reason: str, code: str
) -> None:
    batch = office.take("form number=812345678!", "letter")

    found = enter_plea(PageId(first_page(batch, 2)), plea, place, ANNE, reason=reason, desk=office.desk)

    assert codes(found) == [code]


def test_a_plea_is_entered_once_and_on_enclosures_alone(office: Office) -> None:
    batch = office.take("form number=812345678!", "letter")
    letter, form = PageId(first_page(batch, 2)), PageId(first_page(batch))
    place = BoxPx(5, 5, 20, 10)
    enter_plea(letter, "guilty", place, ANNE, reason="so", desk=office.desk)

    assert codes(enter_plea(letter, "guilty", place, ANNE, reason="so", desk=office.desk)) == ["plea_entered_already"]
    assert codes(enter_plea(form, "guilty", place, ANNE, reason="so", desk=office.desk)) == ["page_no_enclosure"]


# Pages set aside


@pytest.mark.parametrize(
    ("verb", "label"),
    [(Verb.ENCLOSURE, PageLabel.ENCLOSURE), (Verb.BLANK, PageLabel.BLANK), (Verb.SEPARATOR, PageLabel.SEPARATOR)],
)
def test_a_page_that_a_person_knows_is_ready(office: Office, verb: Verb, label: PageLabel) -> None:
    batch = office.take("form number=812345678!", "unknown")

    say(office, TaskId(first_page(batch, 2)), Verdict(verb))

    row = page(office, first_page(batch, 2))
    assert (row.label, row.state) == (label, PageState.READY)
    assert close_batch(batch, ANNE, desk=office.desk) == Closed(batch, archived=2, exceptions=0)


def test_an_enclosure_goes_with_the_form_before_it(office: Office) -> None:
    batch = office.take("form number=812345678!", "unknown", "form number=812345679!")

    say(office, TaskId(first_page(batch, 2)), Verdict(Verb.ENCLOSURE))

    assert statement(office, batch).enclosures == (first_page(batch, 2),)
    report = find_statement("812345678", records=office.archive.records)
    assert [its.row.id for its in report.pages] == [first_page(batch), first_page(batch, 2)]


def test_an_enclosure_before_any_form_goes_with_the_first(office: Office) -> None:
    batch = office.take("unknown", "form number=812345678!")

    say(office, TaskId(first_page(batch)), Verdict(Verb.ENCLOSURE))

    assert statement(office, batch).enclosures == (first_page(batch),)


def test_a_page_to_be_scanned_again_stays_set_aside_with_the_reason(office: Office) -> None:
    batch = office.take("form number=812345678!", "unknown")
    which = TaskId(first_page(batch, 2))

    bare = say(office, which, Verdict(Verb.RESCAN))
    say(office, which, Verdict(Verb.RESCAN, reason="cut off at the top"))

    assert codes(bare) == ["reason_missing"]
    assert page(office, first_page(batch, 2)).state is PageState.EXCEPTION
    assert close_batch(batch, ANNE, desk=office.desk) == Closed(batch, archived=1, exceptions=1)


# Whoever resolves exceptions alone


def test_who_resolves_exceptions_alone_places_pages_and_decides_no_field(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAY", "unknown")
    ivan = Reviewer("ivan", frozenset(), exceptions=True)

    placed = say(office, TaskId(first_page(batch, 2)), Verdict(Verb.ENCLOSURE), ivan)
    field = say(office, task(batch, "name"), ACCEPT, ivan)

    assert isinstance(placed, Decided)
    assert codes(field) == ["task_of_other_queue"]
    assert next_task(ivan, desk=office.desk) is None


def test_what_was_referred_waits_for_a_supervisor_alone(office: Office) -> None:
    batch = office.take("form number=812345!", "unknown")
    ivan = Reviewer("ivan", frozenset(), exceptions=True)
    page_task = TaskId(first_page(batch, 2))
    say(office, page_task, Verdict(Verb.REFER, reason="torn"), ivan)

    assert codes(say(office, page_task, Verdict(Verb.BLANK), ivan)) == ["task_of_other_queue"]
    assert isinstance(say(office, page_task, Verdict(Verb.BLANK), CHIEF), Decided)
