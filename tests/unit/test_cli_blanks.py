"""`constat batch blanks`: what is listed, what is confirmed, and that a batch is closed only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.custody.people import Account, AccountId, Role
from pipeline.model import BatchId, Language
from pipeline.storage.records.sql import open_records
from tests.fakes import FakeClock
from tests.unit.custody import Archive
from tests.unit.reviewing import Office, desk_of, first_page
from tests.unit.test_blank_sides import blank_flow


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchId:
    """Three blank sides that came as a file; accounts `anne`, `chief` and `court`."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path))
    url, clock = f"sqlite:///{tmp_path / 'constat.sqlite'}", FakeClock()
    records = open_records(url, head_path=tmp_path / "ledger-head.json", clock=clock)
    with records.transaction() as change:
        for name, role in (("anne", Role.REVIEWER), ("chief", Role.SUPERVISOR), ("court", Role.COURT)):
            change.people.put(Account(AccountId(name), name, "", frozenset({role}), Language.FR, clock.now()))
    office = Office(tmp_path)
    office.archive = Archive.make(tmp_path, flow=blank_flow)
    office.desk = desk_of(office.archive.keeping)
    return office.on(records).take("bare", "bare", "bare")


def listed(batch: BatchId, told: pytest.CaptureFixture[bytes]) -> list[tuple[str, bool, str | None]]:
    told.readouterr()
    assert run(["batch", "blanks", batch, "--json"]) == 0
    sides = json.loads(told.readouterr().out)["sides"]
    return [(its["page"], its["waits"], its["confirmed_by"]) for its in sides]


def test_blank_sides_are_looked_over_before_a_batch_is_closed(
    batch: BatchId, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    pages = [first_page(batch, number) for number in (1, 2, 3)]
    close = ["batch", "close", batch, "--by", "chief"]

    assert listed(batch, capsysbinary) == [(page, True, None) for page in pages]
    assert run(close) == 1
    assert "3" in capsysbinary.readouterr().err.decode()
    assert run(["batch", "blanks", batch, "--confirm", "anne", "--but", pages[1]]) == 0

    assert listed(batch, capsysbinary)[0] == (pages[0], False, "anne")
    assert run(close) == 1
    assert run([*close, "--reason", "seen"]) == 0


@pytest.mark.parametrize(
    "arguments", [("--but", "2026-03-16-001.0001.0009", "--confirm", "anne"), ("--but", "x"), ("--confirm", "court")]
)
def test_what_names_no_side_or_may_not_confirms_nothing(
    batch: BatchId, arguments: tuple[str, ...], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["batch", "blanks", batch, *arguments]) == 2

    assert all(waits for _, waits, _ in listed(batch, capsysbinary))


def test_a_table_for_people(batch: BatchId, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["batch", "blanks", batch, "--confirm", "anne"])
    capsysbinary.readouterr()

    assert run(["batch", "blanks", batch]) == 0

    assert capsysbinary.readouterr().out.decode().count("anne") == 3
