"""`constat figures`: as tables, as a document, as a file."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.storage.records.sql import open_records
from pipeline.usecases.figure_tables import TABLE_NAMES, columns_of
from pipeline.usecases.review import Decided, decide
from tests.fakes import FakeClock
from tests.unit.reviewing import ACCEPT, ANNE, Office, task, typed

SINCE = ("--since", "2026-11-01")
"""Before the day of the fake clock."""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A batch with one field decided as read and one changed."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path))
    url, clock = f"sqlite:///{tmp_path / 'constat.sqlite'}", FakeClock()
    records = open_records(url, head_path=tmp_path / "ledger-head.json", clock=clock)
    office = Office(tmp_path).on(records)
    batch = office.take("form number=812345! birth=1980-01-02 name=?", "unknown")
    for word, verdict in {"birth": ACCEPT, "name": typed("Ann B")}.items():
        assert isinstance(decide(task(batch, word), 0, verdict, ANNE, desk=office.desk), Decided)
    return tmp_path


def test_a_document_holds_every_table(archive: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code = run(["figures", *SINCE, "--json"])

    found = json.loads(capsysbinary.readouterr().out)
    assert code == 0
    assert set(found["tables"]) == set(TABLE_NAMES)
    assert (found["first"], found["today"]["waiting"], found["today"]["read"]) == ("2026-11-01", 1, 3)
    assert [its["sheets"] for its in found["tables"]["volumes"] if its["sheets"]] == [2]
    assert found["tables"]["reliability"][0]["right"] == 1


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_each_table_is_a_file(name: str, archive: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code = run(["figures", *SINCE, "--csv", name])

    out = capsysbinary.readouterr().out.decode("utf-8")
    head, *rows = csv.reader(StringIO(out, newline=""))
    assert code == 0
    assert head == [column.name for column in columns_of(name)]
    assert all(len(row) == len(head) for row in rows)
    assert out.endswith("\r\n")


def test_people_are_told_in_tables(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["figures", *SINCE])

    out = capsys.readouterr().out
    assert code == 0
    assert "anne" in out
    assert "33.3 %" in out
    assert "iii.statement.front.fr@generic-1" in out


def test_one_form_at_a_time(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", "--json", "--csv", "ages"]) == 2
    assert "figures_need_one_form" in capsys.readouterr().err


def test_where_nothing_is_kept_there_are_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "none"))

    assert run(["figures"]) == 2
    assert "no_batch" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
