"""The last pages as pixels: a person stays with one page for many fields."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Scan = TypeVar("Scan")
_MOST_SCANS = 6
"""Some 25 MB each."""


class ScanCache(Generic[Scan]):
    """Scans by what they were made from; those asked for longest ago go first. Shared by threads."""

    def __init__(self, most: int = _MOST_SCANS) -> None:
        self._most = most
        self._scans: OrderedDict[str, Scan] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, tag: str) -> Scan | None:
        with self._turn:
            if tag in self._scans:
                self._scans.move_to_end(tag)
            return self._scans.get(tag)

    def put(self, tag: str, scan: Scan) -> None:
        with self._turn:
            self._scans[tag] = scan
            while len(self._scans) > self._most:
                self._scans.popitem(last=False)
