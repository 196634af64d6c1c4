"""A page scanned again stands for the one before: both are kept, the old one counts no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody import Placement
from pipeline.custody.review import Reviewer, TaskId, TaskState, Verb
from pipeline.custody.review import Verdict as Says
from pipeline.model import BatchId, PageId, PageLabel, PageState
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.report import batch_report
from pipeline.usecases.review import Conflict, Decided, NotClosed, Refused, close_batch, rescans, supersede_page
from pipeline.usecases.review.undoing import undo
from pipeline.usecases.transfer import document_again
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.placed import LEFT, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, codes, first_page, typed


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> PlacedOffice:
    folder, clock = tmp_path / "objects", FakeClock()
    folder.mkdir()
    records: Records = MemoryRecords(clock)
    if request.param == "sqlite":
        records = open_records(f"sqlite:///{tmp_path / 'c.sqlite'}", head_path=tmp_path / "head.json", clock=clock)
    return PlacedOffice(folder).on(records)


def _take(office: PlacedOffice, *lines: str) -> BatchId:
    """A file of its own: the same one twice would be a duplicate."""
    return office.archive.take({f"{lines[0]}.pdf": "\n".join(lines).encode()})


def _supersede(
    office: PlacedOffice, old: str, new: str, who: Reviewer = ANNE, *, version: int | None = None, reason: str = "clear"
) -> Decided | Conflict | Refused:
    task = office.task(old)
    seen = (0 if task is None else task.version) if version is None else version
    return supersede_page(PageId(old), seen, PageId(new), who, reason=reason, desk=office.desk)


def test_a_wish_for_a_new_scan_waits_until_another_page_stands_for_it(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345! name=A", "unknown")
    old = first_page(first, 2)
    office.say(TaskId(old), Says(Verb.RESCAN, reason="torn"))
    assert [its.page for its in rescans(records=office.desk.keeping.records)] == [old]

    new = first_page(_take(office, "form number=812345! name=?"))
    answer = _supersede(office, old, new)

    assert isinstance(answer, Decided)
    assert (answer.said.verb, answer.said.value, answer.task.state) == (Verb.SUPERSEDED, new, TaskState.DECIDED)
    assert (office.row(old).label, office.row(old).state) == (PageLabel.SUPERSEDED, PageState.READY)
    assert rescans(records=office.desk.keeping.records) == ()
    assert office.row(new).label is PageLabel.FORM
    assert office.differences(again=True) == []


def test_a_form_that_another_stands_for_leaves_its_statement_and_is_asked_no_more(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345! name=?", "form number=812345! date=?")
    old, new = first_page(first), first_page(first, 2)

    _supersede(office, old, new)

    (row,) = [its for its in office.desk.keeping.records.statements(first) if its.members]
    assert row.members == (new,)
    asked = office.task(f"{old}/defendant_name")
    assert asked is not None
    assert asked.state is TaskState.WITHDRAWN
    counts = batch_report(first, records=office.desk.keeping.records).counts
    assert (counts.images, counts.fields) == (2, 2)
    assert office.differences(again=True) == []
    document_again(first, keeping=office.desk.keeping)
    assert "transfer_outdated" not in {its.code for its in office.verified().remarks}


def test_both_are_closed_and_kept(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345!", "unknown")
    old, new = first_page(first, 2), first_page(first)

    _supersede(office, old, new)

    assert not isinstance(close_batch(first, CHIEF, desk=office.desk), NotClosed)
    assert office.row(old).state is PageState.ARCHIVED
    assert office.differences(again=True) == []
    assert codes(_supersede(office, old, new)) == ["review_batch_closed"]


def test_the_parts_of_an_image_go_with_it(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345!", "unknown // form number=900001! // form number=900002!")
    old = first_page(first, 2)
    office.placed(old, Placement(STATEMENT, None, (LEFT, RIGHT)))

    _supersede(office, old, first_page(first))

    labels = {its.id: its.label for its in office.desk.keeping.records.placing.parts(PageId(old))}
    assert labels == {f"{old}.p1": PageLabel.SUPERSEDED, f"{old}.p2": PageLabel.SUPERSEDED}
    assert office.differences(again=True) == []


def test_it_is_taken_back_by_placing_the_page_again(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345!", "form number=900001! name=?")
    old = first_page(first, 2)
    _supersede(office, old, first_page(first))

    assert codes(undo(TaskId(old), 1, ANNE, desk=office.desk)) == ["undo_not_possible"]
    row = office.placed(old, Placement(), reason="another sheet after all")

    assert (row.label, row.state) == (PageLabel.FORM, PageState.IN_REVIEW)
    asked = office.task(f"{old}/defendant_name")
    assert asked is not None
    assert asked.state is TaskState.OPEN
    assert office.differences(again=True) == []


def test_what_cannot_be_is_refused(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345! name=?", "unknown", "unknown")
    second = _take(office, "form number=900001! name=?")
    old, other, new = first_page(first, 2), first_page(first, 3), first_page(second)

    assert codes(_supersede(office, old, new, reason=" ")) == ["reason_missing"]
    assert codes(_supersede(office, old, old)) == ["page_not_later"]
    assert codes(_supersede(office, new, old)) == ["page_not_later"]
    assert codes(_supersede(office, old, f"{new}9")) == ["unknown_page"]
    assert codes(_supersede(office, f"{old}9", new)) == ["unknown_page"]
    assert codes(_supersede(office, old, new, Reviewer("nobody", frozenset()))) == ["task_of_other_queue"]
    _supersede(office, other, new)
    assert codes(_supersede(office, old, other)) == ["page_superseded"]
    office.say(TaskId(f"{first_page(first)}/defendant_name"), typed("GAGNON"))
    assert codes(_supersede(office, first_page(first), new)) == ["page_fields_decided"]


def test_a_form_sent_twice_counts_once_and_the_second_person_is_told(office: PlacedOffice) -> None:
    first = _take(office, "form number=812345!", "unknown", "unknown")
    old, new = first_page(first, 2), first_page(first)

    done, again = _supersede(office, old, new, version=0), _supersede(office, old, new, version=0)
    late = _supersede(office, old, first_page(first, 3), BENOIT, version=0)

    assert isinstance(done, Decided)
    assert isinstance(again, Decided)
    assert again.again
    assert isinstance(late, Conflict)
    assert late.first == done.said
