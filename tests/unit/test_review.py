"""Tasks, leases and decisions: what is handed out, recorded and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody.review import (
    MOST_VALUE_CHARACTERS,
    SiteRules,
    Subject,
    TaskId,
    TaskState,
    Verb,
    Verdict,
)
from pipeline.model import Decision, FieldValue, PageId, PageState
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import (
    Conflict,
    Decided,
    Pile,
    Refused,
    decide,
    decide_and_next,
    make_missing_tasks,
    make_tasks,
    next_task,
    open_tasks,
    preview,
    release,
    take,
    upcoming,
)
from tests.unit.reviewing import (
    ACCEPT,
    ANNE,
    BENOIT,
    CLAUDE,
    EMPTY,
    ILLEGIBLE,
    Office,
    codes,
    effective,
    first_page,
    of,
    page,
    say,
    statement,
    task,
    typed,
    value,
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


# Tasks


def test_every_doubtful_field_of_a_complete_batch_is_a_task(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14 name=TREMBLAY", "form number=812346! mark=true")

    assert [its.id for its in open_tasks(desk=office.desk)] == [
        task(batch, "date"), task(batch, "name"), task(batch, "mark", 2),
    ]  # fmt: skip


def test_tasks_are_made_once(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    say(office, task(batch, "date"), ACCEPT)

    assert make_tasks(batch, keeping=office.archive.keeping) == 0
    assert make_missing_tasks(keeping=office.archive.keeping) == ()
    assert of(office, task(batch, "date")).state is TaskState.DECIDED


def test_a_field_that_is_always_looked_at_keeps_its_page_in_review(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(always_look=frozenset({"defendant_name"})))
    batch = office.take("form number=812345! name=TREMBLAY!")
    before = page(office, first_page(batch)).state

    say(office, task(batch, "name"), ACCEPT)

    assert before is PageState.IN_REVIEW
    assert page(office, first_page(batch)).state is PageState.READY


def test_the_nearest_deadline_comes_first(office: Office) -> None:
    office.take("form number=812345! service=2026-11-01! name=LATER")
    urgent = office.take("form number=812346! service=2026-10-22! name=SOONER")

    found = next_task(ANNE, desk=office.desk)

    assert found is not None
    assert found.id == task(urgent, "name")
    assert found.due_on is not None
    assert found.due_on.isoformat() == "2026-11-23"


# Leases


def test_two_people_never_hold_one_task(office: Office) -> None:
    office.take("form number=812345! date=2026-03-14 name=TREMBLAY", "form number=812346! name=ROY")

    held = [next_task(who, desk=office.desk) for who in (ANNE, BENOIT, CLAUDE)]

    assert len({its.id for its in held if its is not None}) == 3


def test_a_person_starts_on_a_page_on_which_nobody_is_at_work(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14 name=TREMBLAY", "form number=812346! name=ROY")
    next_task(ANNE, desk=office.desk)

    found = next_task(BENOIT, desk=office.desk)

    assert found is not None
    assert found.id == task(batch, "name", 2)


def test_the_next_task_is_of_the_same_page(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14", "form number=812346! date=2026-03-15 name=ROY")
    say(office, task(batch, "date", 2), ACCEPT)

    found = next_task(ANNE, desk=office.desk, after=task(batch, "date", 2))

    assert found is not None
    assert found.id == task(batch, "name", 2)


def test_a_page_loaded_again_gives_the_task_that_is_held(office: Office) -> None:
    office.take("form number=812345! date=2026-03-14 name=TREMBLAY")

    first, again = next_task(ANNE, desk=office.desk), next_task(ANNE, desk=office.desk)

    assert first is not None
    assert again is not None
    assert first.id == again.id


def test_an_expired_lease_goes_back_and_a_late_decision_still_counts_if_nobody_was_faster(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(lease_s=0))
    batch = office.take("form number=812345! date=2026-03-14")
    held = [next_task(who, desk=office.desk) for who in (ANNE, BENOIT)]

    late = say(office, task(batch, "date"), ACCEPT, ANNE)

    assert all(its is not None and its.id == task(batch, "date") for its in held)
    assert isinstance(late, Decided)


def test_what_another_person_holds_is_not_decided(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    next_task(ANNE, desk=office.desk)

    assert codes(say(office, task(batch, "date"), ACCEPT, BENOIT)) == ["task_held"]
    assert codes(take(task(batch, "date"), BENOIT, desk=office.desk)) == ["task_held"]


def test_a_released_task_is_free(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    next_task(ANNE, desk=office.desk)

    release(task(batch, "date"), BENOIT, desk=office.desk)
    still = next_task(BENOIT, desk=office.desk)
    release(task(batch, "date"), ANNE, desk=office.desk)
    then = next_task(BENOIT, desk=office.desk)

    assert still is None
    assert then is not None


def test_looking_ahead_holds_nothing(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14 name=TREMBLAY")

    found = upcoming(ANNE, desk=office.desk, after=task(batch, "date"), most=3)

    assert [its.id for its in found] == [task(batch, "name")]
    assert all(its.held_by is None for its in open_tasks(desk=office.desk))


# Deciding


@pytest.mark.parametrize(
    ("word", "verdict", "found"),
    [
        ("name=TREMBLAI", ACCEPT, ("TREMBLAI", Decision.ACCEPTED)),
        ("name=TREMBLAI,TREMBLAY", Verdict(Verb.CANDIDATE, candidate=2), ("TREMBLAY", Decision.ACCEPTED)),
        ("name=?", typed("  Tremblay,\n Zoé "), ("Tremblay, Zoé", Decision.ACCEPTED)),
        ("birth=?", typed("14 mars 1980"), ("1980-03-14", Decision.ACCEPTED)),
        ("name=?", ILLEGIBLE, (None, Decision.ACCEPTED)),
        ("name=ink", EMPTY, (None, Decision.EMPTY)),
        ("mark=?", EMPTY, (False, Decision.ACCEPTED)),
        ("mark=?", typed("true"), (True, Decision.ACCEPTED)),
        ("signed=?", EMPTY, ("absent", Decision.ACCEPTED)),
    ],
)
def test_what_a_person_says_is_the_value(
    office: Office, word: str, verdict: Verdict, found: tuple[FieldValue, Decision]
) -> None:
    batch = office.take(f"form number=812345! {word}")
    which = task(batch, word.split("=")[0])

    say(office, which, verdict)

    assert effective(office, batch, which) == (*found, "person")
    assert of(office, which).state is TaskState.DECIDED


def test_the_reading_and_its_digest_stay_as_they_were(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    before = (page(office, first_page(batch)).outcome_digest, office.archive.records.outcome(PageId(first_page(batch))))

    say(office, task(batch, "name"), typed("TREMBLAY"))

    after = (page(office, first_page(batch)).outcome_digest, office.archive.records.outcome(PageId(first_page(batch))))
    assert after == before


def test_page_and_statement_are_ready_when_nothing_is_open(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAY mark=true")
    say(office, task(batch, "name"), ACCEPT)
    half = (page(office, first_page(batch)).state, statement(office, batch).state)

    say(office, task(batch, "mark"), ACCEPT)

    assert half == (PageState.IN_REVIEW, PageState.IN_REVIEW)
    assert (page(office, first_page(batch)).state, statement(office, batch).state) == (PageState.READY,) * 2


@pytest.mark.parametrize(
    ("word", "verdict", "code"),
    [
        ("birth=?", typed("2026-02-30"), "value_not_date"),
        ("birth=?", typed("03/04/1980"), "value_ambiguous"),
        ("birth=?", typed("198O-03-14"), "value_not_date"),
        ("name=?", typed("x" * (MOST_VALUE_CHARACTERS + 1)), "value_too_long"),
        ("name=?", typed(" \u202e\n"), "value_missing"),
        ("mark=?", typed("yes"), "value_not_mark"),
        ("signed=?", typed("yes"), "value_not_presence"),
        ("name=?", ACCEPT, "nothing_to_accept"),
        ("name=A,B", Verdict(Verb.CANDIDATE, candidate=3), "no_such_candidate"),
        ("name=A,B", Verdict(Verb.CANDIDATE, candidate=0), "no_such_candidate"),
        ("name=A", Verdict(Verb.CONFIRM), "nothing_to_confirm"),
        ("name=A", Verdict(Verb.REFER), "reason_missing"),
        ("name=A", Verdict(Verb.ENCLOSURE), "verb_not_here"),
        ("name=A", Verdict(Verb.UNDO), "verb_not_here"),
    ],
)
def test_what_cannot_be_a_value_is_refused_and_nothing_is_recorded(
    office: Office, word: str, verdict: Verdict, code: str
) -> None:
    batch = office.take(f"form number=812345! {word}")
    which = task(batch, word.split("=")[0])
    entries = len(office.archive.records.tables.ledger)

    refused = say(office, which, verdict)

    assert codes(refused) == [code]
    assert len(office.archive.records.tables.ledger) == entries
    assert of(office, which).version == 0


def test_the_second_writer_sees_what_the_first_said(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)

    late = decide(task(batch, "name"), 0, typed("TREMBLEY"), BENOIT, desk=office.desk)

    assert isinstance(late, Conflict)
    assert late.first is not None
    assert (late.first.who, late.first.value) == ("anne", "TREMBLAY")
    assert value(office, batch, task(batch, "name")) == "TREMBLAY"


def test_a_form_sent_twice_is_recorded_once(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    say(office, task(batch, "name"), typed("TREMBLAY"))

    again = decide(task(batch, "name"), 0, typed("TREMBLAY"), ANNE, desk=office.desk)

    assert isinstance(again, Decided)
    assert again.again


def test_another_value_sent_for_what_one_has_decided_never_passes_for_recorded(
    office: Office,
) -> None:
    batch = office.take("form number=812345! name=TREMBLAY")
    which = task(batch, "name")
    decide(which, 0, typed("TREMBLAY"), ANNE, desk=office.desk)

    late = decide(which, 0, typed("TREMBLEY"), ANNE, desk=office.desk)

    assert isinstance(late, Conflict)
    assert late.first is not None
    assert late.first.value == "TREMBLAY"
    assert len(office.archive.records.review.history(task(batch, "name"))) == 1


def test_a_sum_that_does_not_add_up_is_shown_at_once_and_needs_a_reason(office: Office) -> None:
    batch = office.take("form number=812345! fine=100.00! costs=50.00! sum=?")
    which = task(batch, "sum")

    seen = preview(which, typed("151"), desk=office.desk)
    bare = say(office, which, typed("151"))
    reasoned = say(office, which, typed("151", reason="so it is printed"))

    assert not isinstance(seen, Refused)
    assert seen.value == "151.00"
    assert [rule.id for rule in seen.broken] == ["total"]
    assert codes(bare) == ["reason_missing", "rule_total"]
    assert isinstance(reasoned, Decided)


def test_a_sum_that_adds_up_needs_no_reason(office: Office) -> None:
    batch = office.take("form number=812345! fine=100.00! costs=50.00! sum=?")

    assert isinstance(say(office, task(batch, "sum"), typed("150,00 $")), Decided)


def test_a_number_that_becomes_known_finds_its_statement(office: Office) -> None:
    batch = office.take("form number=812345")
    before = statement(office, batch).number

    say(office, task(batch, "number"), ACCEPT)

    assert before is None
    assert find_statement("812345", records=office.archive.records).statement.id == statement(office, batch).id
    assert statement(office, batch).state is PageState.READY


def test_a_return_document_whose_number_a_person_reads_meets_its_statement(office: Office) -> None:
    office.take("form number=812345678!")
    later = office.take("return number=81234567")

    say(office, task(later, "number"), typed("812-345-678"), ANNE)
    say(office, task(later, "number"), Verdict(Verb.CONFIRM), BENOIT)

    report = find_statement("812345678", records=office.archive.records)
    assert len(report.parts) == 2
    assert [match.state for match in report.matches] == ["joined"]


def test_a_number_that_another_statement_has_is_for_a_person(office: Office) -> None:
    office.take("form number=812345!")
    later = office.take("form number=812345")

    say(office, task(later, "number"), ACCEPT)

    row = statement(office, later)
    assert "number_of_other_statement" in [reason.code for reason in row.reasons]
    assert [its.subject for its in open_tasks(desk=office.desk)] == [Subject.STATEMENT]
    assert row.state is PageState.IN_REVIEW
    say(office, TaskId(row.id), Verdict(Verb.AS_IS, reason="printed twice"))
    assert statement(office, later).state is PageState.READY


def test_a_decision_brings_the_next_task(office: Office) -> None:
    batch = office.take("form number=812345678! date=2026-03-14 name=TREMBLAY")
    first = task(batch, "date")

    answer, following = decide_and_next(first, 0, ACCEPT, ANNE, Pile(), desk=office.desk)

    assert isinstance(answer, Decided)
    assert following is not None
    assert (following.id, following.held_by) == (task(batch, "name"), "anne")


def test_after_a_refusal_a_person_stays_where_they_are(office: Office) -> None:
    batch = office.take("form number=812345678! date=2026-03-14 name=TREMBLAY")
    next_task(ANNE, desk=office.desk)

    answer, following = decide_and_next(task(batch, "date"), 0, typed("?"), ANNE, Pile(), desk=office.desk)

    assert isinstance(answer, Refused)
    assert following is None
    assert of(office, task(batch, "date")).held_by == "anne"
