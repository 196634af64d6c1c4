"""What a person types is held to the field's grammar, never corrected by it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.layout import MarkBox, Need
from pipeline.model import FieldValue, Kind, Language, Reason, Zone
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.ocr.grammar.amounts import written_forms as amounts
from pipeline.ocr.grammar.dates import written_forms as dates
from pipeline.ocr.grammar.select import grammar_for
from pipeline.statements.review_values import Entered, entered
from pipeline.storage.issuer_files import issuer_named

BOX = BoxMm(10.0, 10.0, 50.0, 8.0)
GENERIC = issuer_named("generic", None)
MARKS = tuple(MarkBox(name, BOX) for name in ("guilty", "not_guilty"))


def said(text: str, kind: Kind, *, known: tuple[str, ...] = (), exclusive: bool = True) -> Entered | Reason:
    marks = MARKS if kind is Kind.CHOICE else ()
    zone = Zone("field", kind, Need.REQUIRED, BOX, marks=marks, exclusive=exclusive)
    grammar = grammar_for(zone, issuer=GENERIC, language=Language.FR, known_numbers=known)
    return entered(text, zone, grammar)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.DATE, "2026-03-14", "2026-03-14"),
        (Kind.DATE, "20260314", "2026-03-14"),
        (Kind.DATE, "14/03/2026", "2026-03-14"),
        (Kind.DATE, "14 mars 2026", "2026-03-14"),
        (Kind.TIME, "14:05", "14:05"),
        (Kind.TIME, "14 h 05", "14:05"),
        (Kind.TIME, "1405", "14:05"),
        (Kind.AMOUNT, "162", "162.00"),
        (Kind.AMOUNT, "162,50 $", "162.50"),
        (Kind.AMOUNT, "1 162,50", "1162.50"),
        (Kind.STATEMENT_NO, "812345678", "812345678"),
        (Kind.STATEMENT_NO, "812-345-678", "812345678"),
        (Kind.PLATE, "abc 123", "ABC123"),
        (Kind.JURISDICTION, "QC", "CA-QC"),
        (Kind.JURISDICTION, "Québec", "CA-QC"),
        (Kind.YEAR, "2019", "2019"),
        (Kind.SPEED, "118", "118"),
        (Kind.MASS, "2500", "2500"),
        (Kind.INTEGER, "3", "3"),
        (Kind.PERSON, "  O’Neil-Côté,  Zoé ", "O'Neil-Côté, Zoé"),
        (Kind.TEXT, "<b>not bold</b>", "<b>not bold</b>"),
        (Kind.TEXT, "left\u202eright\x00", "left right"),
        (Kind.ADDRESS, "12, rue É.-Pin\nMontréal", "12, rue É.-Pin Montréal"),
        (Kind.MARK, "true", True),
        (Kind.MARK, "false", False),
        (Kind.CHOICE, "guilty", "guilty"),
        (Kind.SIGNATURE, "absent", "absent"),
        (Kind.BARCODE, "812345678", "812345678"),
    ],
)
def test_usual_ways_of_writing_are_understood(kind: Kind, text: str, value: FieldValue) -> None:
    assert said(text, kind) == Entered(value)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (Kind.DATE, "2O26-03-14", "value_not_date"),
        (Kind.DATE, "31/02/2026", "value_not_date"),
        (Kind.DATE, "03/04/2026", "value_ambiguous"),
        (Kind.TIME, "25:00", "value_not_time"),
        (Kind.AMOUNT, "l62,00", "value_not_amount"),
        (Kind.AMOUNT, "16200", "value_ambiguous"),
        (Kind.STATEMENT_NO, "81234567B", "value_not_statement_no"),
        (Kind.YEAR, "soon", "value_not_year"),
        (Kind.SPEED, "fast", "value_not_speed"),
        (Kind.MARK, "x", "value_not_mark"),
        (Kind.CHOICE, "perhaps", "value_not_choice"),
        (Kind.CHOICE, "guilty,not_guilty", "value_not_choice"),
        (Kind.SIGNATURE, "X", "value_not_presence"),
        (Kind.TEXT, "", "value_missing"),
        (Kind.TEXT, "\u200b\u202e \n", "value_missing"),
        (Kind.TEXT, "x" * 10_000, "value_too_long"),
    ],
)
def test_what_is_none_is_given_back_with_the_reason(kind: Kind, text: str, code: str) -> None:
    found = said(text, kind)

    assert isinstance(found, Reason)
    assert found.code == code


def test_several_marks_are_kept_in_the_order_of_the_form() -> None:
    assert said("not_guilty, guilty", Kind.CHOICE, exclusive=False) == Entered("guilty,not_guilty")


def test_a_number_that_differs_from_the_barcode_needs_a_reason() -> None:
    found = said("812345678", Kind.STATEMENT_NO, known=("812345679",))

    assert found == Entered("812345678", (Reason("number_differs_from_barcode"),))


@given(st.dates(date(1930, 1, 1), date(2039, 12, 31)))
def test_every_unambiguous_way_to_write_a_date_is_understood(day: date) -> None:
    assert {said(text, Kind.DATE) for text in dates(day)} == {Entered(day.isoformat())}


@given(st.integers(0, 99_999_999))
def test_every_usual_way_to_write_an_amount_is_understood(cents: int) -> None:
    found = {said(text, Kind.AMOUNT) for text in amounts(cents)}

    assert found <= {Entered(format_cents(cents))}


@given(st.text(max_size=60), st.sampled_from([kind for kind in Kind if kind is not Kind.TEXT_BLOCK]))
def test_whatever_is_typed_is_a_value_or_a_reason(text: str, kind: Kind) -> None:
    found = said(text, kind)

    assert isinstance(found, Entered | Reason)
    if isinstance(found, Entered) and isinstance(found.value, str):
        assert said(found.value, kind) == found
