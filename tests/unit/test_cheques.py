"""Cheques: an amount counts where it is said twice; the sum is that of all statements in the envelope."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import StatementRow
from pipeline.model import EnclosureKind, PageState, RuleVerdict
from pipeline.statements.cheques import cheque_cents
from pipeline.usecases.stored_outcome import outcome_from
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow

HOLDS, BROKEN, UNKNOWN = RuleVerdict.HOLDS, RuleVerdict.BROKEN, RuleVerdict.UNKNOWN


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=form_flow)


def taken(archive: Archive, *lines: str) -> tuple[StatementRow, ...]:
    batch = archive.take({"mail.pdf": "\n".join(lines).encode()})
    return archive.records.statements(batch)


def paying(number: int, paid: str, plea: str = "guilty") -> str:
    return f"iii.return.front statement_number={number} plea={plea} total_requested=162.00 amount_paid={paid}"


def cheque(amount: str, in_full: str | None = None) -> str:
    dollars, cents = (in_full or amount).split(".")
    return f"cheque PAY TO THE ORDER OF City $ {amount} {dollars} ------ {cents}/100 DOLLARS"


def sums(rows: tuple[StatementRow, ...]) -> list[RuleVerdict | None]:
    return [next((rule.verdict for rule in row.rules if rule.id == "cheque_sum"), None) for row in rows]


# The amount


@given(st.integers(0, 999_999), st.booleans())
def test_an_amount_that_figures_and_words_say_is_read(dollars: int, french: bool) -> None:
    cents = dollars % 100
    figures = f"{dollars},{cents:02d} $" if french else f"$ {dollars}.{cents:02d}"

    assert cheque_cents(f"PAYEZ {figures}\n{dollars} ------- {cents:02d}/100") == dollars * 100 + cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$ 162.00",
        "162 ---- 00/100",
        "$ 162.00\n168 ---- 00/100",
        "$ 162.00\n162 ---- 50/100",
        "$ 16200\n162 ---- 00/100",
        "$ 162.00 $ 262.00\n162 ---- 00/100",
        "$ 62.00\n162 ---- 00/100",
    ],
)
def test_an_amount_that_is_said_once_or_two_ways_is_left_to_a_person(text: str) -> None:
    assert cheque_cents(text) is None


# The sum


def test_one_cheque_may_pay_several_statements(archive: Archive) -> None:
    rows = taken(archive, paying(1, "162.00"), paying(2, "80.00"), paying(3, "", "not_guilty"), cheque("242.00"))

    assert sums(rows) == [HOLDS, HOLDS, HOLDS]
    assert [row.state for row in rows] == [PageState.READY] * 3


def test_a_cheque_that_pays_something_else_is_put_before_a_person(archive: Archive) -> None:
    rows = taken(archive, paying(1, "162.00"), paying(2, "80.00"), cheque("162.00"))

    assert sums(rows) == [BROKEN, BROKEN]
    assert [row.reasons[-1].code for row in rows] == ["cheque_sum_differs"] * 2
    assert dict(rows[0].reasons[-1].params) == {"cheques": "162.00", "payments": "242.00"}
    assert [row.state for row in rows] == [PageState.IN_REVIEW] * 2


def test_without_an_amount_entered_a_guilty_plea_pays_the_total(archive: Archive) -> None:
    assert sums(taken(archive, paying(1, ""), cheque("162.00"))) == [HOLDS]


def test_a_cheque_that_cannot_be_read_surely_goes_to_a_person(archive: Archive) -> None:
    (row,) = taken(archive, paying(1, "162.00"), cheque("162.00", "168.00"))

    assert (sums((row,)), row.state) == ([UNKNOWN], PageState.IN_REVIEW)
    assert row.reasons[-1].code == "cheque_amount_unsure"


def test_payments_that_are_not_sure_are_said(archive: Archive) -> None:
    (row,) = taken(archive, paying(1, "162.00").replace("amount_paid=", "amount_paid?="), cheque("162.00"))

    assert (sums((row,)), row.reasons[-1].code) == ([UNKNOWN], "cheque_payments_unsure")


def test_separators_part_envelopes(archive: Archive) -> None:
    rows = taken(archive, paying(1, "162.00"), "separator", paying(2, "80.00"), cheque("80.00"))

    assert sums(rows) == [None, HOLDS]


def test_in_a_pile_without_separators_a_cheque_is_that_of_the_return_documents_before_it(archive: Archive) -> None:
    rows = taken(
        archive, paying(1, "162.00"), cheque("162.00"), paying(2, "80.00"), paying(3, "20.00"), cheque("101.00")
    )

    assert sums(rows) == [HOLDS, BROKEN, BROKEN]


# Proofs of service


def test_the_document_that_a_statement_refers_to_is_its_proof(archive: Archive) -> None:
    front = "ii.statement.front statement_number=1 service_date= service_reference=RP123456CA"

    (row,) = taken(archive, front, "other Livré RP 123 456 CA", "letter voir RP123456CA")

    outcomes = [outcome_from(archive.records.tables.outcomes[page]) for page in row.enclosures]
    assert [its.enclosure for its in outcomes] == [EnclosureKind.PROOF_OF_SERVICE, EnclosureKind.LETTER]
    assert [rule.verdict for rule in row.rules if rule.id == "service_proof"] == [HOLDS]
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


def test_a_proof_of_another_service_proves_nothing(archive: Archive) -> None:
    front = "ii.statement.front statement_number=1 service_date= service_reference=RP123456CA"

    (row,) = taken(archive, front, "proof_of_service PREUVE DE LIVRAISON RP999999CA")

    assert [rule.verdict for rule in row.rules if rule.id == "service_proof"] == [UNKNOWN]
