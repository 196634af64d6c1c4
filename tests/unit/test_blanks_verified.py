"""Who confirmed blank sides, which, and which were taken out, is compared with the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.custody.fingerprints import BlankConfirmed
from pipeline.custody.review import TaskId
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, PageId
from pipeline.usecases.blank_entries import BLANKS_CONFIRMED, BlankTestimony, compare_blanks, hear_blanks
from pipeline.usecases.review.blanks import confirm_blanks
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.reviewing import ANNE, Office, desk_of, first_page
from tests.unit.sealed import named
from tests.unit.test_blank_sides import blank_flow


def _confirmed(folder: Path) -> tuple[Office, BatchId]:
    """Side 1 is confirmed, side 2 taken out, side 3 not looked at."""
    office = Office(folder)
    office.archive = Archive.make(folder, flow=blank_flow)
    office.desk = desk_of(office.archive.keeping)
    batch = office.take("bare", "bare", "bare")
    seen = {PageId(first_page(batch, number)): 0 for number in (1, 2)}
    confirm_blanks(batch, seen, ANNE, thrown_out=[PageId(first_page(batch, 2))], desk=office.desk)
    return office, batch


def _rows(office: Office) -> dict[PageId, BlankConfirmed]:
    return office.archive.records.tables.fingerprints.blanks


def _removed(office: Office, batch: BatchId) -> tuple[str, str]:
    page = first_page(batch, 1)
    del _rows(office)[PageId(page)]
    return "blank_confirmation_missing", page


def _added(office: Office, batch: BatchId) -> tuple[str, str]:
    page = PageId(first_page(batch, 3))
    _rows(office)[page] = replace(_rows(office)[PageId(first_page(batch, 1))], page=page)
    return "blank_not_confirmed", page


def _by_another(office: Office, batch: BatchId) -> tuple[str, str]:
    page = PageId(first_page(batch, 1))
    _rows(office)[page] = replace(_rows(office)[page], by="benoit")
    return "blank_confirmation_altered", page


def _at_another_time(office: Office, batch: BatchId) -> tuple[str, str]:
    page = PageId(first_page(batch, 1))
    _rows(office)[page] = replace(_rows(office)[page], at=_rows(office)[page].at - timedelta(days=1))
    return "blank_confirmation_altered", page


def _of_another_batch(office: Office, batch: BatchId) -> tuple[str, str]:
    page = PageId(first_page(batch, 1))
    _rows(office)[page] = replace(_rows(office)[page], batch=BatchId("2026-01-01-009"))
    return "blank_confirmation_missing", page


def _question_removed(office: Office, batch: BatchId) -> tuple[str, str]:
    page = first_page(batch, 2)
    del office.archive.records.tables.review.by_id[TaskId(page)]
    return "review_task_missing", page


@pytest.mark.parametrize(
    "tamper", [_removed, _added, _by_another, _at_another_time, _of_another_batch, _question_removed]
)
def test_what_was_altered_of_confirmations_is_named(
    tamper: Callable[[Office, BatchId], tuple[str, str]], tmp_path: Path
) -> None:
    office, batch = _confirmed(tmp_path)
    before = named(verify_all(keeping=office.archive.keeping, runner=office.archive.runner))
    expected = tamper(office, batch)

    assert before == set()
    assert expected in named(verify_all(keeping=office.archive.keeping, runner=office.archive.runner))


def test_an_entry_of_before_the_time_was_told_holds_for_rows_of_any_time(tmp_path: Path) -> None:
    office, batch = _confirmed(tmp_path)
    entry = next(its for its in office.archive.records.ledger() if its.kind == BLANKS_CONFIRMED)
    facts = json.loads(entry.body)
    del facts["at"]
    told = BlankTestimony()
    hear_blanks(told, replace(entry, body=canonical_json(facts)))
    tasks = {TaskId(first_page(batch, 2))}

    rows = _rows(office).values()
    assert list(compare_blanks(batch, rows, told, tasks=tasks)) == []
    by_another = [replace(its, by="benoit") for its in rows]
    assert [its.code for its in compare_blanks(batch, by_another, told, tasks=tasks)] == ["blank_confirmation_altered"]
