"""Blank sides are confirmed at once by a person; sheets scanned twice are both kept, and the later one is marked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.custody.review import Reviewer, TaskId, TaskState
from pipeline.custody.scanning import MailHeader, ScanSession, SessionState
from pipeline.errors import OperatorError
from pipeline.model import (
    PERHAPS_BLANK,
    BatchId,
    PageBytes,
    PageId,
    PageLabel,
    PageOutcome,
    PageState,
    Reason,
    SheetOutcome,
)
from pipeline.usecases.blank_entries import BLANKS_CONFIRMED
from pipeline.usecases.review import Closed, NotClosed, close_batch
from pipeline.usecases.review.blanks import blank_sides, confirm_blanks
from pipeline.usecases.verify import verify_all
from tests.databases import records_of
from tests.unit.custody import Archive
from tests.unit.reviewing import ANNE, CHIEF, Office, desk_of, first_page
from tests.unit.sealed import named

NEAR_BITS = {"a": "0" * 60, "A": "7" + "0" * 59, "b": "f" * 60}
"""`a` and `A` are two scans of one sheet, `b` is of another."""


def blank_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Lines such as `bare`, `perhaps`, `note a` (with the bits of that letter) and `note a again` (another scan)."""
    return SheetOutcome(tuple(_page(side.data.decode()) for side in sides))


def _page(line: str) -> PageOutcome:
    word, *rest = line.split()
    if word == "note":
        return PageOutcome(PageLabel.ENCLOSURE, (100, 200), text=line, fingerprint=NEAR_BITS[rest[0]])
    reasons = (Reason(PERHAPS_BLANK, (("score", "0.60"),)),) if word == "perhaps" else ()
    return PageOutcome(PageLabel.BLANK, (100, 200), blank_score=0.6 if reasons else 0.99, reasons=reasons)


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.archive = Archive.make(tmp_path, flow=blank_flow)
    made.desk = desk_of(made.archive.keeping)
    return made.on(records_of(request.param, tmp_path))


def scanned_here(office: Office, batch: BatchId) -> None:
    now = office.desk.keeping.clock.now()
    with office.desk.keeping.records.transaction() as change:
        change.scans.put_session(ScanSession(batch, MailHeader(), SessionState.ENDED, now, "anne", now, "anne"))


def state_of(office: Office, page: str) -> PageState:
    row = office.desk.keeping.records.page(PageId(page))
    assert row is not None
    return row.state


def confirmed(
    office: Office, batch: BatchId, *numbers: int, out: tuple[int, ...] = (), who: Reviewer = ANNE
) -> list[str]:
    pages = {PageId(first_page(batch, number)): 0 for number in numbers}
    thrown = [PageId(first_page(batch, number)) for number in out]
    return [*confirm_blanks(batch, pages, who, thrown_out=thrown, desk=office.desk).pages]


def entries(office: Office) -> list[dict[str, object]]:
    ledger = office.desk.keeping.records.ledger()
    return [json.loads(entry.body) for entry in ledger if entry.kind == BLANKS_CONFIRMED]


def test_a_side_that_is_not_surely_blank_waits_for_a_person_and_a_surely_blank_one_does_not(office: Office) -> None:
    batch = office.take("bare", "perhaps")

    assert state_of(office, first_page(batch, 1)) is PageState.READY
    assert state_of(office, first_page(batch, 2)) is PageState.IN_REVIEW
    assert [its.unsure for its in blank_sides(batch, desk=office.desk)] == [False, True]


def test_all_sides_are_confirmed_at_once_and_it_is_recorded_by_whom(office: Office) -> None:
    batch = office.take("bare", "perhaps")

    done = confirmed(office, batch, 1, 2)

    assert done == [first_page(batch, 1), first_page(batch, 2)]
    assert state_of(office, first_page(batch, 2)) is PageState.READY
    rows = office.desk.keeping.records.fingerprints.confirmed(batch)
    assert {its.by for its in rows} == {"anne"}
    assert entries(office) == [{"doubted": [], "pages": done, "who": "anne", "at": rows[0].at.isoformat()}]
    assert not any(its.open for its in blank_sides(batch, desk=office.desk))


