"""Second persons, history, taking back, groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody.review import (
    Queue,
    SiteRules,
    TaskState,
    Verb,
    Verdict,
)
from pipeline.model import Decision, PageId, PageState
from pipeline.usecases.review import (
    Conflict,
    Decided,
    carpet,
    decide,
    decide_group,
    history,
    next_task,
    open_tasks,
    reopen,
    task_view,
    undo,
)
from tests.unit.reviewing import (
    ACCEPT,
    ANNE,
    BENOIT,
    CHIEF,
    CLAUDE,
    OTHER_CHIEF,
    Office,
    codes,
    effective,
    first_page,
    of,
    page,
    say,
    task,
    typed,
    value,
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


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
