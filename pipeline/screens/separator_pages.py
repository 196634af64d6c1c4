"""Separator sheets as a PDF to print on both sides: bars for scanners, codes for programs, words for people.

A side looks the same upside down. Each half of it, upper or lower, left or right, holds codes of every sort.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np
import zxingcpp

from pipeline.geometry import BoxMm
from pipeline.messages import LANGUAGES, sentence
from pipeline.model import FontFace, Mask, Side
from pipeline.ocr.patch_codes import HEIGHT_MM, NARROW_MM, WIDE_BARS, WIDE_MM
from pipeline.ocr.separators import PATCH, SeparatorText, code_of
from pipeline.screens.pdf_overlay import Overlay
from pipeline.templates.fonts import Fonts

SIZES_MM: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"letter": (215.9, 279.4), "legal": (215.9, 355.6), "a4": (210.0, 297.0)}
)
"""Width and height of the paper that the sheets are printed on."""
_MARGIN_MM: Final = 12.0
"""Twice what scanners ask for, and more than any printer leaves white."""
_LYING_MODULE_MM: Final = 0.64
_STANDING_MODULE_MM: Final = 0.56
_BAR_MM: Final = 14.0
"""Height of a Code 128."""
_SQUARE_MODULE_MM: Final = 1.4
_SQUARE_X_MM: Final = 34.0
_LYING_Y_MM, _CODE_Y_MM, _SQUARE_Y_MM, _WORDS_Y_MM = 37.0, 55.0, 60.0, 110.0
_SOLID: Final[Mask] = np.ones((1, 1), np.bool_)


def numbered(name: str, counts: Sequence[int | None], *, first: int = 1) -> tuple[SeparatorText, ...]:
    """The separators of one set, fronts, in the order of their envelopes.

    Args:
        name: of the set.
        counts: of each envelope, how many sheets follow; null where that is not known.
        first: number of the first envelope.
    """
    return tuple(
        SeparatorText(name, first + place, place + 1, len(counts), count, Side.FRONT)
        for place, count in enumerate(counts)
    )


def separator_pages(texts: Sequence[SeparatorText], *, size_mm: tuple[float, float], fonts: Fonts) -> bytes:
    """Both sides of each separator, front before back, a page each; the same bytes for the same separators.

    Raises:
        ValueError: a number is out of range.
    """
    overlay = Overlay(fonts)
    for text in texts:
        for side in (Side.FRONT, Side.BACK):
            overlay.begin_page(size_mm)
            its = replace(text, side=side)
            _draw_half(overlay, its, size_mm)
            with overlay.upside_down(size_mm):
                _draw_half(overlay, its, size_mm)
            overlay.end_page()
    return overlay.finish()


def _draw_half(overlay: Overlay, text: SeparatorText, size_mm: tuple[float, float]) -> None:
    """What is drawn twice, once upside down: the upper bars, codes and words, and the code along the left edge."""
    width, height = size_mm
    code = code_of(text)
    for bar in patch_bars(size_mm):
        overlay.modules(bar, _SOLID)
    bars = bar_modules(code)
    long_mm = bars.shape[1] * _LYING_MODULE_MM
    overlay.modules(BoxMm((width - long_mm) / 2, _LYING_Y_MM, long_mm, _BAR_MM), bars)
    long_mm = bars.shape[1] * _STANDING_MODULE_MM
    with overlay.turned_into(BoxMm(_MARGIN_MM, (height - long_mm) / 2, _BAR_MM, long_mm)) as box:
        overlay.modules(box, bars)
    square = square_modules(code)
    side_mm = square.shape[0] * _SQUARE_MODULE_MM
    for x_mm in (_SQUARE_X_MM, width - _SQUARE_X_MM - side_mm):
        overlay.modules(BoxMm(x_mm, _SQUARE_Y_MM, side_mm, side_mm), square)
    _centred(overlay, code, _CODE_Y_MM, width, face=FontFace.MONO, size_pt=9.0)
    _centred(overlay, str(text.envelope), _SQUARE_Y_MM + 28.0, width, face=FontFace.BOLD, size_pt=60.0)
    for place, (words, face, size_pt) in enumerate(_words(text)):
        _centred(overlay, words, _WORDS_Y_MM + 9.0 * place, width, face=face, size_pt=size_pt)


def patch_bars(size_mm: tuple[float, float]) -> Iterator[BoxMm]:
    """The four bars at the upper edge, as wide as the margins leave."""
    y_mm = _MARGIN_MM
    for wide in WIDE_BARS[PATCH]:
        thick_mm = WIDE_MM if wide else NARROW_MM
        yield BoxMm(_MARGIN_MM, y_mm, size_mm[0] - 2 * _MARGIN_MM, thick_mm)
        y_mm += thick_mm + NARROW_MM
    assert y_mm - NARROW_MM <= _MARGIN_MM + HEIGHT_MM + 1.0


def _words(text: SeparatorText) -> Iterator[tuple[str, FontFace, float]]:
    follow = "separator.follow" if text.follow is not None else "separator.follow_unknown"
    facts = {
        "set": text.set_name,
        "envelope": str(text.envelope),
        "serial": str(text.serial),
        "of": str(text.of),
        "count": str(text.follow),
    }
    yield _both("separator.title", facts), FontFace.BOLD, 17.0
    yield _both(follow, facts), FontFace.BOLD, 15.0
    yield _both("separator.serial", facts), FontFace.REGULAR, 12.0


def _both(code: str, facts: Mapping[str, str]) -> str:
    return "  /  ".join(dict.fromkeys(sentence(code, facts, language=language) for language in LANGUAGES))


def _centred(overlay: Overlay, text: str, y_mm: float, width_mm: float, *, face: FontFace, size_pt: float) -> None:
    x_mm = (width_mm - overlay.width_mm(text, face=face, size_pt=size_pt)) / 2
    overlay.text(x_mm, y_mm, text, face=face, size_pt=size_pt)


@lru_cache(maxsize=32)
def bar_modules(code: str) -> Mask:
    """The Code 128 without quiet zone: `(1, n) bool`, true = dark. Read-only."""
    symbol = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128)
    return _frozen(np.array(symbol.to_image(scale=1, add_quiet_zones=False))[:1] == 0)


@lru_cache(maxsize=32)
def square_modules(code: str) -> Mask:
    """The QR code without quiet zone, with the most correction there is: `(n, n) bool`, true = dark. Read-only."""
    symbol = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="H")
    return _frozen(np.array(symbol.to_image(scale=1, add_quiet_zones=False)) == 0)


def _frozen(modules: Mask) -> Mask:
    modules.setflags(write=False)
    return modules