def test_a_side_that_is_taken_out_becomes_a_page_for_a_person(office: Office) -> None:
    batch = office.take("bare", "bare")

    done = confirmed(office, batch, 1, 2, out=(1,))

    task = office.desk.keeping.records.review.task(TaskId(first_page(batch, 1)))
    assert done == [first_page(batch, 2)]
    assert task is not None
    assert task.state is TaskState.OPEN
    assert state_of(office, first_page(batch, 1)) is PageState.IN_REVIEW


def test_a_side_that_was_decided_meanwhile_is_named_and_the_others_are_kept(office: Office) -> None:
    batch = office.take("bare", "perhaps")
    confirmed(office, batch, 2)

    again = confirm_blanks(
        batch, {PageId(first_page(batch, its)): 0 for its in (1, 2)}, CHIEF, thrown_out=(), desk=office.desk
    )

    assert again.pages == (first_page(batch, 1),)
    assert again.left == ((first_page(batch, 2), ()),)


@pytest.mark.parametrize("scanned", [True, False])
def test_a_batch_is_closed_only_after_its_blank_sides_were_confirmed(office: Office, scanned: bool) -> None:
    batch = office.take("bare", "note b")
    if scanned:
        scanned_here(office, batch)

    refused = close_batch(batch, CHIEF, desk=office.desk, reason="late")
    confirmed(office, batch, 1)

    assert isinstance(refused, NotClosed)
    assert [reason.code for reason in refused.reasons] == ["blanks_wait"]
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk, reason="a note by itself"), Closed)


def test_nothing_of_a_closed_batch_is_confirmed(office: Office) -> None:
    batch = office.take("bare")
    confirmed(office, batch, 1)
    close_batch(batch, CHIEF, desk=office.desk)
    page = PageId(first_page(batch, 1))

    done = confirm_blanks(batch, {page: 0}, ANNE, thrown_out=[page], desk=office.desk)

    assert [(its, [reason.code for reason in reasons]) for its, reasons in done.left] == [
        (page, ["review_batch_closed"])
    ]
    assert (done.pages, done.doubted) == ((), ())


def test_an_unknown_batch_has_no_blank_sides(office: Office) -> None:
    with pytest.raises(OperatorError, match="unknown_batch"):
        blank_sides(BatchId("2026-01-01-009"), desk=office.desk)


# Scanned twice


def reasons_of(office: Office, page: str) -> list[tuple[str, str]]:
    row = office.desk.keeping.records.page(PageId(page))
    assert row is not None
    doubled = [(reason.code, dict(reason.params).get("page")) for reason in row.reasons]
    return [(code, page) for code, page in doubled if page is not None]


def test_the_same_sheet_in_another_batch_is_marked_and_both_are_kept(office: Office) -> None:
    first = office.take("note a first")
    second = office.take("note A second", "note b")

    assert reasons_of(office, first_page(first)) == []
    assert reasons_of(office, first_page(second, 1)) == [("same_sheet_twice", first_page(first))]
    assert reasons_of(office, first_page(second, 2)) == []
    assert state_of(office, first_page(second, 1)) is PageState.IN_REVIEW
    assert office.desk.keeping.records.review.task(TaskId(first_page(second, 1))) is not None


def test_the_same_scan_within_a_batch_is_marked_once(office: Office) -> None:
    batch = office.take("note a", "note a")

    assert reasons_of(office, first_page(batch, 1)) == []
    assert reasons_of(office, first_page(batch, 2)) == [("same_scan", first_page(batch, 1))]


def test_blank_sides_are_no_duplicates_of_each_other(office: Office) -> None:
    batch = office.take("bare", "bare")

    assert reasons_of(office, first_page(batch, 2)) == []


def test_what_was_confirmed_taken_out_and_marked_holds_when_it_is_verified(office: Office) -> None:
    batch = office.take("bare", "perhaps", "bare", "note a", "note a")
    confirmed(office, batch, 1, 2, 3, out=(3,))
    keeping, runner = office.desk.keeping, office.archive.runner

    assert named(verify_all(keeping=keeping, runner=runner)) == set()
