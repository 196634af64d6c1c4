"""Runs the real command in a process of its own, as a person or a script would."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.e2e.warm import COMMAND, begin, may_be_warm
from tests.e2e.warm import ROOT as ROOT

CONSTAT = list(COMMAND)
PATIENCE_S = 900.0
"""A bound for busy machines."""


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a command: this process's own without its settings, English, and a data folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CONSTAT_", "LC_", "LANG"))}
    return {**plain, "CONSTAT_DATA_DIR": str(data_dir), "CONSTAT_LANGUAGE": "en", "LC_ALL": "C.UTF-8", **settings}


def constat(
    *arguments: str | Path,
    data_dir: Path,
    before: Sequence[str] = (),
    in_child: Callable[[], None] | None = None,
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run to the end. `before`: a program that starts it; `in_child`: called in the new process before it begins."""
    environ = environment(data_dir, **settings)
    if not before and in_child is None and may_be_warm(environ):
        return _from_warm([str(its) for its in arguments], environ, PATIENCE_S)
    return subprocess.run(
        [*before, *CONSTAT, *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        preexec_fn=in_child,
        check=False,
    )


def constat_within(patience_s: float, *arguments: str | Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """As `constat`, for what takes long."""
    return _from_warm([str(its) for its in arguments], environment(data_dir), patience_s)


def _from_warm(arguments: list[str], environ: dict[str, str], patience_s: float) -> subprocess.CompletedProcess[str]:
    with TemporaryFile() as out, TemporaryFile() as err:
        running = begin(arguments, environ, out=out, err=err)
        try:
            code = running.wait(patience_s)
        except BaseException:
            running.kill()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())


def document(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:  # JSON as it comes
    """The one JSON document that a command printed."""
    found = json.loads(run.stdout)
    assert isinstance(found, dict), run.stdout[:200]
    return found


def without_privileges() -> list[str]:
    """What must stand before a command so that file permissions count for it, whoever runs the tests.

    Root without these two capabilities is refused what the permissions refuse, as any user is. Another user would
    often not even be let into the folder that the program is in.
    """
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
