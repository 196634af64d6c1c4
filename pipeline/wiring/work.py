"""What worker processes need."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.model import PageBytes, SheetOutcome
from pipeline.usecases.work import WorkerParts
from pipeline.wiring.objects import object_store

if TYPE_CHECKING:
    from pipeline.flow import FlowKit
    from pipeline.ports import Cache

PREPARED_BY = ("pipeline", "pipeline.imaging", "pipeline.templates")
"""Packages whose code the prepared forms in the cache depend on."""
DRAWN_BY = ("numpy", "opencv-python", "pypdfium2", "reportlab")


def worker_parts(settings: Settings) -> WorkerParts:
    """What one worker process needs. The flow is built with its first sheet: taking files apart does not need it."""
    from pipeline.storage.pages import StoredPages

    return WorkerParts(object_store(settings), StoredPages(), _flow(settings))


def worker_factory(settings: Settings) -> Callable[[], WorkerParts]:
    """A picklable maker of `worker_parts`."""
    return partial(worker_parts, settings)


def _flow(settings: Settings) -> Callable[[tuple[PageBytes, ...]], SheetOutcome]:
    def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        from pipeline.flow import process_sheet

        return process_sheet(
            sides, kit=flow_kit(settings.issuer, layouts_dir=settings.layouts_dir, cache_dir=settings.cache_dir)
        )

    return flow


@lru_cache(maxsize=1)
def flow_kit(issuer: str, *, layouts_dir: Path | None = None, cache_dir: Path | None = None) -> FlowKit:
    """Models loaded and layouts prepared, once a process: some seconds without a cache folder or with an empty one.

    Args:
        issuer: whose numbers are read on layouts that name no issuer.
        layouts_dir: a site's own layouts and issuers.

    Raises:
        Unavailable: a font, a model or Tesseract is missing.
        OperatorError: no such issuer, or a faulty layout or issuer file.
    """
    from pipeline.flow import FlowKit
    from pipeline.ocr.engines.ppocr import PpOcr
    from pipeline.ocr.engines.tesseract import Tesseract
    from pipeline.ocr.readers import Readers
    from pipeline.storage.calibration_files import load_calibration, load_thresholds
    from pipeline.storage.issuer_files import issuer_named, issuers_below, load_issuers
    from pipeline.storage.layout_files import load_fonts, load_layouts, load_requirements
    from pipeline.templates.library import LayoutLibrary

    own_issuers = None if layouts_dir is None else issuers_below(layouts_dir)
    tesseract = Tesseract()
    return FlowKit(
        library=LayoutLibrary.build(load_layouts(layouts_dir), load_fonts(), cache=_cache(cache_dir)),
        readers=Readers(first=PpOcr(), second=tesseract, page=tesseract),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named(issuer, own_issuers),
        issuers=load_issuers(own_issuers),
        requirements=load_requirements(),
    )


def _cache(folder: Path | None) -> Cache | None:
    from pipeline.storage.cache_files import FileCache, edition_of

    return None if folder is None else FileCache(folder, edition_of(PREPARED_BY, DRAWN_BY))
