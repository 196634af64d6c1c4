"""What the documents of one batch say together: payments, late pleas, minors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, StatementRow
from pipeline.model import Decision, PageState, RuleVerdict
from pipeline.usecases.stored_outcome import outcome_from
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow

STATEMENT = "iii.statement.front statement_number=5 service_date=2026-03-02 total_requested=162.00"
RETURN = "iii.return.front statement_number=5 service_date=2026-03-02 total_requested=162.00"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=form_flow)


def taken(archive: Archive, *lines: str, received: str | None = "2026-03-20") -> StatementRow:
    options = BatchOptions(received_on=None if received is None else date.fromisoformat(received))
    batch = archive.take({"a.pdf": "\n".join(lines).encode()}, options=options)
    (row,) = archive.records.statements(batch)
    return row


def verdicts(row: StatementRow) -> dict[str, RuleVerdict]:
    return {rule.id: rule.verdict for rule in row.rules}


@pytest.mark.parametrize(
    "lines", [(STATEMENT, f"{RETURN} plea= amount_paid=162.00"), (f"{RETURN} plea= amount_paid=162.00",)]
)
def test_a_whole_payment_without_a_plea_is_put_before_a_person(archive: Archive, lines: tuple[str, ...]) -> None:
    row = taken(archive, *lines)

    outcome = outcome_from(archive.records.tables.outcomes[row.returns[0]])
    fields = {field.name: field for field in outcome.fields}
    assert row.state is PageState.IN_REVIEW
    assert verdicts(row)["payment_is_plea"] is RuleVerdict.BROKEN
    assert [reason.code for reason in fields["plea"].reasons] == ["rule_payment_is_plea"]
    assert (fields["plea"].value, fields["plea"].decision) == (None, Decision.REVIEW)
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


@pytest.mark.parametrize(
    ("received", "verdict", "codes"),
    [
        ("2026-04-01", RuleVerdict.HOLDS, []),
        ("2026-04-02", RuleVerdict.BROKEN, ["plea_late"]),
        (None, RuleVerdict.UNKNOWN, ["plea_perhaps_late"]),
    ],
)
def test_a_late_plea_says_so_and_needs_nobody(
    archive: Archive, received: str | None, verdict: RuleVerdict, codes: list[str]
) -> None:
    row = taken(archive, STATEMENT, f"{RETURN} plea=guilty", received=received)

    assert verdicts(row)["deadline"] is verdict
    assert [reason.code for reason in row.reasons] == codes
    assert row.state is PageState.READY


def test_the_portion_that_was_not_torn_off_is_an_answer_too(archive: Archive) -> None:
    front = "i.statement.front statement_number=5 service_date=2026-03-02"

    answered = taken(archive, f"{front} plea=guilty", received="2026-05-01")
    unanswered = taken(archive, f"{front} plea=", received="2026-05-01")

    assert [reason.code for reason in answered.reasons] == ["plea_late"]
    assert "deadline" not in verdicts(unanswered)


@pytest.mark.parametrize(
    ("birth", "minor"),
    [("=2008-03-15", True), ("?=2008-03-15", True), ("=2008-03-14", False), ("=", False)],
)
def test_what_may_concern_a_minor_says_so(archive: Archive, birth: str, minor: bool) -> None:
    row = taken(archive, f"ii.statement.front statement_number=5 offence_date=2026-03-14 defendant_birthdate{birth}")

    asked = ["minor_on_proposal"] if birth.startswith("?") else []
    assert [reason.code for reason in row.reasons] == (["defendant_minor", *asked] if minor else [])
    if "?" not in birth:
        assert row.state is PageState.READY
