"""What worker processes need."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.custody.layouts import Edition
from pipeline.errors import IntegrityError
from pipeline.model import Layout, LayoutId, PageBytes, SheetOutcome
from pipeline.usecases.traced import UNTRACED
from pipeline.usecases.work import WorkerParts
from pipeline.wiring.editions import recorded_editions
from pipeline.wiring.forms import with_editions
from pipeline.wiring.objects import object_store
from pipeline.wiring.watching import tracing_of

if TYPE_CHECKING:
    from pipeline.flow import FlowKit
    from pipeline.ports import Cache

PREPARED_BY = ("pipeline", "pipeline.imaging", "pipeline.templates")
"""Packages whose code the prepared forms in the cache depend on."""
DRAWN_BY = ("numpy", "opencv-python", "pypdfium2", "reportlab")


def worker_parts(settings: Settings, *, verifies: bool = False) -> WorkerParts:
    """What one worker process needs. The flow is built with its first sheet: taking files apart does not need it.

    Args:
        verifies: as for `worker_factory`.
    """
    from pipeline.storage.pages import StoredPages

    # What libraries have to say of a page would go to stderr, values and all; results say what is wrong by code.
    logging.getLogger().addHandler(logging.NullHandler())
    flow = _Flow(settings, verifies=verifies)
    tracing = UNTRACED if verifies else tracing_of(settings, "reader")
    return WorkerParts(object_store(settings), StoredPages(), flow, tracing)


def worker_factory(settings: Settings, *, verifies: bool = False) -> Callable[[], WorkerParts]:
    """A picklable maker of `worker_parts`.

    Args:
        verifies: go without the editions in force where they are not as the ledger says: whoever verifies reports that.

    Raises:
        IntegrityError: `layout_altered`.
    """
    if not verifies:
        # The worker asks again; but nothing should be taken in before this is found.
        recorded_editions(settings)
    return partial(worker_parts, settings, verifies=verifies)


class _Flow:
    """Reads sheets by the forms that were in force when their job says. Prepares them once, and again when a job is
    younger than what it knows."""

    def __init__(self, settings: Settings, *, verifies: bool) -> None:
        self._settings = settings
        self._verifies = verifies
        self._editions: tuple[Edition, ...] = ()
        self._asked_at: datetime | None = None

    def __call__(self, sides: tuple[PageBytes, ...]) -> SheetOutcome:
        if sides[0].electronic is not None:
            return _electronic(sides, self._settings)
        from pipeline.flow import process_sheet

        named = {side.placing.layout for side in sides if side.placing is not None}
        return process_sheet(sides, kit=self._kit(sides[0].known_at, named))

    def _kit(self, known_at: datetime | None, named: Collection[LayoutId | None]) -> FlowKit:
        from pipeline.storage.clock import SystemClock

        if self._asked_at is None or (known_at is not None and known_at > self._asked_at):
            self._asked_at, self._editions = SystemClock().now(), self._recorded()
        moment = self._asked_at if known_at is None else known_at
        settings = self._settings
        kit = flow_kit(
            settings.issuer, layouts_dir=settings.layouts_dir, cache_dir=settings.cache_dir, editions=self._editions
        )
        # A form of a printing that was withdrawn may still come; a person can say that it is one.
        other = {
            its.layout
            for its in self._editions
            if not its.in_force_at(moment) and (its.layout not in named or its.since > moment)
        }
        return replace(kit, library=kit.library.without(other)) if other else kit

    def _recorded(self) -> tuple[Edition, ...]:
        try:
            return recorded_editions(self._settings)
        except IntegrityError:
            if self._verifies:
                return ()
            raise


def _electronic(sides: tuple[PageBytes, ...], settings: Settings) -> SheetOutcome:
    """Nothing is read, so that no reader is loaded. Forms that were withdrawn still show what was issued on them."""
    from pipeline.storage.layout_files import load_requirements
    from pipeline.usecases.electronic_page import electronic_sheet
    from pipeline.wiring.registering import electronic_forms

    return electronic_sheet(sides, known=electronic_forms(settings), requirements=load_requirements())


@lru_cache(maxsize=1)
def flow_kit(
    issuer: str,
    *,
    layouts_dir: Path | None = None,
    cache_dir: Path | None = None,
    editions: tuple[Edition, ...] = (),
) -> FlowKit:
    """Models loaded and layouts prepared, once a process: some seconds without a cache folder or with an empty one.

    Args:
        issuer: whose numbers are read on layouts that name no issuer.
        layouts_dir: a site's own layouts and issuers.
        editions: that were put in force; in the library beside the forms that are files.

    Raises:
        Unavailable: a font, a model or Tesseract is missing.
        OperatorError: no such issuer, or a faulty layout or issuer file.
    """
    return kit_of(with_editions(editions, layouts_dir), issuer, layouts_dir=layouts_dir, cache_dir=cache_dir)


def kit_of(
    known: Iterable[Layout], issuer: str, *, layouts_dir: Path | None = None, cache_dir: Path | None = None
) -> FlowKit:
    """As `flow_kit`, for these layouts alone; made anew each time."""
    from pipeline.flow import FlowKit
    from pipeline.ocr.engines.ppocr import PpOcr
    from pipeline.ocr.engines.tesseract import Tesseract
    from pipeline.ocr.readers import Readers
    from pipeline.storage.calibration_files import load_calibration, load_thresholds
    from pipeline.storage.issuer_files import issuer_named, issuers_below, load_issuers
    from pipeline.storage.layout_files import load_fonts, load_requirements
    from pipeline.templates.library import LayoutLibrary

    own_issuers = None if layouts_dir is None else issuers_below(layouts_dir)
    tesseract = Tesseract()
    return FlowKit(
        library=LayoutLibrary.build(known, load_fonts(), cache=_cache(cache_dir)),
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
