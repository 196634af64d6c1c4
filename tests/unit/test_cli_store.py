"""`constat store` and the settings of S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from tests.servers.buckets import new_bucket
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed

KEYS = {"CONSTAT_S3_ACCESS_KEY": ACCESS_KEY, "CONSTAT_S3_SECRET_KEY": SECRET_KEY}


def _in_force(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in {**KEYS, **settings}.items():
        monkeypatch.setenv(name, value)


def test_a_bucket_needs_its_keys_and_wrong_terms_are_named() -> None:
    with pytest.raises(OperatorError) as caught:
        load_settings(
            {"CONSTAT_OBJECTS_URL": "s3://h/originals", "CONSTAT_S3_RETENTION": "30d", "CONSTAT_S3_SSE": "kms:"}
        )

    problems = str(caught.value.params["problems"])
    assert all(name in problems for name in ("ACCESS_KEY=", "SECRET_KEY=", "RETENTION=30d", "SSE=kms:"))


def test_settings_are_shown_without_the_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _in_force(monkeypatch, CONSTAT_OBJECTS_URL="s3://h:1/originals", CONSTAT_S3_RETENTION="GOVERNANCE:30d")

    assert run(["config"]) == 0
    shown = capsys.readouterr().out
    assert "CONSTAT_OBJECTS_URL=s3://h:1/originals" in shown
    assert "CONSTAT_S3_SECRET_KEY=***" in shown
    assert SECRET_KEY not in shown
    assert SECRET_KEY not in repr(load_settings())


def test_a_folder_has_no_bucket_to_make(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path))

    assert run(["store", "check"]) == 0
    assert run(["store", "init"]) == 2
    printed = capsys.readouterr()
    assert str(tmp_path / "objects") in printed.out
    assert "[store_is_directory]" in printed.err


@pytest.mark.servers
def test_a_bucket_is_made_shown_and_made_once(
    seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    _in_force(monkeypatch, CONSTAT_OBJECTS_URL=f"s3://{seaweed.host}/made-by-command?secure=false")

    assert run(["store", "check"]) == 2
    assert run(["store", "init"]) == 0
    assert run(["store", "init"]) == 2
    capsysbinary.readouterr()
    assert run(["store", "check", "--json"]) == 0

    found = json.loads(capsysbinary.readouterr().out)
    assert (found["bucket"], found["versioning"], found["object_lock"]) == ("made-by-command", True, True)
    assert abs(found["clock_ahead_s"]) <= 2


@pytest.mark.servers
def test_a_bucket_that_cannot_keep_is_shown_and_refused(
    seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = new_bucket(seaweed, locked=False)
    _in_force(monkeypatch, CONSTAT_OBJECTS_URL=f"s3://{seaweed.host}/{bucket}?secure=false")

    assert run(["store", "check"]) == 2
    printed = capsys.readouterr()
    assert bucket in printed.out
    assert "[bucket_without_versioning]" in printed.err
