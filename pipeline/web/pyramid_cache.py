"""Pyramids of the last images that were asked for, in memory: nothing of them is ever in a file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.errors import Unavailable
from pipeline.screens.iiif.cut import MAX_AREA_PX
from pipeline.screens.iiif.pyramid import Pyramid
from pipeline.web.picture_worker import Locks

MOST_BYTES = 256 * 1024 * 1024
"""Some 20 grey pages of letter size at 300 dpi, or 8 in colour."""
_MOST_EXTENTS = 20_000
_SMALL_PX = 1_000_000
_MOST_PX = MAX_AREA_PX
_MOST_WAITING = 16
_MADE_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Extent:
    """What an address is worked out from: the size of an image and how many channels it has."""

    width_px: int
    height_px: int
    channels: int


class PyramidCache:
    """Pyramids by their tag; those asked for longest ago go first. Shared by threads.

    One that is larger than all there is room for is kept as long as no other is asked for.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, *, most_waiting: int = _MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._pyramids: OrderedDict[str, Pyramid] = OrderedDict()
        self._extents: OrderedDict[str, Extent] = OrderedDict()
        self._turn = threading.Lock()
        self._locks = Locks()
        self._makers = threading.Semaphore(_MADE_AT_ONCE)
        self._answers = threading.Condition()
        self._answered_px = 0
        self._waiting = 0

    def get(self, tag: str, make: Callable[[], Pyramid]) -> Pyramid:
        """Made once where several ask for it, and few at a time: each takes the memory of a page."""
        held = self._held(tag)
        if held is not None:
            return held
        with self._locks.holding(tag), self._makers:
            held = self._held(tag)
            if held is None:
                held = make()
                self._put(tag, held)
            return held

    def extent(self, tag: str, make: Callable[[], Pyramid]) -> Extent:
        """Known long after the pyramid is gone."""
        with self._turn:
            found = self._extents.get(tag)
        if found is None:
            made = self.get(tag, make)
            found = Extent(made.width_px, made.height_px, made.channels)
        return found

    @contextmanager
    def room(self, area_px: int) -> Iterator[None]:
        """To be held while an answer of so many pixels is made: all large ones together have no more than one may have.

        Raises:
            Unavailable: `images_busy`: too many wait already; each keeps a thread that others need.
        """
        if area_px <= _SMALL_PX:
            yield
            return
        with self._answers:
            if self._answered_px + area_px > _MOST_PX:
                if self._waiting >= self._most_waiting:
                    raise Unavailable("images_busy")
                self._waiting += 1
                self._answers.wait_for(lambda: self._answered_px + area_px <= _MOST_PX)
                self._waiting -= 1
            self._answered_px += area_px
        try:
            yield
        finally:
            with self._answers:
                self._answered_px -= area_px
                self._answers.notify_all()

    def _held(self, tag: str) -> Pyramid | None:
        with self._turn:
            if tag in self._pyramids:
                self._pyramids.move_to_end(tag)
            return self._pyramids.get(tag)

    def _put(self, tag: str, made: Pyramid) -> None:
        with self._turn:
            self._pyramids[tag] = made
            self._held_bytes += made.size_bytes
            while self._held_bytes > self._most_bytes and len(self._pyramids) > 1:
                self._held_bytes -= self._pyramids.popitem(last=False)[1].size_bytes
            self._extents[tag] = Extent(made.width_px, made.height_px, made.channels)
            self._extents.move_to_end(tag)
            while len(self._extents) > _MOST_EXTENTS:
                self._extents.popitem(last=False)
