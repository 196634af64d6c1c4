"""`constat worker` and `constat relay` as processes of their own, begun, killed and ended by tests."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.command import CONSTAT
from tests.e2e.warm import Process, begin_group

READY_S = 120.0


@dataclass(slots=True)
class Crew:
    """Processes that work for a queue.

    Attributes:
        environ: their settings.
        log: what they say, all of them.
    """

    environ: Mapping[str, str]
    log: Path
    at_work: list[Process] = field(default_factory=list)

    def begin(self, *arguments: str) -> Process:
        """A command that has said that it is at work."""
        said = self._lines()
        with self.log.open("ab") as log:
            process = begin_group([*CONSTAT, *arguments], self.environ, out=log, err=log)
        self.at_work.append(process)
        wait_until(lambda: self._lines() > said or process.poll() is not None, READY_S)
        assert process.poll() is None, self.log.read_text(errors="replace")
        return process

    def kill(self, process: Process) -> None:
        """With all that it started, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.at_work.remove(process)

    def end(self, process: Process) -> int:
        """As a service manager does; its exit code."""
        process.send_signal(signal.SIGTERM)
        code = process.wait(READY_S)
        self.at_work.remove(process)
        return code

    def _lines(self) -> int:
        """How many have said that they are at work."""
        if not self.log.exists():
            return 0
        said = self.log.read_text(errors="replace")
        return said.count("Working with") + said.count("The queue is told")


@contextmanager
def crew(environ: Mapping[str, str], log: Path) -> Iterator[Crew]:
    """Nobody at first; whoever was begun is killed at the end."""
    made = Crew(environ, log)
    try:
        yield made
    finally:
        for process in tuple(made.at_work):
            made.kill(process)


def wait_until(holds: Callable[[], bool], patience_s: float) -> None:
    late_s = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < late_s, "it did not come to that"
        time.sleep(0.02)
