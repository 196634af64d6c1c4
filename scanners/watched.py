"""A folder as a scanner: files are delivered as they become complete."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import watch

from pipeline.custody.scanning import Abilities, ColorMode, Delivered, PaperSource, ScanWish
from pipeline.custody.transfer import Device, plain_text
from pipeline.errors import OperatorError, PipelineError, Unavailable
from scanners.watched_folder import Pace, Taken, WatchedFolder

SCHEME = "folder:"
_UNTIL_EMPTY = re.compile(r"#until=empty\s*$")
_DEBOUNCE_MS, _STEP_MS = 50, 20
"""A change is looked at once the system has been quiet for a step, and after the first at the latest."""


@dataclass(frozen=True)
class FolderScanner:
    """Fills `Scanner`. `folder:/PATH` goes on until it is stopped, `folder:/PATH#until=empty` until nothing waits.

    The wish is that of whoever scans into the folder; it is kept with the run and asks nothing of the files.
    """

    uri: str
    pace: Pace = field(default_factory=Pace)

    @property
    def folder(self) -> Path:
        return Path(_UNTIL_EMPTY.sub("", self.uri.removeprefix(SCHEME)).strip())

    def abilities(self) -> Abilities:
        self._require_folder()
        device = Device(model=plain_text(str(self.folder)), driver="folder")
        return Abilities(device, tuple(PaperSource), (), tuple(ColorMode))

    @contextmanager
    def run(self, wish: ScanWish, *, into: Path) -> Iterator[WatchedRun]:  # noqa: ARG002 - files stay in the folder
        self._require_folder()
        watched = WatchedFolder(self.folder, self.pace)
        try:
            watched.open()
        except OSError as error:
            raise self._not_usable(error) from error
        try:
            yield WatchedRun(self.uri, watched, until_empty=_UNTIL_EMPTY.search(self.uri) is not None)
        finally:
            watched.close()

    def _require_folder(self) -> None:
        if not self.folder.is_dir():
            raise OperatorError("scanner_not_found", scanner=self.uri)
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise OperatorError("scanner_denied", scanner=self.uri)

    def _not_usable(self, error: OSError) -> PipelineError:
        if isinstance(error, PermissionError):
            return OperatorError("scanner_denied", scanner=self.uri)
        return Unavailable("scanner_unreachable", scanner=self.uri, detail=error.strerror or "")


@dataclass(eq=False)
class WatchedRun:
    """Fills `ScanRun`."""

    uri: str
    watched: WatchedFolder
    until_empty: bool
    changed: list[str] = field(default_factory=list)
    """Files that were written to after they had been taken."""
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def sheets_fed(self) -> int | None:
        return None

    def stop(self) -> None:
        self._stopped.set()

    def __iter__(self) -> Iterator[Delivered]:
        with closing(self._changes()) as changes:
            while not self._stopped.is_set():
                try:
                    taken, waits = self.watched.look(time.monotonic())
                except OSError as error:
                    raise Unavailable("scanner_lost", scanner=self.uri) from error
                if taken is not None:
                    yield Delivered(taken.path, plain_text(taken.name), taken.media_type)
                    self._put_away(taken)
                elif self.until_empty and not waits:
                    break
                else:
                    next(changes, None)
        self._require_all_taken()

    def _put_away(self, taken: Taken) -> None:
        """Asked for the next: this one was stored."""
        try:
            if not self.watched.done(taken):
                self.changed.append(taken.name)
        except OSError as error:
            raise Unavailable("scanner_lost", scanner=self.uri) from error

    def _changes(self) -> Generator[None, None, None]:
        """Something may have changed; at least once in each `look_s`, until stopped."""
        look_s = self.watched.pace.look_s
        try:
            for _ in watch(
                self.watched.folder,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stopped,
                rust_timeout=int(look_s * 1000),
                yield_on_timeout=True,
                recursive=False,
            ):
                yield
        except (OSError, RuntimeError):
            # The system has no room for one more watch: then we look ourselves.
            while not self._stopped.wait(look_s):
                yield

    def _require_all_taken(self) -> None:
        folder = str(self.watched.folder)
        if self.changed:
            raise OperatorError("folder_file_changed", file=plain_text(self.changed[0]), folder=folder)
        if self.watched.set_aside:
            raise OperatorError("folder_set_aside", files=self.watched.set_aside, folder=folder)
