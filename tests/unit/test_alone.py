"""What else lies on a scan than the form that was recognised: beside it, over it, or instead of a part of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Affine, BoxPx, px_per_mm
from pipeline.model import GrayImage, LayoutId
from pipeline.templates.alone import covered, foreign_marks, written_around
from pipeline.templates.company import SECOND_FORM, Lies, beside, boxes_of, divided, lacking
from pipeline.templates.identify import resembled
from pipeline.templates.register import register
from samples.enclosures import Enclosure, enclosure
from samples.fontpool import TRAIN
from tests.unit.scanned import EN, FR, blank_form, layout, library, placement, scan

DPI = 150.0
SCALE = px_per_mm(DPI)
SHEET_MM = (100.0, 120.0)
ORIGIN_MM = (8.0, 8.0)
LIES = Affine(SCALE, 0.0, ORIGIN_MM[0] * SCALE, 0.0, SCALE, ORIGIN_MM[1] * SCALE)
WHOLE = "i.statement.front.fr@generic-1"


def glass(ground: int = 240, *, width_mm: float = 220.0) -> GrayImage:
    """A sheet of 100 by 120 mm, full of writing, on the left of a large glass."""
    page = np.full((round(140 * SCALE), round(width_mm * SCALE)), ground, np.uint8)
    left, top = (round(side * SCALE) for side in ORIGIN_MM)
    page[top : top + round(SHEET_MM[1] * SCALE), left : left + round(SHEET_MM[0] * SCALE)] = 250
    write(page, ORIGIN_MM[0] + 5, ORIGIN_MM[1] + 10, lines=12)
    return page


def write(page: GrayImage, x_mm: float, y_mm: float, *, lines: int, text: str = "Nom et adresse du defendeur") -> None:
    for line in range(lines):
        at = (round(x_mm * SCALE), round((y_mm + 8 * line) * SCALE))
        cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1, cv2.LINE_AA)


def around(page: GrayImage) -> int:
    return written_around(page, dpi=DPI, page_from_layout=LIES, size_mm=SHEET_MM).cells


@pytest.mark.parametrize("ground", [18, 168, 240])
def test_a_sheet_alone_on_a_large_glass_has_nothing_around_it(ground: int) -> None:
    page = glass(ground)
    noisy = np.clip(page + np.random.default_rng(1).normal(0, 5, page.shape), 0, 255).astype(np.uint8)

    assert around(page) == 0
    assert around(noisy) == 0


def test_another_written_sheet_beside_it_is_seen_and_where() -> None:
    page = glass()
    write(page, 125, 30, lines=8)

    found = written_around(page, dpi=DPI, page_from_layout=LIES, size_mm=SHEET_MM)

    assert found.considerable
    assert found.box is not None
    assert 115 * SCALE < found.box.x < 130 * SCALE


def test_dust_shadows_of_edges_and_a_short_note_are_no_other_form() -> None:
    page = glass()
    rng = np.random.default_rng(2)
    for x, y in zip(rng.integers(0, page.shape[1], 150), rng.integers(0, page.shape[0], 150), strict=True):
        cv2.circle(page, (int(x), int(y)), 1, 60, -1)
    cv2.rectangle(page, (round(120 * SCALE), 20), (round(210 * SCALE), page.shape[0] - 20), 190, 2)
    cv2.line(page, (round(115 * SCALE), 0), (round(116 * SCALE), page.shape[0]), 120, 1)
    write(page, 150, 60, lines=1, text="recu 12 mai")

    assert 0 < around(page) < 6


def test_a_form_with_landmarks_everywhere_is_not_covered_one_with_a_hole_is() -> None:
    centers = np.array([(x, y) for y in range(6, 200, 12) for x in range(6, 140, 12)], dtype=np.float64)
    none = np.zeros(len(centers), np.bool_)
    scattered = np.random.default_rng(5).random(len(centers)) < 0.3
    under = np.asarray((np.abs(centers - (70, 100)) < (30, 30)).all(1), dtype=np.bool_)

    assert covered(centers, none) is None
    assert covered(centers, scattered) is None
    hole = covered(centers, under)

    assert hole is not None
    assert hole.x <= 70 <= hole.right
    assert hole.y <= 100 <= hole.bottom
    assert covered(np.empty((0, 2)), np.empty(0, np.bool_)) is None


def test_paper_that_lies_on_a_form_is_noticed_also_blank_paper() -> None:
    form = blank_form(FR).copy()
    placed = placement(dpi=200.0)
    prepared = library(FR, EN).get(LayoutId(FR))

    def reasons(image: GrayImage) -> list[str]:
        page = scan(image, placed, dpi=200.0)
        fitted = register(page, dpi=200.0, prepared=prepared, initial=placed.page_from_layout)
        return [reason.code for reason in lacking(fitted, prepared)]

    assert reasons(form) == []
    form[1000:2000, 100:1100] = 250
    assert reasons(form) == ["form_covered"]


def test_marks_of_its_own_sheet_are_no_foreign_ones() -> None:
    known, whole = library(WHOLE, FR), LayoutId(WHOLE)
    foot = str(layout(WHOLE).detachable)

    assert foreign_marks(["123456", WHOLE, foot], whole, known) == ()
    assert foreign_marks([WHOLE, EN], whole, known) == (EN,)
    assert foreign_marks([WHOLE, WHOLE], whole, known) == (WHOLE,)


def test_a_mark_of_another_form_is_a_reason_by_itself() -> None:
    lies = Lies(LIES, Affine.identity(), (1299, 826))

    alone, marked = (beside(glass(), dpi=DPI, lies=lies, layout=layout(FR), marks=marks) for marks in ((), (EN,)))

    assert alone == ()
    assert [reason.code for reason in marked] == [SECOND_FORM]
    assert boxes_of(marked[0]) == ()


def test_the_cut_runs_between_two_sheets_and_there_is_none_where_one_lies_on_the_other() -> None:
    scan_px = (1000, 800)

    assert divided(BoxPx(10, 10, 400, 700), BoxPx(500, 50, 400, 600), scan_px) == (
        BoxPx(0, 0, 455, 800),
        BoxPx(455, 0, 545, 800),
    )
    assert divided(BoxPx(10, 400, 900, 380), BoxPx(40, 20, 800, 300), scan_px) == (
        BoxPx(0, 0, 1000, 360),
        BoxPx(0, 360, 1000, 440),
    )
    assert divided(BoxPx(10, 10, 900, 700), BoxPx(300, 200, 400, 400), scan_px) is None


@given(st.lists(st.integers(0, 900), min_size=8, max_size=8))
def test_parts_that_are_proposed_are_the_whole_scan_and_do_not_overlap(sides: list[int]) -> None:
    scan_px = (1000, 1000)
    form, other = (BoxPx(x, y, w + 1, h + 1).clipped(*scan_px) for x, y, w, h in (sides[:4], sides[4:]))

    parts = divided(form, other, scan_px)

    if parts is not None:
        one, two = parts
        assert one.width * one.height + two.width * two.height == 1_000_000
        assert (one.right, one.bottom) in ((two.x, two.bottom), (two.right, two.y))


@pytest.mark.parametrize("part", ["top", "bottom", "left"])
def test_half_a_form_resembles_it(part: str) -> None:
    page = scan(blank_form(FR), placement(dpi=200.0), dpi=200.0)
    height, width = page.shape
    rows = {"top": slice(height * 3 // 5), "bottom": slice(height * 2 // 5, None)}.get(part, slice(None))
    half = page[rows, : width * 3 // 5] if part == "left" else page[rows]

    found = resembled(np.ascontiguousarray(half), dpi=200.0, library=library(FR, EN), turns=(0, 2))

    assert found.nearest == FR
    assert found.score > 0.3


@pytest.mark.parametrize("kind", [Enclosure.TYPED_LETTER, Enclosure.COURT_FORM, Enclosure.CHEQUE])
def test_what_is_no_form_does_not_resemble_a_part_of_one(kind: Enclosure) -> None:
    page = cv2.cvtColor(enclosure(11, kind, pool=TRAIN, dpi=200.0).image, cv2.COLOR_RGB2GRAY)

    found = resembled(np.asarray(page, np.uint8), dpi=200.0, library=library(FR, EN), turns=(0, 2, 1, 3))

    assert found.score < 0.2
