"""Pages that were placed are read beside the pages that people look at: one at a time, by a worker that starts with the
first one and goes when nothing has come for a while."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.errors import PipelineError, Unavailable
from pipeline.model import PageId, Reason
from pipeline.usecases.keeping import reason_of

IDLE_S: Final = 300.0
PAUSE_S: Final = 2.0
MOST_REMEMBERED: Final = 1000
_BUSY: Final = frozenset({"data_dir_busy", "database_locked"})
_LOG = logging.getLogger("constat.web")


class ReadingState(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PageReading:
    """How far a page is; `reason` says why it failed, or why it still waits."""

    state: ReadingState
    reason: Reason | None = None


class PlacedReader:
    """Shared by threads. What is asked of it is in the records; here is only what is done about it now."""

    def __init__(
        self,
        read: Callable[[PageId], object] | None = None,
        *,
        rest: Callable[[], None] = lambda: None,
        idle_s: float = IDLE_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        """Args:
        read: reads a page as it was placed. Raises PipelineError; Unavailable `data_dir_busy` while a batch is
            worked on: then it is tried again. Null: pages wait until somebody else reads them.
        rest: ends whatever reads; called when nothing has come for `idle_s`.
        pause_s: between two tries.
        """
        self._read = read
        self._rest = rest
        self._idle_s = idle_s
        self._pause_s = pause_s
        self._states: OrderedDict[PageId, PageReading] = OrderedDict()
        self._waiting: deque[PageId] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, page: PageId) -> None:
        """Have a page read; at once if nothing else is."""
        with self._changed:
            if self._read is None or self._closed:
                return
            if page not in self._waiting:
                self._waiting.append(page)
            self._note(page, PageReading(ReadingState.WAITING))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="placed pages", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def state(self, page: PageId) -> PageReading:
        """How far a page is that is to be read; one that nobody asked for here waits."""
        with self._changed:
            return self._states.get(page, PageReading(ReadingState.WAITING))

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self, *, patience_s: float = 5.0) -> None:
        """End. What is not read by then is read by the next server, or by whoever finishes what was interrupted."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=patience_s)

    def _work(self) -> None:
        while (page := self._next()) is not None:
            self._tell(page, PageReading(ReadingState.READING))
            found = self._result_of(page)
            self._tell(page, found)
            if found.state is ReadingState.WAITING:
                self._put_off(page)
        self._rest()

    def _next(self) -> PageId | None:
        """The next page; null after a while without any, or when all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting), timeout=self._idle_s)
            if self._closed or not self._waiting:
                self._thread = None
                return None
            return self._waiting.popleft()

    def _put_off(self, page: PageId) -> None:
        with self._changed:
            if page not in self._waiting:
                self._waiting.append(page)
            self._changed.wait_for(lambda: self._closed, timeout=self._pause_s)

    def _result_of(self, page: PageId) -> PageReading:
        if self._read is None:
            return PageReading(ReadingState.WAITING)
        try:
            self._read(page)
        except PipelineError as error:
            busy = isinstance(error, Unavailable) and error.code in _BUSY
            return PageReading(ReadingState.WAITING if busy else ReadingState.FAILED, reason_of(error))
        except Exception:
            # The trace goes to whoever runs the server; the page says no more than that there was a fault.
            _LOG.exception("fault")
            return PageReading(ReadingState.FAILED, Reason("web.fault"))
        return PageReading(ReadingState.DONE)

    def _tell(self, page: PageId, found: PageReading) -> None:
        with self._changed:
            self._note(page, found)

    def _note(self, page: PageId, found: PageReading) -> None:
        self._states[page] = found
        self._states.move_to_end(page)
        while len(self._states) > MOST_REMEMBERED:
            self._states.popitem(last=False)
