"""One run of a scanner at a terminal: what comes is counted as it comes, and Ctrl-C ends after the sheet under way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, TracebackType
from typing import Final

from rich.console import Console
from rich.live import Live

from pipeline.cli.localised import words
from pipeline.cli.scan_orders import Order
from pipeline.custody.scanning import Feeding, ScannedSide, ScanWish
from pipeline.model import BatchId
from pipeline.ports import Scanner
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.qualification import ScannerRules
from pipeline.usecases.scanning import Looker, feed, session_view

_SHOWN_S: Final = 0.5
"""The line of progress is written anew so often; at 7 images a second each would be one too many."""
_ASKED_S: Final = 3.0
"""Alarms are counted so often: all that was scanned is looked through for them."""
_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Station:
    """A scanner, and where what it delivers goes.

    Attributes:
        folder: for files on their way into the store; empty between two runs.
        rules: what the site asks of scanners.
    """

    scanner: Scanner
    wish: ScanWish
    who: str
    keeping: Keeping
    folder: Path
    rules: ScannerRules
    looker: Looker | None = None


@dataclass(frozen=True, slots=True)
class Fed:
    """A run as it ended.

    Attributes:
        images: that were delivered in it.
        seconds: that it took, by the clock on the wall.
        asked_to_stop: by Ctrl-C or by the system.
    """

    feeding: Feeding
    images: int
    seconds: float
    asked_to_stop: bool

    @property
    def per_minute(self) -> int:
        """Images a minute."""
        return round(60 * self.images / self.seconds) if self.seconds > 0 else 0


def fed(batch: BatchId, order: Order, station: Station) -> Fed:
    """Feed until the feeder is empty or something stops it. Raises as `feed`."""
    began_s = time.monotonic()
    stop = threading.Event()
    with (
        TemporaryDirectory(dir=station.folder) as into,
        FeedLine(partial(_alarms, batch, station.keeping)) as line,
        asked_to_end(stop),
    ):
        feeding = feed(
            batch,
            station.scanner,
            station.wish,
            who=station.who,
            keeping=station.keeping,
            into=Path(into),
            rules=station.rules,
            looker=station.looker,
            sides=order.sides,
            again=order.again,
            begin_with=order.begin_with,
            stop=stop,
            told=line.count,
        )
    return Fed(feeding, line.images, time.monotonic() - began_s, stop.is_set())


def _alarms(batch: BatchId, keeping: Keeping) -> int:
    return len(session_view(batch, keeping=keeping, now=keeping.clock.now()).alarms)


@contextmanager
def asked_to_end(stop: threading.Event) -> Iterator[None]:
    """Within it the first Ctrl-C (or the system's request to end) sets `stop`; the second interrupts at once."""

    def ask(_: int, __: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # Whoever is interrupted may be writing to the same stream just now.
        os.write(2, f"\r{words('scan.stopping')}\n".encode())

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, ask) for each in _ENDS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@dataclass(slots=True)
class FeedLine:
    """Sheets, images and alarms of a run on a line of the terminal; silent in a pipe. Use as a context manager.

    Attributes:
        alarms: counts those of the session; asked now and then.
        images: that were delivered so far.
    """

    alarms: Callable[[], int]
    images: int = 0
    clock: Callable[[], float] = time.monotonic
    _sheets: set[int] = field(default_factory=set)
    _known: int = 0
    _asked_s: float = 0.0
    _began_s: float = 0.0
    _live: Live | None = None

    def __enter__(self) -> FeedLine:
        self._began_s = self.clock()
        console = Console(stderr=True)
        if console.is_terminal:
            self._live = Live(self.text(), console=console, refresh_per_second=1 / _SHOWN_S, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def count(self, side: ScannedSide) -> None:
        self.images += side.pages or 1
        self._sheets.update(range(side.sheet, side.sheet + side.sheets))
        if self._live is not None:
            if self.clock() - self._asked_s > _ASKED_S:
                self._known, self._asked_s = self.alarms(), self.clock()
            self._live.update(self.text())

    def text(self) -> str:
        """What the line says now."""
        seconds = self.clock() - self._began_s
        rate = round(60 * self.images / seconds) if seconds > 1 else 0
        return words("scan.progress", sheets=len(self._sheets), images=self.images, rate=rate, alarms=self._known)
