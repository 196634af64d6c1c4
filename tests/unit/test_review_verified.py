"""Verification names what was changed behind review's back, and holds after every kind of decision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.review import Reviewer, SiteRules, TaskState, Verb, Verdict
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, PageState
from pipeline.usecases.review import close_batch, decide, enter_plea, make_missing_tasks, open_tasks, reopen, undo
from pipeline.usecases.verify import verify_all
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, Office, first_page, task


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def say(office: Office, batch: BatchId, word: str, verdict: Verdict, who: Reviewer = ANNE) -> None:
    which = task(batch, word)
    found = office.archive.records.review.task(which)
    assert found is not None
    decide(which, found.version, verdict, who, desk=office.desk)


def decided(office: Office) -> BatchId:
    batch = office.take("form number=81234567 date=2026-03-14 name=TREMBLAI", "letter", "unknown")
    say(office, batch, "number", Verdict(Verb.TYPED, text="812345678"))
    say(office, batch, "number", Verdict(Verb.CONFIRM), BENOIT)
    say(office, batch, "name", Verdict(Verb.TYPED, text="TREMBLAY"))
    undo(task(batch, "name"), 1, ANNE, desk=office.desk)
    say(office, batch, "name", Verdict(Verb.ILLEGIBLE))
    say(office, batch, "date", Verdict(Verb.ACCEPT))
    reopen(task(batch, "date"), BENOIT, reason="look again", desk=office.desk)
    say(office, batch, "date", Verdict(Verb.ACCEPT), BENOIT)
    letter = PageId(first_page(batch, 2))
    enter_plea(letter, "guilty", BoxPx(1, 1, 9, 9), ANNE, reason="it says so", desk=office.desk)
    return batch


def found(office: Office) -> list[tuple[str, str]]:
    keeping, runner = office.archive.keeping, office.archive.runner
    return [(its.code, its.subject) for its in verify_all(keeping=keeping, runner=runner).differences]


def test_all_holds_after_decisions_and_after_closing(office: Office) -> None:
    batch = decided(office)
    before = found(office)
    for its in open_tasks(desk=office.desk):
        if its.field:
            decide(its.id, its.version, Verdict(Verb.CONFIRM), BENOIT, desk=office.desk)
    close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")

    assert before == []
    assert office.archive.records.review.batch(batch).closed_at is not None  # type: ignore[union-attr]  # it was made
    assert found(office) == []


def test_rules_of_the_site_that_change_later_change_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(second_person=False))
    batch = office.take("form number=812345678! date=2026-03-14")
    say(office, batch, "date", Verdict(Verb.TYPED, text="2026-08-14"))

    office.archive.keeping = replace(office.archive.keeping, site=SiteRules(second_person=True, double_keying=True))

    assert found(office) == []


@pytest.mark.parametrize("changes", [{"value": "GAGNON"}, {"who": "benoit"}, {"reason": "x"}, {"salt": "x"}])
def test_a_row_of_history_that_was_changed_is_named(office: Office, changes: dict[str, str]) -> None:
    batch = decided(office)
    rows = office.archive.records.tables.review.said[task(batch, "name")]

    rows[0] = replace(rows[0], **changes)  # type: ignore[arg-type]  # fields of a row

    assert ("review_history_altered", task(batch, "name")) in found(office)


def test_a_row_of_history_that_was_removed_or_put_in_is_named(office: Office) -> None:
    batch = decided(office)
    said = office.archive.records.tables.review.said

    said[task(batch, "name")].pop()
    said[task(batch, "date")].append(replace(said[task(batch, "date")][-1], number=4))

    assert {subject for code, subject in found(office) if code == "review_history_altered"} == {
        task(batch, "name"),
        task(batch, "date"),
    }


def test_a_task_that_was_moved_or_removed_is_named(office: Office) -> None:
    batch = decided(office)
    tasks = office.archive.records.tables.review.by_id

    tasks[task(batch, "number")] = replace(tasks[task(batch, "number")], state=TaskState.OPEN)
    del tasks[task(batch, "date")]

    assert {("review_task_altered", task(batch, "number")), ("review_task_missing", task(batch, "date"))} <= {
        *found(office)
    }


def test_a_state_or_number_that_no_decision_led_to_is_named(office: Office) -> None:
    batch = decided(office)
    tables = office.archive.records.tables
    page = PageId(first_page(batch))
    row = tables.statements[batch][0]

    tables.pages[page] = replace(tables.pages[page], state=PageState.ARCHIVED)
    tables.statements[batch] = (replace(row, number="999999999"),)

    assert {("page_record_altered", page), ("statement_record_altered", row.id)} <= {*found(office)}


def test_tasks_of_a_batch_of_before_there_were_tasks_are_made_later(office: Office) -> None:
    batch = office.take("form number=812345678! date=2026-03-14")
    tables = office.archive.records.tables.review
    tables.by_id.clear()
    tables.made.clear()
    # Of such a batch it was told alone that there is a statement.
    del office.archive.records.tables.events[1:]
    without = found(office)

    made = make_missing_tasks(keeping=office.archive.keeping)

    assert without == []
    assert made == (batch,)
    assert [its.id for its in open_tasks(desk=office.desk)] == [task(batch, "date")]
