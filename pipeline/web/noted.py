"""What a session was noted to look at a short while ago, so that a page of sixty thumbnails is one line of the log."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from pipeline.model import Digest

AGAIN_AFTER_S = 600.0
_MOST = 20_000


class Noted:
    """Remembers sessions and subjects for ten minutes; what it has forgotten is noted once more, which does no harm."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._until: OrderedDict[tuple[Digest, str], float] = OrderedDict()
        self._turn = threading.Lock()

    def knows(self, session: Digest, subject: str) -> bool:
        with self._turn:
            return self._until.get((session, subject), 0.0) > self._seconds()

    def add(self, session: Digest, subject: str) -> None:
        """To be called once it is in the log."""
        with self._turn:
            self._until[session, subject] = self._seconds() + AGAIN_AFTER_S
            self._until.move_to_end((session, subject))
            while len(self._until) > _MOST:
                self._until.popitem(last=False)
