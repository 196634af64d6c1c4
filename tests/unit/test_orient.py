"""Turning moves pixels exactly, and the direction of writing decides which turns come first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.imaging.orient import likely_turns, turn
from pipeline.model import GrayImage
from tests.unit.images import bare_paper, letter, ruled_form


@given(turns=st.integers(-5, 5), width_px=st.integers(1, 9), height_px=st.integers(1, 9), data=st.data())
def test_every_pixel_is_found_again_where_the_transform_says(
    turns: int, width_px: int, height_px: int, data: st.DataObject
) -> None:
    scan = np.arange(width_px * height_px, dtype=np.uint8).reshape(height_px, width_px)

    turned = turn(scan, turns)
    row = data.draw(st.integers(0, turned.image.shape[0] - 1))
    column = data.draw(st.integers(0, turned.image.shape[1] - 1))
    x, y = turned.source_from_image.apply((column + 0.5, row + 0.5))

    assert turned.image[row, column] == scan[int(y), int(x)]
    assert (x % 1, y % 1) == (0.5, 0.5)


def test_one_turn_is_clockwise() -> None:
    scan = np.array([[1, 2], [3, 4]], np.uint8)

    assert turn(scan, 1).image.tolist() == [[3, 1], [4, 2]]


@given(first=st.integers(0, 3), second=st.integers(0, 3))
def test_turns_add_up(first: int, second: int) -> None:
    scan = np.arange(12, dtype=np.uint8).reshape(3, 4)

    once, both = turn(turn(scan, first).image, second), turn(scan, first + second)

    assert np.array_equal(once.image, both.image)
    assert turn(scan, first).source_from_image.after(once.source_from_image) == both.source_from_image


def test_a_turned_page_is_no_view_of_its_source() -> None:
    scan = np.zeros((4, 4), np.uint8)

    turn(scan, 2).image[0, 0] = 9

    assert scan.max() == 0


@pytest.mark.parametrize("page", [ruled_form(), letter(), letter(seed=2)], ids=["form", "letter", "other letter"])
@pytest.mark.parametrize("lying", [0, 1, 2, 3])
def test_the_direction_of_the_writing_comes_first(page: GrayImage, lying: int) -> None:
    first, second, *others = likely_turns(turn(page, lying).image)

    assert {first, second} == ({0, 2} if lying % 2 == 0 else {1, 3})
    assert len(others) == 2


def test_every_page_offers_all_four_turns() -> None:
    assert sorted(likely_turns(bare_paper())) == [0, 1, 2, 3]
