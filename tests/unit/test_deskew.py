"""A page is set straight: by the right angle, the right way round, without losing a pixel, or not at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.deskew import Skew, deskew, skew_angle, straightened
from pipeline.model import GrayImage
from tests.unit.images import bare_paper, letter, ruled_form


def turned_ccw(image: GrayImage, angle_deg: float, *, around: int = 240) -> GrayImage:
    """The page laid crooked on a larger sheet, counter-clockwise, by a program of its own."""
    height, width = image.shape
    margin = 120
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    matrix[:, 2] += margin
    size = (width + 2 * margin, height + 2 * margin)
    return np.asarray(cv2.warpAffine(image, matrix, size, borderValue=around), dtype=np.uint8)


@pytest.mark.parametrize("angle_deg", [-7.0, -2.5, -0.3, 0.0, 0.1, 1.37, 7.0])
def test_the_skew_of_a_ruled_form_is_found_to_a_hundredth_of_a_degree(angle_deg: float) -> None:
    skew = skew_angle(turned_ccw(ruled_form(), angle_deg))

    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.01)
    assert skew.support > 0.8


@pytest.mark.parametrize("angle_deg", [-6.0, -1.5, 0.0, 0.7, 5.0])
def test_the_skew_of_a_letter_without_rules_is_found(angle_deg: float) -> None:
    skew = skew_angle(turned_ccw(letter(), angle_deg))

    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.15)
    assert skew.support > 0.2


@pytest.mark.parametrize("page", [ruled_form(), letter()], ids=["form", "letter"])
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_page_lying_on_its_side_or_head_has_the_same_skew(page: GrayImage, quarter_turns: int) -> None:
    crooked = np.ascontiguousarray(np.rot90(turned_ccw(page, 2.0), quarter_turns))

    assert skew_angle(crooked).angle_deg == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("angle_deg", [-30.0, -9.0, 8.5, 20.0])
def test_a_page_more_crooked_than_asked_for_is_left_alone(angle_deg: float) -> None:
    crooked = turned_ccw(ruled_form(), angle_deg)

    found = deskew(crooked, max_angle_deg=8.0)

    assert (found.angle_deg, found.support) == (0.0, 0.0)
    assert np.array_equal(found.image, crooked)


def test_bare_paper_has_no_skew_and_no_support() -> None:
    assert skew_angle(bare_paper()) == Skew(0.0, 0.0)


def test_an_even_black_page_has_no_skew() -> None:
    assert skew_angle(np.zeros((1100, 850), np.uint8)) == Skew(0.0, 0.0)


def test_one_short_stroke_turns_no_page() -> None:
    page = bare_paper()
    cv2.line(page, (300, 300), (380, 310), 40, 2)

    assert skew_angle(page) == Skew(0.0, 0.0)


def test_a_straightened_page_is_straight() -> None:
    straight = deskew(turned_ccw(ruled_form(), 3.3)).image

    assert skew_angle(straight).angle_deg == pytest.approx(0.0, abs=0.01)


def test_a_straight_page_is_handed_on_untouched() -> None:
    page = ruled_form()

    found = deskew(page)

    assert found.image is page
    assert found.angle_deg == 0.0


def test_the_input_is_not_changed() -> None:
    crooked = turned_ccw(ruled_form(), -4.0)
    before = crooked.copy()

    deskew(crooked)

    assert np.array_equal(crooked, before)


def test_the_same_page_gives_the_same_pixels() -> None:
    crooked = turned_ccw(letter(), 2.2)

    assert np.array_equal(deskew(crooked).image, deskew(crooked).image)


@pytest.mark.parametrize("around", [0, 128, 255])
def test_new_corners_take_the_tone_of_the_margin(around: int) -> None:
    straight = deskew(turned_ccw(ruled_form(), 5.0, around=around)).image

    assert straight[2, 2] == around


@given(
    angle_deg=st.floats(-8.0, 8.0),
    width_px=st.integers(40, 220),
    height_px=st.integers(40, 220),
    across=st.floats(0.0, 1.0),
    down=st.floats(0.0, 1.0),
)
def test_every_point_of_the_scan_lies_in_the_straightened_page(
    angle_deg: float, width_px: int, height_px: int, across: float, down: float
) -> None:
    scan = np.full((height_px, width_px), 200, np.uint8)
    point = (across * width_px, down * height_px)

    found = straightened(scan, Skew(angle_deg, 1.0))
    x, y = found.source_from_image.inverse().apply(point)

    height, width = found.image.shape
    assert -1e-6 <= x <= width + 1e-6
    assert -1e-6 <= y <= height + 1e-6
    assert found.source_from_image.apply((x, y)) == pytest.approx(point, abs=1e-6)


@settings(max_examples=30)
@given(angle_deg=st.floats(-8.0, 8.0), x=st.integers(40, 160), y=st.integers(40, 210))
def test_a_mark_is_found_again_where_the_transform_says(angle_deg: float, x: int, y: int) -> None:
    scan = np.full((250, 200), 255, np.uint8)
    scan[y - 3 : y + 3, x - 3 : x + 3] = 0

    found = straightened(scan, Skew(angle_deg, 1.0))
    weights = 255.0 - found.image.astype(float)
    rows, columns = np.indices(found.image.shape) + 0.5
    centre = ((weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum())

    assert found.source_from_image.apply(centre) == pytest.approx((x, y), abs=0.05)
