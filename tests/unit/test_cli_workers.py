"""What a command starts, and what it loads to do so."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.errors import OperatorError
from pipeline.worker.pool import ProcessPool
from tests.e2e.command import ROOT


def test_neither_readers_nor_the_database_are_loaded_before_they_are_needed() -> None:
    """A command would start a second later, and so would each worker."""
    slow = ("onnxruntime", "cv2", "pytesseract", "reportlab", "pikepdf", "sqlalchemy", "alembic")
    code = f"import sys, pipeline.cli.intake; print([name for name in {slow!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


@pytest.mark.parametrize("arguments", [["intake", "."], ["verify", "--all"], ["reconcile"]])
def test_workers_of_every_command_have_the_memory_that_is_set(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    limits: list[object] = []

    def pool(*_: object, **options: object) -> ProcessPool:
        limits.append(options.get("memory_limit_bytes"))
        raise OperatorError("nothing_kept", path="")

    for module in ("intake", "custody"):
        monkeypatch.setattr(import_module(f"pipeline.cli.{module}"), "ProcessPool", pool)
    monkeypatch.setenv("CONSTAT_WORKER_MEMORY_BYTES", str(3 << 30))

    assert run(arguments) == 2
    assert limits == [3 << 30]
