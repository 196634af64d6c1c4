"""Reads the lines of a page that the page reader leaves unread, and that are long enough for a card's number: what is
written by hand, embossed, white on dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxPx
from pipeline.model import GrayImage, LineReading
from pipeline.ports import OcrEngine, ReadWord

_WORK_PX_PER_MM: Final = 6.0
"""Lines are looked for at 150 dpi."""
_INK_DEPTH: Final = 22
_SURROUNDINGS_MM: Final = 9.0
_GAP_MM: Final = 6.5
"""Between groups of digits, also of a generous hand."""
_RULE_MM: Final = 14.0
_HEIGHTS_MM: Final = (1.3, 11.0)
_LEAST_LENGTH_MM: Final = 16.0
_SLENDERNESS: Final = 3.5
_LEAST_FILLED: Final = 0.22
_MARGIN: Final = 0.22
_MOST_LINES: Final = 70
_SLICE: Final = 26.0
"""Length by height of what the reader gets at once; longer lines are read in parts that overlap."""
_OVERLAP: Final = 13.0
_SURE_WORD: Final = 0.8
_READ_SHARE: Final = 0.6
_DIGITS_A_LINE: Final = 6
"""Lines in which the page reader saw more digits are read by both."""


def swept_lines(
    page: GrayImage, known: Sequence[BoxPx], *, px_per_mm: float, reader: OcrEngine, negatives: bool = True
) -> tuple[tuple[ReadWord, ...], ...]:
    """The words of lines that were not read well, top to bottom, with their places in `page`.

    Args:
        page: `(height, width) uint8, 0 = black`, upright.
        known: lines that lie in these boxes for the most part are not read again.
        negatives: also look for white on dark.

    Raises:
        Unavailable: the reader is missing.
    """
    found: list[tuple[ReadWord, ...]] = []
    for image in (page, np.asarray(255 - page, dtype=np.uint8)) if negatives else (page,):
        for box in _line_boxes(image, px_per_mm):
            if not _is_read(box, known):
                found += _read_line(image, box, reader)
    return tuple(sorted(found, key=lambda words: (words[0].box_px.y, words[0].box_px.x)))


def sure_boxes(read: Sequence[Sequence[ReadWord]]) -> tuple[BoxPx, ...]:
    """What the page reader read well and without many digits."""
    found: list[BoxPx] = []
    for words in read:
        digits = sum(char.isdecimal() for word in words for char in word.text)
        if digits < _DIGITS_A_LINE:
            found += (word.box_px for word in words if word.score >= _SURE_WORD and len(word.text) > 1)
    return tuple(found)


def _is_read(box: BoxPx, known: Sequence[BoxPx]) -> bool:
    """Whether sure words cover most of a line's length."""
    middle, covered = box.y + box.height / 2, 0
    for its in known:
        if its.y <= middle < its.bottom:
            covered += max(0, min(its.right, box.right) - max(its.x, box.x))
    return covered >= _READ_SHARE * box.width


def _line_boxes(page: GrayImage, px_per_mm: float) -> list[BoxPx]:
    """Boxes of what may be lines with a number, in `page`: the longest first."""
    factor = min(1.0, _WORK_PX_PER_MM / px_per_mm)
    size = (max(1, round(page.shape[1] * factor)), max(1, round(page.shape[0] * factor)))
    small = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scale = px_per_mm * factor
    joined = cv2.morphologyEx(
        _letters(small, scale), cv2.MORPH_CLOSE, np.ones((1, max(1, round(_GAP_MM * scale))), np.uint8)
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    _, _, width, height, area = stats.T
    lowest, highest = (side * scale for side in _HEIGHTS_MM)
    fit = (height >= lowest) & (height <= highest) & (area >= _LEAST_FILLED * width * height)
    fit &= (width >= _LEAST_LENGTH_MM * scale) & (width >= _SLENDERNESS * height)
    fit[0] = False
    lines = stats[fit]
    order = np.argsort(-lines[:, cv2.CC_STAT_WIDTH], kind="stable")[:_MOST_LINES]
    boxes = []
    for left, top, wide, high in lines[order][:, :4].tolist():
        margin = _MARGIN * high + 1
        corner = (int((left - margin) / factor), int((top - margin) / factor))
        box = BoxPx(*corner, int((wide + 2 * margin) / factor) + 1, int((high + 2 * margin) / factor) + 1)
        boxes.append(box.clipped(page.shape[1], page.shape[0]))
    return boxes


def _letters(page: GrayImage, scale: float) -> GrayImage:
    """Ink as 255 on 0, without rules."""
    window = max(3, round(_SURROUNDINGS_MM * scale)) | 1
    darker = cv2.subtract(cv2.blur(page, (window, window)), page)
    ink = np.where(darker > _INK_DEPTH, np.uint8(255), np.uint8(0))
    length = max(3, round(_RULE_MM * scale))
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    upright = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(cv2.subtract(ink, cv2.max(level, upright)), dtype=np.uint8)


def _read_line(page: GrayImage, box: BoxPx, reader: OcrEngine) -> Iterator[tuple[ReadWord, ...]]:
    step, reach = round(_OVERLAP * box.height), round(_SLICE * box.height)
    start = 0
    while True:
        width = min(reach, box.width - start)
        part = BoxPx(box.x + start, box.y, width, box.height)
        for reading in reader.read(np.ascontiguousarray(page[part.slices])):
            words = tuple(_words(reading, part))
            if words:
                yield words
        start += step
        if start + reach - step >= box.width:
            return


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    first: int
    last: int


def _words(reading: LineReading, box: BoxPx) -> Iterator[ReadWord]:
    """The words of a reading, each where its characters stand."""
    columns = reading.columns_px
    if len(columns) != len(reading.text):
        if reading.text.strip():
            yield ReadWord(reading.text, box, reading.score)
        return
    pitch = _pitch(columns, box.width)
    margin = box.height * _MARGIN / (1 + 2 * _MARGIN)
    for piece in _pieces(reading.text):
        left = max(0.0, columns[piece.first] - pitch)
        right = min(float(box.width), columns[piece.last] + pitch)
        height = round(box.height - margin)
        place = BoxPx(box.x + int(left), box.y + round(margin / 2), max(1, round(right - left)), height)
        yield ReadWord(piece.text, place, reading.score)


def _pieces(text: str) -> Iterator[_Piece]:
    first = None
    for place, char in enumerate(f"{text} "):
        if not char.isspace():
            first = place if first is None else first
        elif first is not None:
            yield _Piece(text[first:place], first, place - 1)
            first = None


def _pitch(columns: Sequence[float], width: int) -> float:
    """From the middle of a character to its edge and half a letter more: the reader tells middles to half a letter."""
    steps = [right - left for left, right in pairwise(columns)]
    return float(np.median(steps)) if steps else width / 2
