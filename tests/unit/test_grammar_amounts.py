"""Amounts: no written form loses or gains a cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ocr.grammar.amounts import AmountGrammar, format_cents, parse_cents, written_forms
from pipeline.ocr.grammar.normal import Flag

CENTS = st.integers(0, 99_999_999_999)


@given(CENTS)
def test_every_written_form_of_an_amount_gives_its_cents_back(cents: int) -> None:
    for form in written_forms(cents):
        normals = AmountGrammar().normalise(form)

        assert [parse_cents(normal.value) for normal in normals] == [cents], form
        assert normals[0].repairs == 0
        assert normals[0].fit >= 0.9


@given(CENTS)
def test_cents_and_their_normal_form_are_the_same_amount(cents: int) -> None:
    assert parse_cents(format_cents(cents)) == cents


@given(st.integers(100, 9_999_999))
def test_in_a_comb_the_last_two_cells_are_cents(cents: int) -> None:
    (normal,) = AmountGrammar(comb=True).normalise(str(cents))

    assert parse_cents(normal.value) == cents
    assert normal.fit == 1.0


def test_dollars_without_cents_fit_less() -> None:
    (bare,) = AmountGrammar().normalise("162")
    (signed,) = AmountGrammar().normalise("162 $")

    assert bare.value == signed.value == "162.00"
    assert bare.fit < signed.fit < 1.0


def test_a_lost_separator_is_reported_both_ways() -> None:
    normals = AmountGrammar().normalise("16200")

    assert {normal.value for normal in normals} == {"162.00", "16200.00"}
    assert all(Flag.AMBIGUOUS in normal.flags for normal in normals)


def test_an_s_before_the_digits_may_be_a_dollar_sign_or_a_five() -> None:
    normals = AmountGrammar().normalise("S162.00")

    assert {normal.value for normal in normals} == {"162.00", "5162.00"}
    assert all(Flag.AMBIGUOUS in normal.flags for normal in normals)


def test_confused_characters_are_repaired_and_counted() -> None:
    (normal,) = AmountGrammar().normalise("l62,OO")

    assert normal.value == "162.00"
    assert normal.repairs == 3
    assert normal.fit == pytest.approx(0.512)


@pytest.mark.parametrize("text", ["162,5", "-5,00", "1,62,00 0", "12.345.6", "abc", "$", "1234567890,00"])
def test_what_is_no_amount_yields_nothing(text: str) -> None:
    assert AmountGrammar().normalise(text) == ()


@pytest.mark.parametrize("text", ["162", "162.0", "1,062.00", "-1.00", "162.00\n", "١٦٢.00"])
def test_only_normalised_amounts_have_cents(text: str) -> None:
    with pytest.raises(ValueError, match="not a normalised amount"):
        parse_cents(text)
