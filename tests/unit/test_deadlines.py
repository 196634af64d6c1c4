"""The deadline for a plea: 30 days by the calendar of Québec, and never late by guess."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, Kind, RuleVerdict
from pipeline.statements.deadlines import Receipt, check_deadline, due_on, is_holiday

A, R, E = Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY


def served(day: str | None, decision: Decision = A) -> tuple[Field, ...]:
    box = (BoxMm(0, 0, 1, 1), BoxPx(0, 0, 1, 1))
    return (Field("service_date", Kind.DATE, True, day, day or "", 0.99, decision, "r", *box),)


@pytest.mark.parametrize(
    ("service", "due"),
    [
        ("2026-03-02", "2026-04-01"),  # plain: a Wednesday
        ("2026-03-04", "2026-04-07"),  # Good Friday, the weekend, Easter Monday
        ("2026-05-25", "2026-06-25"),  # 24 June
        ("2026-06-01", "2026-07-02"),  # 1 July
        ("2026-04-18", "2026-05-19"),  # the Monday before 25 May
        ("2026-08-08", "2026-09-08"),  # the first Monday of September
        ("2026-09-12", "2026-10-13"),  # the second Monday of October
        ("2026-11-25", "2026-12-29"),  # 25 December, 26 December a Saturday, Sunday, the Monday after
        ("2026-12-02", "2027-01-05"),  # 1 and 2 January, Sunday, the Monday after
        ("2024-01-30", "2024-02-29"),  # a leap year
    ],
)
def test_a_deadline_that_ends_on_a_holiday_goes_on_to_the_next_day_that_is_none(service: str, due: str) -> None:
    assert due_on(date.fromisoformat(service)) == date.fromisoformat(due)


@pytest.mark.parametrize("sunday", ["2000-04-23", "2008-03-23", "2011-04-24", "2024-03-31", "2038-04-25"])
def test_good_friday_and_easter_monday_follow_easter(sunday: str) -> None:
    easter = date.fromisoformat(sunday)

    assert is_holiday(easter - timedelta(days=2))
    assert is_holiday(easter + timedelta(days=1))
    assert not is_holiday(easter + timedelta(days=2))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_plea_has_thirty_days_at_least_and_five_more_at_most(service: date) -> None:
    due = due_on(service)

    assert timedelta(30) <= due - service <= timedelta(35)
    assert not is_holiday(due)
    assert all(is_holiday(service + timedelta(days)) for days in range(30, (due - service).days))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_late_is_what_was_surely_received_after_the_last_day(service: date, days: int) -> None:
    received = service + timedelta(days)

    stated, reasons = check_deadline((), served(service.isoformat()), Receipt(received, stated=True))
    scanned, doubts = check_deadline((), served(service.isoformat()), Receipt(received, stated=False))

    late = received > due_on(service)
    assert stated.verdict is (RuleVerdict.BROKEN if late else RuleVerdict.HOLDS)
    assert scanned.verdict is (RuleVerdict.UNKNOWN if late else RuleVerdict.HOLDS)
    assert [reason.code for reason in (*reasons, *doubts)] == (["plea_late", "plea_perhaps_late"] if late else [])


def test_the_statement_states_the_service_of_a_return_document_that_does_not() -> None:
    result, _ = check_deadline(served("2026-03-02"), (), Receipt(date(2026, 4, 2), stated=True))

    assert result.verdict is RuleVerdict.BROKEN


@pytest.mark.parametrize(
    ("statement", "returned"),
    [
        ((), ()),
        (served(None, E), served(None, E)),
        (served("2026-03-02"), served("2026-03-09")),
        (served("2026-03-02", R), ()),
        (served("2026-03-02"), served("2026-03-02", R)),
    ],
)
def test_without_one_sure_date_of_service_nothing_is_late(
    statement: tuple[Field, ...], returned: tuple[Field, ...]
) -> None:
    result, reasons = check_deadline(statement, returned, Receipt(date(2026, 12, 31), stated=True))

    assert (result.verdict, reasons) == (RuleVerdict.UNKNOWN, ())
