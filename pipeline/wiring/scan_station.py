"""What feeding works with besides the scanner: the site's rules, and a place for files on their way into the store."""

from __future__ import annotations

import shutil
import tempfile
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
    system's own place for such files keeps what a killed program leaves there.

    To be called with the data folder held for writing: what other runs left is cleared away.

    Raises:
        OperatorError: `read_only`.
    """
    kept = settings.data_dir / _FOLDER
    try:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise OperatorError("read_only", path=str(kept)) from error
    try:
        yield Path(tempfile.mkdtemp(dir=kept))
    finally:
        shutil.rmtree(kept, ignore_errors=True)
