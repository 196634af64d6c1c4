"""Where drafts of layouts are proposed and tried: in a process of its own, as files from outside are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from pipeline.config import Settings
from pipeline.custody import plain_text
from pipeline.custody.layouts import Edition
from pipeline.errors import InputRefused
from pipeline.model import PageBytes, PageProblem, Placing, Reason
from pipeline.usecases.layouts.desk import (
    MOST_PIXELS,
    MOST_TRIED_PAGES,
    BlankScan,
    Proposed,
    StoredSample,
    Trial,
    Upload,
    face_of,
)

if TYPE_CHECKING:
    from pipeline.usecases.layouts.results import TriedPage

PROPOSE_S: Final = 120.0
TRY_S: Final = 240.0
_Page: TypeAlias = tuple[str, int, PageBytes | Reason]


@dataclass(frozen=True, slots=True)
class ApartBench:
    """Fills `LayoutBench`. `editions`: those that were put in force, at the moment."""

    settings: Settings
    editions: Callable[[], tuple[Edition, ...]]

    def propose(self, blank: BlankScan) -> Proposed:
        from pipeline.storage.apart import run_apart

        asked = (self.settings, self.editions(), blank)
        return run_apart(_proposed, asked, timeout_s=PROPOSE_S, memory_limit_bytes=self.settings.worker_memory_bytes)

    def try_out(self, trial: Trial) -> tuple[tuple[TriedPage, ...], int]:
        from pipeline.storage.apart import run_apart

        asked = (self.settings, self.editions(), trial)
        return run_apart(_tried, asked, timeout_s=TRY_S, memory_limit_bytes=self.settings.worker_memory_bytes)


# In the other process


def _proposed(asked: tuple[Settings, tuple[Edition, ...], BlankScan]) -> Proposed:
    from pipeline.imaging.decode import decode
    from pipeline.templates.authoring.flat import sheet_picture
    from pipeline.usecases.layouts.drafting import file_of
    from pipeline.usecases.layouts.trying import PICTURE_DPI
    from pipeline.wiring.forms import proposed_layout

    settings, editions, blank = asked
    page = _page_numbered(blank.upload, blank.page_number)
    page = page if blank.dpi is None else replace(page, dpi=blank.dpi)
    scan = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg, max_pixels=MOST_PIXELS).gray
    made = proposed_layout(page, blank.layout, like=blank.like, layouts_dir=settings.layouts_dir, editions=editions)
    size_mm = file_of(made.text).size_mm
    return Proposed(
        text=made.text,
        decisions=made.decisions,
        picture=sheet_picture(scan, made.scan_from_page, size_mm, dpi=PICTURE_DPI),
        picture_dpi=PICTURE_DPI,
        scan_from_layout=made.scan_from_page,
    )


def _tried(asked: tuple[Settings, tuple[Edition, ...], Trial]) -> tuple[tuple[TriedPage, ...], int]:
    from pipeline.usecases.layouts.trying import tried_pages
    from pipeline.wiring.forms import draft_layout, with_editions
    from pipeline.wiring.work import kit_of

    settings, editions, trial = asked
    layout = draft_layout(trial.layout, trial.text, settings.layouts_dir)
    left = 0
    taken: list[_Page] = []
    for page in _sample_pages(trial, settings):
        if len(taken) < MOST_TRIED_PAGES:
            taken.append(page)
        else:
            left += 1
    face = face_of(layout.id)
    beside = tuple(its for its in editions if its.recognised and its.layout != layout.id)
    known = (each for each in with_editions(beside, settings.layouts_dir) if face_of(each.id) == face)
    kit = kit_of((*known, layout), settings.issuer, layouts_dir=settings.layouts_dir, cache_dir=settings.cache_dir)
    return tried_pages(taken, kit, layout.id), left


def _sample_pages(trial: Trial, settings: Settings) -> Iterator[_Page]:
    for upload in trial.uploads:
        name = plain_text(upload.name)
        try:
            for number, page in enumerate(_pages(upload), start=1):
                yield name, number, page if isinstance(page, PageBytes) else Reason(page.code, page.params)
        except InputRefused as error:
            yield name, 1, _reason(error)
    for stored in trial.stored:
        yield stored.name, stored.page_number, _stored_page(stored, settings)


def _reason(error: InputRefused) -> Reason:
    from pipeline.usecases.keeping import reason_of

    return reason_of(error)


def _stored_page(stored: StoredSample, settings: Settings) -> PageBytes | Reason:
    from pipeline.storage.pages import StoredPages
    from pipeline.wiring.objects import object_store

    try:
        path = object_store(settings).path(stored.file_digest)
    except KeyError:
        return Reason("object_missing")
    for number, page in enumerate(StoredPages().pages(path, name=stored.name), start=1):
        if number == stored.page_number:
            if isinstance(page, PageBytes):
                return replace(page, placing=Placing(part=stored.part, masks=stored.masks))
            return Reason(page.code, page.params)
    return Reason("page_missing")


def _page_numbered(upload: Upload, number: int) -> PageBytes:
    for at, page in enumerate(_pages(upload), start=1):
        if at == number:
            if isinstance(page, PageBytes):
                return page
            raise InputRefused(page.code, **dict(page.params))
    raise InputRefused("no_such_page", file=plain_text(upload.name), page=number)


def _pages(upload: Upload) -> Iterator[PageBytes | PageProblem]:
    from pipeline.storage.pages import StoredPages

    with _laid_down(upload.data) as path:
        yield from StoredPages(max_pixels=MOST_PIXELS).pages(path, name=plain_text(upload.name))


@contextmanager
def _laid_down(data: bytes) -> Iterator[Path]:
    """The bytes as a file, for readers that ask for one; what the sender called it is no part of its path."""
    with TemporaryDirectory(prefix="constat-") as folder:
        path = Path(folder, "scan")
        path.write_bytes(data)
        yield path
