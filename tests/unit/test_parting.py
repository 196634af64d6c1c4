"""A person knows a separator that the program did not: what lay across it is parted, or asked about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import StatementRow
from pipeline.custody.review import TaskId, TaskState, Verb, Verdict
from pipeline.model import BatchId, PageLabel, PageState
from pipeline.usecases.envelopes import enter_envelope, mail_view
from pipeline.usecases.review import Decided
from pipeline.usecases.review.moving import Move, move_pages
from pipeline.usecases.verify import verify_all
from tests.databases import records_of
from tests.unit.reviewing import ANNE, CHIEF, Office, first_page, of, page, say

ONE, OTHER = "return number=1! service=2026-10-01!", "return number=2! service=2026-10-01!"


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    return Office(tmp_path).on(records_of(request.param, tmp_path))


def separator_at(office: Office, batch: BatchId, sheet: int) -> None:
    done = say(office, TaskId(first_page(batch, sheet)), Verdict(Verb.SEPARATOR))
    assert isinstance(done, Decided)
    assert page(office, first_page(batch, sheet)).label is PageLabel.SEPARATOR


def rows(office: Office, batch: BatchId) -> list[StatementRow]:
    assert verify_all(keeping=office.archive.keeping, runner=office.archive.runner).clean
    return list(office.archive.records.statements(batch))


def asked(row: StatementRow) -> bool:
    return "separator_within" in [reason.code for reason in row.reasons] and row.state is PageState.IN_REVIEW


def test_an_enclosure_behind_a_separator_goes_with_the_form_on_its_side(office: Office) -> None:
    batch = office.take(ONE, "letter one", "unknown", "letter two", OTHER)
    before = [row.enclosures for row in rows(office, batch)]
    separator_at(office, batch, 3)
    first, second = rows(office, batch)

    assert before == [(first_page(batch, 2), first_page(batch, 4)), ()]
    assert (first.enclosures, second.enclosures) == ((first_page(batch, 2),), (first_page(batch, 4),))
    assert (asked(first), asked(second)) == (False, False)
    envelopes = mail_view(batch, records=office.archive.records).envelopes
    assert [[row.id for row in its.statements] for its in envelopes] == [[first.id], [second.id]]


def test_an_enclosure_that_is_left_without_a_form_waits_for_a_person(office: Office) -> None:
    batch = office.take(ONE, "unknown", "letter")
    separator_at(office, batch, 2)
    (row,) = rows(office, batch)

    letter = TaskId(first_page(batch, 3))
    assert row.enclosures == ()
    assert page(office, letter).state is PageState.IN_REVIEW
    assert (of(office, letter).state, of(office, letter).statement) == (TaskState.OPEN, None)
    assert isinstance(say(office, letter, Verdict(Verb.ENCLOSURE)), Decided)
    assert page(office, letter).state is PageState.READY


def test_what_a_person_put_together_is_asked_about_and_left(office: Office) -> None:
    batch = office.take(ONE, "letter one", "unknown", "letter two", OTHER)
    first, second = rows(office, batch)
    move = Move((first.enclosures[0],), second.id, "belongs there")
    assert isinstance(move_pages(first.id, 0, move, CHIEF, desk=office.desk), Decided)
    separator_at(office, batch, 3)
    now = rows(office, batch)

    assert [row.enclosures for row in now] == [(first_page(batch, 4),), (first_page(batch, 2),)]
    assert [asked(row) for row in now] == [True, True]
    assert isinstance(say(office, TaskId(now[0].id), Verdict(Verb.AS_IS, reason="seen"), ANNE), Decided)


def test_a_day_that_was_entered_for_both_halves_is_asked_about(office: Office) -> None:
    batch = office.take(ONE, "unknown", OTHER)
    enter_envelope(batch, 1, date(2026, 11, 3), who="anne", desk=office.desk)
    before = rows(office, batch)
    separator_at(office, batch, 2)
    first, second = rows(office, batch)

    assert all("plea_posted_late" in [reason.code for reason in row.reasons] for row in (*before, first))
    assert "plea_perhaps_late" in [reason.code for reason in second.reasons]
    assert (asked(first), asked(second)) == (False, True)
