"""One run of a SANE device: `scanimage` in batch mode, led sheet by sheet.

It waits before each side for a line from us (`--batch-prompt`). So a sheet is only drawn in when it is wanted, a run
can be stopped between two sheets, and if this program dies its input ends and it stops by itself.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pipeline.custody.scanning import Delivered
from pipeline.errors import InvariantBroken, OperatorError, PipelineError, Unavailable
from pipeline.model import Side
from scanners.sane_program import ended, finished, option_not_set, scanning_error
from scanners.whole import whole_file

_PROMPT = "Press <RETURN>"
_SCANNED = re.compile(r"Scanned page (\d+)\.")
_LONGEST_LINE = 4000
_LAST_LINES = 30
_LEAST_FREE_BYTES = 2**20
"""With less a file that ends early did so for want of room."""
_JAMMED, _NO_DOCUMENTS = 6, 7
"""Exit codes of `scanimage`: numbers of `SANE_Status`."""


@dataclass(frozen=True, slots=True)
class RunKind:
    """What a run delivers.

    Attributes:
        duplex: front and back of each sheet in turn.
        one_sheet: there is no feeder that ends.
        silence_s: so long the device may say nothing while a side is scanned; then it is given up.
        looked_into: what a device that stopped says of it when it is asked once more.
    """

    scanner: str
    media_type: str
    duplex: bool
    one_sheet: bool
    silence_s: float
    looked_into: Callable[[PipelineError], PipelineError]


class SilentError(Exception):
    """Nothing was heard for too long."""


@dataclass(eq=False)
class _Voice:
    """What the process says, in lines, as it comes: output and messages apart, each in its order."""

    process: subprocess.Popen[bytes]
    silence_s: float
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    _ready: deque[tuple[bool, str]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._begun: dict[bool, bytes] = {True: b"", False: b""}
        for stream, is_output in ((self.process.stdout, True), (self.process.stderr, False)):
            if stream is None:
                raise InvariantBroken("no_pipe")
            self._selector.register(stream, selectors.EVENT_READ, is_output)

    def line(self) -> tuple[bool, str] | None:
        """The next line, and whether it is of the output; null at the end. Raises SilentError."""
        while not self._ready:
            if not self._selector.get_map():
                return None
            events = self._selector.select(self.silence_s)
            if not events:
                raise SilentError
            for key, _ in events:
                self._hear(key)
        return self._ready.popleft()

    def close(self) -> None:
        self._selector.close()

    def _hear(self, key: selectors.SelectorKey) -> None:
        is_output = cast("bool", key.data)
        data = os.read(key.fd, 65_536)
        if not data:
            self._selector.unregister(key.fileobj)
        *lines, rest = re.split(rb"[\r\n]", self._begun[is_output] + data)
        self._begun[is_output] = rest[-_LONGEST_LINE:]
        for each in [*lines, *([] if data else [rest])]:
            text = each[-_LONGEST_LINE:].decode("utf-8", errors="replace").strip("\0 ")
            # Progress is told in lines without end: a sign of life, and no more.
            if text and not text.startswith("Progress:"):
                self._ready.append((is_output, text))
                if not is_output:
                    self.messages.append(text)


class SaneRun:
    """Fills `ScanRun`. To be closed."""

    def __init__(self, process: subprocess.Popen[bytes], kind: RunKind, *, into: Path) -> None:
        self._process = process
        self._kind = kind
        self._into = into
        self._voice = _Voice(process, kind.silence_s)
        self._stopped = threading.Event()
        self._images = 0
        self._begun_images = 0

    @property
    def sheets_fed(self) -> int | None:
        """Sheets that the driver began to send, the one in which it stopped included."""
        return -(-max(self._images, self._begun_images) // self._sides)

    @property
    def process_id(self) -> int:
        """Of the process that scans; it leads a session of its own."""
        return self._process.pid

    def stop(self) -> None:
        self._stopped.set()

    def wait_until_open(self) -> str | None:
        """Null as soon as the device is open and its options are set; else what was said instead."""
        try:
            while (heard := self._voice.line()) is not None:
                if option_not_set(heard[1]):
                    return heard[1]
                if heard[1].startswith(_PROMPT):
                    return None
        except SilentError:
            raise Unavailable("scanner_unreachable", scanner=self._kind.scanner, detail="no answer") from None
        return "\n".join(self._voice.messages) or "no reason given"

    def close(self) -> None:
        """The device is free afterwards."""
        self._voice.close()
        ended(self._process)

    def __iter__(self) -> Iterator[Delivered]:
        if not self._stopped.is_set():
            self._ask()
        handed_on: Path | None = None
        while (path := self._next_side()) is not None:
            if handed_on is not None:
                # Stored by now. A day's stack would fill the disk a second time.
                handed_on.unlink(missing_ok=True)
            handed_on = path
            self._images += 1
            sheet, back = divmod(self._images - 1, self._sides)
            last = back == self._sides - 1
            if last and (self._stopped.is_set() or self._kind.one_sheet):
                self._ask_no_more()
            else:
                # The next side is scanned while this one is stored.
                self._ask()
            side = Side.BACK if back else Side.FRONT
            name = f"{sheet + 1:04d}-{side}{path.suffix}"
            yield Delivered(path, name, self._kind.media_type, ((sheet + 1, side),))
        self._require_a_good_end()

    @property
    def _sides(self) -> int:
        return 2 if self._kind.duplex else 1

    def _ask(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            # It may have ended meanwhile: its exit code says more than a broken pipe.
            with suppress(OSError):
                self._process.stdin.write(b"\n")

    def _ask_no_more(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def _next_side(self) -> Path | None:
        """The next file, once it is written; null when no more come. Raises Unavailable `scanner_lost`."""
        if self._images == 0 and self._stopped.is_set():
            self._ask_no_more()
        try:
            while (heard := self._voice.line()) is not None:
                is_output, text = heard
                if is_output and self._is_side(text):
                    return self._written(self._into / text)
                scanned = None if is_output else _SCANNED.match(text)
                if scanned is not None:
                    self._begun_images = max(self._begun_images, int(scanned[1]))
        except SilentError:
            ended(self._process, at_once=True)
            self._begun_images = self._images + 1
            raise Unavailable("scanner_lost", scanner=self._kind.scanner) from None
        return None

    def _is_side(self, text: str) -> bool:
        # Drivers and their libraries write to the output too.
        return re.fullmatch(r"side-\d+\.\w+", text) is not None

    def _written(self, path: Path) -> Path:
        """`scanimage` does not notice a disk that is full while it writes pixels."""
        try:
            whole = whole_file(path).whole
        except OSError:
            whole = False
        if not whole and shutil.disk_usage(self._into).free < _LEAST_FREE_BYTES:
            raise Unavailable("disk_full", path=str(self._into))
        if not whole:
            raise Unavailable("scanner_failed", scanner=self._kind.scanner, detail="its file ends early")
        return path

    def _require_a_good_end(self) -> None:
        status = finished(self._process)
        if status == _NO_DOCUMENTS and self._images:
            status = 0
        if status:
            if status == _JAMMED:
                self._begun_images = max(self._begun_images, self._images + 1)
            error = scanning_error(status, "\n".join(self._voice.messages), scanner=self._kind.scanner, into=self._into)
            raise self._kind.looked_into(error)
        if not self._images and not self._stopped.is_set():
            raise OperatorError("scanner_no_paper", scanner=self._kind.scanner)
        if self._images % self._sides:
            raise OperatorError("scanner_odd_images", scanner=self._kind.scanner, images=self._images)
