"""Separator sheets: what their codes say, what is printed, and the rule by which several ways of reading must agree."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage, Side
from pipeline.ocr.barcode import read_barcodes
from pipeline.ocr.patch_codes import WIDE_BARS, Patch, find_patch
from pipeline.ocr.separators import SeparatorText, Way, code_of, read_separator, says_separator, text_of
from pipeline.screens.separator_pages import SIZES_MM, numbered, patch_bars, separator_pages
from pipeline.storage.layout_files import load_fonts

DPI = 150.0
TEXT = SeparatorText("LOT7", 12, 1, 2, 5, Side.FRONT)
TEXTS = st.builds(
    lambda name, envelope, of, share, follow, side: SeparatorText(
        name, envelope, 1 + round(share * (of - 1)), of, follow, side
    ),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=6),
    st.integers(1, 99_999),
    st.integers(1, 9999),
    st.floats(0.0, 1.0),
    st.none() | st.integers(0, 998),
    st.sampled_from(Side),
)


@cache
def pages() -> tuple[GrayImage, ...]:
    data = separator_pages(numbered("LOT7", (5, None), first=12), size_mm=SIZES_MM["letter"], fonts=load_fonts())
    document = pypdfium2.PdfDocument(data)
    drawn = (page.render(scale=DPI / 72, grayscale=True).to_numpy() for page in document)
    return tuple(np.ascontiguousarray(image.reshape(image.shape[:2])) for image in drawn)


def without(image: GrayImage, *ways: Way) -> GrayImage:
    """The page with what these ways read painted over."""
    scale, (height, width) = px_per_mm(DPI), image.shape
    painted = image.copy()

    def paint(box: BoxMm) -> None:
        left, top, right, bottom = (round(each * scale) for each in (box.x, box.y, box.right, box.bottom))
        for turned in (painted, painted[::-1, ::-1]):
            turned[top:bottom, left:right] = 255

    if Way.PATCH in ways:
        paint(BoxMm(0, 0, width / scale, 34))
    if Way.CODE128 in ways:
        paint(BoxMm(0, 35, width / scale, 18))
        paint(BoxMm(8, 55, 20, height / scale - 110))
    if Way.QR in ways:
        for x in (32.0, width / scale - 76.6):
            paint(BoxMm(x, 58, 45, 45))
    return painted


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_separator_says_what_was_put_into_its_code(text: SeparatorText) -> None:
    code = code_of(text)

    assert len(code) == 31
    assert text_of(code) == text


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 30), st.sampled_from("0123456789ABCXYZ-"))
def test_a_code_with_one_wrong_character_is_no_separators(text: SeparatorText, place: int, wrong: str) -> None:
    code = code_of(text)
    changed = code[:place] + wrong + code[place + 1 :]

    assert text_of(changed) in ((text,) if changed == code else (None,))


@pytest.mark.parametrize("code", ["", "812345550123", "CS1", "iii.statement.front.fr@generic-1", "CS1" + "0" * 28])
def test_other_codes_are_no_separators(code: str) -> None:
    assert text_of(code) is None


@pytest.mark.parametrize("number", [{"envelope": 0}, {"serial": 3}, {"follow": 999}, {"set_name": "é"}])
def test_a_number_that_does_not_fit_is_not_encoded(number: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        code_of(replace(TEXT, **number))  # type: ignore[arg-type]  # named fields of a text


def test_bars_have_the_widths_and_spaces_that_scanners_look_for() -> None:
    bars = tuple(patch_bars(SIZES_MM["letter"]))

    assert [bar.height for bar in bars] == [5.08, 2.03, 2.03, 5.08]
    assert [round(low.y - high.bottom, 2) for high, low in pairwise(bars)] == [2.03] * 3
    assert min(bars[0].x, bars[0].y) >= 6.0
    assert bars[0].y <= 40.0
    assert bars[0].width >= 50.0


def test_each_separator_has_two_sides_that_differ_in_nothing_else() -> None:
    read = [read_separator(page, dpi=DPI) for page in pages()]

    assert [its.text for its in read if its is not None] == [
        TEXT,
        replace(TEXT, side=Side.BACK),
        SeparatorText("LOT7", 13, 2, 2, None, Side.FRONT),
        SeparatorText("LOT7", 13, 2, 2, None, Side.BACK),
    ]
    assert all(its is not None and its.sure and not its.foreign for its in read)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("skew_deg", [0.0, 8.0, -8.0])
def test_the_way_up_and_the_skew_do_not_matter(turns: int, skew_deg: float) -> None:
    image = np.ascontiguousarray(np.rot90(pages()[0], turns))
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew_deg, 0.97)
    read = read_separator(
        np.asarray(cv2.warpAffine(image, turn, (width, height), borderValue=(60,)), np.uint8), dpi=DPI
    )

    assert read is not None
    assert (read.sure, read.text) == (True, TEXT)


@pytest.mark.parametrize("part", [np.s_[:825], np.s_[825:], np.s_[:, :637], np.s_[:, 637:]])
def test_half_of_the_sheet_is_enough(part: tuple[slice, ...]) -> None:
    torn = np.full_like(pages()[0], 60)
    torn[part] = pages()[0][part]
    read = read_separator(torn, dpi=DPI)

    assert read is not None
    assert (read.sure, read.text) == (True, TEXT)


@pytest.mark.parametrize("gone", list(Way))
def test_two_ways_that_agree_are_enough(gone: Way) -> None:
    read = read_separator(without(pages()[0], gone), dpi=DPI)

    assert read is not None
    assert (set(read.ways), read.sure, read.text) == (set(Way) - {gone}, True, TEXT)


@pytest.mark.parametrize("only", list(Way))
def test_one_way_alone_is_a_doubt_and_no_answer(only: Way) -> None:
    read = read_separator(without(pages()[0], *(way for way in Way if way is not only)), dpi=DPI)

    assert read is not None
    assert (read.ways, read.sure) == ((only,), False)


def test_two_separators_on_one_side_are_a_doubt() -> None:
    both = pages()[0].copy()
    both[825:] = pages()[2][825:]
    read = read_separator(both, dpi=DPI)

    assert read is not None
    assert (read.sure, read.text, len(read.texts)) == (False, None, 2)


def test_another_code_beside_the_separators_is_a_doubt() -> None:
    from samples.barcodes import code128

    ticket = code128("812345550123", BoxMm(0, 0, 80, 14), px_per_mm=px_per_mm(DPI))
    covered = pages()[0].copy()
    high, wide = ticket.coverage.shape
    covered[780 : 840 + high, 500 : 560 + wide] = 255
    covered[810 : 810 + high, 530 : 530 + wide] = 255 - ticket.coverage
    read = read_separator(covered, dpi=DPI)

    assert read is not None
    assert (read.foreign, read.sure) == (True, False)


@pytest.mark.parametrize("patch", list(Patch))
@pytest.mark.parametrize("turned", [False, True])
def test_each_pattern_of_bars_is_told_from_the_others(patch: Patch, turned: bool) -> None:
    image = np.full((1650, 1275), 250, np.uint8)
    y = 150.0
    for wide in WIDE_BARS[patch]:
        high = (5.08 if wide else 2.03) * px_per_mm(DPI)
        image[round(y) : round(y + high), 80:1195] = 20
        y += high + 2.03 * px_per_mm(DPI)
    found = find_patch(np.ascontiguousarray(image.T) if turned else image, dpi=DPI)

    assert found is not None
    assert (found.patch, found.upright, found.is_strong) == (patch, turned, True)


def test_paper_lines_of_text_and_even_stripes_are_no_separators() -> None:
    blank = np.full((1650, 1275), 245, np.uint8)
    stripes = blank.copy()
    for top in range(100, 1500, 24):
        stripes[top : top + 12, 100:1100] = 30
    written = blank.copy()
    for line in range(150, 1500, 40):
        cv2.putText(written, "Constat d'infraction 812345", (100, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20,), 3)

    assert [read_separator(image, dpi=DPI) for image in (blank, stripes, written)] == [None] * 3


def test_pages_are_the_same_bytes_every_time_and_of_the_size_asked_for() -> None:
    texts = numbered("A", (None,))

    for name, (width, height) in SIZES_MM.items():
        data = separator_pages(texts, size_mm=(width, height), fonts=load_fonts())
        assert data == separator_pages(texts, size_mm=(width, height), fonts=load_fonts()), name
        sizes = [page.get_size() for page in pypdfium2.PdfDocument(data)]
        assert sizes == [pytest.approx((width / 25.4 * 72, height / 25.4 * 72), abs=0.1)] * 2


@pytest.mark.parametrize(
    "text", ["Enveloppe 43 : séparateur / Envelope-43: separator", "FEUILLES QUI SUIVENT: 0\n/Sheets that\nfollow 0"]
)
def test_the_words_of_a_separator_are_told_whatever_is_left_of_its_codes(text: str) -> None:
    assert says_separator(text)


@pytest.mark.parametrize(
    "text", ["", "Voir les feuilles qui suivent.", "Please read the sheets that follow.", "Separator"]
)
def test_one_of_them_may_be_in_any_letter(text: str) -> None:
    assert not says_separator(text)


def test_codes_too_pale_to_be_noticed_are_read_where_the_side_is_nothing_else() -> None:
    pale = np.asarray(255 - (255 - pages()[0].astype(np.int32)) // 12, np.uint8)
    codes = read_barcodes(np.full_like(pale, 255))

    assert read_separator(without(pale, Way.PATCH), dpi=DPI, codes=codes) is None
    found = read_separator(without(pale, Way.PATCH), dpi=DPI, codes=codes, thorough=True)
    assert found is not None
    assert found.text == TEXT


def test_pale_print_crossed_by_streaks_beside_a_dark_bed_is_read() -> None:
    pale = np.asarray(255 - (255 - pages()[0].astype(np.int32)) // 6, np.uint8)
    torn = np.full((pale.shape[0] + 60, pale.shape[1] + 300), 60, np.uint8)
    torn[30:-30, 300:] = pale
    torn[:, 60:300] = 140
    for column in range(340, torn.shape[1], 90):
        torn[:, column : column + 2] = 40

    found = read_separator(torn, dpi=DPI, thorough=True)

    assert found is not None
    assert found.text == TEXT
