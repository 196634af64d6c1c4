"""What persons decided is verified with the batch and with each statement in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.custody.review import TaskState, Verb, Verdict
from pipeline.model import BatchId, Kind, LayoutId, PageId
from pipeline.statements.cheques import CHEQUE_AMOUNT
from pipeline.storage.records.sql import open_records
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import close_batch, decide, task_id
from pipeline.usecases.review.cheque_cases import enter_cheque_amount
from pipeline.usecases.verify import verify_all, verify_statement
from tests.fake_records import tampered
from tests.fakes import FakeClock
from tests.unit.reviewing import ANNE, Office, task
from tests.unit.sealed import named

NUMBER = "812345"
LINE = f"form number={NUMBER}! name=TREMBLAI"


def _decided(folder: Path) -> tuple[Office, BatchId]:
    office = Office(folder)
    batch = office.take(LINE)
    decide(task(batch, "name"), 0, Verdict(Verb.TYPED, "TREMBLAY"), ANNE, desk=office.desk)
    return office, batch


def _found(office: Office) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Differences of everything, and of the statement."""
    keeping, runner = office.archive.keeping, office.archive.runner
    parts = find_statement(NUMBER, records=keeping.records).parts
    return (
        named(verify_all(keeping=keeping, runner=runner)),
        named(verify_statement(parts, keeping=keeping, runner=runner)),
    )


def test_what_persons_decided_holds_and_so_does_a_closed_batch(tmp_path: Path) -> None:
    office, batch = _decided(tmp_path)
    assert _found(office) == (set(), set())

    close_batch(batch, ANNE, desk=office.desk)
    assert _found(office) == (set(), set())


def _another_value(office: Office, batch: BatchId) -> tuple[str, str]:
    its = task(batch, "name")
    office.archive.records.tables.review.said[its][0] = replace(
        office.archive.records.tables.review.said[its][0], value="GAGNON"
    )
    return "review_history_altered", its


def _task_closed(office: Office, batch: BatchId) -> tuple[str, str]:
    its = task(batch, "name")
    tampered(office.archive.records.tables.review.by_id, its, state=TaskState.CLOSED)
    return "review_task_altered", its


def _batch_closed(office: Office, batch: BatchId) -> tuple[str, str]:
    made = office.archive.records.tables.review.made
    tampered(made, batch, closed_at=made[batch].made_at, closed_by="anne")
    return "batch_record_altered", batch


def _match_keys(office: Office, batch: BatchId) -> tuple[str, str]:
    (row,) = office.archive.records.tables.statements[batch]
    office.archive.records.tables.statements[batch] = (replace(row, match_keys=("forged",)),)
    return "statement_record_altered", row.id


@pytest.mark.parametrize("tamper", [_another_value, _task_closed, _batch_closed, _match_keys])
def test_what_was_altered_is_named_for_all_and_for_the_statement(
    tamper: Callable[[Office, BatchId], tuple[str, str]], tmp_path: Path
) -> None:
    office, batch = _decided(tmp_path)
    expected = tamper(office, batch)

    everything, statement = _found(office)
    assert expected in everything
    assert expected in statement


@pytest.mark.parametrize(
    "altered",
    [
        {"statement": "elsewhere"},
        {"page": PageId("elsewhere")},
        {"field": "offence_date"},
        {"kind": Kind.TEXT},
        {"layout": LayoutId("iii.return.front.fr@generic-1")},
        {"critical": True},
        {"reading": '"GAGNON"'},
        {"excluded": ("benoit",)},
        {"blind": True},
    ],
    ids=lambda its: next(iter(its)),
)
def test_what_a_task_repeats_of_its_page_field_and_history_is_compared(
    altered: dict[str, object], tmp_path: Path
) -> None:
    office, batch = _decided(tmp_path)
    its = task(batch, "name")
    tampered(office.archive.records.tables.review.by_id, its, **altered)

    assert _found(office)[0] == {("review_task_altered", its)}


def test_an_amount_that_a_person_entered_is_less_critical_by_nobodys_hand(tmp_path: Path) -> None:
    """Else it would stand once one person said it."""
    office = Office(tmp_path)
    batch = office.take(LINE, "cheque $ 162.00 162 --- 00/100")
    page = office.archive.records.pages(batch)[1].id
    enter_cheque_amount(page, "162.00", ANNE, reason="words and figures", desk=office.desk)
    its = task_id(page, CHEQUE_AMOUNT)
    assert _found(office)[0] == set()

    tampered(office.archive.records.tables.review.by_id, its, critical=False)

    assert ("review_task_altered", its) in _found(office)[0]


def test_a_statement_that_is_hidden_from_lists_by_hand_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    office = Office(tmp_path).on(open_records(url, head_path=tmp_path / "head.json", clock=FakeClock()))
    batch = office.take(LINE)
    assert _found(office)[0] == set()

    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE statements SET counts = 0"))

    assert ("statement_record_altered", batch) in _found(office)[0]


def test_tasks_taken_away_with_the_note_that_they_were_made_are_named(tmp_path: Path) -> None:
    office, batch = _decided(tmp_path)
    tables = office.archive.records.tables.review
    tables.by_id.clear()
    tables.made.clear()

    assert ("review_task_missing", task(batch, "name")) in _found(office)[0]


def test_a_batch_that_is_opened_again_by_hand_is_named(tmp_path: Path) -> None:
    office, batch = _decided(tmp_path)
    close_batch(batch, ANNE, desk=office.desk)
    tampered(office.archive.records.tables.review.made, batch, closed_at=None, closed_by=None)

    assert ("batch_record_altered", batch) in _found(office)[0]
