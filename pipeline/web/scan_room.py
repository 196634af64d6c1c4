"""Scanners that run beside the pages: one thread for each session that is fed, one that reads the batches whose
sessions have ended. What is to be done is in the records; here is only what is done about it now."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pipeline.custody.scanning import Pass, ScanWish
from pipeline.errors import PipelineError, Unavailable
from pipeline.model import BatchId, Reason
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.scanning import Again

IDLE_S: Final = 300.0
PAUSE_S: Final = 2.0
_LOG = logging.getLogger("constat.web")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feeding as a person asked for it.

    Attributes:
        scanner: its address.
        again: sheets that are scanned again; null: the paper goes on.
        begin_with: number of the sheet that is fed first; null: as the session says.
    """

    scanner: str
    wish: ScanWish
    who: str
    sides: Pass = Pass.BOTH
    again: Again | None = None
    begin_with: int | None = None


Feed = Callable[[BatchId, Wanted, threading.Event], object]
"""Runs a scanner until its feeder is empty, or the event is set. Raises PipelineError where it cannot begin."""
Read = Callable[[BatchId], object]
"""Reads a batch to its end. Raises PipelineError; Unavailable `data_dir_busy` while another one is worked on."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """What goes on with a session here.

    Attributes:
        running, stopping: its scanner runs; and was asked to end after the sheet under way.
        refused: why the last feeding could not begin; null where it could.
        reading: its session has ended, and its batch waits to be read here, or is read.
    """

    running: bool = False
    stopping: bool = False
    refused: Reason | None = None
    reading: bool = False


@dataclass(slots=True)
class _Run:
    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)


class ScanRoom:
    """Shared by threads."""

    def __init__(
        self,
        feed: Feed | None = None,
        read: Read | None = None,
        *,
        rest: Callable[[], None] = lambda: None,
        idle_s: float = IDLE_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        """Args:
        feed: null: nothing can be scanned here.
        read: null: others read (workers, a command).
        rest: ends whatever reads; called when nothing was to be read for `idle_s`.
        pause_s: between two tries to read.
        """
        self._feed = feed
        self._read = read
        self._rest = rest
        self._idle_s = idle_s
        self._pause_s = pause_s
        self._runs: dict[BatchId, _Run] = {}
        self._refused: dict[BatchId, Reason] = {}
        self._waiting: deque[BatchId] = deque()
        self._changed = threading.Condition()
        self._reader: threading.Thread | None = None
        self._closed = False

    def start(self, batch: BatchId, wanted: Wanted) -> None:
        """Begin a feeding.

        Raises:
            Unavailable: `session_busy` while one goes on; `server_stops`.
        """
        with self._changed:
            if self._feed is None or self._closed:
                raise Unavailable("server_stops")
            if batch in self._runs:
                raise Unavailable("session_busy", batch=batch, by=wanted.who)
            self._refused.pop(batch, None)
            thread = threading.Thread(target=self._fed, args=(batch, wanted), name=f"scan-{batch}", daemon=True)
            self._runs[batch] = _Run(thread)
            try:
                thread.start()
            except RuntimeError:
                del self._runs[batch]
                raise

    def stop(self, batch: BatchId) -> None:
        """End the feeding after the sheet that is under way. Nothing happens where none goes on here."""
        with self._changed:
            if batch in self._runs:
                self._runs[batch].stop.set()

    def read(self, batch: BatchId) -> None:
        """Have a batch read whose session has ended."""
        with self._changed:
            if self._read is None or self._closed:
                return
            if batch not in self._waiting:
                self._waiting.append(batch)
            if self._reader is None:
                self._reader = threading.Thread(target=self._work, name="scanned batches", daemon=True)
                self._reader.start()
            self._changed.notify_all()

    def state(self, batch: BatchId) -> RoomState:
        """What goes on with a session here; nothing, of one that is fed elsewhere."""
        with self._changed:
            run = self._runs.get(batch)
            stopping = run is not None and run.stop.is_set()
            return RoomState(run is not None, stopping, self._refused.get(batch), batch in self._waiting)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self, *, patience_s: float = 8.0) -> None:
        """End: scanners after the sheets under way. What is not read by then is read by the next server, or by whoever
        finishes what was interrupted."""
        with self._changed:
            self._closed = True
            threads = [run.thread for run in self._runs.values()]
            for run in self._runs.values():
                run.stop.set()
            if self._reader is not None:
                threads.append(self._reader)
            self._changed.notify_all()
        for thread in threads:
            thread.join(timeout=patience_s)

    def _fed(self, batch: BatchId, wanted: Wanted) -> None:
        refused: Reason | None = None
        with self._changed:
            stop = self._runs[batch].stop
        try:
            if self._feed is not None:
                self._feed(batch, wanted, stop)
        except PipelineError as error:
            refused = reason_of(error)
        except Exception:
            _LOG.exception("feeding %s", batch)
            refused = Reason("scan_broken_off")
        with self._changed:
            del self._runs[batch]
            if refused is not None:
                self._refused[batch] = refused

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            again = self._result_of(batch)
            with self._changed:
                self._waiting.remove(batch)
                if again and not self._closed:
                    self._waiting.append(batch)
                    self._changed.wait(timeout=self._pause_s)

    def _next(self) -> BatchId | None:
        """The next batch; null after a while without any, or when all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting), timeout=self._idle_s)
            if self._closed or not self._waiting:
                # Before another reader may begin: what this one reads with is its alone.
                self._rest()
                self._reader = None
                return None
            return self._waiting[0]

    def _result_of(self, batch: BatchId) -> bool:
        """Read a batch; whether it is to be tried again."""
        try:
            if self._read is not None:
                self._read(batch)
        except PipelineError as error:
            if isinstance(error, Unavailable):
                return True
            _LOG.warning("reading %s: %s", batch, error.code)
        except Exception:
            _LOG.exception("reading %s", batch)
        return False
