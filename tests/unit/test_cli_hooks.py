"""`constat hooks`: keys, addresses, what was given up, and sending without the pages."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody.events import EventKind, Telling
from pipeline.custody.hooks import DeliveryState
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.wiring import hook_desk, serving
from tests.unit.hooked import NOON, hook_with_everything
from tests.unit.test_hook_sender import Receiver


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    monkeypatch.setenv("CONSTAT_HOOKS_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("CONSTAT_HOOKS_KEY", str(tmp_path / "hooks.key"))
    return folder


@pytest.fixture
def records(data_dir: Path, tmp_path: Path) -> Records:
    """Of an archive with a key of hooks."""
    assert run(["hooks", "key", str(tmp_path / "hooks.key")]) == 0
    data_dir.mkdir(mode=0o700)
    return serving(load_settings()).keeping.records


def _happens(records: Records) -> None:
    with records.transaction() as change:
        change.events.append(Telling(EventKind.RECEIVED, NOON, "valmont", "b.s0001", None, BatchId("b")))


def test_a_key_is_for_its_owner_alone_and_never_replaced(records: Records, tmp_path: Path) -> None:
    path = tmp_path / "hooks.key"
    before = path.read_bytes()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run(["hooks", "key", str(path)]) == 2
    assert path.read_bytes() == before


def test_a_key_that_others_may_read_is_not_used(
    records: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hooks.key").chmod(0o644)

    assert run(["hooks", "add", "court", "http://127.0.0.1:9/"]) == 2
    assert "0644" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "abc", "00" * 31, "zz" * 32])
def test_what_is_no_key_is_said(
    records: Records, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hooks.key").write_text(text)

    assert run(["hooks", "add", "court", "http://127.0.0.1:9/"]) == 2
    assert "hooks.key" in capsys.readouterr().err


def test_the_secret_alone_is_printed_and_a_message_arrives_signed(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = Receiver()
    with receiver.listening() as url:
        assert run(["hooks", "add", "court", url]) == 0
        secret = capsys.readouterr().out
        _happens(records)
        assert run(["hooks", "deliver", "--once"]) == 0

    assert secret.startswith("whsec_")
    assert len(secret.split()) == 1
    assert b"webhook-id: b.s0001-e0001\r\n" in receiver.got[0]
    hook = records.hooks.all()[0]
    assert [its.state for its in records.hooks.deliveries(hook.id, most=9)] == [DeliveryState.DELIVERED]


def test_a_test_message_that_does_not_arrive_is_told_with_the_reason(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = Receiver(b"HTTP/1.1 500 Oh\r\n\r\n")
    with receiver.listening() as url:
        assert run(["hooks", "add", "court", url]) == 0
        assert run(["hooks", "test", "court"]) == 3

    said = capsys.readouterr().err
    assert "500" in said


def test_what_was_given_up_is_listed_sent_again_and_let_go_of(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = hook_with_everything(records)

    assert run(["hooks", "dead", "court", "--json"]) == 0
    (dead,) = json.loads(capsys.readouterr().out)
    assert (dead["sequence"], dead["status"], dead["obstacle"], dead["tries"]) == (3, 500, "status", 13)
    assert run(["hooks", "dead", "court"]) == 0
    assert "HTTP 500" in capsys.readouterr().out
    assert run(["hooks", "skip", "court", "3"]) == 0
    assert run(["hooks", "skip", "court", "3"]) == 2
    assert run(["hooks", "replay", "court", "--from", "2"]) == 0
    assert records.hooks.queued(hook.id) == 1
    assert run(["hooks", "replay", "court", "--dead"]) == 0
    assert run(["hooks", "replay", "court"]) == 2
    assert run(["hooks", "replay", "court", "--dead", "--from", "1"]) == 2


def test_addresses_are_listed_paused_given_new_secrets_and_revoked(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hooks", "list"]) == 0
    assert run(["hooks", "add", "court", "http://127.0.0.1:9/", "--kind", "received", "--from", "1"]) == 0
    first = capsys.readouterr().out
    assert run(["hooks", "rotate", "court"]) == 0
    assert capsys.readouterr().out not in ("", first)
    for command, state in (("pause", "paused"), ("resume", "running"), ("revoke", "revoked")):
        assert run(["hooks", command, "court"]) == 0
        capsys.readouterr()
        assert run(["hooks", "list", "--json"]) == 0
        (listed,) = json.loads(capsys.readouterr().out)
        assert listed["state"] == state
    assert listed["kinds"] == ["received"]
    assert "secret" not in json.dumps(listed)
    assert run(["hooks", "resume", "court"]) == 2
    assert run(["hooks", "pause", "nobody"]) == 2


def test_an_address_in_a_private_network_is_refused_unless_it_was_opened(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hooks", "add", "court", "https://10.1.2.3/"]) == 2
    assert "CONSTAT_HOOKS_NETWORKS" in capsys.readouterr().err
    assert run(["hooks", "add", "court", "http://192.0.2.1/"]) == 2


def test_settings_of_hooks_are_looked_at(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_HOOKS_NETWORKS", "10.2.0.0/16, everywhere")

    assert run(["hooks", "list"]) == 2


def test_the_number_of_tries_and_the_first_wait_are_settings(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_HOOKS_TRIES", "3")
    monkeypatch.setenv("CONSTAT_HOOKS_WAIT_S", "1")

    assert hook_desk(serving(load_settings())).patience.waits_s == (1, 6)


def test_addresses_may_be_added_before_anything_was_taken_in(data_dir: Path, tmp_path: Path) -> None:
    assert run(["hooks", "key", str(tmp_path / "hooks.key")]) == 0
    assert run(["hooks", "pause", "court"]) == 2

    assert run(["hooks", "add", "court", "http://127.0.0.1:9/"]) == 0
