"""`constat review` and `constat batch close`: exit codes, documents, and who may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.custody.people import Account, AccountId, Role
from pipeline.model import BatchId, Language
from pipeline.storage.records.sql import open_records
from tests.fakes import FakeClock
from tests.unit.reviewing import Office, first_page


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchId:
    """A batch with a field for review and a page that nobody can place; accounts `anne`, `benoit` and `chief`."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path))
    url, clock = f"sqlite:///{tmp_path / 'constat.sqlite'}", FakeClock()
    records = open_records(url, head_path=tmp_path / "ledger-head.json", clock=clock)
    accounts = [("anne", Role.REVIEWER), ("benoit", Role.REVIEWER), ("chief", Role.SUPERVISOR), ("court", Role.COURT)]
    with records.transaction() as change:
        for name, role in accounts:
            change.people.put(Account(AccountId(name), name, "", frozenset({role}), Language.FR, clock.now()))
    return Office(tmp_path).on(records).take("form number=812345678! date=2026-03-14", "unknown")


def decide(batch: BatchId, *arguments: str, by: str = "anne") -> int:
    return run(["review", "decide", first_page(batch), "offence_date", *arguments, "--by", by])


def test_what_waits_is_listed(batch: BatchId, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code = run(["review", "list", "--batch", batch, "--json"])

    found = json.loads(capsysbinary.readouterr().out)
    assert code == 0
    assert [(its["id"], its["queue"]) for its in found] == [
        (f"{first_page(batch)}/offence_date", "reviewer"),
        (first_page(batch, 2), "reviewer"),
    ]


def test_a_change_waits_for_another_person_and_its_history_is_shown(
    batch: BatchId, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    codes = [
        decide(batch, "--value", "2026-08-14"),
        decide(batch, "--confirm"),
        decide(batch, "--confirm", by="benoit"),
    ]
    capsysbinary.readouterr()
    run(["review", "show", first_page(batch), "offence_date", "--json"])

    found = json.loads(capsysbinary.readouterr().out)
    assert codes == [0, 1, 0]
    assert [(its["who"], its["value"]) for its in found] == [
        (None, "2026-03-14"),
        ("anne", "2026-08-14"),
        ("benoit", "2026-08-14"),
    ]


@pytest.mark.parametrize(
    ("arguments", "by", "code"),
    [
        (["--value", "yesterday"], "anne", 1),
        (["--accept", "--empty"], "anne", 2),
        ([], "anne", 2),
        (["--accept"], "nobody", 2),
        (["--accept"], "court", 2),
        (["--accept"], "anne", 0),
    ],
)
def test_exit_codes_of_deciding(batch: BatchId, arguments: list[str], by: str, code: int) -> None:
    assert decide(batch, *arguments, by=by) == code


def test_a_batch_is_closed_by_who_may_once_nothing_is_open(
    batch: BatchId, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    close = ["batch", "close", batch, "--by", "chief"]
    early = run(close)
    decide(batch, "--accept")

    assert early == 1
    assert run(["batch", "close", batch, "--by", "anne"]) == 2
    assert run(["review", "decide", first_page(batch, 2), "-", "--as-is", "--by", "chief"]) == 1
    assert run(["review", "decide", first_page(batch, 2), "-", "--as-is", "--reason", "an ad", "--by", "chief"]) == 0
    assert run(close) == 0
    assert run(close) == 1
    capsysbinary.readouterr()
    run(["batch", "show", batch, "--json"])
    assert json.loads(capsysbinary.readouterr().out)["closed_at"] is not None


def closed(batch: BatchId) -> list[int]:
    """What deciding everything and closing the batch answers."""
    return [
        decide(batch, "--accept"),
        run(["review", "decide", first_page(batch, 2), "-", "--as-is", "--reason", "x", "--by", "chief"]),
        run(["batch", "close", batch, "--by", "chief", "--reason", "an advertisement"]),
    ]


def test_a_closed_batch_is_opened_again_by_a_supervisor_for_one_field(
    batch: BatchId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert closed(batch) == [0, 0, 0]
    reopen = ["review", "reopen", first_page(batch), "offence_date", "--reason", "it says August", "--by"]

    codes = [run([*reopen, "anne"]), run([*reopen, "chief"])]

    assert codes == [1, 0]
    assert decide(batch, "--value", "2026-08-14", by="anne") == 0
    assert decide(batch, "--confirm", by="benoit") == 0
    assert run(["batch", "close", batch, "--by", "chief"]) == 0


def test_rates_are_printed_and_given_as_a_document(
    batch: BatchId, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(["review", "quality"])
    nothing = capsysbinary.readouterr()
    monkeypatch.setenv("CONSTAT_REVIEW_CHECK_PERCENT", "100")
    codes = closed(batch)
    check = f"{first_page(batch)}/offence_date/check"
    page, _, field = check.partition("/")
    answer = run(["review", "decide", page, field, "--value", "2026-03-14", "--by", "benoit"])
    capsysbinary.readouterr()

    run(["review", "quality", "--by", "person", "--json"])
    (found,) = json.loads(capsysbinary.readouterr().out)
    run(["review", "quality", "--by", "person"])
    printed = capsysbinary.readouterr().out.decode()

    assert b"CONSTAT_REVIEW_CHECK_PERCENT" in nothing.err
    assert (codes, answer) == ([0, 0, 1], 0)
    assert {name: found[name] for name in ("work", "name", "looked_at", "wrong", "enough")} == {
        "work": "person",
        "name": "anne",
        "looked_at": 1,
        "wrong": 0,
        "enough": False,
    }
    assert "anne" in printed


def test_checks_may_be_left_on_the_command_line(batch: BatchId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_REVIEW_CHECK_PERCENT", "100")
    assert closed(batch) == [0, 0, 1]
    close = ["batch", "close", batch, "--by", "chief", "--reason", "nobody is left"]

    assert run(close) == 1
    assert run([*close, "--leave-checks"]) == 0
