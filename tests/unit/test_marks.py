"""Check boxes in three states."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.model import MarkState
from pipeline.ocr.marks import read_mark, read_marks
from tests.unit.entries import DPI, SCALE, mark_box, sheet, stroke


def test_an_untouched_box_is_unmarked_for_sure() -> None:
    read = read_mark(mark_box(), sheet(), dpi=DPI)

    assert read.state is MarkState.UNMARKED
    assert (read.ink, read.confidence) == (0.0, 1.0)


@pytest.mark.parametrize("overshoot_mm", [-0.6, 0.0, 1.0])
def test_a_cross_is_a_mark_even_when_it_overshoots(overshoot_mm: float) -> None:
    page = sheet()
    near, far = 20.0 - overshoot_mm, 24.0 + overshoot_mm
    stroke(page, (near, near), (far, far))
    stroke(page, (far, near), (near, far))

    read = read_mark(mark_box(), page, dpi=DPI)

    assert read.state is MarkState.MARKED
    assert read.confidence > 0.7


def test_a_tick_whose_tail_leaves_the_box_is_a_mark() -> None:
    page = sheet()
    stroke(page, (20.8, 22.2), (21.8, 23.4), (24.8, 19.0))

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.MARKED


def test_specks_are_no_mark() -> None:
    page = sheet()
    for x_mm, y_mm in ((21.0, 21.0), (22.5, 23.0), (23.0, 21.5)):
        cv2.circle(page, (round(x_mm * SCALE), round(y_mm * SCALE)), 1, 0, -1)

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.UNMARKED


def test_a_blackened_box_is_doubtful() -> None:
    page = sheet()
    page[round(20 * SCALE) : round(24 * SCALE), round(20 * SCALE) : round(24 * SCALE)] = 0

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.DOUBTFUL


def test_a_cross_that_was_struck_out_is_doubtful() -> None:
    page = sheet()
    stroke(page, (20.2, 20.2), (23.8, 23.8))
    stroke(page, (23.8, 20.2), (20.2, 23.8))
    for y_mm in np.linspace(20.2, 23.8, 7):
        stroke(page, (17.5, float(y_mm)), (26.5, float(y_mm) + 0.3))

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.DOUBTFUL


def test_writing_that_grazes_the_box_is_doubtful() -> None:
    page = sheet()
    stroke(page, (12.0, 23.2), (30.0, 23.2))

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.DOUBTFUL


def test_marks_keep_the_layouts_order() -> None:
    page = sheet()
    stroke(page, (40.2, 20.2), (43.8, 23.8))
    stroke(page, (43.8, 20.2), (40.2, 23.8))

    states = [read.state for read in read_marks((mark_box(), mark_box(40.0)), page, dpi=DPI)]

    assert states == [MarkState.UNMARKED, MarkState.MARKED]


def test_a_cross_joined_to_a_line_that_goes_on_is_no_sure_mark() -> None:
    """A stamp's letter or a signature's tail may look like a mark inside the box."""
    page = sheet()
    stroke(page, (20.6, 20.6), (23.4, 23.4))
    stroke(page, (23.4, 20.6), (20.6, 23.4))
    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.MARKED

    stroke(page, (23.0, 23.0), (29.0, 23.6), width_mm=0.3)

    assert read_mark(mark_box(), page, dpi=DPI).state is MarkState.DOUBTFUL


def test_a_box_scribbled_full_that_drop_out_took_for_a_shadow_is_doubtful() -> None:
    page = np.full_like(sheet(), 250)
    page[round(20.5 * SCALE) : round(23.5 * SCALE), round(20.5 * SCALE) : round(23.5 * SCALE)] = 170

    assert read_mark(mark_box(), sheet(), dpi=DPI, registered=page).state is MarkState.DOUBTFUL


def test_a_box_in_a_stain_is_unmarked() -> None:
    page = np.full_like(sheet(), 250)
    cv2.circle(page, (round(22 * SCALE), round(22 * SCALE)), round(6 * SCALE), 190, -1)

    assert read_mark(mark_box(), sheet(), dpi=DPI, registered=page).state is MarkState.UNMARKED
