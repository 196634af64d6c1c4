"""How the tests are run: what failed is tried once more alone, and an unsteady one is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.command import ROOT

FACTS = """
import pathlib
MARK = pathlib.Path(__file__).with_name("begun")

def test_steady():
    pass

def test_unsteady():
    again = MARK.exists()
    MARK.touch()
    assert again

def test_false():
    assert not {false}
"""


def _ran(folder: Path, *, false: bool) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_facts.py").write_text(FACTS.format(false=false))
    return subprocess.run(
        [ROOT / "scripts" / "tests.sh", "-p no:xdist", "-q", "-p", "no:hypothesispytest", "test_facts.py"],
        cwd=folder,
        env={**os.environ, "PY": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_fails_once_and_passes_alone_is_named_and_the_run_passes(tmp_path: Path) -> None:
    ran = _ran(tmp_path, false=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == "unsteady: failed once, passed alone: test_facts.py::test_unsteady\n"
    assert "== once more, alone: 1" in ran.stdout
    assert "1 passed" in ran.stdout


def test_what_fails_both_times_fails_the_run(tmp_path: Path) -> None:
    ran = _ran(tmp_path, false=True)

    assert ran.returncode == 1
    assert ran.stderr == "unsteady: failed once, passed alone: test_facts.py::test_unsteady\n"
    assert "FAILED test_facts.py::test_false" in ran.stdout
