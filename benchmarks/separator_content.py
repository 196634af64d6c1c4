"""What goes through a scanner and is no separator: whole and in part, as much alike to one as it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import zxingcpp

from benchmarks.progress import tell
from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage
from pipeline.ocr.patch_codes import NARROW_MM, WIDE_BARS, WIDE_MM, Patch
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.render import render_image
from samples.corpus import Corpus, Part
from samples.enclosures import Enclosure, enclosure_sheet
from samples.fontpool import HELD_OUT
from samples.generate import sheet

_DPI: Final = 150.0
_SIZE_PX: Final = (1275, 1650)
_DRAWN: Final = 16
"""Pages of each sort that are drawn from chance."""
Maker: TypeAlias = Callable[[np.random.Generator], GrayImage]


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A page and what it is."""

    sort: str
    page: GrayImage

    def cut(self, rng: np.random.Generator) -> tuple[GrayImage, float]:
        """A part of it, or in one of four cases all of it, turned by quarters, at 100 to 150 dpi."""
        page = self.page
        if rng.random() < 0.75:
            high, wide = (int(side * rng.uniform(0.3, 0.7)) for side in page.shape)
            top, left = (
                int(rng.uniform(0, whole - part)) for whole, part in zip(page.shape, (high, wide), strict=True)
            )
            page = page[top : top + high, left : left + wide]
        page = np.rot90(page, int(rng.integers(4)))
        dpi = float(rng.uniform(100.0, _DPI)) if rng.random() < 0.3 else _DPI
        if dpi < _DPI:
            size = (round(page.shape[1] * dpi / _DPI), round(page.shape[0] * dpi / _DPI))
            return np.asarray(cv2.resize(np.ascontiguousarray(page), size, interpolation=cv2.INTER_AREA)), dpi
        return np.ascontiguousarray(page), dpi


def contents(corpus: Corpus | None, *, first_seed: int) -> tuple[Content, ...]:
    """One of each sort after the other, so that every share of them has all."""
    kept = [*_forms(first_seed), *_enclosures(first_seed)]
    if corpus is not None:
        kept += [*_real_pages(corpus), *_handwriting(corpus, first_seed)]
    tell(f"{len(kept)} pages drawn")
    rng = np.random.default_rng((first_seed, 2))
    drawn = [Content(sort, maker(rng)) for sort, maker in _MAKERS.items() for _ in range(_DRAWN)]
    both = [*kept, *drawn]
    order = rng.permutation(len(both))
    return tuple(both[index] for index in order)


def _forms(first_seed: int) -> Iterator[Content]:
    """Every layout, filled, worn and scanned; its statement number as a barcode where it has one."""
    fonts = load_fonts()
    for place, layout in enumerate(load_layouts()):
        if place % 3 == 0:
            page = sheet(first_seed + place, pool=HELD_OUT, layout_id=layout.id, dpi=_DPI, duplex=False).pages[0]
            yield Content("form, filled", _gray(page.image))
        else:
            yield Content("form, blank", render_image(layout, fonts, dpi=_DPI))
        if place % 20 == 19:
            tell(f"{place + 1} forms drawn")


def _enclosures(first_seed: int) -> Iterator[Content]:
    for place, kind in enumerate(its for its in Enclosure if its is not Enclosure.CORPUS_PAGE):
        made = enclosure_sheet(first_seed + place, kind, pool=HELD_OUT, dpi=_DPI, duplex=False)
        yield Content("enclosure", _gray(made.pages[0].image))


def _real_pages(corpus: Corpus) -> Iterator[Content]:
    for place in range(len(corpus.page_files)):
        image, _ = corpus.page(np.random.default_rng(place), dpi=_DPI)
        yield Content("real page", _gray(image))


def _handwriting(corpus: Corpus, first_seed: int) -> Iterator[Content]:
    """Real lines one below the other."""
    for place in range(24):
        rng = np.random.default_rng((first_seed, place))
        page = np.full(_SIZE_PX[::-1], 244, np.uint8)
        for row, line in enumerate(corpus.handwritten_lines(rng, 22, part=Part.HELD_OUT)):
            image = line.image[:, : _SIZE_PX[0] - 80]
            page[40 + 72 * row : 40 + 72 * row + image.shape[0], 40 : 40 + image.shape[1]] = image
        yield Content("handwriting", page)


def _paper(rng: np.random.Generator) -> GrayImage:
    return np.full(_SIZE_PX[::-1], int(rng.integers(225, 256)), np.uint8)


