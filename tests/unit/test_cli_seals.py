"""`constat key`, `seal`, `proof`, and the fingerprint that `verify` is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.custody import BatchOptions
from pipeline.evidence.proof import proof_from
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.intake import take_in
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A statement was taken in, without a key."""
    folder, mail = tmp_path / "data", tmp_path / "mail"
    mail.mkdir()
    (mail / "a.pdf").write_bytes(b"no 812345")
    runner = FakeRunner(WorkerParts(DirectoryStore(folder / "objects"), LinePages(), line_flow))
    take_in(FolderFiles().listing([mail]), BatchOptions(), keeping=keeping_of(folder), runner=runner)
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    monkeypatch.delenv("CONSTAT_SIGNING_KEY", raising=False)
    return folder


def _new_key(path: Path, capsys: Capture) -> str:
    """Its fingerprint."""
    assert run(["key", "new", str(path)]) == 0
    return capsys.readouterr().out.splitlines()[0].split()[-1]


def _states(capsys: Capture) -> list[tuple[str, str]]:
    capsys.readouterr()
    assert run(["key", "list", "--json"]) == 0
    return [(each["key"], each["state"]) for each in json.loads(capsys.readouterr().out)]


def test_a_key_is_made_put_in_force_rotated_and_revoked(
    data_dir: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    first = _new_key(keys / "a.pem", capsys)
    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(keys / "a.pem"))
    assert run(["seal"]) == 0
    assert _states(capsys) == [(first, "in_force")]

    assert run(["key", "rotate", str(keys / "b.pem")]) == 0
    second = capsys.readouterr().out.splitlines()[0].split()[-1]
    assert _states(capsys) == [(first, "rotated"), (second, "in_force")]

    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(keys / "b.pem"))
    assert run(["key", "revoke", second[:10], "--reason", "compromised"]) == 0
    assert _states(capsys) == [(first, "rotated"), (second, "compromised")]


def test_a_rotation_that_was_interrupted_takes_the_key_that_was_made(
    data_dir: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    _new_key(keys / "a.pem", capsys)
    second = _new_key(keys / "b.pem", capsys)
    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(keys / "a.pem"))

    assert run(["key", "rotate", str(keys / "b.pem")]) == 0
    assert _states(capsys)[-1] == (second, "in_force")


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "new", "{data}/inside.pem"],
        ["key", "rotate", "{keys}/b.pem"],
        ["key", "revoke", "ab", "--reason", "lost"],
        ["key", "revoke", "ab"],
        ["verify", "--all", "--key", "ab"],
        ["verify", "--all", "--tsa-certs", "{keys}/none.pem"],
        ["proof", "999999"],
    ],
)
def test_wrong_use_is_told(arguments: list[str], data_dir: Path, keys: Path) -> None:
    assert run([each.format(data=data_dir, keys=keys) for each in arguments]) == 2


def test_a_rotation_without_a_present_key_makes_none(data_dir: Path, keys: Path) -> None:
    assert run(["key", "rotate", str(keys / "b.pem")]) == 2
    assert list(keys.iterdir()) == []


def test_an_exposed_key_stops_everything_that_writes(
    data_dir: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    _new_key(keys / "a.pem", capsys)
    (keys / "a.pem").chmod(0o644)
    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(keys / "a.pem"))

    for arguments in (["seal"], ["reconcile"], ["key", "rotate", str(keys / "b.pem")]):
        assert run(arguments) == 2
        assert "[signing_key_exposed]" in capsys.readouterr().err


def test_a_proof_is_printed_or_written_once(data_dir: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["proof", "812345"]) == 0
    printed = capsys.readouterr().out
    assert run(["proof", "812345", "--out", str(tmp_path / "p.json")]) == 0
    assert run(["proof", "812345", "--out", str(tmp_path / "p.json")]) == 2

    written = (tmp_path / "p.json").read_text(encoding="utf-8")
    assert proof_from(written).entries == proof_from(printed).entries


def test_sealing_with_a_key_missing_that_is_in_force_exits_with_3(
    data_dir: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    _new_key(keys / "a.pem", capsys)
    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(keys / "a.pem"))
    assert run(["seal"]) == 0
    with keeping_of(data_dir).records.transaction() as change:
        change.append("reconciled", "all", "{}")
    monkeypatch.delenv("CONSTAT_SIGNING_KEY")

    assert run(["seal"]) == 3
    assert "[signing_key_not_configured]" in capsys.readouterr().err


def test_a_verification_says_that_seals_are_unsigned_and_holds(data_dir: Path, capsys: Capture) -> None:
    found = run(["verify", "--all", "--json"])

    document = json.loads(capsys.readouterr().out)
    told = {its["code"] for its in document["remarks"]}
    assert told == {"seals_without_signature", "seals_without_time_stamp", "seals_inside"}
    # Pages of text are no pages to the real taker-apart.
    assert {its["code"] for its in document["differences"]} <= {"file_no_longer_readable"}
    assert found == 1
