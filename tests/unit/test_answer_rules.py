"""What an answer takes, and what a statement's front must state: payment as plea, legal persons, service, minors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, FieldValue, Kind, RuleResult, RuleVerdict
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.statements.answer_rules import check_answer
from pipeline.statements.rules import check_rules

A, R, E = Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY
HOLDS, BROKEN, UNKNOWN = RuleVerdict.HOLDS, RuleVerdict.BROKEN, RuleVerdict.UNKNOWN


def field(name: str, value: FieldValue, decision: Decision = A, kind: Kind = Kind.TEXT) -> Field:
    return Field(name, kind, True, value, "", 0.99, decision, "r", BoxMm(0, 0, 1, 1), BoxPx(0, 0, 1, 1))


def amount(name: str, value: str | None, decision: Decision = A) -> Field:
    return field(name, value, decision if value else E, Kind.AMOUNT)


def verdict(results: tuple[RuleResult, ...], rule: str) -> RuleVerdict | None:
    return next((result.verdict for result in results if result.id == rule), None)


def in_review(fields: tuple[Field, ...]) -> set[str]:
    return {one.name for one in fields if one.decision is R}


NO_PLEA = field("plea", None, A, Kind.CHOICE)
GUILTY = field("plea", "guilty", A, Kind.CHOICE)


# payment_is_plea


@given(st.integers(1, 1_000_000), st.integers(0, 1_000_000))
def test_a_whole_payment_without_a_plea_goes_to_a_person(total: int, paid: int) -> None:
    returned = (NO_PLEA, amount("amount_paid", format_cents(paid)), amount("total_requested", format_cents(total)))

    check = check_answer((), returned)

    whole = paid >= total
    assert verdict(check.results, "payment_is_plea") is (BROKEN if whole else HOLDS)
    assert in_review(check.returned) == ({"plea", "amount_paid"} if whole else set())
    assert [one.value for one in check.returned] == [one.value for one in returned]


@pytest.mark.parametrize(
    ("plea", "paid", "expected"),
    [
        (GUILTY, amount("amount_paid", "162.00"), HOLDS),
        (field("plea", "not_guilty", A, Kind.CHOICE), amount("amount_paid", "162.00"), HOLDS),
        (field("plea", None, R, Kind.CHOICE), amount("amount_paid", "162.00"), UNKNOWN),
        (field("plea", "guilty", R, Kind.CHOICE), amount("amount_paid", "162.00"), UNKNOWN),
        (NO_PLEA, amount("amount_paid", "162.00", R), UNKNOWN),
        (NO_PLEA, amount("amount_paid", None), None),
    ],
)
def test_a_payment_is_no_plea_where_a_plea_is_or_may_be_marked(
    plea: Field, paid: Field, expected: RuleVerdict | None
) -> None:
    check = check_answer((), (plea, paid, amount("total_requested", "162.00")))

    assert verdict(check.results, "payment_is_plea") is expected


def test_the_statement_says_the_total_where_the_return_document_does_not() -> None:
    returned = (NO_PLEA, amount("amount_paid", "162.00"))

    assert verdict(check_answer((amount("total_requested", "162.00"),), returned).results, "payment_is_plea") is BROKEN
    assert verdict(check_answer((), returned).results, "payment_is_plea") is UNKNOWN


def test_on_schedule_iv_the_plea_may_be_on_the_back_that_was_not_scanned() -> None:
    front = (
        field("plea_guilty", False, A, Kind.MARK),
        amount("amount_paid", "162.00"),
        amount("total_requested", "162.00"),
    )
    back = field("plea_not_guilty", False, A, Kind.MARK)

    assert verdict(check_answer((), front).results, "payment_is_plea") is UNKNOWN
    assert verdict(check_answer((), (*front, back)).results, "payment_is_plea") is BROKEN


# legal_person


@pytest.mark.parametrize(
    ("kind", "plea", "quality", "expected"),
    [
        (field("defendant_kind", "legal_person"), GUILTY, field("signatory_quality", "Présidente"), HOLDS),
        (field("defendant_kind", "legal_person"), GUILTY, field("signatory_quality", None, E), BROKEN),
        (field("defendant_kind", "legal_person"), GUILTY, field("signatory_quality", "?", R), UNKNOWN),
        (field("defendant_kind", None, E), GUILTY, field("signatory_quality", None, E), UNKNOWN),
        (field("defendant_kind", "natural_person"), GUILTY, field("signatory_quality", None, E), None),
        (field("defendant_kind", "legal_person"), NO_PLEA, field("signatory_quality", None, E), None),
    ],
)
def test_who_signs_for_a_legal_person_states_a_quality(
    kind: Field, plea: Field, quality: Field, expected: RuleVerdict | None
) -> None:
    check = check_answer((kind,), (plea, quality))

    assert verdict(check.results, "legal_person") is expected
    if expected is BROKEN:
        assert (in_review(check.statement), in_review(check.returned)) == ({"defendant_kind"}, {"signatory_quality"})


# What a front must state


@pytest.mark.parametrize(
    ("date", "reference", "moment", "expected"),
    [
        (field("service_date", "2026-03-02"), field("service_reference", None, E), None, HOLDS),
        (field("service_date", None, E), field("service_reference", "RP1CA"), None, HOLDS),
        (field("service_date", None, E), field("service_reference", None, E), None, BROKEN),
        (field("service_date", None, E), field("service_reference", "RP?", R), None, UNKNOWN),
        (field("service_date", None, E), field("service_reference", None, E), "duplicate_not_delivered", UNKNOWN),
        (field("service_date", None, E), field("service_reference", None, E), "at_time_of_offence", BROKEN),
    ],
)
def test_a_statement_says_when_it_was_served_or_what_says_so(
    date: Field, reference: Field, moment: str | None, expected: RuleVerdict
) -> None:
    marks = () if moment is None else (field("service_moment", moment, A, Kind.CHOICE),)

    fields, results = check_rules((date, reference, *marks))

    assert verdict(results, "service_stated") is expected
    assert {"service_date", "service_reference"} <= in_review(fields) or expected is not BROKEN


def test_a_return_document_has_no_service_to_state() -> None:
    _, results = check_rules((field("service_date", None, E),))

    assert verdict(results, "service_stated") is None


@pytest.mark.parametrize(
    ("name", "address", "owner", "expected"),
    [
        (field("defendant_name", "Roy, Anne"), field("defendant_address", "1, rue A"), False, HOLDS),
        (field("defendant_name", None, E), field("defendant_address", None, E), True, HOLDS),
        (field("defendant_name", None, E), field("defendant_address", None, E), False, BROKEN),
        (field("defendant_name", "Roy, Anne"), field("defendant_address", None, E), False, BROKEN),
        (field("defendant_name", "R?", R), field("defendant_address", "1, rue A"), False, UNKNOWN),
        (field("defendant_name", None, E), field("defendant_address", None, E), None, UNKNOWN),
    ],
)
def test_the_defendant_is_named_or_is_the_owner(
    name: Field, address: Field, owner: bool | None, expected: RuleVerdict
) -> None:
    mark = field("owner_is_defendant", owner, R if owner is None else A, Kind.MARK)

    _, results = check_rules((name, address, mark))

    assert verdict(results, "defendant_stated") is expected


@pytest.mark.parametrize(
    ("birth", "warned", "expected"),
    [
        ("2008-03-14", False, HOLDS),  # 18 on the day
        ("2008-03-15", False, BROKEN),
        ("2008-03-15", True, HOLDS),
        ("2008-03-15", None, UNKNOWN),
        ("1970-01-01", False, HOLDS),
    ],
)
def test_a_minor_is_warned_by_the_second_warning(birth: str, warned: bool | None, expected: RuleVerdict) -> None:
    born, done = field("defendant_birthdate", birth), field("offence_date", "2026-03-14")
    mark = field("warning_2_applies", warned, R if warned is None else A, Kind.MARK)

    _, results = check_rules((born, done, mark))

    assert verdict(results, "minor") is expected
    assert verdict(check_rules((born, done))[1], "minor") is HOLDS


def test_nobody_is_a_minor_by_a_doubtful_date() -> None:
    born, done = field("defendant_birthdate", "2015-03-15", R), field("offence_date", "2026-03-14")

    _, results = check_rules((born, done, field("warning_2_applies", False, A, Kind.MARK)))

    assert verdict(results, "minor") is UNKNOWN
