"""Rules between fields: what holds, what is broken, what nobody can know; and who is sent to review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    Alternative,
    Decision,
    Field,
    FieldValue,
    Kind,
    PageLabel,
    PageOutcome,
    Reason,
    RuleResult,
    RuleVerdict,
)
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.statements.return_rules import check_return
from pipeline.statements.rules import check_rules, check_sheet

A, R, E = Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY
HOLDS, BROKEN, UNKNOWN = RuleVerdict.HOLDS, RuleVerdict.BROKEN, RuleVerdict.UNKNOWN


def field(name: str, value: FieldValue, decision: Decision = A, *, kind: Kind = Kind.TEXT) -> Field:
    reasons = (Reason("low_confidence"),) if decision is R else ()
    box = (BoxMm(0, 0, 10, 5), BoxPx(0, 0, 10, 5))
    return Field(name, kind, True, value, "", 0.99, decision, "r", *box, reasons=reasons)


def amounts(fine: str | None, costs: str | None, contribution: str | None, total: str | None) -> tuple[Field, ...]:
    names = ("fine", "costs", "contribution", "total_requested")
    values = (fine, costs, contribution, total)
    return tuple(
        field(name, value, A if value else E, kind=Kind.AMOUNT) for name, value in zip(names, values, strict=True)
    )


def verdict(results: tuple[RuleResult, ...], rule: str) -> RuleVerdict | None:
    return next((result.verdict for result in results if result.id == rule), None)


def in_review(fields: tuple[Field, ...]) -> set[str]:
    return {one.name for one in fields if one.decision is R}


CENTS = st.integers(0, 10_000_000)


@given(CENTS, CENTS, CENTS, st.integers(-5, 5))
def test_the_total_holds_for_exact_sums_only(fine: int, costs: int, contribution: int, off: int) -> None:
    total = fine + costs + contribution + off
    if total < 0:
        return
    given_fields = amounts(*(format_cents(cents) for cents in (fine, costs, contribution, total)))

    fields, results = check_rules(given_fields)

    assert verdict(results, "total") is (HOLDS if off == 0 else BROKEN)
    assert in_review(fields) == (set() if off == 0 else {one.name for one in given_fields})


def test_an_empty_contribution_counts_nothing() -> None:
    _, results = check_rules(amounts("100.00", "42.00", None, "142.00"))

    assert verdict(results, "total") is HOLDS


def test_a_missing_or_doubtful_amount_leaves_the_total_unknown() -> None:
    doubtful = (*amounts("100.00", "42.00", None, "142.00")[:3], field("total_requested", "142.00", R))

    _, without = check_rules(amounts("100.00", None, None, "142.00"))
    fields, results = check_rules(doubtful)

    assert verdict(without, "total") is UNKNOWN
    assert verdict(results, "total") is UNKNOWN
    assert fields == doubtful


def test_a_broken_total_says_so_on_each_field_once() -> None:
    fields, _ = check_rules(amounts("100.00", "42.00", "20.00", "163.00"))
    again, _ = check_rules(fields)

    assert all([reason.code for reason in one.reasons] == ["rule_total"] for one in fields)
    assert again == fields


def test_the_sum_brings_the_fitting_alternative_of_the_one_doubtful_amount_to_the_front() -> None:
    doubtful = replace(
        field("total_requested", "168.00", R), confidence=0.6, alternatives=(Alternative("162.00", 0.3),)
    )
    parts = amounts("100.00", "42.00", "20.00", None)[:3]

    fields, results = check_rules((*parts, doubtful))

    led = fields[3]
    assert (led.value, led.confidence, led.decision) == ("162.00", 0.3, R)
    assert led.alternatives == (Alternative("168.00", 0.6),)
    assert led.reasons[-1].code == "chosen_by_total"
    assert verdict(results, "total") is UNKNOWN


def test_two_doubtful_amounts_choose_nothing() -> None:
    doubtful = replace(field("total_requested", "168.00", R), alternatives=(Alternative("162.00", 0.3),))
    parts = (field("fine", "100.00", R), *amounts("1.00", "42.00", "20.00", None)[1:3])

    fields, _ = check_rules((*parts, doubtful))

    assert fields[3] == doubtful


def test_a_page_without_amounts_has_no_total_to_check() -> None:
    _, results = check_rules((field("plate", "ABC123"),))

    assert results == ()


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (field("plea", "guilty"), HOLDS),
        (field("plea", None), HOLDS),
        (field("plea", None, R), UNKNOWN),
        (replace(field("plea", None, R), reasons=(Reason("two_marks"),)), BROKEN),
    ],
)
def test_one_plea_only(one: Field, expected: RuleVerdict) -> None:
    _, results = check_rules((one,))

    assert verdict(results, "plea_exclusive") is expected


@pytest.mark.parametrize(
    ("guilty", "not_guilty", "expected", "doubted"),
    [
        (True, False, HOLDS, set()),
        (False, False, HOLDS, set()),
        (True, True, BROKEN, {"plea_guilty", "plea_not_guilty"}),
        (True, None, UNKNOWN, {"plea_not_guilty"}),
    ],
)
def test_the_pleas_of_front_and_back_exclude_each_other(
    guilty: bool, not_guilty: bool | None, expected: RuleVerdict, doubted: set[str]
) -> None:
    front = PageOutcome(PageLabel.FORM, (1, 1), fields=(field("plea_guilty", guilty), field("plate", "ABC123")))
    other = field("plea_not_guilty", not_guilty, R if not_guilty is None else A)
    back = PageOutcome(PageLabel.FORM, (1, 1), fields=(other,))

    checked = check_sheet((front, back))

    assert [verdict(page.rules, "plea_exclusive") for page in checked] == [expected, expected]
    assert in_review(checked[0].fields) | in_review(checked[1].fields) == doubted


def test_a_sheet_without_both_pleas_stays_as_it_is() -> None:
    page = PageOutcome(PageLabel.FORM, (1, 1), fields=(field("plea_guilty", True),))

    assert check_sheet((page,)) == (page,)


def dates(**values: str | None) -> tuple[Field, ...]:
    return tuple(field(name, value, A if value else E, kind=Kind.DATE) for name, value in values.items())


@pytest.mark.parametrize(
    ("fields", "expected", "doubted"),
    [
        (dates(defendant_birthdate="1980-01-01", offence_date="2026-03-14", service_date="2026-03-14"), HOLDS, set()),
        (dates(offence_date="2026-03-14", service_date="2026-03-13"), BROKEN, {"offence_date", "service_date"}),
        (dates(service_date="2026-03-14", signature_date="2026-03-13"), BROKEN, {"service_date", "signature_date"}),
        (dates(driver_birthdate="2026-03-14", offence_date="2026-03-14"), BROKEN, {"driver_birthdate", "offence_date"}),
        (dates(offence_date="2025-03-14", service_date="2026-03-16"), BROKEN, {"offence_date", "service_date"}),
        (dates(offence_date="2025-03-14", service_date="2026-03-14"), HOLDS, set()),
        (dates(offence_date="2026-03-14", issue_date="2026-03-14", signature_date="2026-12-31"), HOLDS, set()),
    ],
)
def test_dates_follow_each_other(fields: tuple[Field, ...], expected: RuleVerdict, doubted: set[str]) -> None:
    checked, results = check_rules(fields)

    assert verdict(results, "date_order") is expected
    assert in_review(checked) == doubted


def test_an_undecided_date_leaves_the_order_unknown() -> None:
    _, results = check_rules((*dates(offence_date="2026-03-14"), field("service_date", "2026-03-01", R)))

    assert verdict(results, "date_order") is UNKNOWN


def test_a_date_after_receipt_is_doubted() -> None:
    fields, results = check_rules(dates(signature_date="2026-04-02"), received_on=date(2026, 4, 1))

    assert verdict(results, "date_order") is BROKEN
    assert in_review(fields) == {"signature_date"}


def test_a_number_that_its_barcode_contradicts_sends_both_to_review() -> None:
    said = replace(field("statement_number", "1234567890", R), reasons=(Reason("number_differs_from_barcode"),))

    fields, results = check_rules((said, field("locator_code", "9876543217")))

    assert verdict(results, "locator") is BROKEN
    assert in_review(fields) == {"statement_number", "locator_code"}


@pytest.mark.parametrize(("other", "expected"), [("1234567890", HOLDS), ("1234567891", BROKEN)])
def test_the_detachable_portion_has_the_same_number(other: str, expected: RuleVerdict) -> None:
    _, results = check_rules((field("statement_number", "1234567890"), field("detachable_statement_number", other)))

    assert verdict(results, "detachable") is expected


STATEMENT = (
    field("statement_number", "1234567890"),
    field("plate", "ABC123"),
    field("vehicle_make", "Citroën"),
    field("total_requested", "162.00"),
)


def test_a_return_document_that_says_the_same_holds() -> None:
    returned = (*STATEMENT[:2], field("vehicle_make", "CITROEN"), field("total_requested", None, E))

    check = check_return(STATEMENT, returned)

    assert check.result.verdict is HOLDS
    assert check.statement == STATEMENT


def test_what_differs_on_the_return_document_is_doubted_on_both() -> None:
    returned = (*STATEMENT[:3], field("total_requested", "168.00"))

    check = check_return(STATEMENT, returned)

    assert check.result == RuleResult("return_number", BROKEN, ("total_requested",))
    assert in_review(check.statement) == in_review(check.returned) == {"total_requested"}
    assert check.returned[3].reasons[-1].code == "rule_return_number"


def test_a_different_detachable_number_is_doubted_under_both_names() -> None:
    check = check_return(STATEMENT, (field("detachable_statement_number", "1234567899"),))

    assert in_review(check.statement) == {"statement_number"}
    assert in_review(check.returned) == {"detachable_statement_number"}


def test_a_return_document_with_a_doubtful_number_is_unknown() -> None:
    check = check_return(STATEMENT, (field("statement_number", "1234567890", R), *STATEMENT[1:]))

    assert check.result.verdict is UNKNOWN
