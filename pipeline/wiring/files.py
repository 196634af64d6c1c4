"""Files that come in, and folders that go out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.custody import ScanProfile
from pipeline.errors import InputRefused
from pipeline.model import PageBytes
from pipeline.ports import Listing, Sides
from pipeline.storage.clock import SystemClock
from scanners.files import FolderFiles

if TYPE_CHECKING:
    from pipeline.custody import PageRole
    from pipeline.custody.retention import RetentionSchedule
    from pipeline.ports import BagFiles, PageSource
    from pipeline.usecases.package import Packer
    from pipeline.usecases.retrieve import StatementReport


def scan_profile(path: Path) -> ScanProfile:
    """What an operator says of the scanner. Raises as `load_scan_profile`."""
    from pipeline.storage.scan_profile import load_scan_profile

    return load_scan_profile(path)


def retention_schedule(settings: Settings) -> RetentionSchedule | None:
    """The site's retention schedule; null where it has none. Raises as `load_retention`."""
    return None if settings.retention_schedule is None else retention_file(settings.retention_schedule)


def retention_file(path: Path) -> RetentionSchedule:
    """A retention schedule by its file. Raises as `load_retention`."""
    from pipeline.storage.retention_file import load_retention

    return load_retention(path)


def stored_pages() -> PageSource:
    """Takes stored files apart."""
    from pipeline.storage.pages import StoredPages

    return StoredPages()


def look_through(paths: Sequence[Path], sides: Sides) -> Listing:
    """What there is to take in below the paths. Raises OperatorError `path_not_found`."""
    return FolderFiles().listing([path.absolute() for path in paths], sides=sides)


def scanned_page(path: Path, *, page_number: int) -> PageBytes:
    """A page of a scan, from 1.

    Raises:
        InputRefused: the file is damaged, or of no known form; `no_such_page`.
        Unavailable: it cannot be read.
    """
    from pipeline.storage.pages import StoredPages

    for number, page in enumerate(StoredPages().pages(path, name=path.name), start=1):
        if number == page_number:
            if isinstance(page, PageBytes):
                return page
            raise InputRefused(page.code, **dict(page.params))
    raise InputRefused("no_such_page", file=path.name, page=page_number)


def package_files(folder: Path) -> BagFiles:
    """The files of an archive package."""
    from pipeline.storage.bags import FolderFiles

    return FolderFiles(folder)


def packer(hard_copy: Callable[[StatementReport, PageRole], bytes], settings: Settings) -> Packer:
    """What makes archive packages."""
    from pipeline import __version__
    from pipeline.storage.bags import BagFolders
    from pipeline.storage.received_pages import StoredReceivedPages
    from pipeline.usecases.package import Packer

    made_by = f"constat {__version__}"
    bags, received = BagFolders(SystemClock()), StoredReceivedPages()
    return Packer(bags, received, stored_pages(), made_by, hard_copy, settings.organization)
