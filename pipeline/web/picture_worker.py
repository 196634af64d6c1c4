"""Makes pictures before they are asked for: one thread, behind the requests, with as much to do as is worth it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from queue import Full, Queue

from pipeline.errors import PipelineError

_LOG = logging.getLogger("constat.web")
MOST_WAITING = 1000


class PictureWorker:
    """Work that nobody waits for, each piece once. What finds no room is left out: it is made when it is asked for."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._jobs: Queue[tuple[Hashable, Callable[[], None]]] = Queue(most)
        self._named: set[Hashable] = set()
        self._turn = threading.Lock()
        self._running = False

    @property
    def waiting(self) -> int:
        """Pieces of work that are not done yet."""
        with self._turn:
            return len(self._named)

    def add(self, name: Hashable, job: Callable[[], None]) -> bool:
        """Whether there was room for it, and nothing of this name waits already."""
        with self._turn:
            if not self._running:
                # Ends with the process; nothing is lost with it.
                threading.Thread(target=self._work, name="pictures", daemon=True).start()
                self._running = True
            if name in self._named:
                return False
            try:
                self._jobs.put_nowait((name, job))
            except Full:
                return False
            self._named.add(name)
        return True

    def join(self) -> None:
        """Waits until all is done."""
        self._jobs.join()

    def _work(self) -> None:
        while True:
            name, job = self._jobs.get()
            try:
                job()
            except PipelineError as error:
                _LOG.warning("picture_not_made", extra={"error": error})
            except Exception:
                _LOG.exception("picture_not_made")
            finally:
                with self._turn:
                    self._named.discard(name)
                del job
                self._jobs.task_done()


class Locks:
    """A lock for each key in use: what two ask for at once is made once."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        with self._turn:
            lock, users = self._held.get(key, (threading.Lock(), 0))
            self._held[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._turn:
                lock, users = self._held.pop(key)
                if users > 1:
                    self._held[key] = (lock, users - 1)
