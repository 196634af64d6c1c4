"""Browsers on their way to the identity provider, until they come back or ten minutes are over."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from pipeline.custody.people import Departure

LONGEST_S = 600.0
_MOST = 2_000


class Departures:
    """By the random name that the browser's cookie holds; each is taken once. Shared by threads."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._gone: OrderedDict[str, tuple[float, Departure, str]] = OrderedDict()
        self._turn = threading.Lock()

    def put(self, way: str, departure: Departure, onward: str) -> None:
        """`onward` is the page to open afterwards."""
        with self._turn:
            self._gone[way] = (self._seconds() + LONGEST_S, departure, onward)
            while len(self._gone) > _MOST:
                self._gone.popitem(last=False)

    def take(self, way: str) -> tuple[Departure, str] | None:
        with self._turn:
            until, departure, onward = self._gone.pop(way, (0.0, None, ""))
        return None if departure is None or until <= self._seconds() else (departure, onward)
