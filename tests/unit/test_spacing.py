"""Spaces settled by the ink."""

from __future__ import annotations

import numpy as np

from pipeline.model import GrayImage, LineReading
from pipeline.ocr.spacing import parted_by_ink


def line(lefts: list[int]) -> GrayImage:
    """Blocks 20 px wide and 30 px high."""
    image = np.full((50, max(lefts) + 40), 255, dtype=np.uint8)
    for left in lefts:
        image[10:40, left : left + 20] = 0
    return image


def reading(text: str, lefts: list[int]) -> LineReading:
    return LineReading(text, 1.0, (1.0,) * len(text), tuple(left + 10.0 for left in lefts), ((),) * len(text))


def test_a_gap_as_wide_as_a_letter_is_a_space() -> None:
    lefts = [10, 35, 85, 110]
    parted = parted_by_ink(line(lefts), reading("1014", lefts))
    assert parted.text == "10 14"
    assert len(parted.char_scores) == len(parted.columns_px) == len(parted.variants) == 5


def test_letters_at_their_usual_distance_stay_together() -> None:
    lefts = [10, 35, 60, 98]
    assert parted_by_ink(line(lefts), reading("1014", lefts)).text == "1014"


def test_no_second_space_and_none_beside_punctuation() -> None:
    lefts = [10, 35, 60, 85, 110]
    spaced = line([10, 35, 85, 110])
    assert parted_by_ink(spaced, reading("10 14", lefts)).text == "10 14"
    lone = [10, 35, 85, 110]
    assert parted_by_ink(line(lone), reading("10-4", lone)).text == "10-4"


def test_a_reading_without_columns_comes_back() -> None:
    plain = LineReading("1014", 1.0, (1.0,) * 4)
    assert parted_by_ink(line([10, 35, 85, 110]), plain) == plain
