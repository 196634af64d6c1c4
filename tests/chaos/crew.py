"""Programs of ours at work, begun again when they end, as a service manager or a clerk does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.chaos.plan import CLERK
from tests.chaos.site import Standing
from tests.e2e.command import CONSTAT
from tests.e2e.warm import Process, begin_group

_REST_S = 0.3
"""Before a program that ended is begun again."""


@dataclass(slots=True)
class Program:
    """A process of ours with all that it started.

    Attributes:
        log: what it said, all its runs after each other.
    """

    name: str
    environ: Mapping[str, str]
    log: Path
    process: Process | None = None
    ended_s: float = field(default=0.0)
    codes: list[int] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        with self.log.open("ab") as log:
            self.process = begin_group([*CONSTAT, *arguments], self.environ, out=log, err=log)

    def runs(self) -> bool:
        """Whether it is at work; its exit code is kept when it is not any more."""
        if self.process is None:
            return False
        code = self.process.poll()
        if code is None:
            return True
        self.codes.append(code)
        self.process, self.ended_s = None, time.monotonic()
        return False

    def rested(self) -> bool:
        return time.monotonic() - self.ended_s >= _REST_S

    def kill(self) -> None:
        """`kill -9` of the whole group."""
        self._signal(signal.SIGKILL)

    def stop(self, patience_s: float = 20.0) -> None:
        """Asked to end; killed if it does not."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_s)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.wait()


class Crew(Protocol):
    """Who does the work."""

    @property
    def programs(self) -> Sequence[Program]: ...

    def keep_up(self, standing: Standing | None) -> bool:
        """Begin again what has ended; true when nothing is left to do."""
        ...


@dataclass(slots=True)
class OneMachine:
    """Work in the command itself: an intake, and `reconcile` after whatever ended it."""

    program: Program
    mail: Path
    _carries_on: bool = False

    @property
    def programs(self) -> Sequence[Program]:
        return (self.program,)

    def keep_up(self, standing: Standing | None) -> bool:
        if self.program.runs() or standing is None or not self.program.rested():
            return False
        ended_well = bool(self.program.codes) and self.program.codes[-1] in (0, 1)
        if standing.complete and ended_well:
            return True
        if standing.announced:
            self.program.start("reconcile", "--json")
        else:
            self.program.start("intake", str(self.mail), "--json")
        return False


@dataclass(slots=True)
class Divided:
    """Work divided among processes: workers, a relay and a server that are begun again whenever they end, and a clerk
    who takes the mail in and, where that was ended, has it carried on.

    Attributes:
        services: with what each is begun.
    """

    clerk: Program
    services: Mapping[str, tuple[Program, tuple[str, ...]]]
    mail: Path

    @property
    def programs(self) -> Sequence[Program]:
        return (self.clerk, *(program for program, _ in self.services.values()))

    def keep_up(self, standing: Standing | None) -> bool:
        for program, arguments in self.services.values():
            if not program.runs() and program.rested():
                program.start(*arguments)
        if self.clerk.runs() or standing is None or not self.clerk.rested():
            return False
        if not standing.announced:
            self.clerk.start("intake", str(self.mail), "--no-wait", "--json")
        elif not standing.received:
            self.clerk.start("reconcile", "--json")
        return standing.complete


def divided(mail: Path, environ: Mapping[str, str], logs: Path, *, workers: int, port: int) -> Divided:
    """A crew with so many workers of one process each; the server answers at the port."""
    commands = {
        **{f"worker {number}": ("worker", "--processes", "1") for number in range(1, workers + 1)},
        "relay": ("relay",),
        "serve": ("serve", "--port", str(port)),
    }
    services = {
        name: (Program(name, environ, logs / f"{name.replace(' ', '-')}.log"), arguments)
        for name, arguments in commands.items()
    }
    return Divided(Program(CLERK, environ, logs / "intake.log"), services, mail)
