"""Pages of text whose scans can be looked at: each line is drawn as one picture, a grey wedge on white paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.geometry import BoxPx
from pipeline.model import PageBytes, PageLabel, PageOutcome, PageProblem, SheetOutcome
from tests.fakes import LinePages
from tests.unit.browsing import Pages, pictured_flow

WIDTH_PX, HEIGHT_PX = 800, 1000


def picture(width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> bytes:
    image = np.full((height_px, width_px), 255, np.uint8)
    image[100:200, 100:400] = np.arange(100, 200, dtype=np.uint8)[:, None]
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG", dpi=(100, 100))
    return out.getvalue()


@dataclass(frozen=True)
class DrawnPages:
    """As `LinePages`; the bytes of every page are the picture, its digest still the line's."""

    size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        for page in LinePages().pages(path, name=name):
            yield replace(page, data=picture(*self.size_px)) if isinstance(page, PageBytes) else page


def drawn_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """As `pictured_flow`, of pages as large as the picture; letters are upside down."""
    return SheetOutcome(tuple(_sized(its) for its in pictured_flow(sides).pages))


def _sized(outcome: PageOutcome) -> PageOutcome:
    turn = 180 if outcome.label is PageLabel.ENCLOSURE else 0
    return replace(outcome, size_px=(WIDTH_PX, HEIGHT_PX), dpi=100.0, rotation_deg=turn)


def drawn_pages(pages: Pages, size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> Pages:
    """Scans of these pages can be shown."""
    pages.parts = replace(pages.parts, source=DrawnPages(size_px))
    return pages


def wedge() -> BoxPx:
    """Where the picture is not white."""
    return BoxPx(100, 100, 300, 100)
