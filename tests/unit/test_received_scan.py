"""Places that people mark on a scan, however it is shown: in the scan as received, and back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.geometry import Affine, BoxPx
from pipeline.imaging.decode import decode
from pipeline.usecases.received_scan import ReceivedScan
from pipeline.web.refusal import Refusal
from pipeline.web.review_frame import MarkedPart, halves, number_of, part_of, part_shown

SIZES = st.tuples(st.integers(220, 900), st.integers(220, 900))
TURNS = st.integers(0, 3)
HUNDREDTHS = st.integers(0, 10_000).map(lambda its: its / 100.0)


def plain(size: tuple[int, int]) -> ReceivedScan:
    return ReceivedScan(np.zeros((size[1], size[0]), np.uint8), 200.0, Affine.identity(), size)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[tuple[int, int], BoxPx]:
    width, height = draw(SIZES)
    x, y = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
    return (width, height), BoxPx(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))


@given(boxes(), TURNS)
def test_a_box_of_the_scan_comes_back_from_wherever_it_is_shown(
    given: tuple[tuple[int, int], BoxPx], turn: int
) -> None:
    size, box = given
    scan = plain(size).turned(turn)

    assert scan.scan_box(scan.image_box(box)) == box


@given(boxes(), TURNS)
def test_what_a_person_marks_holds_the_pixels_they_saw(given: tuple[tuple[int, int], BoxPx], turn: int) -> None:
    size, box = given
    image = np.zeros((size[1], size[0]), np.uint8)
    image[box.slices] = 255
    scan = ReceivedScan(image, 200.0, Affine.identity(), size).turned(turn)

    shown = scan.image_box(box)

    assert (scan.image[shown.slices] == 255).all()
    assert int((scan.image == 255).sum()) == shown.width * shown.height


@given(SIZES, TURNS, HUNDREDTHS, st.sampled_from(["across", "down"]))
def test_two_halves_are_the_whole_scan_and_share_no_pixel(
    size: tuple[int, int], turn: int, cut: float, axis: str
) -> None:
    cut = min(max(cut, 1.0), 99.0)
    scan = plain(size).turned(turn)

    one, other = (each.on(scan) for each in halves("across" if axis == "across" else "down", cut))

    assert one.width * one.height + other.width * other.height == size[0] * size[1]
    assert min(one.right, other.right) <= max(one.x, other.x) or min(one.bottom, other.bottom) <= max(one.y, other.y)


@given(SIZES, TURNS, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS)
def test_no_box_leaves_the_scan(
    size: tuple[int, int], turn: int, x: float, y: float, width: float, height: float
) -> None:
    box = MarkedPart(x, y, width, height).on(plain(size).turned(turn))

    assert 0 <= box.x <= box.right <= size[0]
    assert 0 <= box.y <= box.bottom <= size[1]


def test_a_place_is_shown_where_it_was_marked() -> None:
    scan = plain((400, 800)).turned(2)
    meant = MarkedPart(10.0, 20.0, 30.0, 5.0)

    assert part_shown(meant.on(scan), scan) == meant


def test_halves_of_a_fax_whose_pixels_are_not_square_share_no_pixel() -> None:
    out = io.BytesIO()
    Image.new("L", (431, 517), 255).save(out, "TIFF", dpi=(204, 98))
    its = decode(out.getvalue())
    scan = ReceivedScan(its.gray, 204.0, its.scan_from_decoded, its.size_px)

    for cut in (33.3, 50.0, 61.7):
        top, bottom = (each.on(scan) for each in halves("down", cut))
        assert (top.bottom, bottom.bottom) == (bottom.y, 517)


@pytest.mark.parametrize("text", ["1e9", "nan", "inf", "1_0", "\u0663", "x", "1" * 13, "--1"])
def test_what_is_no_number_is_no_place(text: str) -> None:
    with pytest.raises(Refusal):
        number_of(text)


def test_a_comma_is_a_decimal_sign_and_nothing_is_no_box() -> None:
    assert part_of({"x": "1,5", "y": "2", "width": "3", "height": "4.25"}, "") == MarkedPart(1.5, 2.0, 3.0, 4.25)
    assert part_of({"x": " ", "y": ""}, "") is None
