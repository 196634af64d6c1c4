"""Whether a server or worker can do its work now: everything it needs is asked, and said by name and code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLongError
from dataclasses import dataclass
from typing import Final

from pipeline.errors import PipelineError

Probe = Callable[[], object]
"""Asks one part something small; raises PipelineError where it cannot be worked with."""
PATIENCE_S: Final = 3.0
KEPT_S: Final = 2.0
NO_ANSWER: Final = "no_answer"
FAULT: Final = "probe_failed"
PROCESS: Final = "process"
ENDING: Final = "ending"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A part that cannot be worked with, and the code of why."""

    part: str
    code: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What was found.

    Attributes:
        parts: names of all that was asked.
        obstacles: of those, what is in the way; empty: ready.
    """

    parts: tuple[str, ...]
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.obstacles


class Readiness:
    """Asks each part at most once every `kept_s` seconds, and never twice at once: a part that hangs holds one thread
    and no answer. Shared by threads."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        *,
        now_s: Callable[[], float],
        patience_s: float = PATIENCE_S,
        kept_s: float = KEPT_S,
    ) -> None:
        """Args:
        now_s: of a clock that only goes forward.
        patience_s: a part that has not answered then is in the way.
        """
        self._probes = dict(probes)
        self._now_s = now_s
        self._patience_s = patience_s
        self._kept_s = kept_s
        self._ending = False
        self._turn = threading.Lock()
        self._asked: dict[str, tuple[float, Future[str | None]]] = {}

    def end(self) -> None:
        """From now on this process is in the way itself. From whatever thread or signal."""
        self._ending = True

    def look(self) -> Ready:
        """Never raises."""
        if self._ending:
            # Nothing is asked any more: whoever waits for an answer is to learn of this at once.
            return Ready((PROCESS,), (Obstacle(PROCESS, ENDING),))
        asked = {part: self._ask(part) for part in self._probes}
        until_s = self._now_s() + self._patience_s
        found = [(part, _code(answer, max(0.0, until_s - self._now_s()))) for part, answer in asked.items()]
        return Ready(tuple(self._probes), tuple(Obstacle(part, code) for part, code in found if code is not None))

    def _ask(self, part: str) -> Future[str | None]:
        with self._turn:
            known = self._asked.get(part)
            if known is not None and (not known[1].done() or self._now_s() - known[0] < self._kept_s):
                return known[1]
            answer: Future[str | None] = Future()
            self._asked[part] = (self._now_s(), answer)
        # Not a pool's: its threads are waited for when the process ends, and this one may never come back.
        threading.Thread(target=_answer, args=(self._probes[part], answer), name=f"probe-{part}", daemon=True).start()
        return answer


def _answer(probe: Probe, answer: Future[str | None]) -> None:
    try:
        probe()
    except PipelineError as error:
        answer.set_result(error.code)
    except Exception:
        answer.set_result(FAULT)
    else:
        answer.set_result(None)


def _code(answer: Future[str | None], wait_s: float) -> str | None:
    try:
        return answer.result(wait_s)
    except WaitedTooLongError:
        return NO_ANSWER
