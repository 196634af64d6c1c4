"""A hard copy of page screens: a PDF/A file, layers as optional content, recognised by its mark (ss. 9, 11, 18 to 22).

Written so that nothing is transparent: layers are cut out by masks, and all of them together are the scan, pixel for
pixel. Text is of accepted readings alone. The same screens under the same terms give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.errors import OperatorError
from pipeline.messages import sentence
from pipeline.model import ColorImage, Decision, GrayImage, Layout, LayoutId, PageId, Schedule, Side
from pipeline.screens.hard_copy_frame import FreeMargins, MarkPlace, PageFrame, on_leaf, page_frame, size_limits
from pipeline.screens.hard_copy_mark import Mark, face_of, fits_its_form, mark_of
from pipeline.screens.hard_copy_pages import PageContent, PageWriter
from pipeline.screens.hard_copy_plates import PARTS, Group, Plate, digitized_plates, flat_plates, particulars_plates
from pipeline.screens.hard_copy_strip import MARGINS_NEED, draw_mark, free_margins, margins_fit
from pipeline.screens.hard_copy_terms import FormSource, Terms
from pipeline.screens.page_screen import PageScreen, ScreenReading
from pipeline.screens.pdf_archive import FLAT, LAYERED, Description, archive_bytes
from pipeline.screens.pdf_overlay import Overlay
from pipeline.templates.fonts import Fonts
from pipeline.templates.render import rasterize, render_pdf

_MARGIN_DPI = 100.0
_OVERLAYS = 2
"""Pages of the overlay for each sheet: its mark, and its text that is not seen."""
_GROUP_NAMES = {
    Group.PAGE: "hard_copy.layer.page",
    Group.FORM: "hard_copy.layer.form",
    Group.PARTICULARS: "hard_copy.layer.particulars",
    Group.HAND: "hard_copy.layer.hand",
    Group.PRINT: "hard_copy.layer.print",
    Group.MARK: "hard_copy.layer.mark",
    Group.STAMP: "hard_copy.layer.stamp",
    Group.ENTRY: "hard_copy.layer.entry",
    Group.REMAINDER: "hard_copy.layer.remainder",
    Group.TEXT: "hard_copy.layer.text",
}


@dataclass(frozen=True, slots=True)
class HardCopy:
    """A hard copy; `frames` are those of its sheets, in order."""

    data: bytes
    title: str
    frames: tuple[PageFrame, ...]
    digitized_pages: int
    """Of a copy on the pre-programmed form, sheets that have none, or do not surely lie on it, and are shown as they
    were digitized."""
    left_out: tuple[PageId, ...] = ()
    """Pages of the document that could not be processed and are not shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One form of a statement as a hard copy is made of it: its page screens, and the terms, with its own number."""

    terms: Terms
    screens: tuple[PageScreen, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    terms: Terms
    screen: PageScreen
    frame: PageFrame
    plates: tuple[Plate, ...]
    form: bytes | None


def chosen(screens: Sequence[PageScreen], terms: Terms) -> tuple[PageScreen, ...]:
    """The page screens that a hard copy is of, in the order of the paper.

    Raises:
        OperatorError: `hard_copy_nothing`, there is no such document.
    """
    found = tuple(
        screen for screen in screens if screen.role == terms.document and (terms.backs or face_of(screen) is Side.FRONT)
    )
    if not found:
        raise OperatorError("hard_copy_nothing", number=terms.identifier, document=terms.document.value)
    return found


def hard_copy(forms: Sequence[Form], *, layouts: Mapping[LayoutId, Layout], fonts: Fonts) -> HardCopy:
    """A hard copy of one form, or of all forms of a statement one after another.

    Args:
        forms: one at least, whose terms differ in number and issuer alone.

    Raises:
        InputRefused: `hard_copy_too_large`, a form larger than a page may be (ss. 15, 21).
    """
    terms = forms[0].terms
    overlay = Overlay(fonts)
    sheets = tuple(_sheet(screen, form.terms, layouts, fonts) for form in forms for screen in form.screens)
    sheets, marks = _with_marks(sheets, overlay)
    _draw(overlay, sheets, marks)
    writer = PageWriter(overlay.finish(), None if terms.flat else _group_names(terms))
    for number, sheet in enumerate(sheets):
        _add_pages(writer, sheet, overlay_page=_OVERLAYS * number)
    title = " ".join((marks[0].title, *dict.fromkeys(form.terms.identifier for form in forms)))
    subject = " ".join(marks[0].lines[:2])
    description = Description(title, subject, terms.identifier, terms.language.value, terms.at)
    data = archive_bytes(writer.finish(title), description, FLAT if terms.flat else LAYERED)
    drawn = sum(sheet.form is not None for sheet in sheets)
    return HardCopy(data, title, tuple(sheet.frame for sheet in sheets), len(sheets) - drawn)


def _add_pages(writer: PageWriter, sheet: _Sheet, *, overlay_page: int) -> None:
    """The page of a sheet, and the leaf of its mark if it has one."""
    leaf = sheet.frame.place is MarkPlace.LEAF
    writer.add(
        PageContent(
            frame=sheet.frame,
            plates=sheet.plates,
            scan_height_px=sheet.screen.layers.scan.shape[0],
            dpi=sheet.screen.layers.dpi,
            form=sheet.form,
            mark=None if leaf else overlay_page,
            text=overlay_page + 1,
        )
    )
    if leaf:
        writer.add_leaf(sheet.frame, sheet.screen.layers.dpi, overlay_page)


def _group_names(terms: Terms) -> dict[Group, str]:
    return {group: sentence(code, language=terms.language.value) for group, code in _GROUP_NAMES.items()}


def _sheet(screen: PageScreen, terms: Terms, layouts: Mapping[LayoutId, Layout], fonts: Fonts) -> _Sheet:
    layout = None if screen.layout is None else layouts.get(screen.layout)
    form: bytes | None = None
    if terms.source is FormSource.PREPROGRAMMED and layout is not None and fits_its_form(screen):
        form, plates = render_pdf(layout, fonts), particulars_plates(screen.layers)
    elif terms.flat:
        plates = flat_plates(screen.layers)
    else:
        plates = digitized_plates(screen.layers)
    frame = page_frame(
        screen.size_mm,
        size_limits(terms.audience, terms.document, _schedule_of(screen)),
        scalable=screen.layout is None,
        margins=lambda: _margins(screen, plates, form),
        need=MARGINS_NEED,
    )
    return _Sheet(terms, screen, frame, plates, form)


def _schedule_of(screen: PageScreen) -> Schedule | None:
    return None if screen.layout is None else Schedule(screen.layout.split(".")[0])


def _margins(screen: PageScreen, plates: Sequence[Plate], form: bytes | None) -> FreeMargins:
    """What is free on the sheet as the hard copy shows it."""
    layers = screen.layers
    image = np.array(_gray(layers.scan) if form is None else rasterize(form, _MARGIN_DPI))
    dpi = layers.dpi if form is None else _MARGIN_DPI
    scale = dpi / layers.dpi
    for plate in plates:
        if plate.shown is not None and plate.group in PARTS:
            # Entries count however faint they are.
            for row in np.flatnonzero(plate.shown.any(axis=1)):
                image[min(int((plate.box_px.y + row) * scale), len(image) - 1)] = 0
    return free_margins(image, dpi)


def _gray(scan: GrayImage | ColorImage) -> GrayImage:
    return scan if scan.ndim == 2 else np.asarray(cv2.cvtColor(scan, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _with_marks(sheets: tuple[_Sheet, ...], overlay: Overlay) -> tuple[tuple[_Sheet, ...], tuple[Mark, ...]]:
    """The marks, and the sheets with those marks on a leaf whose words the margins have no room for."""
    placed, marks = [], []
    for number, sheet in enumerate(sheets, start=1):
        mark = mark_of(sheet.screen, sheet.frame, sheet.terms, page_number=number, pages=len(sheets))
        frame = sheet.frame
        if frame.place is MarkPlace.MARGINS and not margins_fit(overlay, mark, frame.sheet_mm.width):
            frame = on_leaf(frame)
        placed.append(replace(sheet, frame=frame))
        marks.append(mark)
    return tuple(placed), tuple(marks)


def _draw(overlay: Overlay, sheets: Sequence[_Sheet], marks: Sequence[Mark]) -> None:
    """Draw mark and hidden text of each sheet, a page each."""
    for sheet, mark in zip(sheets, marks, strict=True):
        overlay.begin_page(sheet.frame.size_mm)
        draw_mark(overlay, mark, sheet.frame)
        overlay.end_page()
        overlay.begin_page(sheet.screen.size_mm)
        for reading in sheet.screen.readings:
            text = searchable(reading)
            if text:
                overlay.hidden_text(reading.box_mm, text)
        overlay.end_page()


def searchable(reading: ScreenReading) -> str:
    """The text of an accepted reading: its value; the name of what is marked or signed; empty for any other."""
    if reading.decision is not Decision.ACCEPTED or reading.value in (None, False, "absent"):
        return ""
    return reading.label if reading.value in (True, "present") else str(reading.value)
