"""Kills a command's whole process group at a chosen moment of its work."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.warm import begin_group

POLL_S = 0.0005
PATIENCE_S = 300.0
GROUP_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an intake: so many entries after its ledger began, and a little later.

    Moments by the clock would nearly all fall into the start of the worker processes, which takes longer than the rest.
    """

    entries: int
    delay_s: float


def moments(seed: int, count: int, *, entries: int) -> list[Moment]:
    """Seeded moments, spread over an intake that writes so many ledger entries."""
    chance = random.Random(seed)
    return [Moment(chance.randrange(entries + 1), chance.uniform(0.0, 0.02)) for _ in range(count)]


def kill_at(moment: Moment, command: Sequence[str], data_dir: Path, environ: Mapping[str, str] | None = None) -> bool:
    """Run a command and `kill -9` its process group at the moment; false when it had ended by itself before."""
    process = begin_group(command, {**os.environ, "LC_ALL": "C.UTF-8", **(environ or {})})
    give_up = time.monotonic() + PATIENCE_S
    while process.poll() is None and ledger_entries(data_dir) < moment.entries and time.monotonic() < give_up:
        time.sleep(POLL_S)
    time.sleep(moment.delay_s)
    ended = process.poll() is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _await_end_of_group(process.pid)
    return not ended


def _await_end_of_group(group: int) -> None:
    """Wait until the workers are gone too. One that was just being started holds a copy of the lock until it is."""
    give_up = time.monotonic() + GROUP_PATIENCE_S
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < give_up:
            os.killpg(group, 0)
            time.sleep(POLL_S)


def ledger_entries(data_dir: Path) -> int:
    """Entries that the ledger's head counts; -1 before there is one."""
    try:
        return int(json.loads((data_dir / "ledger-head.json").read_text())["count"])
    except (FileNotFoundError, ValueError):
        return -1
