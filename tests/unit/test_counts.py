"""Forms of a statement with several counts or defendants: what is missing is told, what is not known is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, Kind, Reason, RuleResult, RuleVerdict
from pipeline.statements.counts import MOST_FORMS, FormSet, form_set
from pipeline.statements.rules import check_rules

A, R, E = Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        ([["C1"], ["C2"]], ()),
        ([["C1"], ["C3"]], ("C2",)),
        ([["C3"]], ("C1", "C2")),
        ([["1/3"], ["3/3"]], ("2/3",)),
        ([["1/3"]], ("2/3", "3/3")),
        ([["1DE2"]], ("2DE2",)),
        ([["C1", "C3"]], ("C2",)),
        ([["C1"], ["C2"], ["D2"]], ("D1",)),
        ([["01"], ["03"]], ("02",)),
        ([["C1-D1"], ["C1-D3"]], ("C1-D2",)),
        ([["A"], ["X"]], ()),
        ([[], ["C2"]], ("C1",)),
    ],
)
def test_a_gap_in_the_row_of_forms_is_named_as_the_others_are(
    statements: Sequence[Sequence[str]], missing: tuple[str, ...]
) -> None:
    assert form_set(statements).missing == missing


@given(st.integers(2, MOST_FORMS), st.data())
def test_each_form_that_is_taken_away_is_missed_and_no_other(count: int, data: st.DataObject) -> None:
    every = [f"{number}/{count}" for number in range(1, count + 1)]
    gone = data.draw(st.sets(st.sampled_from(every), max_size=count - 1))

    found = form_set([[name] for name in every if name not in gone])

    assert set(found.missing) == gone
    assert not found.more


@pytest.mark.parametrize("name", ["C81", "2026", "5/3", "0", "3/999", "CHEF"])
def test_a_code_that_is_no_place_in_a_row_calls_for_no_other_form_by_name(name: str) -> None:
    found = form_set([[name]])

    assert (found.missing, found.more) == ((), True)


def test_a_form_alone_has_others_unless_it_says_that_it_is_the_only_one() -> None:
    assert form_set([["C1"]]).more
    assert form_set([[]]).more
    assert not form_set([["1/1"]]).more
    assert not form_set([["C1"], []]).more
    assert not form_set([["A", "B"]]).more


def test_two_statements_with_one_form_are_told() -> None:
    assert form_set([["C1"], ["C1", "C2"]]).repeated == ("C1",)


def test_reasons_name_the_statement_and_the_forms() -> None:
    assert FormSet(("C1",)).reasons("26-17") == ()
    assert FormSet(("C3",), ("C1", "C2")).reasons("26-17") == (
        Reason("forms_missing", (("designation", "26-17"), ("missing", "C1, C2"))),
    )
    assert [reason.code for reason in FormSet(("C1",), (), True, ("C1",)).reasons("26-17")] == [
        "form_alone",
        "form_repeated",
    ]


# The rule on one form


def field(name: str, value: str | None, decision: Decision, kind: Kind = Kind.CODE) -> Field:
    return Field(name, kind, True, value, value or "", 0.9, decision, "r", BoxMm(0, 0, 1, 1), BoxPx(0, 0, 1, 1))


def designations(shared: tuple[str | None, Decision], own: tuple[str | None, Decision]) -> tuple[Field, ...]:
    return field("statement_designation", *shared), field("form_designation", *own)


def result(fields: tuple[Field, ...], rule: str) -> RuleResult | None:
    return next((each for each in check_rules(fields)[1] if each.id == rule), None)


@pytest.mark.parametrize(
    ("shared", "own", "verdict"),
    [
        (("26-17", A), ("C1", A), RuleVerdict.HOLDS),
        (("26-17", A), (None, E), RuleVerdict.BROKEN),
        ((None, E), ("C1", A), RuleVerdict.BROKEN),
        (("26-17", R), (None, E), RuleVerdict.UNKNOWN),
        (("26-17", A), ("C1", R), RuleVerdict.UNKNOWN),
    ],
)
def test_a_form_bears_both_designations_or_neither(
    shared: tuple[str | None, Decision], own: tuple[str | None, Decision], verdict: RuleVerdict
) -> None:
    found = result(designations(shared, own), "counts")

    assert found is not None
    assert found.verdict is verdict
    assert result(designations((None, E), (None, E)), "counts") is None


def test_half_a_designation_goes_to_a_person() -> None:
    fields, _ = check_rules(designations(("26-17", A), (None, E)))

    assert [one.decision for one in fields] == [R, R]
    assert fields[0].reasons[0].code == "rule_counts"
