"""Runs of SANE scanners for the tests, and programs in the place of `scanimage`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.custody.scanning import Delivered, ScanWish
from pipeline.errors import PipelineError
from scanners.sane import SaneScanner
from scanners.sane_run import SaneRun


@dataclass
class Stopped:
    delivered: list[Delivered]
    error: PipelineError | None
    run: SaneRun


def ran(scanner: SaneScanner, wish: ScanWish, into: Path) -> Stopped:
    with scanner.run(wish, into=into) as run:
        found: list[Delivered] = []
        try:
            found.extend(run)
        except PipelineError as error:
            return Stopped(found, error, run)
    return Stopped(found, None, run)


def program(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the place of `scanimage`: a shell script."""
    (folder / "bin").mkdir(exist_ok=True)
    path = folder / "bin" / "scanimage"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")


ANSWERS = (
    'case "$*" in *--all-options*) echo "    --mode Gray|Color [Color]"; exit 0;; *--batch=*) ;; *) exit 0;; esac\n'
)
READY = "echo 'Press <RETURN> to continue.' >&2\nread line\n"
