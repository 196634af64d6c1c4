"""Which statement a page belongs to, after assembly: moved, merged, split; nothing is lost, everything is verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody import PageRole, StatementRow
from pipeline.custody.review import Queue, Reviewer, TaskId, TaskState, Verb, Verdict
from pipeline.errors import InvariantBroken
from pipeline.model import BatchId, PageId, PageState, Reason
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.returns import decide_match
from pipeline.usecases.review import Closed, Conflict, Decided, Refused, close_batch, decide, undo
from pipeline.usecases.review.moving import Move, merge_statements, move_pages, moved_from, put_page_in
from pipeline.usecases.standing import returns_to_decide
from pipeline.usecases.verify import verify_all
from tests.databases import KINDS, records_of
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, Office, codes, first_page, task
from tests.unit.sealed import named

LINES = ("form number=812345678!", "letter", "form number=812345687!", "return number=812345687!", "unknown")


@pytest.fixture(params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    made = Office(tmp_path)
    return made if request.param == "memory" else made.on(records_of(request.param, tmp_path))


def rows(office: Office, batch: BatchId) -> tuple[StatementRow, ...]:
    return office.desk.keeping.records.statements(batch)


def row(office: Office, which: str) -> StatementRow:
    found = office.desk.keeping.records.statement_row(which)
    assert found is not None
    return found


def version(office: Office, which: str) -> int:
    its = office.desk.keeping.records.review.task(TaskId(which))
    return 0 if its is None else its.version


def move(
    office: Office, which: str, *pages: str, to: str | None = None, who: Reviewer = ANNE, reason: str = "so it lay"
) -> Decided | Conflict | Refused:
    wanted = Move(tuple(PageId(each) for each in pages), to, reason)
    return move_pages(which, version(office, which), wanted, who, desk=office.desk)


def faults(office: Office) -> set[tuple[str, str]]:
    return named(verify_all(keeping=office.desk.keeping, runner=office.archive.runner))


def reasons(its: StatementRow) -> list[str]:
    return [reason.code for reason in its.reasons]


def test_a_page_goes_to_another_statement_and_both_say_what_they_are_now(office: Office) -> None:
    batch = office.take(*LINES)
    first, second = (its.id for its in rows(office, batch))

    done = move(office, first, first_page(batch, 2), to=second)

    assert isinstance(done, Decided)
    assert row(office, first).enclosures == ()
    assert row(office, second).enclosures == (first_page(batch, 2),)
    history = office.desk.keeping.records.review.history(TaskId(first))
    assert [(said.verb, said.who, said.reason) for said in history] == [
        (Verb.MOVED, "anne", "so it lay"),
        (Verb.AS_IS, "constat", ""),
    ]
    assert moved_from(str(history[0].value)) == ((first_page(batch, 2),), second, False)
    assert faults(office) == set()


def test_a_form_becomes_a_statement_of_its_own_with_the_next_free_number(office: Office) -> None:
    batch = office.take("form number=812345678! name=TREMBLAY", "form number=812345678!")
    (whole,) = rows(office, batch)
    waiting = task(batch, "name")

    move(office, whole.id, first_page(batch))

    old, new = rows(office, batch)
    assert (old.pages, new.pages) == ((first_page(batch, 2),), (first_page(batch),))
    assert (new.id, new.number, new.issuer) == (f"{batch}.s0002", "812345678", whole.issuer)
    assert reasons(new) == ["statement_added", "number_of_other_statement"]
    found = office.desk.keeping.records.review.task(waiting)
    assert found is not None
    assert found.statement == new.id
    assert new.state is PageState.IN_REVIEW
    assert faults(office) == set()


def test_a_statement_that_loses_its_last_page_is_kept_empty_and_found_no_more(office: Office) -> None:
    batch = office.take("form number=812345678!", "form number=812345687!")
    first, second = (its.id for its in rows(office, batch))

    done = merge_statements(first, 0, second, ANNE, reason="one statement", desk=office.desk)

    assert isinstance(done, Decided)
    empty, whole = row(office, first), row(office, second)
    assert (empty.number, empty.members, empty.match_keys, empty.counts) == (None, (), (), False)
    assert [(its.code, dict(its.params)) for its in empty.reasons] == [("statement_emptied", {"to": second})]
    assert whole.pages == (first_page(batch), first_page(batch, 2))
    assert (whole.number, "pages_name_several_statements" in reasons(whole)) == ("812345687", True)
    records = office.desk.keeping.records
    assert [part.id for part in find_statement("812345687", records=records).parts] == [second]
    assert records.statements_numbered("812345678") == ()
    assert faults(office) == set()


def test_what_was_moved_is_moved_back_not_undone(office: Office) -> None:
    batch = office.take(*LINES)
    first, second = (its.id for its in rows(office, batch))
    before = [(its.pages, its.returns, its.enclosures) for its in rows(office, batch)]
    move(office, first, *row(office, first).members, to=second)

    refusal = undo(TaskId(first), version(office, first), ANNE, desk=office.desk)
    back = move(office, second, first_page(batch), first_page(batch, 2), to=first)

    assert isinstance(refusal, Refused)
    assert isinstance(back, Decided)
    assert [(its.pages, its.returns, its.enclosures) for its in rows(office, batch)] == before
    assert reasons(row(office, first)) == []
    assert row(office, first).number == "812345678"
    assert faults(office) == set()


def test_a_closed_batch_with_moved_pages_holds(office: Office) -> None:
    batch = office.take(*LINES)
    first, second = (its.id for its in rows(office, batch))
    move(office, first, first_page(batch, 2))
    move(office, second, first_page(batch, 4), to=first)
    (third,) = (its.id for its in rows(office, batch) if its.id not in (first, second))
    for its in (first, second, third):
        found = office.desk.keeping.records.review.task(TaskId(its))
        if found is not None and found.state is TaskState.OPEN:
            decide(found.id, found.version, Verdict(Verb.AS_IS, reason="as it lay"), ANNE, desk=office.desk)

    closed = close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")

    assert isinstance(closed, Closed)
    assert faults(office) == set()
    assert codes(move(office, first, first_page(batch, 4), to=second)) == ["review_batch_closed"]


def test_sent_twice_a_move_counts_once_and_whoever_comes_late_is_told(office: Office) -> None:
    batch = office.take(*LINES)
    first, second = (its.id for its in rows(office, batch))
    wanted = Move((PageId(first_page(batch, 2)),), second, "so it lay")

    answers = [move_pages(first, 0, wanted, ANNE, desk=office.desk) for _ in range(2)]
    late = move_pages(first, 0, wanted, BENOIT, desk=office.desk)
    other = move_pages(first, 0, replace(wanted, to=None), ANNE, desk=office.desk)

    assert [isinstance(its, Decided) and its.again for its in answers] == [False, True]
    assert isinstance(late, Conflict)
    assert late.first is not None
    assert late.first.who == "anne"
    assert isinstance(other, Conflict)
    assert len(rows(office, batch)) == 2


def test_what_cannot_be_moved_is_refused_with_its_reason(office: Office) -> None:
    batch = office.take(*LINES)
    elsewhere = office.take("form number=812345696!")
    first, second = (its.id for its in rows(office, batch))
    (foreign,) = (its.id for its in rows(office, elsewhere))
    letter = first_page(batch, 2)
    ledger = len(tuple(office.desk.keeping.records.ledger()))

    assert codes(move(office, first)) == ["pages_missing"]
    assert codes(move(office, first, first_page(batch, 3))) == ["page_of_other_statement"]
    assert codes(move(office, first, "../../etc/passwd")) == ["page_of_other_statement"]
    assert codes(move(office, first, letter, to=first)) == ["pages_already_there"]
    assert codes(move(office, first, *row(office, first).members)) == ["pages_already_there"]
    assert codes(move(office, first, letter, to=foreign)) == ["statement_of_other_batch"]
    assert codes(move(office, first, letter, to="nowhere")) == ["statement_not_there"]
    assert codes(move(office, "nowhere", letter)) == ["statement_not_there"]
    assert codes(move(office, first, letter, to=second, reason=" ")) == ["reason_missing"]
    assert codes(move(office, first, letter, to=second, reason="x" * 1001)) == ["reason_too_long"]
    assert len(tuple(office.desk.keeping.records.ledger())) == ledger


def test_a_restricted_file_is_moved_by_supervisors_alone_and_takes_its_restriction_along(office: Office) -> None:
    batch = office.take("form number=812345678! date=2026-03-14! birth=2010-01-01!", "letter", "form number=812345687!")
    minor, other = (its.id for its in rows(office, batch))
    letter = first_page(batch, 2)

    assert codes(move(office, minor, letter, to=other)) == ["statement_restricted"]
    assert codes(move(office, other, first_page(batch, 3), to=minor)) == ["statement_restricted"]
    assert isinstance(move(office, minor, letter, to=other, who=CHIEF), Decided)

    assert "defendant_minor" in reasons(row(office, minor))
    assert reasons(row(office, other)) == ["defendant_minor", "minor_on_proposal"]
    waiting = office.desk.keeping.records.review.task(TaskId(other))
    assert waiting is not None
    assert (waiting.state, waiting.queue) == (TaskState.OPEN, Queue.SUPERVISOR)
    assert faults(office) == set()


def test_a_return_document_moved_into_a_statement_waits_for_none_any_more(office: Office) -> None:
    batch = office.take("form number=812345678!", "return number=812345687")
    first, lone = (its.id for its in rows(office, batch))
    before = [its.row.id for its in returns_to_decide(records=office.desk.keeping.records)]

    move(office, lone, first_page(batch, 2), to=first)

    assert before == [lone]
    assert returns_to_decide(records=office.desk.keeping.records) == ()
    assert row(office, first).returns == (first_page(batch, 2),)
    assert faults(office) == set()


def test_a_return_document_follows_the_statement_that_its_own_was_merged_into(office: Office) -> None:
    batch = office.take("form number=812345678!", "form number=812345687!", "return number=812345696!")
    first, second, lone = (its.id for its in rows(office, batch))
    decide_match(lone, first, yes=True, keeping=office.desk.keeping)

    merge_statements(first, 0, second, ANNE, reason="one statement", desk=office.desk)

    assert [its.row.id for its in returns_to_decide(records=office.desk.keeping.records)] == [lone]
    assert faults(office) == set()


def test_a_page_that_belonged_to_nothing_is_put_where_it_belongs(office: Office) -> None:
    batch = office.take(*LINES)
    first, _ = (its.id for its in rows(office, batch))
    stray = PageId(first_page(batch, 5))

    with office.desk.keeping.records.transaction() as change:
        told = put_page_in(stray, first, PageRole.ENCLOSURE, change, office.desk)
    with office.desk.keeping.records.transaction() as change:
        alone = put_page_in(stray, None, PageRole.ENCLOSURE, change, office.desk)

    assert told.enclosures == (first_page(batch, 2), stray)
    assert (alone.enclosures, reasons(alone)) == ((stray,), ["statement_added", "statement_without_form"])
    assert row(office, first).enclosures == (first_page(batch, 2),)
    assert faults(office) == set()
    with office.desk.keeping.records.transaction() as change, pytest.raises(InvariantBroken):
        put_page_in(PageId("nowhere"), first, PageRole.ENCLOSURE, change, office.desk)


# Any sequence of moves


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3), st.integers(-2, 9)), max_size=7))
def test_whatever_is_moved_every_page_is_where_exactly_one_statement_has_it(
    steps: list[tuple[int, list[int], int]],
) -> None:
    with TemporaryDirectory() as folder:
        office = Office(Path(folder))
        batch = office.take(*LINES, "return number=812345696", "form number=812345678! sum=100.00")
        at_first = Counter(each for its in rows(office, batch) for each in its.members)
        for source, picked, target in steps:
            known = rows(office, batch)
            its = known[source % len(known)]
            pages = [its.members[each % len(its.members)] for each in picked] if its.members else []
            to = None if target < 0 else known[target % len(known)].id
            move(office, its.id, *pages, to=to, who=CHIEF)

        now = Counter(each for its in rows(office, batch) for each in its.members)
        assert now == at_first
        assert set(now.values()) == {1}
        for its in rows(office, batch):
            assert all(
                each.statement == its.id
                for member in its.members
                for each in office.archive.records.review.tasks(page=member)
            )
        assert faults(office) == set()


# What an insider alters


def _moved(folder: Path) -> tuple[Office, BatchId]:
    office = Office(folder)
    batch = office.take(*LINES)
    move(office, rows(office, batch)[0].id, first_page(batch, 2))
    return office, batch


def _added_row_removed(office: Office, batch: BatchId) -> tuple[str, str]:
    tables = office.archive.records.tables
    *kept, gone = tables.statements[batch]
    tables.statements[batch] = tuple(kept)
    return "record_missing", gone.id


def _added_by_hand(office: Office, batch: BatchId) -> tuple[str, str]:
    tables = office.archive.records.tables
    forged = StatementRow(f"{batch}.s0009", batch, "", "1", None, PageState.READY)
    tables.statements[batch] = (*tables.statements[batch], forged)
    return "batch_record_altered", batch


def _blank_by_hand(office: Office, batch: BatchId) -> tuple[str, str]:
    tables = office.archive.records.tables
    told = (Reason("statement_added"),)
    forged = StatementRow(f"{batch}.s0009", batch, "", "1", None, PageState.READY, reasons=told)
    tables.statements[batch] = (*tables.statements[batch], forged)
    return "batch_record_altered", batch


def _page_moved_by_hand(office: Office, batch: BatchId) -> tuple[str, str]:
    tables = office.archive.records.tables
    first, second, third = tables.statements[batch]
    tables.statements[batch] = (replace(first, enclosures=third.enclosures), second, replace(third, enclosures=()))
    return "statement_record_altered", third.id


def _version_altered(office: Office, batch: BatchId) -> tuple[str, str]:
    its = rows(office, batch)[-1].id
    office.archive.records.tables.review.facts[its][0] = "{}"
    return "statement_record_altered", its


def _another_reason(office: Office, batch: BatchId) -> tuple[str, str]:
    its = TaskId(rows(office, batch)[0].id)
    said = office.archive.records.tables.review.said[its]
    said[0] = replace(said[0], reason="forged")
    return "review_history_altered", its


@pytest.mark.parametrize(
    "tamper",
    [_added_row_removed, _added_by_hand, _blank_by_hand, _page_moved_by_hand, _version_altered, _another_reason],
)
def test_what_was_altered_about_moves_is_named(
    tamper: Callable[[Office, BatchId], tuple[str, str]], tmp_path: Path
) -> None:
    office, batch = _moved(tmp_path)
    assert faults(office) == set()

    expected = tamper(office, batch)

    assert expected in faults(office)


def test_records_of_transfers_are_made_again_of_what_was_moved(office: Office) -> None:
    batch = office.take(*LINES)
    first, second = (its.id for its in rows(office, batch))
    move(office, first, first_page(batch, 2))
    move(office, first, first_page(batch), to=second)
    keeping, runner = office.desk.keeping, office.archive.runner

    reconcile(keeping=keeping, runner=runner)

    documented = {ref.subject for ref in keeping.records.transfers.of_batch(batch)}
    assert documented >= {its.id for its in rows(office, batch) if its.members}
    assert faults(office) == set()
    reconcile(keeping=keeping, runner=runner)
    assert faults(office) == set()
