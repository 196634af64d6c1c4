"""`kill -9` while the destruction of a box is authorised and recorded: it is there once, or not at all."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pipeline.custody.boxes import BoxState, DestructionState
from pipeline.storage.lock import exclusive
from pipeline.usecases.boxes import known_box
from pipeline.usecases.destroy import issued, verify_certificate
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.verify import verify_all
from tests.e2e.killing import Moment, kill_at, ledger_entries
from tests.e2e.light_destroy import main, prepare, runner_of
from tests.e2e.light_intake import keeping_of
from tests.unit.paper import BOX

LIGHT = [sys.executable, "-m", "tests.e2e.light_destroy"]
MOMENTS = [(0, 0.05), (0, 0.15), (1, 0.0), (1, 0.003), (3, 0.0)]
"""Entries written since the start of the command, and a little later, in seconds."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a box that nothing hinders."""
    folder = tmp_path_factory.mktemp("ready")
    (folder / "scans").mkdir()
    (folder / "scans" / "mail.pdf").write_bytes(b"no 812345\nblank\nreturn 812345\nblank")
    prepare(folder / "kept", folder / "scans")
    return folder / "kept"


@pytest.mark.parametrize(("entries", "delay_s"), MOMENTS)
def test_a_destruction_that_was_killed_is_recorded_once_when_it_is_done_again(
    entries: int, delay_s: float, ready: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "kept"
    shutil.copytree(ready, data_dir)
    kill_at(Moment(ledger_entries(data_dir) + entries, delay_s), [*LIGHT, str(data_dir)], data_dir)

    keeping, runner = keeping_of(data_dir), runner_of(data_dir)
    with exclusive(data_dir):
        reconcile(keeping=keeping, runner=runner)
        # Half done is never half true: whatever is on record holds.
        assert verify_all(keeping=keeping, runner=runner).differences == ()
    main(data_dir)

    kinds = [entry.kind for entry in keeping.records.ledger()]
    assert kinds.count("destruction_authorised") == 1
    assert kinds.count("paper_destroyed") == 1
    assert [its.state for its in keeping.records.boxes.destructions(BOX)] == [DestructionState.DONE]
    assert known_box(BOX, records=keeping.records).state is BoxState.DESTROYED
    its = issued(BOX, keeping=keeping)
    assert its is not None
    assert verify_certificate(its.text, keeping=keeping).differences == ()
    assert verify_all(keeping=keeping, runner=runner).differences == ()
