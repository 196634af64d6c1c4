"""Work that takes longer than a page should: done beside the pages, asked after by the one who began it.

What comes of it is kept in memory for a while: samples that a draft is tried on are stored nowhere.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.errors import PipelineError, Unavailable

T = TypeVar("T")
KEPT_S = 1200.0
MOST_WAITING = 4
"""Each is some ten seconds of work; who comes fifth would wait too long to be told so only then."""
MOST_KEPT = 8
"""Results of a trial are pictures of some pages: 10 MB."""
_LOG = logging.getLogger("constat.web")
_HANDS = ThreadPoolExecutor(1, "layouts")
"""Of all works of the process: there is one process beside it where scans are looked at."""


@dataclass
class Work(Generic[T]):
    """A piece of work and what became of it: one of `result` and `error` once it is done.

    Attributes:
        subject: what it is about: a draft's id, or a layout's.
        began_s: by the clock of the works.
    """

    token: str
    owner: str
    subject: str
    began_s: float
    done: bool = False
    result: T | None = None
    error: PipelineError | None = None


class Works(Generic[T]):
    """Works of all persons, one at a time in the order in which they came. Shared by threads."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._works: dict[str, Work[T]] = {}
        self._turn = threading.Lock()

    def begin(self, owner: str, subject: str, act: Callable[[], T]) -> Work[T]:
        """Raises Unavailable `web.layouts.busy`: too much waits already."""
        with self._turn:
            self._forget()
            if sum(not each.done for each in self._works.values()) >= MOST_WAITING:
                raise Unavailable("web.layouts.busy")
            work: Work[T] = Work(secrets.token_urlsafe(16), owner, subject, self._seconds())
            self._works[work.token] = work
        _HANDS.submit(self._do, work, act)
        return work

    def of(self, token: str, owner: str) -> Work[T] | None:
        """Null for what is unknown, forgotten, or somebody else's."""
        with self._turn:
            self._forget()
            found = self._works.get(token)
        return found if found is not None and found.owner == owner else None

    def seconds_of(self, work: Work[T]) -> float:
        """How long ago it was begun."""
        return self._seconds() - work.began_s

    def _do(self, work: Work[T], act: Callable[[], T]) -> None:
        try:
            work.result = act()
        except PipelineError as error:
            work.error = error
        except Exception:
            # The trace goes to whoever runs the server; the page says no more than that there was a fault.
            _LOG.exception("fault")
            work.error = Unavailable("web.fault")
        finally:
            work.done = True

    def _forget(self) -> None:
        old = [its.token for its in self._works.values() if its.done and self.seconds_of(its) > KEPT_S]
        done = [its.token for its in self._works.values() if its.done and its.token not in old]
        for token in (*old, *done[:-MOST_KEPT]):
            del self._works[token]