def _stripes(rng: np.random.Generator) -> GrayImage:
    """Bars of any widths and spaces, in part of those of a patch code, as long as the page is wide."""
    page, y = _paper(rng), 60.0
    tone = int(rng.integers(0, 120))
    while y < _SIZE_PX[1] - 60:
        high = float(rng.choice([NARROW_MM, WIDE_MM]) if rng.random() < 0.4 else rng.uniform(0.5, 8.0))
        page[round(y) : round(y + high * px_per_mm(_DPI)), 60 : _SIZE_PX[0] - 60] = tone
        space = float(NARROW_MM if rng.random() < 0.3 else rng.uniform(0.5, 10.0))
        y += (high + space) * px_per_mm(_DPI)
    return page


def _table(rng: np.random.Generator) -> GrayImage:
    page, tone = _paper(rng), int(rng.integers(0, 140))
    step = int(rng.integers(14, 80))
    for y in range(60, _SIZE_PX[1] - 60, step):
        cv2.line(page, (60, y), (_SIZE_PX[0] - 60, y), (tone,), int(rng.integers(1, 5)))
        if rng.random() < 0.15:
            page[y : y + step // 2, 60 : _SIZE_PX[0] - 60] = int(rng.integers(90, 220))
    for x in range(60, _SIZE_PX[0] - 60, int(rng.integers(60, 300))):
        cv2.line(page, (x, 60), (x, _SIZE_PX[1] - 60), (tone,), int(rng.integers(1, 5)))
    return page


def _hatching(rng: np.random.Generator) -> GrayImage:
    page, step = _paper(rng), int(rng.integers(5, 60))
    slope, thick = int(rng.integers(-400, 400)), int(rng.integers(1, max(2, step // 2)))
    for y in range(-400, _SIZE_PX[1] + 400, step):
        cv2.line(page, (0, y), (_SIZE_PX[0], y + slope), (int(rng.integers(0, 90)),), thick)
    return page


def _picture(rng: np.random.Generator) -> GrayImage:
    """Tones as in a photograph: smooth noise at several scales, and hard edges."""
    total = np.zeros(_SIZE_PX[::-1], np.float32)
    for cells in (4, 16, 64):
        noise = rng.standard_normal((cells, cells), np.float32)
        total += cv2.resize(noise, _SIZE_PX, interpolation=cv2.INTER_CUBIC) / (cells**0.3)
    page: GrayImage = np.clip(128 + 60 * total, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 12))):
        corner = rng.integers(0, 1200, 2)
        reach = rng.integers(20, 500, 2)
        tone = (int(rng.integers(0, 256)),)
        cv2.rectangle(page, tuple(map(int, corner)), tuple(map(int, corner + reach)), tone, -1)
    return np.asarray(page, np.uint8)


def _code(rng: np.random.Generator) -> GrayImage:
    """Codes of others: a parcel's, a ticket's, a link; in part with our first letters."""
    page = _paper(rng)
    for _ in range(int(rng.integers(1, 5))):
        text = "".join(rng.choice(list("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"), int(rng.integers(6, 34))))
        text = f"CS1{text}" if rng.random() < 0.3 else text
        linear = rng.random() < 0.5
        symbol = zxingcpp.create_barcode(
            text, zxingcpp.BarcodeFormat.Code128 if linear else zxingcpp.BarcodeFormat.QRCode
        )
        bars = np.array(symbol.to_image(scale=3 if linear else 6, add_quiet_zones=True))
        bars = bars.reshape(bars.shape[:2])[: _SIZE_PX[1] // 2, : _SIZE_PX[0] - 2]
        top = int(rng.integers(0, _SIZE_PX[1] - bars.shape[0]))
        left = int(rng.integers(0, max(1, _SIZE_PX[0] - bars.shape[1])))
        page[top : top + bars.shape[0], left : left + bars.shape[1]] = bars
    return page


def _patch(rng: np.random.Generator) -> GrayImage:
    """A separator of another system: a patch and nothing else. An alarm is right."""
    page, y = _paper(rng), float(rng.uniform(40, 900))
    for wide in WIDE_BARS[Patch(str(rng.choice(list(Patch))))]:
        high = (WIDE_MM if wide else NARROW_MM) * px_per_mm(_DPI)
        page[round(y) : round(y + high), 80 : _SIZE_PX[0] - 80] = int(rng.integers(0, 60))
        y += high + NARROW_MM * px_per_mm(_DPI)
    return page


_MAKERS: Final[dict[str, Maker]] = {
    "stripes": _stripes,
    "table": _table,
    "hatching": _hatching,
    "picture": _picture,
    "foreign code": _code,
    "foreign patch": _patch,
}


def _gray(image: GrayImage) -> GrayImage:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) if image.ndim == 3 else image
