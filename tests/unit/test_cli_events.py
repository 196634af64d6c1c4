"""`constat events`: as lines, as a document, an event a line while it goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.storage.records.sql import open_records
from tests.fakes import FakeClock
from tests.unit.reviewing import Office


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'constat.sqlite'}"
    records = open_records(url, head_path=tmp_path / "ledger-head.json", clock=FakeClock())
    Office(tmp_path).on(records).take("form number=812345! plate=ABC123!")
    return tmp_path


def test_a_document_holds_the_events_and_where_to_go_on(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["events", "--json", "--most", "2"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [its["kind"] for its in found["events"]] == ["received", "readable"]
    assert (found["next"], found["more"]) == (2, True)


def test_people_are_told_in_lines(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["events", "--kind", "published", "--statement", "812345"])

    out = capsys.readouterr().out
    assert code == 0
    assert "field=plate" in out
    assert "value=ABC123" in out


def test_a_place_that_was_not_reached_is_wrong_usage(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["events", "--after", "99"]) == 2
    assert "99" in capsys.readouterr().err


def test_who_follows_gets_an_event_a_line_until_interrupted(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(wait_s: float) -> None:
        assert wait_s > 0.0
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    code = run(["events", "--follow", "--json", "--most", "1"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 130
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3, 4]


def test_where_nothing_is_kept_there_are_no_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "none"))

    assert run(["events"]) == 2
