"""Puts the parts together; the only module that names adapters.

Imports of what is slow to load stand in the function that needs it: a command that only looks something up loads no
reader, a worker no database, and each starts a second earlier.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.config import Settings
from pipeline.errors import OperatorError
from pipeline.model import Language, Layout, PageBytes, SheetOutcome
from pipeline.ports import Listing, Sides
from pipeline.storage.clock import SystemClock
from pipeline.storage.lock import exclusive, shared
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles

if TYPE_CHECKING:
    from pipeline.flow import FlowKit
    from pipeline.ports import Cache
    from pipeline.templates.fonts import Fonts

PREPARED_BY = ("pipeline", "pipeline.imaging", "pipeline.templates")
"""Packages whose code the prepared forms in the cache depend on."""
DRAWN_BY = ("numpy", "opencv-python", "pypdfium2", "reportlab")


@dataclass(frozen=True, slots=True)
class App:
    """What the commands work with."""

    settings: Settings
    keeping: Keeping


@contextmanager
def writing(settings: Settings) -> Iterator[App]:
    """The application with the data folder held for writing.

    Raises Unavailable `data_dir_busy`, OperatorError `read_only`.
    """
    with exclusive(settings.data_dir):
        yield _app(settings)


@contextmanager
def checking(settings: Settings) -> Iterator[App]:
    """The application while nobody writes. Raises Unavailable `data_dir_busy`, OperatorError `nothing_kept`."""
    _require_kept(settings)
    with shared(settings.data_dir):
        yield _app(settings)


def reading(settings: Settings) -> App:
    """The application for looking things up, whoever else is at work. Raises OperatorError `nothing_kept`."""
    _require_kept(settings)
    return _app(settings)


def anything_kept(settings: Settings) -> bool:
    """Whether there are records. Looking must not make an empty database in a folder that was only misspelt."""
    return _database_path(settings).exists()


def _require_kept(settings: Settings) -> None:
    if not anything_kept(settings):
        raise OperatorError("nothing_kept", path=str(settings.data_dir))


def _database_path(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


def _database_url(settings: Settings) -> str:
    """The database; one in a folder that may only be read is opened as a file that does not change.

    SQLite would otherwise want to make its `-wal` file there, even to read. Where that file is, it can be read too.
    """
    path = _database_path(settings)
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() or os.access(path.parent, os.W_OK) or log.exists():
        return settings.database
    return f"sqlite:///file:{quote(str(path))}?immutable=1&uri=true"


def _app(settings: Settings) -> App:
    from pipeline.storage.records.sql import open_records

    clock = SystemClock()
    records = open_records(_database_url(settings), head_path=settings.data_dir / "ledger-head.json", clock=clock)
    return App(settings, Keeping(records, DirectoryStore(settings.objects_dir), SourceFiles(), clock))


def look_through(paths: Sequence[Path], sides: Sides) -> Listing:
    """What there is to take in below the paths. Raises OperatorError `path_not_found`."""
    return FolderFiles().listing([path.absolute() for path in paths], sides=sides)


def layouts() -> tuple[Layout, ...]:
    from pipeline.storage.layout_files import load_layouts

    return load_layouts()


def fonts() -> Fonts:
    from pipeline.storage.layout_files import load_fonts

    return load_fonts()


def worker_parts(settings: Settings) -> WorkerParts:
    """What one worker process needs. The flow is built with its first sheet: taking files apart does not need it."""
    from pipeline.storage.pages import StoredPages

    return WorkerParts(DirectoryStore(settings.objects_dir), StoredPages(), _flow(settings))


def worker_factory(settings: Settings) -> Callable[[], WorkerParts]:
    """A picklable maker of `worker_parts`."""
    return partial(worker_parts, settings)


def _flow(settings: Settings) -> Callable[[tuple[PageBytes, ...]], SheetOutcome]:
    def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        from pipeline.flow import process_sheet

        return process_sheet(sides, kit=flow_kit(settings.issuer, settings.cache_dir))

    return flow


@lru_cache(maxsize=1)
def flow_kit(issuer: str, cache_dir: Path | None = None) -> FlowKit:
    """Models loaded and layouts prepared, once a process: about 3 seconds without a cache folder or with an empty one.

    Raises:
        Unavailable: a font, a model or Tesseract is missing.
        OperatorError: no such issuer.
    """
    from pipeline.flow import FlowKit
    from pipeline.ocr.engines.ppocr import PpOcr
    from pipeline.ocr.engines.tesseract import Tesseract
    from pipeline.ocr.readers import Readers
    from pipeline.storage.calibration_files import load_calibration, load_thresholds
    from pipeline.storage.issuer_files import issuer_named
    from pipeline.storage.layout_files import load_fonts, load_layouts
    from pipeline.templates.library import LayoutLibrary

    tesseract = Tesseract()
    return FlowKit(
        library=LayoutLibrary.build(load_layouts(), load_fonts(), cache=_cache(cache_dir)),
        readers=Readers(first=PpOcr(), second=tesseract, page=tesseract),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named(issuer),
    )


def _cache(folder: Path | None) -> Cache | None:
    from pipeline.storage.cache_files import FileCache, edition_of

    return None if folder is None else FileCache(folder, edition_of(PREPARED_BY, DRAWN_BY))


def particular_name(name: str, language: Language) -> str:
    """A particular's or mark's name for people; the canonical name where the catalogue words none."""
    from pipeline.storage.layout_files import load_catalogue

    return load_catalogue().label(name, language)
