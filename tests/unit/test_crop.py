"""The surround goes, the paper stays whole, and nothing anyone wrote is ever cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.crop import crop
from pipeline.model import GrayImage
from tests.unit.images import bare_paper, letter, ruled_form

DPI = 100.0
TOLERANCE_PX = 10


def laid_on(
    paper: GrayImage, tone: int, *, left: int = 90, top: int = 60, right: int = 50, bottom: int = 120
) -> GrayImage:
    grain = np.random.default_rng(3).normal(0.0, 1.0, (paper.shape[0] + top + bottom, paper.shape[1] + left + right))
    scan = np.clip(tone + grain, 0, 255).astype(np.uint8)
    scan[top : top + paper.shape[0], left : left + paper.shape[1]] = paper
    return scan


@pytest.mark.parametrize("tone", [0, 60, 128, 190, 255])
@pytest.mark.parametrize("paper", [ruled_form(), letter(), bare_paper()], ids=["form", "letter", "bare"])
def test_paper_is_found_on_any_surround(paper: GrayImage, tone: int) -> None:
    found = crop(laid_on(paper, tone), dpi=DPI)

    assert found.found
    assert found.box.as_tuple() == pytest.approx((90, 60, 850, 1100), abs=2 * TOLERANCE_PX)
    assert found.box.x <= 90
    assert found.box.y <= 60
    assert found.box.right >= 940
    assert found.box.bottom >= 1160


@pytest.mark.parametrize("paper", [ruled_form(), letter(), bare_paper()], ids=["form", "letter", "bare"])
def test_a_page_that_fills_the_image_stays_whole(paper: GrayImage) -> None:
    found = crop(paper, dpi=DPI)

    assert not found.found
    assert np.array_equal(found.image, paper)


def test_a_surround_on_one_side_is_cut_there_only() -> None:
    found = crop(laid_on(ruled_form(), 0, left=0, top=0, right=0, bottom=200), dpi=DPI)

    assert found.box.as_tuple() == pytest.approx((0, 0, 850, 1100), abs=TOLERANCE_PX)


def test_a_torn_corner_does_not_narrow_the_paper() -> None:
    paper = ruled_form()
    scan = laid_on(paper, 0)
    cv2.fillPoly(scan, [np.array([[90, 60], [330, 60], [90, 300]], np.int32)], 0)

    assert crop(scan, dpi=DPI).box.as_tuple() == pytest.approx((90, 60, 850, 1100), abs=2 * TOLERANCE_PX)


def test_white_paper_on_white_is_not_cut_to_its_writing() -> None:
    page = np.full((1300, 1000), 255, np.uint8)
    page[100:1200, 75:925] = np.where(ruled_form() < 150, 0, 255)

    found = crop(page, dpi=DPI)

    assert not found.found


def shadowed(paper: GrayImage, side: int, *, deep: float, reach: float) -> GrayImage:
    """As where a book's spine or a bulge keeps the light away from one side, by quarter turns: darkest at the edge."""
    turned = np.rot90(paper, side)
    rows = np.arange(turned.shape[0]) / turned.shape[0]
    fall = deep * (0.5 + 0.5 * np.cos(np.pi * np.minimum(rows / reach, 1.0)))
    return np.ascontiguousarray(np.rot90(np.clip(turned - fall[:, None], 0, 255).astype(np.uint8), -side))


@given(
    side=st.integers(0, 3),
    deep=st.floats(8.0, 60.0),
    reach=st.floats(0.15, 0.6),
    bed=st.sampled_from([None, 0, 60, 255]),
)
@settings(max_examples=60)
def test_a_shadow_on_the_paper_is_no_surround(side: int, deep: float, reach: float, bed: int | None) -> None:
    paper = shadowed(bare_paper(), side, deep=deep, reach=reach)
    scan = paper if bed is None else laid_on(paper, bed)
    left, top = (0, 0) if bed is None else (90, 60)

    box = crop(scan, dpi=DPI).box

    assert box.x <= left
    assert box.y <= top
    assert box.right >= left + paper.shape[1]
    assert box.bottom >= top + paper.shape[0]


def test_dust_on_a_black_surround_is_no_paper() -> None:
    scan = laid_on(ruled_form(), 0)
    scan[1250, 40:43] = 255

    assert crop(scan, dpi=DPI).box.as_tuple() == pytest.approx((90, 60, 850, 1100), abs=2 * TOLERANCE_PX)


def test_an_even_image_stays_whole() -> None:
    assert not crop(np.zeros((600, 500), np.uint8), dpi=DPI).found


def test_the_transform_leads_back() -> None:
    scan = laid_on(ruled_form(), 0)

    found = crop(scan, dpi=DPI)
    x, y = found.source_from_image.apply((300.5, 400.5))

    assert found.image[400, 300] == scan[int(y), int(x)]
    assert (x, y) == (300.5 + found.box.x, 400.5 + found.box.y)


def test_the_input_is_not_changed_nor_shared() -> None:
    scan = laid_on(ruled_form(), 0)
    before = scan.copy()

    crop(scan, dpi=DPI).image[:] = 7

    assert np.array_equal(scan, before)


@settings(max_examples=25, deadline=None)
@given(
    tone=st.sampled_from([0, 128, 255]),
    left=st.integers(0, 150),
    top=st.integers(0, 150),
    row=st.integers(5, 560),
    column=st.integers(5, 480),
)
def test_a_mark_anywhere_on_the_paper_is_never_cut(tone: int, left: int, top: int, row: int, column: int) -> None:
    paper = bare_paper(500, 580)
    paper[row : row + 12, column : column + 12] = 20
    scan = laid_on(paper, tone, left=left, top=top)

    found = crop(scan, dpi=DPI)

    assert found.box.x <= left + column
    assert found.box.y <= top + row
    assert found.box.right >= left + column + 12
    assert found.box.bottom >= top + row + 12
