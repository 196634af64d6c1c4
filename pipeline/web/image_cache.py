"""Images made for browsers, kept in memory as long as there is room: several people look at one page in a row."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST_BYTES = 96 * 1024 * 1024


class ImageCache:
    """Encoded images by their tag; those asked for longest ago go first. Shared by threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._images: OrderedDict[str, bytes] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, tag: str) -> bytes | None:
        with self._turn:
            if tag in self._images:
                self._images.move_to_end(tag)
            return self._images.get(tag)

    def put(self, tag: str, data: bytes) -> None:
        with self._turn:
            self._held_bytes -= len(self._images.pop(tag, b""))
            self._images[tag] = data
            self._held_bytes += len(data)
            while self._held_bytes > self._most_bytes:
                self._held_bytes -= len(self._images.popitem(last=False)[1])
