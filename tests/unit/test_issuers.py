"""Issuers: their numbers, check digits and files."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OperatorError
from pipeline.geometry import BoxMm
from pipeline.model import Kind, Language, Need, Zone
from pipeline.ocr.grammar import Flag, barcode_numbers, grammar_for
from pipeline.ocr.grammar.statement_numbers import RecordNumberGrammar, StatementNumberGrammar
from pipeline.ocr.issuers.check_digits import CheckDigit, check_holds, with_check_digit
from pipeline.ocr.issuers.issuer import Issuer, IssuerInvalid, NumberSeries, parse_issuer
from pipeline.storage.issuer_files import issuer_named, load_issuers

CHECKED = Issuer("checked", "C", "C", (NumberSeries("[0-9]{10}", check_digit=CheckDigit.LUHN),))
PREFIXED = Issuer("prefixed", "P", "P", (NumberSeries("704100[0-9]{9}", "704100", CheckDigit.MOD11),))
ALGORITHMS = [CheckDigit.LUHN, CheckDigit.MOD10_731, CheckDigit.MOD11]
DIGITS = st.text(alphabet="0123456789", min_size=4, max_size=14)


@pytest.mark.parametrize(
    ("number", "algorithm"),
    [
        ("79927398713", CheckDigit.LUHN),  # the usual example of the algorithm
        ("4539148803436467", CheckDigit.LUHN),
        ("7408122", CheckDigit.MOD10_731),  # birth date of the ICAO 9303 specimen passport
        ("1204159", CheckDigit.MOD10_731),
    ],
)
def test_published_numbers_hold(number: str, algorithm: CheckDigit) -> None:
    assert check_holds(number, algorithm)


@given(DIGITS, st.sampled_from([CheckDigit.LUHN, CheckDigit.MOD11]), st.data())
def test_one_wrong_digit_breaks_the_check(digits: str, algorithm: CheckDigit, data: st.DataObject) -> None:
    number = with_check_digit(digits, algorithm)
    if number is None:
        return
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = str((int(number[at]) + data.draw(st.integers(1, 9))) % 10)

    assert check_holds(number, algorithm)
    assert not check_holds(number[:at] + wrong + number[at + 1 :], algorithm)


@given(st.text(alphabet="0123456789", min_size=9, max_size=9), st.sampled_from(["{}", "N° {}", "{} ", "No. {}"]))
def test_written_forms_of_a_number_give_it_back(body: str, form: str) -> None:
    number = with_check_digit(body, CheckDigit.LUHN) or ""

    (normal,) = StatementNumberGrammar(CHECKED).normalise(form.format(f"{number[:3]} {number[3:6]} {number[6:]}"))

    assert (normal.value, normal.fit, normal.repairs) == (number, 1.0, 0)


def test_a_broken_check_digit_is_reported_with_its_number() -> None:
    (normal,) = StatementNumberGrammar(CHECKED).normalise("1234567890")

    assert normal.value == "1234567890"
    assert normal.flags == frozenset({Flag.CHECK_DIGIT})
    assert normal.fit < 0.5


def test_confused_characters_of_a_number_are_repaired_and_counted() -> None:
    (normal,) = StatementNumberGrammar(CHECKED).normalise("l23456789-7")

    assert (normal.value, normal.repairs) == ("1234567897", 2)
    assert normal.fit < 0.7


def test_a_number_of_another_form_is_not_the_issuers() -> None:
    assert StatementNumberGrammar(PREFIXED).normalise("204100123456789") == ()


def test_a_barcodes_number_confirms_or_contradicts() -> None:
    grammar = StatementNumberGrammar(CHECKED, known=("1234567897",))

    assert grammar.normalise("1234567897")[0].flags == frozenset({Flag.KNOWN_NUMBER})
    assert Flag.OTHER_NUMBER in grammar.normalise("1234567889")[0].flags


def test_barcodes_that_are_no_numbers_contradict_nothing() -> None:
    zone = Zone("statement_number", Kind.STATEMENT_NO, Need.REQUIRED, BoxMm(0, 0, 40, 6))
    texts = ("iii.statement.front.fr@generic-1", "SEC-77")

    grammar = grammar_for(zone, issuer=CHECKED, language=Language.FR, known_numbers=texts)

    assert barcode_numbers((*texts, "1234567897"), issuer=CHECKED) == ("1234567897",)
    assert grammar.normalise("1234567897")[0].flags == frozenset()


def test_court_record_numbers_keep_their_hyphens() -> None:
    grammar = RecordNumberGrammar()

    assert grammar.normalise("500-61-123456-261")[0].fit == 1.0
    assert grammar.normalise("5OO-61-123456-261")[0].value == "500-61-123456-261"
    assert grammar.normalise("24 123 456")[0].value == "24123456"


def test_the_shipped_files_load_and_the_default_takes_any_digits() -> None:
    issuers = load_issuers()

    assert issuers["generic"].series[0].check_digit is CheckDigit.NONE
    assert StatementNumberGrammar(issuers["generic"]).normalise("104200123456789")[0].fit == 1.0
    assert StatementNumberGrammar(issuers["valmont"]).normalise("1234567897")[0].fit == 1.0


def test_an_operators_file_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    text = "issuer: generic\nname: {fr: A, en: B}\nstatement_numbers: [{pattern: '[0-9]{7}'}]\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")

    assert issuer_named("generic", tmp_path).name_fr == "A"


def test_an_unknown_issuer_is_named_with_those_there_are() -> None:
    with pytest.raises(OperatorError) as caught:
        issuer_named("nobody")

    assert caught.value.code == "issuer_unknown"
    assert "generic" in str(caught.value.params["known"])


def test_a_missing_folder_is_an_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="issuers_unreadable"):
        load_issuers(tmp_path / "none")


def test_every_problem_of_a_file_is_told_at_once() -> None:
    text = (
        "issuer: Bad Name\nname: {fr: A}\nstatement_numbers: [{pattern: 5}, {pattern: '[0-9]{9}', check_digit: odd}]\n"
    )

    with pytest.raises(IssuerInvalid) as caught:
        parse_issuer(text, source="bad.yaml")

    told = " ".join(caught.value.problems)
    assert all(place in told for place in ("issuer", "name.en", "statement_numbers.0", "statement_numbers.1"))


@pytest.mark.parametrize("pattern", ["([0-9]+)+", ".*", "[0-9]{3,}", "(?=a)b", "[0-9", "^1$"])
def test_patterns_that_could_run_away_or_match_anything_are_refused(pattern: str) -> None:
    text = f"issuer: x\nname: {{fr: A, en: B}}\nstatement_numbers: [{{pattern: '{pattern}'}}]\n"

    with pytest.raises(IssuerInvalid, match="statement_numbers"):
        parse_issuer(text, source="x.yaml")


@given(st.text(max_size=80))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with pytest.raises(IssuerInvalid):
        parse_issuer(text, source="x.yaml")


def test_the_error_survives_a_process_boundary() -> None:
    error = IssuerInvalid("x.yaml", ("a: b",))

    assert pickle.loads(pickle.dumps(error)).problems == ("a: b",)
