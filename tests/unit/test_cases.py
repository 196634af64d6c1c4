"""Statements that a person resolves: scanned twice, copies, a cheque for several, a minor's file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import StatementRow
from pipeline.custody.review import Queue, TaskId, TaskState, Verb, Verdict
from pipeline.model import BatchId, PageId, PageState, RuleVerdict
from pipeline.statements.cheques import shares_problem
from pipeline.storage.records.sql import open_records
from pipeline.usecases.report import batch_list
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import Closed, Conflict, Decided, Refused, close_batch, decide, next_task, reopen, undo
from pipeline.usecases.review.case_acts import mark_twin, restrict_file
from pipeline.usecases.review.cheque_cases import enter_cheque_amount, share_cheque
from pipeline.usecases.verify import verify_all
from tests.fakes import FakeClock
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, Office, codes, first_page, task
from tests.unit.sealed import named


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    made = Office(tmp_path)
    if request.param == "memory":
        return made
    url, head = f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path / "head.json"
    return made.on(open_records(url, head_path=head, clock=FakeClock()))


def rows(office: Office, batch: BatchId) -> tuple[StatementRow, ...]:
    return office.desk.keeping.records.statements(batch)


def reasons(its: StatementRow) -> list[str]:
    return [reason.code for reason in its.reasons]


def version(office: Office, which: str) -> int:
    its = office.desk.keeping.records.review.task(TaskId(which))
    return 0 if its is None else its.version


def waits(office: Office, which: str) -> bool:
    its = office.desk.keeping.records.review.task(TaskId(which))
    return its is not None and its.state is TaskState.OPEN


def faults(office: Office) -> set[tuple[str, str]]:
    return named(verify_all(keeping=office.desk.keeping, runner=office.archive.runner))


# Scanned twice, copies


def _twice(office: Office) -> tuple[StatementRow, StatementRow]:
    first = office.take("form number=812345678!")
    later = office.take("form number=812345678! fine=100.00!")
    return rows(office, first)[0], rows(office, later)[0]


def test_the_later_of_two_statements_of_one_number_is_for_a_person(office: Office) -> None:
    first, later = _twice(office)

    assert reasons(first) == []
    assert [(its.code, dict(its.params)) for its in later.reasons] == [
        ("number_of_other_statement", {"statements": first.id})
    ]
    assert (later.state, waits(office, later.id)) == (PageState.IN_REVIEW, True)


@pytest.mark.parametrize(("verb", "code"), [(Verb.DUPLICATE, "duplicate_of"), (Verb.COPY, "copy_of")])
def test_a_second_scan_or_copy_is_kept_and_the_first_alone_counts(office: Office, verb: Verb, code: str) -> None:
    first, later = _twice(office)

    done = mark_twin(later.id, version(office, later.id), (verb, first.id), ANNE, reason="same paper", desk=office.desk)

    assert isinstance(done, Decided)
    its = rows(office, later.batch)[0]
    assert (reasons(its), its.twin_of, its.counts, its.state) == ([code], first.id, False, PageState.READY)
    assert not waits(office, later.id)
    records = office.desk.keeping.records
    report = find_statement("812345678", records=records)
    assert ([part.id for part in report.parts], report.twins) == ([first.id], (later.id,))
    assert [reason.code for reason in report.statement.reasons] == ["twins_kept"]
    assert [line.statements for line in batch_list(records=records)] == [1, 0]
    assert faults(office) == set()
    assert isinstance(close_batch(later.batch, ANNE, desk=office.desk), Closed)
    assert faults(office) == set()


def test_a_statement_that_is_opened_again_is_in_conflict_again(office: Office) -> None:
    first, later = _twice(office)
    mark_twin(later.id, 0, (Verb.COPY, first.id), ANNE, reason="the defendant's", desk=office.desk)

    history = office.desk.keeping.records.review.history(TaskId(later.id))
    undone = undo(TaskId(later.id), version(office, later.id), ANNE, desk=office.desk)
    again = reopen(TaskId(later.id), ANNE, reason="it is another", desk=office.desk)

    assert [(its.verb, its.who) for its in history] == [(Verb.COPY, "anne"), (Verb.AS_IS, "constat")]
    assert codes(undone) == ["undo_not_yours"]
    assert isinstance(again, Decided)
    assert reasons(rows(office, later.batch)[0]) == ["number_of_other_statement"]
    assert waits(office, later.id)
    assert faults(office) == set()


def test_a_twin_is_of_the_same_number_counts_and_stands_for_nothing_itself(office: Office) -> None:
    first, later = _twice(office)
    third = rows(office, office.take("form number=812345678! fine=90.00!"))[0]
    other = rows(office, office.take("form number=812345687!"))[0]

    def marked(which: StatementRow, of: str, reason: str = "same", verb: Verb = Verb.DUPLICATE) -> object:
        now = version(office, which.id)
        return mark_twin(which.id, now, (verb, of), ANNE, reason=reason, desk=office.desk)

    assert codes(marked(later, other.id)) == ["twin_not_same_number"]
    assert codes(marked(later, later.id)) == ["twin_not_same_number"]
    assert codes(marked(later, "nowhere")) == ["statement_not_there"]
    assert codes(marked(later, first.id, reason="  ")) == ["reason_missing"]
    assert codes(marked(later, first.id, verb=Verb.AS_IS)) == ["verb_not_here"]
    assert isinstance(marked(later, first.id), Decided)
    assert codes(marked(third, later.id)) == ["twin_counts_not"]
    assert codes(marked(first, third.id)) == ["twin_has_twins"]
    assert isinstance(marked(third, first.id), Decided)


def test_sent_twice_a_twin_is_marked_once(office: Office) -> None:
    first, later = _twice(office)

    answers = [
        mark_twin(later.id, 0, (Verb.DUPLICATE, first.id), ANNE, reason="same", desk=office.desk) for _ in range(2)
    ]
    late = mark_twin(later.id, 0, (Verb.COPY, first.id), ANNE, reason="same", desk=office.desk)

    assert [isinstance(its, Decided) and its.again for its in answers] == [False, True]
    assert isinstance(late, Conflict)


def test_once_one_is_a_twin_the_others_conflict_with_it_no_more(office: Office) -> None:
    first, later = _twice(office)
    third = rows(office, office.take("form number=812345678! fine=90.00!"))[0]

    mark_twin(later.id, 0, (Verb.DUPLICATE, first.id), ANNE, reason="same", desk=office.desk)

    (told,) = rows(office, third.batch)[0].reasons
    assert dict(told.params) == {"statements": first.id}
    assert faults(office) == set()


# One cheque for several statements

ENVELOPE = (
    "form number=812345678!",
    "return number=812345678! paid=162.00!",
    "form number=812345687!",
    "return number=812345687! paid=80.00!",
)
READ, BLURRED = "cheque $ 200.00 200 --- 00/100", "cheque for all"


def test_the_amount_of_a_cheque_is_entered_by_one_and_confirmed_by_another(office: Office) -> None:
    batch = office.take(*ENVELOPE, BLURRED)
    cheque = PageId(first_page(batch, 5))
    before = [reasons(its) for its in rows(office, batch)]

    entered = enter_cheque_amount(cheque, "242,00", ANNE, reason="in figures and in words", desk=office.desk)
    between = [reasons(its) for its in rows(office, batch)]
    decide(TaskId(f"{cheque}/cheque_amount"), 1, Verdict(Verb.CONFIRM), BENOIT, desk=office.desk)

    assert isinstance(entered, Decided)
    assert (entered.said.value, entered.task.queue) == ("242.00", Queue.SECOND)
    assert before == between == [["cheque_amount_unsure"]] * 2
    assert [reasons(its) for its in rows(office, batch)] == [[], []]
    sums = [next(rule.verdict for rule in its.rules if rule.id == "cheque_sum") for its in rows(office, batch)]
    assert sums == [RuleVerdict.HOLDS] * 2
    assert [waits(office, its.id) for its in rows(office, batch)] == [False, False]
    assert faults(office) == set()
    assert isinstance(close_batch(batch, ANNE, desk=office.desk), Closed)
    assert faults(office) == set()


def test_a_cheque_that_gives_another_sum_is_shared_with_a_reason(office: Office) -> None:
    batch = office.take(*ENVELOPE, READ)
    cheque, (one, two) = PageId(first_page(batch, 5)), rows(office, batch)
    shares = {one.id: "120", two.id: "80.00"}

    answers = [share_cheque(cheque, 0, shares, ANNE, reason="the rest is owed", desk=office.desk) for _ in range(2)]

    assert [isinstance(its, Decided) and its.again for its in answers] == [False, True]
    told = [[(its.code, dict(its.params)) for its in row.reasons] for row in rows(office, batch)]
    assert told == [
        [("cheque_shared", {"amount": "120.00", "cheques": "200.00"})],
        [("cheque_shared", {"amount": "80.00", "cheques": "200.00"})],
    ]
    assert [row.state for row in rows(office, batch)] == [PageState.READY] * 2
    assert [waits(office, row.id) for row in rows(office, batch)] == [False, False]
    assert faults(office) == set()


def test_shares_that_fit_no_more_are_a_question_again(office: Office) -> None:
    batch = office.take(*ENVELOPE, READ)
    cheque, (one, two) = PageId(first_page(batch, 5)), rows(office, batch)
    share_cheque(cheque, 0, {one.id: "120", two.id: "80"}, ANNE, reason="so", desk=office.desk)

    enter_cheque_amount(cheque, "210.00", ANNE, reason="it is 210", desk=office.desk)
    decide(TaskId(f"{cheque}/cheque_amount"), 1, Verdict(Verb.CONFIRM), BENOIT, desk=office.desk)

    assert [reasons(row) for row in rows(office, batch)] == [["cheque_sum_differs"]] * 2
    assert [waits(office, row.id) for row in rows(office, batch)] == [True, True]
    assert faults(office) == set()


def test_a_payment_that_a_person_corrects_is_held_against_the_cheque_of_the_whole_envelope(office: Office) -> None:
    batch = office.take(*ENVELOPE[:3], "return number=812345687! paid=38", READ)
    before = [reasons(row) for row in rows(office, batch)]

    decide(task(batch, "paid", 4), 0, Verdict(Verb.TYPED, "38.00"), ANNE, desk=office.desk)
    decide(task(batch, "paid", 4), 1, Verdict(Verb.CONFIRM), BENOIT, desk=office.desk)

    assert before == [["cheque_payments_unsure"]] * 2
    assert [reasons(row) for row in rows(office, batch)] == [[], []]
    assert [waits(office, row.id) for row in rows(office, batch)] == [False, False]
    assert faults(office) == set()


def test_what_is_no_amount_or_no_sharing_is_refused(office: Office) -> None:
    batch = office.take(*ENVELOPE, READ)
    cheque, (one, two) = PageId(first_page(batch, 5)), rows(office, batch)

    def shared(shares: dict[str, str], reason: str = "so") -> list[str]:
        return codes(share_cheque(cheque, 0, shares, ANNE, reason=reason, desk=office.desk))

    assert shared({one.id: "120", two.id: "90"}) == ["shares_differ"]
    assert shared({one.id: "200"}) == ["shares_of_other_statements"]
    assert shared({one.id: "120", two.id: "<b>80</b>"}) == ["value_not_amount"]
    assert shared({one.id: "120", two.id: "80"}, reason=" ") == ["reason_missing"]
    entered = [
        enter_cheque_amount(PageId(first_page(batch, number)), text, ANNE, reason=why, desk=office.desk)
        for number, text, why in ((5, "all of it", "so"), (5, "200", " "), (1, "200", "so"), (9, "200", "so"))
    ]
    assert [codes(its) for its in entered] == [
        ["value_not_amount"],
        ["reason_missing"],
        ["page_no_enclosure"],
        ["page_no_enclosure"],
    ]
    nothing = share_cheque(PageId(first_page(batch, 1)), 0, {}, ANNE, reason="so", desk=office.desk)
    assert codes(nothing) == ["page_no_enclosure"]
    assert reasons(rows(office, batch)[0]) == ["cheque_sum_differs"]


def test_an_amount_is_entered_once(office: Office) -> None:
    batch = office.take(*ENVELOPE, BLURRED)
    cheque = PageId(first_page(batch, 5))

    first, again = (enter_cheque_amount(cheque, "242", ANNE, reason="so", desk=office.desk) for _ in range(2))
    other = enter_cheque_amount(cheque, "200", BENOIT, reason="so", desk=office.desk)

    assert [isinstance(its, Decided) and its.again for its in (first, again)] == [False, True]
    assert codes(other) == ["cheque_amount_entered_already"]


@given(st.lists(st.integers(0, 10_000_00), min_size=1, max_size=6), st.integers(-500, 500))
def test_shares_are_taken_exactly_when_they_are_what_the_cheque_gives(shares: list[int], more: int) -> None:
    problem = shares_problem(shares, sum(shares) + more)

    assert (problem is None) == (more == 0)


# A minor's file

YOUNG = "form number=812345678! date=2026-03-14! birth=2010-01-01"


def test_what_may_be_a_minors_file_waits_for_a_supervisor(office: Office) -> None:
    batch = office.take(YOUNG)
    (row,) = rows(office, batch)

    assert reasons(row) == ["defendant_minor", "minor_on_proposal"]
    own = office.desk.keeping.records.review.task(TaskId(row.id))
    assert own is not None
    assert (own.queue, own.state) == (Queue.SUPERVISOR, TaskState.OPEN)
    handed = next_task(ANNE, desk=office.desk)
    assert handed is not None
    assert handed.id == task(batch, "birth")
    assert faults(office) == set()


@pytest.mark.parametrize(
    ("restricted", "code"), [(True, ["defendant_minor"]), (False, ["restriction_lifted"])], ids=["kept", "lifted"]
)
def test_a_supervisor_keeps_or_lifts_a_restriction(office: Office, restricted: bool, code: list[str]) -> None:
    batch = office.take(YOUNG)
    (row,) = rows(office, batch)

    def said(who: object = CHIEF, reason: str = "seen the paper") -> Decided | Conflict | Refused:
        assert who is CHIEF or who is ANNE
        now = version(office, row.id)
        return restrict_file(row.id, now, who, restricted=restricted, reason=reason, desk=office.desk)

    assert codes(said(ANNE)) == ["statement_restricted"]
    assert codes(said(reason="")) == ["reason_missing"]
    assert isinstance(said(), Decided)

    assert reasons(rows(office, batch)[0]) == code
    assert not waits(office, row.id)
    assert faults(office) == set()
    decide(task(batch, "birth"), 0, Verdict(Verb.ACCEPT), ANNE, desk=office.desk)
    assert reasons(rows(office, batch)[0]) == code
    assert codes(said()) == [("statement_restricted_already" if restricted else "statement_not_restricted")]
    assert faults(office) == set()


def test_a_corrected_birth_date_takes_the_restriction_away(office: Office) -> None:
    batch = office.take(YOUNG)

    decide(task(batch, "birth"), 0, Verdict(Verb.TYPED, "2000-01-01"), ANNE, desk=office.desk)

    (row,) = rows(office, batch)
    assert reasons(row) == []
    assert not waits(office, row.id)
    assert faults(office) == set()


@pytest.mark.parametrize("verb", [Verb.ILLEGIBLE, Verb.EMPTY])
def test_a_restriction_does_not_fall_because_a_date_cannot_be_read(office: Office, verb: Verb) -> None:
    batch = office.take(YOUNG)

    decide(task(batch, "birth"), 0, Verdict(verb), ANNE, desk=office.desk)

    (row,) = rows(office, batch)
    assert reasons(row) == ["defendant_minor", "minor_on_proposal"]
    assert waits(office, row.id)
    assert faults(office) == set()


def test_any_file_may_be_restricted_by_a_supervisor(office: Office) -> None:
    batch = office.take("form number=812345678!")
    (row,) = rows(office, batch)

    nobody = restrict_file(row.id, 0, ANNE, restricted=True, reason="so", desk=office.desk)
    done = restrict_file(row.id, 0, CHIEF, restricted=True, reason="the school wrote", desk=office.desk)

    assert codes(nobody) == ["supervisor_needed"]
    assert isinstance(done, Decided)
    assert reasons(rows(office, batch)[0]) == ["defendant_minor"]
    assert faults(office) == set()


# What an insider alters


def _no_twin_any_more(office: Office, row: StatementRow) -> tuple[str, str]:
    tables = office.archive.records.tables
    tables.statements[row.batch] = (replace(row, reasons=()),)
    return "statement_record_altered", row.id


def _another_twin(office: Office, row: StatementRow) -> tuple[str, str]:
    said = office.archive.records.tables.review.said[TaskId(row.id)]
    said[0] = replace(said[0], value="another")
    return "review_history_altered", row.id


@pytest.mark.parametrize("tamper", [_no_twin_any_more, _another_twin])
def test_what_was_altered_about_twins_is_named(
    tamper: Callable[[Office, StatementRow], tuple[str, str]], tmp_path: Path
) -> None:
    office = Office(tmp_path)
    first, later = _twice(office)
    mark_twin(later.id, 0, (Verb.DUPLICATE, first.id), ANNE, reason="same", desk=office.desk)
    assert faults(office) == set()

    expected = tamper(office, rows(office, later.batch)[0])

    assert expected in faults(office)
