"""Letters settled by their ink: heights and marks drawn as plain blocks, so that each fact stands alone."""

from __future__ import annotations

import numpy as np

from pipeline.model import GrayImage, LineReading
from pipeline.ocr.letterform import settled_by_ink

PITCH = 30
MID, TALL = 40, 54
BASE = 90

Variants = tuple[tuple[str, float], ...]


def line(heights: list[int], marks: dict[int, list[tuple[int, int]]] | None = None) -> GrayImage:
    """A block for each letter; marks are (left, width) from the block's left edge, 8 px high and 5 px above it."""
    image = np.full((120, PITCH * (len(heights) + 1)), 255, dtype=np.uint8)
    for place, height in enumerate(heights):
        left = 15 + place * PITCH
        image[BASE - height : BASE, left : left + 20] = 0
        for start, width in (marks or {}).get(place, []):
            image[BASE - height - 13 : BASE - height - 5, left + start : left + start + width] = 0
    return image


def reading(text: str, variants: dict[int, Variants], score: float = 0.7) -> LineReading:
    scores = tuple(score if place in variants else 1.0 for place in range(len(text)))
    columns = tuple(25.0 + place * PITCH for place in range(len(text)))
    return LineReading(text, 0.9, scores, columns, tuple(variants.get(place, ()) for place in range(len(text))))


def test_a_letter_as_high_as_capitals_is_one_and_counts_as_settled() -> None:
    settled = settled_by_ink(line([TALL, MID, MID, MID]), reading("cana", {0: (("C", 0.3),)}))
    assert settled.text == "Cana"
    assert settled.char_scores[0] == 0.99
    assert settled.score > 0.9


def test_a_letter_as_high_as_small_ones_is_small() -> None:
    assert settled_by_ink(line([TALL, TALL, MID, MID, MID]), reading("BASau", {2: (("s", 0.2),)})).text == "BAsau"


def test_among_capitals_alone_a_low_letter_is_small() -> None:
    assert settled_by_ink(line([TALL, TALL, MID]), reading("HES", {2: (("s", 0.2),)})).text == "HEs"


def test_between_the_heights_and_without_neighbours_nothing_is_changed() -> None:
    between = reading("cana", {0: (("C", 0.3),)})
    assert settled_by_ink(line([MID + 3, MID, MID, MID]), between) == between
    assert settled_by_ink(line([TALL, MID]), reading("ca", {0: (("C", 0.3),)})).text == "ca"


def test_where_the_reader_is_sure_the_ink_is_not_asked() -> None:
    assert settled_by_ink(line([TALL, MID, MID, MID]), reading("cana", {0: (("C", 0.001),)})).text == "cana"


def test_two_dots_over_a_capital_i_are_a_diaeresis_which_the_reader_does_not_know() -> None:
    dots = {1: [(1, 5), (14, 5)]}
    seen = settled_by_ink(line([TALL, TALL, TALL, TALL], dots), reading("AICH", {1: (("ï", 0.1), ("Î", 0.04))}))
    assert seen.text == "AÏCH"


def test_a_roof_is_no_diaeresis() -> None:
    roof = {1: [(3, 14)]}
    seen = settled_by_ink(line([TALL, TALL, TALL, TALL], roof), reading("HÄTE", {1: (("A", 0.28), ("Â", 0.15))}, 0.4))
    assert seen.text == "HÂTE"


def test_one_dot_keeps_the_i_and_two_make_it_a_diaeresis() -> None:
    variants: dict[int, Variants] = {1: (("ï", 0.05),)}
    heights = [MID, MID, MID, MID]
    assert settled_by_ink(line(heights, {1: [(7, 6)]}), reading("aica", variants)).text == "aica"
    assert settled_by_ink(line(heights, {1: [(1, 5), (14, 5)]}), reading("aica", variants)).text == "aïca"


def test_an_accent_that_was_read_is_not_given_up_lightly() -> None:
    """It may run together with its letter, or be too faint to be seen."""
    bare = line([TALL, TALL, TALL])
    assert settled_by_ink(bare, reading("SÉR", {1: (("E", 0.01),)}, 0.98)).text == "SÉR"
    assert settled_by_ink(bare, reading("SÉR", {1: (("E", 0.4),)}, 0.55)).text == "SER"
    joined = line([TALL, TALL + 12, TALL])
    assert settled_by_ink(joined, reading("SÉR", {1: (("E", 0.4),)}, 0.55)).text == "SÉR"


def test_halves_of_a_letter_parted_by_a_pale_row_are_one_letter() -> None:
    image = line([TALL, MID, MID, MID])
    image[60] = 255
    assert settled_by_ink(image, reading("cana", {0: (("C", 0.3),)})).text == "Cana"


def test_a_cedilla_says_nothing_of_the_height() -> None:
    image = line([MID, MID, MID, TALL])
    assert settled_by_ink(image, reading("oacç", {3: (("Ç", 0.3),)})).text == "oacç"
