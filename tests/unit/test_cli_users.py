"""`constat user` and `constat access` as an operator uses them."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody.people import Act
from pipeline.storage.lock import exclusive
from pipeline.usecases.access import note_access
from pipeline.usecases.sessions import SignedIn
from pipeline.usecases.sign_in import sign_in
from pipeline.wiring import gate, serving, writing
from tests.e2e.command import constat


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    return folder


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    capsys.readouterr()
    assert run([*arguments, "--json"]) == 0
    found: object = json.loads(capsys.readouterr().out)
    return found


def _says(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))


def test_the_first_password_alone_is_on_stdout_and_opens_the_gate(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["user", "add", "Anne", "--role", "admin", "--display-name", "Anne Tremblay"]) == 0

    printed = capsys.readouterr()
    (password,) = printed.out.splitlines()
    assert password not in printed.err
    its = gate(serving(load_settings()))
    assert isinstance(sign_in("anne", password, address="", gate=its), SignedIn)


def test_a_password_may_come_by_pipe_and_is_not_printed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _says("trombone-lac-veston", monkeypatch)
    assert run(["user", "add", "anne", "--role", "court", "--password-stdin"]) == 0
    _says("short", monkeypatch)
    assert run(["user", "reset-password", "anne", "--password-stdin"]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "trombone" not in printed.err
    assert "[password_short]" in printed.err


def test_whoever_signs_in_by_the_provider_has_no_password(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["user", "add", "anne", "--role", "court", "--email", "Anne@Court.example"]) == 0
    assert run(["user", "add", "ben", "--role", "court", "--email", "anne@court.example"]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "[email_taken]" in printed.err
    shown = _json(capsys, "user", "show", "anne")
    assert isinstance(shown, dict)
    assert (shown["signs_in_by"], shown["must_change_password"]) == (["provider"], False)


def test_an_account_is_listed_and_changed_and_every_change_is_in_the_ledger(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["add", "anne", "--role", "reviewer", "--role", "intake", "--language", "fr"],
        ["add", "paul", "--role", "prosecutor", "--issuer", "valmont"],
        ["roles", "anne", "--set", "supervisor"],
        ["email", "anne", "--set", "anne@court.example"],
        ["disable", "paul"],
        ["unlock", "anne"],
        ["sign-out", "anne"],
        ["list"],
        ["show", "paul"],
    ):
        assert run(["user", *arguments]) == 0, arguments

    accounts = _json(capsys, "user", "list")
    assert isinstance(accounts, list)
    shown = [(its["name"], its["roles"], its["issuer"], its["disabled"]) for its in accounts]
    assert shown == [("anne", ["supervisor"], None, False), ("paul", ["prosecutor"], "valmont", True)]
    assert _json(capsys, "user", "show", "anne") == accounts[0]
    ledger = list(serving(load_settings()).keeping.records.ledger())
    assert [json.loads(entry.body)["what"] for entry in ledger] == ["added", "added", "roles", "external", "disabled"]
    assert all(json.loads(entry.body)["by"].startswith("os:") for entry in ledger)
    log = _json(capsys, "access", "list")
    assert isinstance(log, list)
    assert [its["act"] for its in log] == ["unlocked", "signed_out_everywhere"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["add", "anne"], ""),
        (["add", "anne", "--role", "king"], ""),
        (["add", "an ne", "--role", "court"], "bad_account_name"),
        (["add", "paul", "--role", "prosecutor"], "prosecutor_needs_issuer"),
        (["add", "paul", "--role", "prosecutor", "--issuer", "atlantis"], "issuer_unknown"),
        (["add", "anne", "--role", "court", "--email", "nowhere"], "bad_email"),
        (["email", "anne"], "email_or_none"),
        (["email", "anne", "--set", "a@b", "--remove"], "email_or_none"),
        (["show", "nobody"], "nothing_kept"),
        (["disable", "nobody"], "nothing_kept"),
    ],
)
def test_wrong_use_is_said_and_makes_no_account(
    arguments: list[str], code: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["user", *arguments]) == 2
    assert code in capsys.readouterr().err

    assert _json(capsys, "user", "list") == []


def test_looking_for_accounts_where_nothing_is_kept_makes_nothing(data_dir: Path) -> None:
    for arguments in (["user", "list"], ["access", "list"], ["user", "unlock", "anne"]):
        run(arguments)

    assert not data_dir.exists()


def test_accounts_can_be_managed_while_a_batch_is_taken_in(data_dir: Path) -> None:
    with exclusive(data_dir):
        assert run(["user", "add", "anne", "--role", "court"]) == 0


def test_people_sign_in_while_a_batch_is_taken_in_and_both_are_in_one_chain(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says("trombone-lac-veston", monkeypatch)
    assert run(["user", "add", "anne", "--role", "court", "--password-stdin"]) == 0
    its = gate(serving(load_settings()))
    with writing(load_settings()) as app:
        with app.keeping.records.transaction() as change:
            change.append("note", "intake", "{}")
        assert isinstance(sign_in("anne", "trombone-lac-veston", address="", gate=its), SignedIn)
        with app.keeping.records.transaction() as change:
            change.append("note", "intake", "{}")

    assert run(["verify", "--all"]) == 0


def test_the_log_is_looked_up_by_person_subject_and_day(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = serving(load_settings()).keeping.records
    for who, subject in (("anne", "100"), ("ben", "100"), ("anne", "200")):
        note_access(who, Act.VIEWED, subject, "[red]appel", address="192.0.2.7", records=records)

    def found(*arguments: str) -> list[tuple[str, str]]:
        entries = _json(capsys, "access", "list", *arguments)
        assert isinstance(entries, list)
        return [(its["who"], its["subject"]) for its in entries]

    assert found("--who", "anne") == [("anne", "100"), ("anne", "200")]
    assert found("--subject", "100", "--who", "ben") == [("ben", "100")]
    assert len(found("--since", "2000-01-01")) == 3
    assert found("--since", "2999-01-01") == []
    assert run(["access", "list"]) == 0
    assert "[red]appel" in capsys.readouterr().out


def test_verification_names_an_account_and_a_line_that_were_changed_in_the_database(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["user", "add", "anne", "--role", "court"])
    run(["user", "unlock", "anne"])
    with sqlite3.connect(data_dir / "constat.sqlite") as connection:
        connection.execute("UPDATE accounts SET roles = '[\"admin\"]'")
        connection.execute("DROP TRIGGER access_log_no_update")
        connection.execute("UPDATE access_log SET who = 'os:nobody'")
    capsys.readouterr()

    assert run(["verify", "--all", "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert [its["code"] for its in verdict["differences"]] == ["account_altered", "access_entry_altered"]


def test_the_database_is_not_for_everybody(data_dir: Path) -> None:
    run(["user", "add", "anne", "--role", "court"])

    assert not stat.S_IMODE((data_dir / "constat.sqlite").stat().st_mode) & stat.S_IRWXO


def test_an_operator_is_spoken_to_in_french(tmp_path: Path) -> None:
    done = constat("user", "add", "anne", "--role", "reviewer", data_dir=tmp_path, CONSTAT_LANGUAGE="fr")

    assert done.returncode == 0
    assert "Compte anne créé : vérification." in done.stderr
    assert len(done.stdout.split()) == 1
