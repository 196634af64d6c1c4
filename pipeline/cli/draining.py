"""How a server ends: it says first that it takes no more, and answers what comes while others learn of that."""

from __future__ import annotations

import signal
import time
from types import FrameType

import uvicorn

from pipeline.usecases.readiness import Readiness


class DrainingServer(uvicorn.Server):
    """Ends in three steps when it is asked to by SIGTERM: `/ready` says no from then on; after `drain_s` no connection
    is taken any more, and what is under way is answered; then `run` returns. A second signal ends the first step.

    An interrupt at the keyboard waits for nobody to learn of it, and is raised again when the server has ended.
    """

    def __init__(self, config: uvicorn.Config, readiness: Readiness, *, drain_s: float) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._drain_s = drain_s
        self._ends_at_s: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._readiness.end()
        if sig != signal.SIGTERM:
            super().handle_exit(sig, frame)
        elif self._ends_at_s is None:
            self._ends_at_s = time.monotonic() + self._drain_s
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        if self._ends_at_s is not None and time.monotonic() >= self._ends_at_s:
            self.should_exit = True
        return await super().on_tick(counter)
