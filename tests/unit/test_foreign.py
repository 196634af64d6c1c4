"""Ink among print that is none of it."""

from __future__ import annotations

from pipeline.geometry import BoxPx
from pipeline.ocr.foreign import type_height_px, with_hidden, without_stray, without_tall
from pipeline.ocr.ink import Stroke

DPI = 254.0
"""Ten px a millimetre."""


def row(heights: list[int], *, left: int = 0, foot: int = 100, pitch: int = 25) -> tuple[Stroke, ...]:
    return tuple(
        Stroke(left + place + 1, BoxPx(left + place * pitch, foot - height, 18, height), 200)
        for place, height in enumerate(heights)
    )


def test_print_has_the_height_of_its_capitals() -> None:
    assert type_height_px(row([30, 22, 22, 30, 22, 22, 30, 22]), dpi=DPI) == 30


def test_writing_that_keeps_to_no_height_has_none() -> None:
    assert type_height_px(row([18, 22, 27, 33, 40, 15, 49, 60]), dpi=DPI) is None
    assert type_height_px((), dpi=DPI) is None


def test_a_stamp_with_more_letters_than_the_entry_does_not_set_the_height() -> None:
    stamp = row([60] * 9, left=300)
    entry = row([30, 22, 22, 30, 22, 22])
    height = type_height_px(entry + stamp, dpi=DPI)
    assert height == 30
    assert without_tall(entry + stamp, height) == entry


def test_two_letters_beside_a_stamp_are_the_entry() -> None:
    entry, stamp = row([28, 28]), row([60, 61, 60, 62], left=300)
    assert type_height_px(entry + stamp, dpi=DPI) is not None
    assert type_height_px(entry, dpi=DPI) is None


def test_a_lone_capital_with_a_tail_is_no_stamp() -> None:
    """Qu-e-b-e-c: no second capital tells how high capitals are."""
    entry = row([36, 22, 22, 22, 22])
    height = type_height_px(entry, dpi=DPI)
    assert height is not None
    assert without_tall(entry, height) == entry


def test_a_speck_under_the_line_is_left_out_and_a_comma_is_not() -> None:
    letters = row([30] * 8)
    comma = Stroke(90, BoxPx(240, 95, 6, 14), 60)
    accent = Stroke(91, BoxPx(30, 58, 10, 7), 50)
    speck = Stroke(92, BoxPx(100, 160, 12, 9), 60)
    lines = without_stray([(*letters, comma, accent, speck)], 30.0, dpi=DPI)
    assert lines == ((*letters, comma, accent),)


def test_a_lone_piece_beside_the_line_is_no_line() -> None:
    letters = row([30] * 6)
    corner = Stroke(90, BoxPx(400, 20, 8, 27), 90)
    assert without_stray([(corner,), letters], 30.0, dpi=DPI) == (letters,)
    under = Stroke(91, BoxPx(0, 140, 12, 30), 90)
    assert without_stray([letters, (under,)], 30.0, dpi=DPI) == (letters, (under,))


def test_a_single_letter_keeps_to_no_height() -> None:
    assert type_height_px(row([30]), dpi=DPI) is None
    assert type_height_px(row([30, 90]), dpi=DPI) is None


def test_high_ink_where_a_letter_is_missing_stays_as_far_as_it_lies_in_the_line() -> None:
    """A stamp's frame has grown together with the third of five figures."""
    figures = row([30] * 5)
    line = (*figures[:2], *figures[3:])
    frame = Stroke(90, BoxPx(50, 0, 18, 200), 400)
    (added,) = set(with_hidden(line, (frame,), 30.0)) - set(line)
    assert (added.label, added.box) == (90, BoxPx(50, 70, 18, 30))


def test_high_ink_under_letters_or_away_from_the_line_hides_none() -> None:
    line = row([30] * 5)
    under, away = Stroke(90, BoxPx(48, 0, 22, 200), 400), Stroke(91, BoxPx(200, 0, 40, 200), 400)
    assert with_hidden(line, (under, away), 30.0) == line
