"""Readies a blank form for a reader of print: without its rules, and with the white titles of dark bars turned dark."""

from __future__ import annotations

from typing import Final

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.authoring.ruled import Ruled

BESIDE_MM: Final = 0.3
WHITE: Final = 255


def for_reading(page: GrayImage, ruled: Ruled, *, dpi: float) -> GrayImage:
    """A copy of the page on which only words are left."""
    words = page.copy()
    for rule in ruled.level:
        _white(words, BoxMm(rule.start, rule.at, rule.length, 0.0), rule.width, dpi)
    for rule in ruled.upright:
        _white(words, BoxMm(rule.at, rule.start, 0.0, rule.length), rule.width, dpi)
    for bar in ruled.bars:
        area = _pixels(bar, dpi).clipped(words.shape[1], words.shape[0]).slices
        words[area] = WHITE - words[area]
    return words


def _white(image: GrayImage, rule: BoxMm, width_mm: float, dpi: float) -> None:
    area = _pixels(rule.grown(width_mm / 2 + BESIDE_MM), dpi).clipped(image.shape[1], image.shape[0])
    image[area.slices] = WHITE


def _pixels(box: BoxMm, dpi: float) -> BoxPx:
    scale = px_per_mm(dpi)
    x, y = round(box.x * scale), round(box.y * scale)
    return BoxPx(x, y, round(box.right * scale) - x, round(box.bottom * scale) - y)
