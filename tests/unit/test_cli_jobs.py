"""`constat intake`, `reconcile` and `jobs` where workers do the work; no queue is needed for any of them."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody import FileState
from pipeline.custody.queued import JobKind, JobState, job_id
from pipeline.model import BatchId, Reason
from pipeline.ports import Records
from pipeline.usecases.jobs.making import job_of
from pipeline.wiring import serving
from tests.databases import run_beside

Printed = pytest.CaptureFixture[str]
FILE = b"%PDF-1.4 not looked at yet"


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """With one batch, received and left to workers."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("CONSTAT_BROKER_URL", "amqp://nobody:x@127.0.0.1:9/none")
    monkeypatch.setenv("CONSTAT_LEAST_FREE_BYTES", "0")
    (tmp_path / "mail.pdf").write_bytes(FILE)
    assert run(["intake", str(tmp_path / "mail.pdf"), "--no-wait", "--json"]) == 0
    return serving(load_settings()).keeping.records


def _batch(records: Records) -> BatchId:
    (row,) = records.batches()
    return row.id


def test_taking_in_stores_everything_and_leaves_the_rest_as_jobs(records: Records, capsys: Printed) -> None:
    batch = _batch(records)
    capsys.readouterr()
    assert run(["jobs", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["waiting"] == 1
    assert [its["id"] for its in told["jobs"]] == [f"split:{batch}.0001"]
    assert [its.state for its in records.files(batch)] == [FileState.RECEIVED]
    assert run(["jobs"]) == 0
    assert f"split:{batch}.0001" in capsys.readouterr().out


def test_nothing_is_taken_in_where_the_disk_is_full(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv("CONSTAT_LEAST_FREE_BYTES", str(10**18))

    assert run(["intake", str(tmp_path / "mail.pdf"), "--no-wait"]) == 3
    assert "CONSTAT_LEAST_FREE_BYTES" in capsys.readouterr().err
    assert len(records.batches()) == 1


def test_reconciling_goes_on_with_what_a_killed_intake_left_on_this_machine(records: Records, capsys: Printed) -> None:
    batch = _batch(records)
    (file,) = records.files(batch)
    row = records.batch(batch)
    assert row is not None
    lost = row.started_at - timedelta(minutes=1)
    with records.transaction() as change:
        change.put_file(replace(file, id=f"{batch}.0002", position=1, digest=None, state=FileState.ANNOUNCED))  # type: ignore[arg-type]
        change.jobs.finish(job_id(JobKind.RECEIVE, batch), at=lost, dead=True)
    run_beside(
        load_settings().database,
        f"UPDATE jobs SET state = 'claimed', claimed_until = '{lost.isoformat(timespec='microseconds')}',"
        f" claimed_by = '{socket.gethostname()[:60]}:1' WHERE kind = 'receive'",
    )
    capsys.readouterr()

    assert run(["reconcile", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["jobs"] == {"recalled": 1, "asked": 0, "stuck": [], "left": 1}
    assert records.files(batch)[1].state is FileState.DUPLICATE


def test_what_was_given_up_is_listed_and_begun_anew(records: Records, capsys: Printed) -> None:
    batch = _batch(records)
    row = records.batch(batch)
    assert row is not None
    dead = replace(job_of(JobKind.PAIR, batch, row, row.started_at), state=JobState.DEAD, reason=Reason("worker_lost"))
    with records.transaction() as change:
        change.jobs.add((dead,))
    capsys.readouterr()

    assert run(["jobs", "--dead", "--json"]) == 0
    assert [its["reason"] for its in json.loads(capsys.readouterr().out)["jobs"]] == ["worker_lost"]
    assert run(["jobs", "retry", dead.id]) == 0
    assert run(["jobs", "retry", dead.id]) == 2
    assert run(["jobs", "retry", "none"]) == 2
    assert next(its for its in records.jobs.of_batch(batch) if its.id == dead.id).state is JobState.WAITING
