"""Readies a blank form for a reader of print: without its rules, and with the white titles of dark bars turned dark."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.authoring.ruled import LEVEL_MM, UPRIGHT_MM, Ruled, ink_of

BESIDE_MM: Final = 0.45
"""A rule that does not lie quite level strays so far from its middle."""
SOFT_PX: Final = 5
"""Rules of a soft scan are wider than their ink by so many pixels, both sides together."""
WHITE: Final = 255


def for_reading(page: GrayImage, ruled: Ruled, *, dpi: float) -> GrayImage:
    """A copy of the page on which only words are left; words that nearly touch a rule stay whole."""
    words = page.copy()
    ink = ink_of(page)
    for bar in ruled.bars:
        area = _pixels(bar, dpi).clipped(words.shape[1], words.shape[0]).slices
        words[area] = _turned(words[area])
    scale = px_per_mm(dpi)
    level = _along(ink, np.ones((1, round(LEVEL_MM * scale)), np.uint8))
    for rule in ruled.level:
        _white(words, level, BoxMm(rule.start, rule.at, rule.length, 0.0), rule.width, dpi)
    upright = _along(ink, np.ones((round(UPRIGHT_MM * scale), 1), np.uint8))
    for rule in ruled.upright:
        _white(words, upright, BoxMm(rule.at, rule.start, 0.0, rule.length), rule.width, dpi)
    return words


def _turned(bar: GrayImage) -> GrayImage:
    """A bar with its title dark on white."""
    light = 255.0 - bar
    return np.asarray(np.clip(light * 255.0 / max(1.0, float(np.median(light))), 0.0, 255.0), np.uint8)


def _along(ink: GrayImage, run: GrayImage) -> GrayImage:
    """What is part of a straight run, and its soft edge."""
    straight = cv2.morphologyEx(ink, cv2.MORPH_OPEN, run)
    return np.asarray(cv2.dilate(straight, np.ones((SOFT_PX, SOFT_PX), np.uint8)), np.uint8)


def _white(image: GrayImage, straight: GrayImage, rule: BoxMm, width_mm: float, dpi: float) -> None:
    area = _pixels(rule.grown(width_mm / 2 + BESIDE_MM), dpi).clipped(image.shape[1], image.shape[0])
    image[area.slices][straight[area.slices] > 0] = WHITE


def _pixels(box: BoxMm, dpi: float) -> BoxPx:
    scale = px_per_mm(dpi)
    x, y = round(box.x * scale), round(box.y * scale)
    return BoxPx(x, y, round(box.right * scale) - x, round(box.bottom * scale) - y)
