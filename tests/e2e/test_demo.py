"""`make demo`, after its installation: what a stranger sees."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, constat

PATIENCE_S = 900.0


@pytest.mark.servers
def test_the_demo_shows_tickets_read_and_may_be_run_again(tmp_path: Path) -> None:
    kept = tmp_path / "demo"
    (kept / "objects").mkdir(parents=True)
    (kept / "objects" / "left-by-another-run").write_bytes(b"x")

    ran = subprocess.run(
        [ROOT / "scripts" / "demo.sh"],
        env={**os.environ, "DEMO_DIR": str(kept), "CONSTAT_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "sheets 42 · images 84" in ran.stdout
    assert "Balanced: 84 sides = 84 images = 84 end states" in ran.stdout
    assert "All holds." in ran.stdout
    assert "Traceback" not in ran.stderr
    names = "anne|benoit|sylvie|isabelle|claude|chantal|denis"
    people = dict(re.findall(rf"^({names}) +(\w+) +\S{{12,}}$", ran.stdout, re.MULTILINE))
    assert list(people.values()) == ["reviewer", "reviewer", "supervisor", "intake", "court", "admin", "auditor"]
    assert "42 sheets, 84 images" in ran.stderr
    (number,) = set(re.findall(r"constat show (\d+) --json", ran.stderr))
    assert f"Statement generic:{number}" in ran.stdout
    proposed = set(re.findall(r"constat show (\d+)", ran.stderr))
    assert len(proposed) >= 2
    for each in proposed:
        assert constat("show", each, "--json", data_dir=kept).returncode == 0, each
