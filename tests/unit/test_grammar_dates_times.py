"""Dates and times: every usual written form is understood, what is ambiguous says so."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Language
from pipeline.ocr.grammar.dates import DateGrammar, written_forms
from pipeline.ocr.grammar.normal import Flag
from pipeline.ocr.grammar.times import TimeGrammar

DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(DAYS, st.sampled_from(list(Language)))
def test_every_plain_written_form_of_a_date_gives_the_date_back(day: date, language: Language) -> None:
    for form in written_forms(day):
        normals = DateGrammar(language).normalise(form)

        assert [normal.value for normal in normals] == [day.isoformat()], form
        assert normals[0].fit >= 0.85
        assert normals[0].repairs == 0


@given(DAYS)
def test_a_comb_date_is_year_month_day(day: date) -> None:
    normals = DateGrammar(comb=True).normalise(f"{day:%Y%m%d}")

    assert normals[0].value == day.isoformat()
    assert normals[0].fit == 1.0
    assert Flag.AMBIGUOUS not in normals[0].flags


@given(DAYS.filter(lambda day: day.day <= 12 and day.day != day.month))
def test_exchangeable_day_and_month_are_reported_both_ways(day: date) -> None:
    exchanged = date(day.year, day.day, day.month)

    french = DateGrammar(Language.FR).normalise(f"{day:%d/%m/%Y}")
    english = DateGrammar(Language.EN).normalise(f"{day:%d/%m/%Y}")

    assert [normal.value for normal in french] == [day.isoformat(), exchanged.isoformat()]
    assert {normal.value for normal in english} == {day.isoformat(), exchanged.isoformat()}
    assert all(Flag.AMBIGUOUS in normal.flags for normal in (*french, *english))
    assert french[1].fit < french[0].fit < 0.7


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31/02/2026", "29 février 2025", "2026-13-01", "00/00/2026", "1789-07-14"]
)
def test_impossible_dates_yield_nothing(text: str) -> None:
    assert DateGrammar().normalise(text) == ()


def test_two_digit_years_are_understood_with_doubt_about_the_order() -> None:
    normals = DateGrammar().normalise("14/03/26")

    assert normals[0].value == "2026-03-14"
    assert normals[0].fit < 0.5
    assert Flag.AMBIGUOUS in normals[0].flags


def test_a_two_digit_birth_year_may_be_of_either_century() -> None:
    values = {normal.value for normal in DateGrammar(birth=True).normalise("30 mars 12")}

    assert values == {"1912-03-30", "2012-03-30"}


def test_repaired_digits_are_counted_and_lower_the_fit() -> None:
    (normal,) = DateGrammar().normalise("2O26-O3-l4")

    assert normal.value == "2026-03-14"
    assert normal.repairs == 3
    assert normal.fit < 0.6


def test_slashes_read_as_digits_are_understood_as_a_repair() -> None:
    (normal,) = DateGrammar().normalise("1410312026")

    assert normal.value == "2026-03-14"
    assert normal.repairs == 2


@given(st.times(), st.sampled_from(["{0:%H:%M}", "{0:%H} h {0:%M}", "{0:%H}h{0:%M}", "{0:%H%M}", "{0:%I:%M %p}"]))
def test_every_written_form_of_a_time_gives_the_time_back(moment: time, form: str) -> None:
    normals = TimeGrammar().normalise(form.format(moment))

    assert [normal.value for normal in normals] == [f"{moment:%H:%M}"]
    assert normals[0].repairs == 0


@pytest.mark.parametrize("text", ["24:00", "12:60", "1A:05", "14:5", "0:30 PM"])
def test_impossible_times_yield_nothing(text: str) -> None:
    assert TimeGrammar().normalise(text) == ()


def test_a_comb_time_is_four_digits() -> None:
    (normal,) = TimeGrammar(comb=True).normalise("14 05")

    assert (normal.value, normal.fit) == ("14:05", 1.0)
