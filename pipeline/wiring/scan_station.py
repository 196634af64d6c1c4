"""What feeding works with besides the scanner: the site's rules, and a place for files on their way into the store."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.errors import OperatorError
from pipeline.usecases.qualification import ScannerRules
from pipeline.wiring.app import App
from pipeline.wiring.files import stored_pages

if TYPE_CHECKING:
    from pipeline.usecases.scanning.first_look import FirstLook

_FOLDER = "incoming"
_YOUNG_S = 10.0


def first_look(app: App) -> FirstLook:
    """What looks at each sheet beside its feeding, and makes small pictures."""
    from pipeline.usecases.scanning.first_look import FirstLook

    return FirstLook(app.keeping.objects, stored_pages())


def scanner_rules(settings: Settings) -> ScannerRules:
    """What the site asks of scanners."""
    return ScannerRules(settings.scan_qualification, settings.scan_qualification_days)


@contextmanager
def scan_folder(settings: Settings) -> Iterator[Path]:
    """An empty folder within the data folder, for this user alone, gone at the end: scans are personal data, and the
    system's own place for such files keeps what a killed program leaves there. What killed runs left is cleared away.

    Raises:
        OperatorError: `read_only`.
    """
    kept = settings.data_dir / _FOLDER
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(kept)
        own = Path(tempfile.mkdtemp(dir=kept))
        handle = os.open(own, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OperatorError("read_only", path=str(kept)) from error
    try:
        # Held as long as this process lives: whoever clears up sees that it is in use.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(handle)


def _clear(kept: Path) -> None:
    """Remove folders that no process holds. One that was made a moment ago is left: it may not be held yet."""
    for left in kept.iterdir():
        try:
            if time.time() - left.stat().st_mtime < _YOUNG_S:
                continue
            handle = os.open(left, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            # Another one that begins just now was faster.
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(handle)
