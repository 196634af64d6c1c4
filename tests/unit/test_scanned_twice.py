"""A statement whose number and whose sheets are there already: one question, decided once; both are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.review import TaskId, TaskState, Verb, Verdict
from pipeline.model import PageBytes, PageId, PageLabel, PageState, SheetOutcome
from pipeline.usecases.review import Closed, Decided, close_batch
from pipeline.usecases.review.case_acts import mark_twin
from pipeline.usecases.review.superseding import supersede_page
from pipeline.usecases.verify import verify_all
from tests.databases import records_of
from tests.unit.custody import Archive
from tests.unit.reviewing import ANNE, CHIEF, Office, desk_of, first_page, page, review_flow, say, statement

BITS = {"1": "0" * 60, "2": "7" + "0" * 59, "3": "f" * 60}
"""Scans 1 and 2 show one sheet, scan 3 shows another."""


def printed_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Lines as of `review_flow`, each behind the number of its scan."""
    bare = tuple(replace(side, data=side.data.partition(b" ")[2]) for side in sides)
    outcomes = zip(review_flow(bare).pages, sides, strict=True)
    return SheetOutcome(tuple(replace(its, fingerprint=BITS[side.data[:1].decode()]) for its, side in outcomes))


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.archive = Archive.make(tmp_path, flow=printed_flow)
    made.desk = desk_of(made.archive.keeping)
    return made.on(records_of(request.param, tmp_path))


def open_tasks(office: Office, batch: str) -> list[str]:
    found = office.desk.keeping.records.review.tasks(states=frozenset({TaskState.OPEN}))
    return [its.id for its in found if its.batch == batch]


def test_number_and_sheet_together_ask_once_and_are_decided_once(office: Office) -> None:
    first = office.take("1 form number=812345678!")
    later = office.take("2 form number=812345678! fine=100.00!")
    one, two = statement(office, first), statement(office, later)

    assert [(its.code, dict(its.params)) for its in two.reasons] == [("perhaps_duplicate_of", {"statements": one.id})]
    assert open_tasks(office, later) == [two.id]
    assert [its.code for its in page(office, first_page(later)).reasons] == ["same_sheet_twice"]
    done = mark_twin(two.id, 0, (Verb.DUPLICATE, one.id), ANNE, reason="same paper", desk=office.desk)
    assert isinstance(done, Decided)
    assert open_tasks(office, later) == []
    now = statement(office, later)
    assert ([its.code for its in now.reasons], now.counts, now.state) == (["duplicate_of"], False, PageState.READY)
    assert page(office, first_page(later)).state is PageState.READY
    assert verify_all(keeping=office.archive.keeping, runner=office.archive.runner).clean
    assert isinstance(close_batch(later, ANNE, desk=office.desk), Closed)


@pytest.mark.parametrize(
    ("line", "code", "asked"),
    [
        ("3 form number=812345678! fine=100.00!", "number_of_other_statement", "statement"),
        ("2 form number=812345679! fine=100.00!", None, "page"),
    ],
)
def test_either_alone_is_said_as_it_was(office: Office, line: str, code: str | None, asked: str) -> None:
    office.take("1 form number=812345678!")
    later = office.take(line)
    row = statement(office, later)

    assert [its.code for its in row.reasons] == ([] if code is None else [code])
    assert open_tasks(office, later) == [row.id if asked == "statement" else TaskId(first_page(later))]


def test_a_sheet_twice_in_one_batch_is_asked_about_on_its_page_alone(office: Office) -> None:
    batch = office.take("1 form number=812345678!", "2 form number=812345678! fine=100.00!")
    again = first_page(batch, 2)

    assert [its.code for its in statement(office, batch).reasons] == ["sheet_asks_if_twice"]
    assert open_tasks(office, batch) == [again]
    done = supersede_page(PageId(again), 0, PageId(first_page(batch)), CHIEF, reason="twice", desk=office.desk)
    assert isinstance(done, Decided)
    assert (statement(office, batch).pages, statement(office, batch).reasons) == ((first_page(batch),), ())
    assert page(office, again).label is PageLabel.SUPERSEDED
    assert (open_tasks(office, batch), statement(office, batch).state) == ([], PageState.READY)
    assert verify_all(keeping=office.archive.keeping, runner=office.archive.runner).clean


def test_what_is_no_second_scan_leaves_the_question_why_there_are_several_sheets(office: Office) -> None:
    batch = office.take("1 form number=812345678!", "2 form number=812345678! fine=100.00!")
    said = say(office, TaskId(first_page(batch, 2)), Verdict(Verb.AS_IS, reason="another sheet"))

    assert isinstance(said, Decided)
    assert [its.code for its in statement(office, batch).reasons] == ["several_statement_sheets"]
    assert open_tasks(office, batch) == [statement(office, batch).id]
    assert verify_all(keeping=office.archive.keeping, runner=office.archive.runner).clean


def test_several_sheets_of_which_none_is_twice_are_asked_about_as_before(office: Office) -> None:
    batch = office.take("1 form number=812345678!", "2 form number=812345678! fine=100.00!", "3 form number=812345678!")

    assert [its.code for its in statement(office, batch).reasons] == ["several_statement_sheets"]
    assert open_tasks(office, batch) == [statement(office, batch).id, first_page(batch, 2)]
