"""Two processes decide the same tasks of one database at once: of each one wins, and the ledger stays whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.evidence import ledger
from pipeline.storage.records.sql import open_records
from pipeline.usecases.verify import verify_all
from tests.fakes import FakeClock
from tests.unit.reviewing import Office

ROOT = Path(__file__).parents[2]
TASKS = 12


def rival(folder: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.review_rival", str(folder), name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_of_two_processes_exactly_one_decides_each_task(tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{tmp_path / 'c.sqlite'}", head_path=tmp_path / "head.json", clock=FakeClock())
    office = Office(tmp_path).on(records)
    batch = office.take(*[f"form number=8123456{number:02d}! name=ROY" for number in range(TASKS)])
    rivals = [rival(tmp_path, name) for name in ("anne", "benoit")]
    for each in rivals:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    told = []
    for each in rivals:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in rivals:
        out, _ = each.communicate(timeout=120)
        told.append([line.removeprefix("won ") for line in out.splitlines()])

    tasks = [str(its.id) for its in records.review.tasks(batch=batch)]
    assert len(tasks) == TASKS
    assert sorted(told[0] + told[1]) == sorted(tasks)
    assert all(len(rows) == 1 for rows in records.review.histories(batch=batch).values())
    assert ledger.verify(tuple(records.ledger()), records.ledger_head()) == ()
    assert verify_all(keeping=office.archive.keeping, runner=office.archive.runner).differences == ()
