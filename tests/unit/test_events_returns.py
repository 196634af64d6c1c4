"""A return document that came in apart and contradicts its statement: what the court is told of both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.custody.events import EventKind
from pipeline.model import BatchId
from pipeline.usecases.events import Told, told_by
from pipeline.usecases.returns import decide_match
from tests.databases import POSTGRES, records_of
from tests.unit.placed import PlacedOffice

STATEMENT = "form number=812345! plate=ABC123! service=2026-11-01!"
ANSWER = "return number=812345! plate={plate}! plea=guilty! paid=10.00!"


@pytest.fixture(params=["memory", POSTGRES])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> PlacedOffice:
    folder = tmp_path / "objects"
    folder.mkdir()
    return PlacedOffice(folder).on(records_of(request.param, tmp_path))


def _told(office: PlacedOffice, batch: str) -> Told:
    return told_by(its for its in office.desk.keeping.records.events.all() if its.batch == batch)


def _values(told: Told) -> Mapping[str, str]:
    return {name: its.value for name, its in told.values.items()}


@pytest.mark.parametrize("first", ["statement", "return"])
def test_what_contradicts_its_statement_is_not_told_as_its_answer(office: PlacedOffice, first: str) -> None:
    lines = [STATEMENT, ANSWER.format(plate="XYZ999")]
    batches = [office.take(line) for line in (lines if first == "statement" else reversed(lines))]
    statement, answer = (_told(office, batch) for batch in (batches if first == "statement" else reversed(batches)))

    assert _values(answer) == {"statement_number": "812345"}
    assert (answer.reviewed, answer.returns, statement.reviewed) == (False, 1, False)
    assert _values(statement)["plate"] == "ABC123"
    assert office.differences() == []


def test_what_agrees_with_its_statement_is_told_at_once(office: PlacedOffice) -> None:
    office.take(STATEMENT)
    answer = _told(office, office.take(ANSWER.format(plate="ABC123")))

    assert _values(answer) == {"statement_number": "812345", "plea": "guilty", "amount_paid": "10.00"}
    assert answer.reviewed
    assert office.differences() == []


def test_what_a_person_parts_from_a_statement_is_never_told_under_its_number(office: PlacedOffice) -> None:
    statement = office.take(STATEMENT)
    answer = office.take(ANSWER.format(plate="XYZ999"))
    records = office.desk.keeping.records
    (row,) = records.statements(BatchId(answer))
    decide_match(row.id, "812345", yes=False, keeping=office.desk.keeping, who="chief")

    kinds = [its.kind for its in records.events.all() if its.batch == statement]
    assert kinds[-2:] == [EventKind.REOPENED, EventKind.REVIEWED]
    # It is not of that statement, and nobody has said whose it is.
    assert "plea" not in _told(office, answer).values
    assert office.differences() == []


def test_what_lies_with_a_statement_and_contradicts_it_is_not_told_as_its_answer(office: PlacedOffice) -> None:
    apart = office.take("\n".join((STATEMENT, ANSWER.format(plate="XYZ999"))))
    agreeing = STATEMENT.replace("812345", "812346"), ANSWER.format(plate="ABC123").replace("812345", "812346")
    together = office.take("\n".join(agreeing))

    assert "plea" not in _told(office, apart).values
    assert _values(_told(office, together))["plea"] == "guilty"
    assert office.differences() == []
