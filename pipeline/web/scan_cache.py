"""The last pages as pixels: a person stays with one page for many fields."""

from __future__ import annotations

import threading
from collections import OrderedDict

from pipeline.screens.page_screen import LayeredScan

_MOST_SCANS = 6
"""Some 25 MB each."""


class ScanCache:
    """Scans by the digest of their image; those asked for longest ago go first. Shared by threads."""

    def __init__(self, most: int = _MOST_SCANS) -> None:
        self._most = most
        self._scans: OrderedDict[str, LayeredScan] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, tag: str) -> LayeredScan | None:
        with self._turn:
            if tag in self._scans:
                self._scans.move_to_end(tag)
            return self._scans.get(tag)

    def put(self, tag: str, scan: LayeredScan) -> None:
        with self._turn:
            self._scans[tag] = scan
            while len(self._scans) > self._most:
                self._scans.popitem(last=False)
