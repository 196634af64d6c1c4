"""Webhooks are sent beside the pages: by one thread that looks for what is due, and some that wait for receivers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pipeline.errors import PipelineError
from pipeline.usecases.hooks_delivery import AT_ONCE, Each

PAUSE_S: Final = 1.0
_LOG = logging.getLogger("constat.hooks")


class HookWorker:
    """Goes on until it is closed. What is to be sent is in the records; here is nothing that could be lost."""

    def __init__(self, round_: Callable[[Each], int], *, pause_s: float = PAUSE_S) -> None:
        """Args:
        round_: sends what is due, messages to one hook as it is told; how much there was to do.
        pause_s: between two looks when there was nothing.
        """
        self._round = round_
        self._pause_s = pause_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self.work, name="webhooks", daemon=True)
        self._last_problem = ""

    def start(self) -> None:
        self._thread.start()

    def close(self, *, patience_s: float = 5.0) -> None:
        """End. Messages under way are sent again by whoever sends next, unless their end was recorded."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=patience_s)

    def work(self) -> None:
        """Until it is closed."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
            while not self._closed.is_set():
                if not self._done(pool.map):
                    self._closed.wait(self._pause_s)

    def _done(self, each: Each) -> int:
        try:
            done = self._round(each)
        except PipelineError as error:
            self._tell(error)
            return 0
        except Exception:
            # The trace goes to whoever runs the server.
            _LOG.exception("fault")
            return 0
        self._last_problem = ""
        return done

    def _tell(self, error: PipelineError) -> None:
        """Once, not every second for as long as it lasts."""
        if error.code != self._last_problem:
            self._last_problem = error.code
            _LOG.error("webhooks_failed", extra={"error": error})
