"""Finished work goes blind to another person: drawn so that nobody can choose it, a difference settled by a third, an
error mended and its siblings brought up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.quality import By
from pipeline.custody.review import SYSTEM, Queue, SiteRules, Task, TaskState, Verb, Verdict
from pipeline.model import Decision, PageState
from pipeline.usecases.package_decisions import decisions_of
from pipeline.usecases.review import (
    Closed,
    NotClosed,
    carpet,
    close_batch,
    open_tasks,
    preview,
    reopen,
    task_view,
    undo,
)
from pipeline.usecases.review.quality import error_rates, found_errors
from pipeline.usecases.review.sampling import check_id
from tests.unit.checking import PERSONS, differences, drawn, finished_batch, numbered, office_with
from tests.unit.reviewing import (
    ACCEPT,
    ANNE,
    BENOIT,
    CHIEF,
    CLAUDE,
    OTHER_CHIEF,
    codes,
    effective,
    first_page,
    of,
    page,
    say,
    statement,
    task,
    typed,
)


def test_a_batch_closes_at_once_where_the_site_asks_for_no_checks(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)
    batch = finished_batch(office)

    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert "checks_drawn" not in [entry.kind for entry in office.archive.records.ledger()]


def test_closing_draws_once_and_waits_for_the_checks(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    again = close_batch(batch, CHIEF, desk=office.desk, reason="in a hurry")

    assert codes(again) == ["checks_wait"]
    assert [its.id for its in open_tasks(desk=office.desk)] == [check]
    assert page(office, first_page(batch)).state is PageState.IN_REVIEW
    assert statement(office, batch).state is PageState.IN_REVIEW
    assert differences(office) == ()


def test_nothing_is_drawn_while_anything_else_is_open(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = office.take("form number=812345! name=ROY date=2026-03-14")
    say(office, task(batch, "name"), ACCEPT, ANNE)

    assert codes(close_batch(batch, CHIEF, desk=office.desk)) == ["batch_has_open_tasks"]
    assert [its.field for its in open_tasks(desk=office.desk)] == ["offence_date"]


def test_whoever_decided_a_field_does_not_check_it(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = office.take("form number=812345! date=2026-03-14")
    say(office, task(batch, "date"), typed("2026-08-14"), ANNE)
    say(office, task(batch, "date"), Verdict(Verb.CONFIRM), BENOIT)
    close_batch(batch, CHIEF, desk=office.desk)
    check = check_id(task(batch, "date"))

    assert codes(say(office, check, typed("2026-08-14"), ANNE)) == ["second_person_needed"]
    assert codes(say(office, check, typed("2026-08-14"), BENOIT)) == ["second_person_needed"]
    assert of(office, check).excluded == ("anne", "benoit")


def test_who_took_back_what_they_said_does_not_check_either(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = office.take("form number=812345! name=ROY")
    say(office, task(batch, "name"), typed("ROYER"), BENOIT)
    undo(task(batch, "name"), 1, BENOIT, desk=office.desk)
    say(office, task(batch, "name"), ACCEPT, ANNE)

    assert of(office, drawn(office, batch)).excluded == ("anne", "benoit")


def test_whoever_keys_a_check_is_shown_neither_reading_nor_value(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office, "form number=812345! name=TREMBLAI", said="TREMBLAY")
    check = drawn(office, batch)

    view = task_view(check, desk=office.desk)

    assert view is not None
    assert "TREMBL" not in repr(view)
    assert carpet(check, BENOIT, desk=office.desk) == ()
    assert "TREMBL" not in repr(preview(check, typed("ROY"), desk=office.desk))
    for verdict in (ACCEPT, Verdict(Verb.CANDIDATE, candidate=1)):
        assert codes(say(office, check, verdict, BENOIT)) == ["verb_not_here"]
    for number in (0, 1):
        assert codes(say(office, check, Verdict(Verb.CONFIRM, candidate=number), BENOIT)) == ["nothing_to_confirm"]


def test_the_same_value_keyed_blind_was_right_and_the_batch_closes(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    say(office, check, typed("TREMBLAY"), BENOIT)

    assert of(office, check).state is TaskState.DECIDED
    assert len(office.archive.records.review.history(task(batch, "name"))) == 1
    (rate,) = error_rates(PERSONS, By.PERSON, records=office.archive.records)
    assert (rate.name, rate.looked_at, rate.wrong) == ("anne", 1, 0)
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert differences(office) == ()


def test_a_difference_goes_to_a_supervisor_who_sees_both_without_names(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    say(office, check, typed("TREMBLET"), BENOIT)

    waiting = of(office, check)
    view = task_view(check, desk=office.desk)
    assert view is not None
    assert (waiting.queue, waiting.excluded) == (Queue.SUPERVISOR, ("anne", "benoit"))
    assert {its.value for its in view.proposals} == {"TREMBLAY", "TREMBLET"}
    assert "anne" not in repr(view.proposals)
    assert codes(say(office, check, Verdict(Verb.CONFIRM), CHIEF)) == ["nothing_to_confirm"]


def test_a_supervisor_who_confirms_the_first_value_leaves_it(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)
    say(office, check, typed("TREMBLET"), BENOIT)

    say(office, check, typed("TREMBLAY"), CHIEF)

    assert effective(office, batch, task(batch, "name"))[0] == "TREMBLAY"
    (rate,) = error_rates(PERSONS, records=office.archive.records)
    assert (rate.looked_at, rate.wrong) == (1, 0)


@pytest.mark.parametrize("word", ["name", "date"])
@pytest.mark.parametrize("second_person", [True, False])
def test_an_error_that_two_persons_find_is_corrected_in_the_history(
    word: str, second_person: bool, tmp_path: Path
) -> None:
    office = office_with(tmp_path, second_person=second_person)
    batch = office.take(f"form number=812345! {word}={'ROI' if word == 'name' else '2026-03-14'}")
    wrong, right = ("ROI", "ROY") if word == "name" else ("2026-03-14", "2026-08-14")
    say(office, task(batch, word), ACCEPT, ANNE)
    close_batch(batch, CHIEF, desk=office.desk)
    check = check_id(task(batch, word))
    say(office, check, typed(right), BENOIT)

    say(office, check, typed(right), CHIEF)

    its = of(office, task(batch, word))
    rows = office.archive.records.review.history(its.id)
    assert its.state is TaskState.DECIDED
    assert effective(office, batch, its.id) == (right, Decision.ACCEPTED, "person")
    assert [(row.who, row.verb, row.value) for row in rows] == [
        ("anne", Verb.ACCEPT, wrong),
        ("chief", Verb.REOPEN, None),
        ("benoit", Verb.TYPED, right),
        ("chief", Verb.TYPED, right),
    ]
    (rate,) = error_rates(PERSONS, By.PERSON, records=office.archive.records)
    assert (rate.name, rate.looked_at, rate.wrong) == ("anne", 1, 1)
    (error,) = found_errors(PERSONS, most=9, records=office.archive.records)
    assert (error.before[1], error.after[1], error.settled_by) == (wrong, right, ("benoit", "chief"))
    assert differences(office) == ()
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert differences(office) == ()


def test_a_third_value_of_the_supervisor_needs_another_person(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)
    say(office, check, typed("TREMBLET"), BENOIT)
    say(office, check, typed("TREMBLEY"), CHIEF)
    waiting = of(office, check)

    say(office, check, typed("TREMBLEY"), CLAUDE)

    assert (waiting.queue, waiting.excluded) == (Queue.SECOND, ("anne", "chief"))
    assert effective(office, batch, task(batch, "name"))[0] == "TREMBLEY"
    assert differences(office) == ()


def test_a_check_left_to_a_supervisor_unread_stays_blind(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    say(office, check, Verdict(Verb.REFER, reason="smudged"), BENOIT)

    view = task_view(check, desk=office.desk)
    assert of(office, check).queue is Queue.SUPERVISOR
    assert "TREMBL" not in repr(view)


def test_an_error_brings_up_what_was_read_or_decided_alike(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    names = ("TREMBLAI", "ROY", "CARON!", "BOIS")
    batch = office.take(*numbered(*names), "return number=812345001! name=ROY")
    for number, who in ((1, ANNE), (2, ANNE), (4, BENOIT), (5, ANNE)):
        say(office, task(batch, "name", number), ACCEPT, who)
    office.archive.keeping = replace(office.archive.keeping, site=SiteRules(check_percent=100.0))
    close_batch(batch, CHIEF, desk=office.desk)
    for number in (2, 4, 5):
        # Only the first was drawn.
        del office.archive.records.tables.review.by_id[check_id(task(batch, "name", number))]
    check = check_id(task(batch, "name"))

    say(office, check, typed("TREMBLAY"), CLAUDE)
    say(office, check, typed("TREMBLAY"), CHIEF)

    again = of(office, task(batch, "name", 2))
    assert (again.state, again.queue, again.excluded) == (TaskState.OPEN, Queue.REVIEWER, ("anne",))
    assert office.archive.records.review.history(again.id)[-1].who == SYSTEM
    assert effective(office, batch, again.id)[1] is Decision.REVIEW
    assert of(office, task(batch, "name", 3)).state is TaskState.OPEN, "read surely by the same reader"
    assert of(office, task(batch, "name", 4)).state is TaskState.DECIDED, "decided by another person"
    assert of(office, task(batch, "name", 5)).state is TaskState.DECIDED, "on another layout"
    assert page(office, first_page(batch, 2)).state is PageState.IN_REVIEW
    assert codes(say(office, again.id, ACCEPT, ANNE)) == ["second_person_needed"]


def test_a_field_that_is_being_checked_is_neither_opened_again_nor_taken_back(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    assert codes(reopen(task(batch, "name"), CHIEF, reason="a doubt", desk=office.desk)) == ["check_waits"]
    assert codes(undo(task(batch, "name"), 1, ANNE, desk=office.desk)) == ["undo_not_possible"]
    assert codes(reopen(check, CHIEF, reason="a doubt", desk=office.desk)) == ["verb_not_here"]


def test_what_was_keyed_blind_can_be_taken_back_until_it_has_corrected_a_field(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)
    say(office, check, typed("TREMBLAY"), BENOIT)

    undo(check, 1, BENOIT, desk=office.desk)

    assert of(office, check).blind
    assert error_rates(PERSONS, records=office.archive.records)[0].looked_at == 0
    say(office, check, typed("TREMBLET"), BENOIT)
    say(office, check, typed("TREMBLET"), CHIEF)
    assert codes(undo(check, 4, CHIEF, desk=office.desk)) == ["undo_not_possible"]
    assert differences(office) == ()


def test_a_supervisor_may_close_without_the_checks_for_a_reason_and_they_count_as_not_made(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)

    refused = [
        close_batch(batch, ANNE, desk=office.desk, reason="nobody is left", leave_checks=True),
        close_batch(batch, CHIEF, desk=office.desk, leave_checks=True),
    ]
    done = close_batch(batch, CHIEF, desk=office.desk, reason="nobody is left", leave_checks=True)

    assert [codes(each) for each in refused] == [["checks_wait"], ["checks_wait"]]
    assert isinstance(done, Closed)
    (row,) = office.archive.records.review.history(check)
    assert (row.who, row.verb, row.reason) == ("chief", Verb.AS_IS, "nobody is left")
    (rate,) = error_rates(PERSONS, By.PERSON, records=office.archive.records)
    assert (rate.looked_at, rate.wrong, rate.left) == (0, 0, 1)
    assert differences(office) == ()


def test_closing_does_not_leave_checks_because_it_leaves_pages(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office, "form number=812345! name=TREMBLAI", "unknown")

    first = close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")
    second = close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")

    assert isinstance(first, NotClosed)
    assert codes(second) == ["checks_wait"]


def test_a_package_has_the_corrected_field_and_not_the_check(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    batch = finished_batch(office)
    check = drawn(office, batch)
    for who in (BENOIT, CHIEF):
        say(office, check, typed("TREMBLET"), who)

    found = decisions_of(page(office, first_page(batch)).id, records=office.archive.records)

    assert {row.task for row in found.rows} == {task(batch, "name")}
    assert len(found.rows) == 4


def test_a_task_of_a_check_knows_what_it_is_about(tmp_path: Path) -> None:
    office = office_with(tmp_path)
    check: Task = of(office, drawn(office, finished_batch(office)))

    assert check.checks is not None
    assert check.id == check_id(check.checks)
    assert check.unseen
    assert OTHER_CHIEF.account not in check.excluded
