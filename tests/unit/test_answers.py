"""Where the defendant answers stands a plea, or the report of service of the court's copy (s. 27)."""

from __future__ import annotations

import pytest

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, FieldValue, Kind, RuleVerdict
from pipeline.statements.answers import Answer, answer
from pipeline.statements.rules import check_rules

A, R, E = Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY


def field(name: str, value: FieldValue, decision: Decision = A, kind: Kind = Kind.TEXT) -> Field:
    text = value if isinstance(value, str) else ""
    return Field(name, kind, True, value, text, 0.9, decision, "r", BoxMm(0, 0, 1, 1), BoxPx(0, 0, 1, 1))


def stub(number: str | None = "100", report: str | None = None, plea: str | None = None) -> tuple[Field, ...]:
    return (
        field("statement_number", "100", kind=Kind.STATEMENT_NO),
        field("plea", plea, A if plea else E, Kind.CHOICE),
        field("service_report", report, A if report else E),
        field("service_report_statement_number", number, A if number else E, Kind.STATEMENT_NO),
    )


def verdict(fields: tuple[Field, ...]) -> RuleVerdict | None:
    return next((each.verdict for each in check_rules(fields)[1] if each.id == "service_report"), None)


def test_a_report_of_service_is_told_from_a_plea_and_from_nothing() -> None:
    assert answer(stub(report="Served on 3 March")) is Answer.SERVICE_REPORT
    assert answer(stub(report=None)) is Answer.SERVICE_REPORT
    assert answer(stub(number=None, plea="guilty")) is Answer.PLEA
    assert answer(stub(number=None)) is None
    assert answer(()) is None


@pytest.mark.parametrize("name", ["plea_guilty", "plea_not_guilty"])
def test_the_marks_of_schedule_iv_are_pleas_when_they_are_made(name: str) -> None:
    assert answer((field(name, True, kind=Kind.MARK),)) is Answer.PLEA
    assert answer((field(name, False, kind=Kind.MARK),)) is None


def test_a_report_of_service_bears_the_number_of_its_statement() -> None:
    assert verdict(stub(report="Served")) is RuleVerdict.HOLDS
    assert verdict(stub(report="Served", number="101")) is RuleVerdict.BROKEN
    assert verdict(stub(report="Served", number=None)) is RuleVerdict.UNKNOWN
    assert verdict(stub(number=None)) is None


def test_a_report_of_service_beside_a_plea_goes_to_a_person() -> None:
    fields, _ = check_rules(stub(report="Served", plea="guilty"))

    named = {each.name: each.decision for each in fields}
    assert verdict(stub(report="Served", plea="guilty")) is RuleVerdict.BROKEN
    assert (named["plea"], named["service_report"], named["statement_number"]) == (R, R, A)
