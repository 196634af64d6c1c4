"""Page screens as a folder to look at: a PNG of each view, `index.json` for programs, `index.html` for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pipeline.cli.screen_page import ShownPage, ShownView, html_page, note_in
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.geometry import BoxMm
from pipeline.messages import LANGUAGES
from pipeline.screens.page_screen import PARTICULARS, Layer, PageScreen
from pipeline.screens.pixels import lossless
from pipeline.screens.views import layer_image, of_section, owned

WHOLE: Final = "whole"
LAYER_SETS: Final[dict[str, frozenset[Layer]]] = {
    **{layer.name.lower(): frozenset({layer}) for layer in Layer},
    "particulars": PARTICULARS,
}
"""What a view may show beside the whole page; the names of `--layer`."""
VIEWS: Final = (WHOLE, *LAYER_SETS)


def write_page_screens(
    folder: Path, screens: Sequence[PageScreen], *, views: Sequence[str] = (), section: str | None = None
) -> tuple[ShownPage, ...]:
    """Write page screens into a new or empty folder.

    Args:
        screens: in the order of the paper.
        views: of `VIEWS`; none for the whole page and each of its layers that is not empty.
        section: the name of a section of the form (`a`) or its printed title; null for whole pages.

    Raises:
        OperatorError: `section_unknown`; `folder_not_empty`; `cannot_write`.
    """
    pages = [
        (order, part)
        for order, screen in enumerate(screens, start=1)
        for part in ([screen] if section is None else _sections(screen, section))
    ]
    if section is not None and not pages:
        known = sorted({f"{its.name} ({its.title})" for screen in screens for its in screen.sections})
        raise OperatorError("section_unknown", section=section, known=", ".join(known) or "-")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OperatorError("folder_not_empty", path=str(folder))
        shown = tuple(
            _write_page(folder, order, screen, views, None if section is None else screen.sections[0].name)
            for order, screen in pages
        )
        (folder / "index.json").write_text(index_document(shown) + "\n", encoding="utf-8")
        (folder / "index.html").write_text(html_page(shown), encoding="utf-8")
    except OSError as error:
        raise OperatorError("cannot_write", path=str(folder), why=error.strerror or str(error)) from error
    return shown


def _sections(screen: PageScreen, wanted: str) -> Iterator[PageScreen]:
    for section in screen.sections:
        if wanted.casefold() in (section.name.casefold(), section.title.casefold()):
            yield of_section(screen, section)


def _write_page(folder: Path, order: int, screen: PageScreen, views: Sequence[str], section: str | None) -> ShownPage:
    stem = f"{order:02d}-{screen.role}-{screen.side}" + ("" if section is None else f"-section-{section}")
    shown = []
    for name in views or _not_empty(screen):
        file = f"{stem}-{name}.png"
        layers = screen.layers
        image = layers.scan if name == WHOLE else layer_image(layers, LAYER_SETS[name])
        (folder / file).write_bytes(lossless(image, dpi=layers.dpi))
        shown.append(ShownView(name, file))
    return ShownPage(order, screen, tuple(shown))


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
