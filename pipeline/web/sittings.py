"""Since when each person sits at review without a longer break, for the minutes on their screen."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from pipeline.model import Digest

PAUSE_S = 900.0
"""Who shows no task for so long has been away, and begins anew."""
_MOST = 5_000


class Sittings:
    """Remembers when a session began and was last seen at review; nothing of it is kept. Shared by threads."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._spans: OrderedDict[Digest, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def minutes(self, session: Digest) -> int:
        """Whole minutes since this session sat down; being asked counts as being there."""
        with self._turn:
            now = self._seconds()
            since, last = self._spans.pop(session, (now, now))
            since = now if now - last > PAUSE_S else since
            self._spans[session] = (since, now)
            while len(self._spans) > _MOST:
                self._spans.popitem(last=False)
            return int((now - since) // 60)
