"""A page that never was paper, drawn: the form of its layout, and the particulars on it as layers of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.model import Artwork, GrayImage, Layout
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.templates.entries import sheet_of
from pipeline.templates.fonts import Fonts
from pipeline.templates.register import REGISTERED_DPI
from pipeline.templates.render import render_image

WHITE = 255


@dataclass(frozen=True, slots=True)
class Entries:
    """What stands on a form: texts, and crosses in check boxes."""

    texts: tuple[Artwork, ...]
    marks: tuple[Artwork, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPage:
    """A page as it is shown, and its entries alone: `(height, width) uint8`, 255 = none."""

    layered: LayeredScan
    particulars: GrayImage


def drawn_page(layout: Layout, entries: Entries, fonts: Fonts) -> DrawnPage:
    """The form with its entries, at the resolution of registered scans; the same every time.

    Each pixel that an entry darkens is the entry's, all others are the form's, as on a scan.
    """
    blank = _blank(layout, fonts)
    texts = render_image(sheet_of(layout, entries.texts), fonts, dpi=REGISTERED_DPI)
    marks = render_image(sheet_of(layout, entries.marks), fonts, dpi=REGISTERED_DPI)
    particulars = np.minimum(texts, marks)
    owners = np.zeros(blank.shape, np.uint8)
    owners[texts < WHITE] = Layer.PRINT
    owners[marks < WHITE] = Layer.MARK
    return DrawnPage(LayeredScan(np.minimum(blank, particulars), owners, REGISTERED_DPI), particulars)


@lru_cache(maxsize=8)
def _blank(layout: Layout, fonts: Fonts) -> GrayImage:
    """About 9 MB for a legal page."""
    image = render_image(layout, fonts, dpi=REGISTERED_DPI)
    image.setflags(write=False)
    return image
