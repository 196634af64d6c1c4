"""`constat link`: an address printed once, links listed and revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody import StatementRow
from pipeline.model import PageState
from pipeline.usecases.passes import pass_of
from pipeline.wiring import gate, serving
from tests.contract.test_review import BATCH

NUMBER = "101234000000017"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    with serving(load_settings()).keeping.records.transaction() as change:
        change.put_batch(BATCH)
        row = StatementRow("s1", BATCH.id, "valmont", NUMBER, None, PageState.ARCHIVED)
        change.put_statements(BATCH.id, (row,))
    return folder


def _added(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(["link", "add", f"valmont:{NUMBER}", "--reason", "asked at the counter", *more]) == 0
    return capsys.readouterr().out.strip()


def test_a_link_is_printed_once_listed_without_its_text_and_revoked(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = _added(capsys)
    text = address.removeprefix("/shown/")
    kept = gate(serving(load_settings()))

    assert pass_of(text, gate=kept) is not None
    assert run(["link", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["statement"], listed["state"], listed["uses"]) == ("l0001", NUMBER, "open", 0)
    assert text not in json.dumps(listed)
    assert run(["link", "list"]) == 0
    assert "l0001" in capsys.readouterr().out
    assert run(["link", "revoke", "l0001"]) == 0
    assert pass_of(text, gate=kept) is None
    assert all(text not in path.read_bytes().decode("latin-1") for path in data_dir.rglob("*") if path.is_file())


def test_the_address_begins_with_the_servers_own_where_it_is_set(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSTAT_PUBLIC_URL", "https://constat.example")

    assert _added(capsys).startswith("https://constat.example/shown/")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["link", "add", "1", "--reason", "x"], 2),
        (["link", "add", NUMBER, "--reason", " "], 2),
        (["link", "add", NUMBER, "--reason", "x", "--days", "0"], 2),
        (["link", "add", NUMBER], 2),
        (["link", "revoke", "l0009"], 2),
    ],
)
def test_what_can_be_no_link_is_refused(
    arguments: list[str], code: int, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    capsys.readouterr()
    assert run(["link", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
