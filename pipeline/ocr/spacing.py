"""Spaces settled by the ink: where the paper between two letters is as wide as a letter, words part."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.model import GrayImage, LineReading, Mask

_WORD_GAP: Final = 0.75
"""Least paper between words of fixed-pitch type, in heights of a capital: around a point between figures it is 0.5, at
a space 0.9 and more. Closer type leaves its spaces to the reader."""
_INK_SHARE: Final = 0.45
_SETTLED_SCORE: Final = 0.99


def parted_by_ink(line: GrayImage, reading: LineReading) -> LineReading:
    """The reading with a space at each wide gap where it has none; recognisers lose spaces between figures.

    Args:
        line: the image that was read, dark on white.
        reading: with columns; without them it comes back as it is.
    """
    if len(reading.columns_px) < 2:
        return reading
    level = 255 - _INK_SHARE * (255 - int(line.min()))
    dark = line < level
    if not dark.any():
        return reading
    least_px = _WORD_GAP * _capital_px(dark)
    columns = np.flatnonzero(dark.any(axis=0))
    steps = np.diff(columns)
    middles = [float(columns[at] + columns[at + 1]) / 2 for at in np.flatnonzero(steps - 1 >= least_px)]
    before = [int(np.searchsorted(reading.columns_px, middle)) for middle in middles]
    return _with_spaces(reading, [place for place in before if _lacks_space(reading.text, place)])


def _capital_px(dark: Mask) -> float:
    """The height that the line's columns of ink reach, but for the highest tenth: capitals, figures, ascenders."""
    inked = dark[:, dark.any(axis=0)]
    heights = inked.shape[0] - inked.argmax(axis=0) - inked[::-1].argmax(axis=0)
    return float(np.percentile(heights, 90))


def _lacks_space(text: str, place: int) -> bool:
    """Points, hyphens and brackets stand apart anyway."""
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _with_spaces(reading: LineReading, places: list[int]) -> LineReading:
    """A space before each of the places."""
    if not places:
        return reading
    text = ""
    scores: list[float] = []
    columns: list[float] = []
    variants: list[tuple[tuple[str, float], ...]] = []
    for place, char in enumerate(reading.text):
        if place in places:
            text += " "
            scores.append(_SETTLED_SCORE)
            columns.append((reading.columns_px[place - 1] + reading.columns_px[place]) / 2)
            variants.append(())
        text += char
        scores.append(reading.char_scores[place])
        columns.append(reading.columns_px[place])
        variants.append(reading.variants[place] if reading.variants else ())
    return replace(reading, text=text, char_scores=tuple(scores), columns_px=tuple(columns), variants=tuple(variants))
