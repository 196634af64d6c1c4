"""Page screens as a folder to look at: a PNG of each view, `index.json` for programs, `index.html` for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from pipeline.cli.screen_page import ShownPage, ShownView, html_page, note_in
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.geometry import BoxMm
from pipeline.messages import LANGUAGES
from pipeline.model import GrayImage, Layout
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan, PageScreen, ScreenSection
from pipeline.screens.pixels import lossless
from pipeline.screens.views import form_filled, layer_image, of_section, owned
from pipeline.templates.fonts import Fonts
from pipeline.templates.render import render_image

WHOLE: Final = "whole"
LAYER_SETS: Final[dict[str, frozenset[Layer]]] = {
    **{layer.name.lower(): frozenset({layer}) for layer in Layer},
    "particulars": PARTICULARS,
}
"""What a view may show beside the whole page; the names of `--layer`."""
FILLED: Final = "filled"
"""The form as it was before entries lay on it: a reconstruction, so only where it is asked for."""
VIEWS: Final = (WHOLE, *LAYER_SETS, FILLED)
Artwork: TypeAlias = Callable[[PageScreen], GrayImage | None]
"""Draws the blank form of a page at its resolution; null where the form is not known."""


def blank_forms(layouts: Sequence[Layout], fonts: Fonts) -> Artwork:
    """Draws forms of these layouts."""
    known = {layout.id: layout for layout in layouts}

    def drawn(screen: PageScreen) -> GrayImage | None:
        layout = None if screen.layout is None else known.get(screen.layout)
        return None if layout is None else render_image(layout, fonts, dpi=screen.layers.dpi)

    return drawn


def write_page_screens(
    folder: Path,
    screens: Sequence[PageScreen],
    *,
    views: Sequence[str] = (),
    section: str | None = None,
    artwork: Artwork = lambda _: None,
    number: str = "",
) -> tuple[ShownPage, ...]:
    """Write page screens into a new or empty folder.

    Args:
        screens: in the order of the paper.
        views: of `VIEWS`; none for the whole page and each of its layers that is not empty.
        section: the name of a section of the form (`a`) or its printed title; null for whole pages.
        artwork: for the view `filled`, which pages without a known form do not have.
        number: of the statement, for the heading.

    Raises:
        OperatorError: `section_unknown`; `folder_not_empty`; `cannot_write`.
    """
    pages = [
        (order, screen, part)
        for order, screen in enumerate(screens, start=1)
        for part in ([None] if section is None else _sections(screen, section))
    ]
    if section is not None and not pages:
        known = sorted({f"{its.name} ({its.title})" for screen in screens for its in screen.sections})
        raise OperatorError("section_unknown", section=section, known=", ".join(known) or "-")
    try:
        # What is in it concerns persons.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OperatorError("folder_not_empty", path=str(folder))
        shown = tuple(
            _write_page(folder, order, screen, part, _views(screen, views, artwork)) for order, screen, part in pages
        )
        (folder / "index.json").write_text(index_document(shown) + "\n", encoding="utf-8")
        (folder / "index.html").write_text(html_page(shown, number), encoding="utf-8")
    except OSError as error:
        raise OperatorError("cannot_write", path=str(folder), why=error.strerror or str(error)) from error
    return shown


def _sections(screen: PageScreen, wanted: str) -> Iterator[ScreenSection]:
    for section in screen.sections:
        if wanted.casefold() in (section.name.casefold(), section.title.casefold()):
            yield section


def _views(screen: PageScreen, views: Sequence[str], artwork: Artwork) -> Mapping[str, LayeredScan]:
    """What each view shows, by name: a scan of which all, or the layers of that name, are to be seen."""
    asked = {name: screen.layers for name in views or _not_empty(screen) if name != FILLED}
    drawn = artwork(screen) if FILLED in views else None
    # A site may have given a form another size since.
    if drawn is None or drawn.shape != screen.layers.scan.shape[:2]:
        return asked
    return {**asked, FILLED: replace(screen.layers, scan=form_filled(screen.layers, drawn))}


def _write_page(
    folder: Path, order: int, screen: PageScreen, section: ScreenSection | None, views: Mapping[str, LayeredScan]
) -> ShownPage:
    stem = f"{order:02d}-{screen.role}-{screen.side}" + ("" if section is None else f"-section-{section.name}")
    shown = []
    for name, layers in views.items():
        seen = layers if section is None else of_section(replace(screen, layers=layers), section).layers
        image = layer_image(seen, LAYER_SETS[name]) if name in LAYER_SETS else seen.scan
        (folder / f"{stem}-{name}.png").write_bytes(lossless(image, dpi=layers.dpi))
        shown.append(ShownView(name, f"{stem}-{name}.png"))
    return ShownPage(order, screen if section is None else of_section(screen, section), tuple(shown))


def _not_empty(screen: PageScreen) -> tuple[str, ...]:
    if screen.layers.owners is None:
        return (WHOLE,)
    present = (layer for layer in Layer if owned(screen.layers, {layer}).any())
    return (WHOLE, *(layer.name.lower() for layer in present))


def index_document(pages: Sequence[ShownPage]) -> str:
    """The pages, their files and what is known of them, as JSON; boxes in millimetres of the page."""
    return json.dumps({"pages": [_page(page) for page in pages]}, indent=2, ensure_ascii=False, allow_nan=False)


def _page(page: ShownPage) -> Json:
    screen = page.screen
    height_px, width_px = screen.layers.scan.shape[:2]
    return {
        "order": page.order,
        "page": screen.page,
        "role": screen.role,
        "side": screen.side,
        "front": screen.front,
        "label": screen.label,
        "layout": screen.layout,
        "language": screen.language,
        "sha256": screen.sha256,
        "size_mm": [round(side, 3) for side in screen.size_mm],
        "size_px": [width_px, height_px],
        "dpi": round(screen.layers.dpi, 3),
        "views": [{"view": view.name, "file": view.file} for view in page.views],
        "sections": [
            {"name": section.name, "title": section.title, "box_mm": _box(section.box_mm)}
            for section in screen.sections
        ],
        "readings": [
            {
                "name": its.name,
                "label": its.label,
                "section": its.section,
                "value": its.value,
                "text": its.text,
                "decision": its.decision,
                "confidence": round(its.confidence, 4),
                "box_mm": _box(its.box_mm),
            }
            for its in screen.readings
        ],
        "annotations": [
            {
                "code": note.code,
                "params": dict(note.params),
                "message": {its: note_in(note, its) for its in LANGUAGES},
                "box_mm": None if note.box_mm is None else _box(note.box_mm),
            }
            for note in screen.annotations
        ],
        "text": screen.text,
    }


def _box(box_mm: BoxMm) -> Json:
    return [round(value, 3) for value in box_mm.as_tuple()]
