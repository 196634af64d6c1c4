"""How fast one client may ask: a bucket of requests each, filled anew by time. In memory; shared by threads."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000


class Rates:
    """Buckets by name. One that was not asked for longest is forgotten first, which gives it a full bucket again."""

    def __init__(self, per_second: float, burst: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, name: str) -> int:
        """Take one request out of a bucket. Returns 0, or how many whole seconds to wait where there is none."""
        with self._turn:
            now = self._seconds()
            left, since = self._buckets.pop(name, (float(self._burst), now))
            left = min(self._burst, left + (now - since) * self._per_second)
            taken = left >= 1.0
            self._buckets[name] = (left - taken, now)
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
            return 0 if taken else max(1, math.ceil((1.0 - left) / self._per_second))
