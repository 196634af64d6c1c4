"""Documents that are costly to make, kept in memory as long as there is room; each made once, whoever asks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pipeline.web.image_cache import ImageCache

MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A document and its tag, which is of its very bytes."""

    data: bytes
    tag: str


@dataclass(slots=True, eq=False)
class _Waiting:
    """Those who ask for one document now."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    count: int = 0


class MadeOnce:
    """Documents by the state of what they are of. Shared by threads.

    What is asked for again while nothing changed has the same bytes, although a signature has its time in it; not so
    once there was no more room, or after the server was started again: then it has another tag.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept = ImageCache(most_bytes)
        self._waiting: dict[str, _Waiting] = {}
        self._turn = threading.Lock()

    def get(self, state: str, make: Callable[[], bytes]) -> Made:
        """The document of a state; who asks while it is made waits for it. What `make` raises is nobody else's."""
        data = self._kept.get(state)
        if data is None:
            with self._alone(state):
                data = self._kept.get(state)
                if data is None:
                    data = make()
                    self._kept.put(state, data)
        return Made(data, hashlib.sha256(data).hexdigest()[:32])

    @contextmanager
    def _alone(self, state: str) -> Iterator[None]:
        with self._turn:
            waiting = self._waiting.setdefault(state, _Waiting())
            waiting.count += 1
        try:
            with waiting.turn:
                yield
        finally:
            with self._turn:
                waiting.count -= 1
                if waiting.count == 0:
                    del self._waiting[state]


def state_of(*facts: object) -> str:
    """Names a state by all that is told of it: equal values have equal names."""
    return hashlib.sha256("\x00".join(map(repr, facts)).encode("utf-8", "surrogatepass")).hexdigest()
