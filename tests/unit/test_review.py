"""Deciding, confirming, taking back, closing: what is recorded, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import (
    MOST_VALUE_CHARACTERS,
    Queue,
    Reviewer,
    SiteRules,
    Subject,
    Task,
    TaskId,
    TaskState,
    Verb,
    Verdict,
)
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, Decision, FieldValue, PageId, PageLabel, PageState
from pipeline.usecases.report import batch_report
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import (
    Closed,
    Conflict,
    Decided,
    NotClosed,
    Refused,
    carpet,
    close_batch,
    decide,
    decide_group,
    enter_plea,
    history,
    make_missing_tasks,
    make_tasks,
    next_task,
    open_tasks,
    preview,
    progress,
    release,
    reopen,
    take,
    task_view,
    undo,
    upcoming,
)
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, CLAUDE, OTHER_CHIEF, Office, first_page, task

ACCEPT, EMPTY, ILLEGIBLE = Verdict(Verb.ACCEPT), Verdict(Verb.EMPTY), Verdict(Verb.ILLEGIBLE)


def typed(text: str, reason: str = "") -> Verdict:
    return Verdict(Verb.TYPED, text=text, reason=reason)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def say(office: Office, which: TaskId, verdict: Verdict, who: Reviewer = ANNE) -> Decided | Conflict | Refused:
    """What a person who has just looked at the task says."""
    return decide(which, of(office, which).version, verdict, who, desk=office.desk)


def of(office: Office, which: TaskId) -> Task:
    found = office.archive.records.review.task(which)
    assert found is not None
    return found


def value(office: Office, batch: BatchId, which: TaskId) -> FieldValue:
    return effective(office, batch, which)[0]


def effective(office: Office, batch: BatchId, which: TaskId) -> tuple[FieldValue, Decision, str]:
    page_id, _, name = which.partition("/")
    report = batch_report(batch, records=office.archive.records)
    page = next(page for page in report.pages if page.row.id == page_id)
    assert page.outcome is not None
    field = page.outcome.field(name)
    assert field is not None
    return field.value, field.decision, field.reader


def page(office: Office, which: str) -> PageRow:
    return office.archive.records.tables.pages[PageId(which)]


def statement(office: Office, batch: BatchId) -> StatementRow:
    return office.archive.records.statements(batch)[0]


def codes(found: object) -> list[str]:
    assert isinstance(found, Refused | NotClosed), found
    return [reason.code for reason in found.reasons]


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


# Second persons


def test_a_changed_critical_value_waits_for_another_person(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")

    say(office, which, typed("2026-08-14"), ANNE)

    assert (of(office, which).queue, of(office, which).state) == (Queue.SECOND, TaskState.OPEN)
    assert effective(office, batch, which) == ("2026-03-14", Decision.REVIEW, "fake")
    assert next_task(ANNE, Queue.SECOND, desk=office.desk) is None
    assert codes(say(office, which, Verdict(Verb.CONFIRM), ANNE)) == ["second_person_needed"]


def test_another_person_confirms_it(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)

    view = task_view(which, desk=office.desk)
    say(office, which, Verdict(Verb.CONFIRM), BENOIT)

    assert view is not None
    assert [its.value for its in view.proposals] == ["2026-08-14"]
    assert effective(office, batch, which) == ("2026-08-14", Decision.ACCEPTED, "person")


def test_persons_who_differ_leave_it_to_a_supervisor(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)
    say(office, which, ACCEPT, BENOIT)

    assert of(office, which).queue is Queue.SUPERVISOR
    assert codes(say(office, which, ACCEPT, CLAUDE)) == ["task_of_other_queue"]
    say(office, which, typed("2026-08-14"), CHIEF)
    assert effective(office, batch, which) == ("2026-08-14", Decision.ACCEPTED, "person")


def test_a_new_value_of_the_supervisor_needs_another_person_too(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, Verdict(Verb.REFER, reason="unreadable to me"), ANNE)

    say(office, which, typed("2026-09-14"), CHIEF)
    pending = of(office, which)
    say(office, which, Verdict(Verb.CONFIRM), OTHER_CHIEF)

    assert (pending.queue, pending.excluded) == (Queue.SECOND, ("chief",))
    assert value(office, batch, which) == "2026-09-14"


def test_a_site_may_do_without_the_second_person(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(second_person=False))
    batch = office.take("form number=812345! date=2026-03-14")

    say(office, task(batch, "date"), typed("2026-08-14"))

    assert value(office, batch, task(batch, "date")) == "2026-08-14"


def test_the_second_of_two_who_key_blind_is_shown_nothing_of_the_first(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(double_keying=True))
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)

    view = task_view(which, desk=office.desk)
    late = decide(which, 0, ACCEPT, BENOIT, desk=office.desk)

    assert view is not None
    assert (view.proposals, view.value) == ((), "2026-03-14")
    assert isinstance(late, Conflict)
    assert late.first is None
    assert codes(say(office, which, Verdict(Verb.CONFIRM), BENOIT)) == ["nothing_to_confirm"]


def test_on_difference_a_third_person_settles_it(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(double_keying=True))
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)
    say(office, which, ACCEPT, BENOIT)

    third = next_task(CLAUDE, Queue.SECOND, desk=office.desk)
    view = task_view(which, desk=office.desk)
    say(office, which, typed("2026-08-14"), CLAUDE)

    assert third is not None
    assert third.excluded == ("anne", "benoit")
    assert view is not None
    assert {its.value for its in view.proposals} == {"2026-08-14", "2026-03-14"}
    assert value(office, batch, which) == "2026-08-14"


# History, undo


def test_history_has_the_reader_and_every_person(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)
    say(office, which, Verdict(Verb.CONFIRM, reason="8 is clear"), BENOIT)

    found = history(PageId(first_page(batch)), "offence_date", desk=office.desk)

    assert [(its.who, its.value, its.reason) for its in found] == [
        (None, "2026-03-14", "low_confidence"),
        ("anne", "2026-08-14", ""),
        ("benoit", "2026-08-14", "8 is clear"),
    ]


def test_the_ledger_has_a_salted_digest_of_each_row_and_no_value(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    say(office, task(batch, "name"), typed("TREMBLAY"))

    entries = [entry for entry in office.archive.records.ledger() if entry.kind == "field_decided"]

    assert [entry.subject for entry in entries] == [task(batch, "name")]
    assert "TREMBLAY" not in "".join(entry.body for entry in office.archive.records.ledger())


def test_what_is_taken_back_stands_no_more_and_stays_in_history(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAI")
    which = task(batch, "name")
    say(office, which, typed("TREMBLAY"))

    undone = undo(which, 1, ANNE, desk=office.desk)

    assert isinstance(undone, Decided)
    assert effective(office, batch, which) == ("TREMBLAI", Decision.REVIEW, "fake")
    assert page(office, first_page(batch)).state is PageState.IN_REVIEW
    events = history(PageId(first_page(batch)), "defendant_name", desk=office.desk)
    assert [(its.verb, its.undone) for its in events[1:]] == [(Verb.TYPED, True), (Verb.UNDO, False)]


def test_nobody_takes_back_what_another_said_last(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, typed("2026-08-14"), ANNE)
    say(office, which, Verdict(Verb.CONFIRM), BENOIT)

    assert codes(undo(which, 2, ANNE, desk=office.desk)) == ["undo_not_yours"]
    assert isinstance(undo(which, 1, BENOIT, desk=office.desk), Conflict)


def test_a_sure_value_may_be_doubted_and_changed_with_a_second_person(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14!")
    which = task(batch, "date")

    bare = reopen(which, ANNE, reason=" ", desk=office.desk)
    opened = reopen(which, ANNE, reason="the month is an 8", desk=office.desk)
    say(office, which, typed("2026-08-14"), ANNE)
    pending = effective(office, batch, which)
    say(office, which, Verdict(Verb.CONFIRM), BENOIT)

    assert codes(bare) == ["reason_missing"]
    assert isinstance(opened, Decided)
    assert pending == ("2026-03-14", Decision.REVIEW, "fake")
    assert value(office, batch, which) == "2026-08-14"


def test_a_decided_value_that_is_opened_again_is_changed_by_two(office: Office) -> None:
    batch = office.take("form number=812345! date=2026-03-14")
    which = task(batch, "date")
    say(office, which, ACCEPT, ANNE)
    reopen(which, BENOIT, reason="look again", desk=office.desk)

    say(office, which, typed("2026-08-14"), BENOIT)

    assert of(office, which).queue is Queue.SECOND
    assert effective(office, batch, which) == ("2026-03-14", Decision.REVIEW, "person")


# Groups


def test_a_carpet_is_all_that_was_read_alike(office: Office) -> None:
    batch = office.take(*[f"form number=81234{n}! mark=true" for n in range(3)], "form number=812349! mark=false")

    found = carpet(task(batch, "mark"), ANNE, desk=office.desk)

    assert [its.id for its in found] == [task(batch, "mark", n) for n in (1, 2, 3)]


def test_all_of_a_carpet_but_the_odd_ones_are_accepted_at_once(office: Office) -> None:
    batch = office.take(*[f"form number=81234{n}! mark=true" for n in range(3)])
    shown = carpet(task(batch, "mark"), ANNE, desk=office.desk)
    versions = {its.id: its.version for its in shown}

    done = decide_group(versions, ANNE, thrown_out=frozenset({task(batch, "mark", 2)}), desk=office.desk)

    assert all(isinstance(its, Decided) for its in done.values())
    assert [its.id for its in open_tasks(desk=office.desk)] == [task(batch, "mark", 2)]


def test_one_that_somebody_decided_meanwhile_does_not_stop_the_others(office: Office) -> None:
    batch = office.take(*[f"form number=81234{n}! mark=true" for n in range(2)])
    versions = {its.id: its.version for its in carpet(task(batch, "mark"), ANNE, desk=office.desk)}
    say(office, task(batch, "mark"), typed("false"), BENOIT)

    done = decide_group(versions, ANNE, thrown_out=frozenset(), desk=office.desk)

    assert isinstance(done[task(batch, "mark")], Conflict)
    assert isinstance(done[task(batch, "mark", 2)], Decided)
    assert value(office, batch, task(batch, "mark")) is False


def test_free_text_is_on_no_carpet(office: Office) -> None:
    batch = office.take("form number=812345! name=TREMBLAY", "form number=812346! name=TREMBLAY")

    assert carpet(task(batch, "name"), ANNE, desk=office.desk) == ()


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
    say(office, TaskId(f"{letter}/plea"), Verdict(Verb.CONFIRM), BENOIT)

    assert isinstance(entered, Decided)
    assert waiting is PageState.IN_REVIEW
    report = find_statement("812345678", records=office.archive.records)
    assert report.answer == "plea"
    shown = next(its for its in report.pages if its.row.id == letter)
    assert shown.outcome is not None
    field = shown.outcome.field("plea")
    assert field is not None
    assert (field.value, field.decision, field.box_px) == ("guilty", Decision.ACCEPTED, BoxPx(5, 5, 20, 10))
    assert shown.row.state is PageState.READY


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


@pytest.mark.parametrize(("verb", "label"), [(Verb.ENCLOSURE, PageLabel.ENCLOSURE), (Verb.BLANK, PageLabel.BLANK)])
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
