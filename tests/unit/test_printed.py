"""From zone ink to line images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import GrayImage
from pipeline.ocr.printed import text_ink
from tests.unit.entries import DPI, SCALE, sheet, stroke, text_zone, write

BOX = BoxMm(20.0, 10.0, 80.0, 8.0)


def in_cells(text: str, cells: int, page: GrayImage) -> None:
    width = 80.0 / cells
    for place, char in enumerate(text):
        write(page, char, 20.0 + place * width + width / 2 - 1.2, 16.0, 14.0)


def test_no_ink_is_no_line() -> None:
    found = text_ink(text_zone(BOX), sheet(), dpi=DPI)

    assert found.lines == ()
    assert found.ink == 0.0


def test_specks_are_no_writing() -> None:
    page = sheet()
    page[::90, ::90] = 0
    page[round(12 * SCALE) : round(12 * SCALE) + 4, round(30 * SCALE) : round(30 * SCALE) + 4] = 0

    assert text_ink(text_zone(BOX), page, dpi=DPI).lines == ()


def test_a_line_is_cut_tight_with_a_margin_of_paper() -> None:
    page = sheet()
    write(page, "HAMEL", 25.0, 16.0)

    (line,) = text_ink(text_zone(BOX), page, dpi=DPI).lines

    rows = np.flatnonzero((line.image < 128).any(axis=1))
    height = int(rows[-1] - rows[0]) + 1
    assert line.image.shape[0] == pytest.approx(1.5 * height, abs=5)
    assert rows[0] >= 2


def test_the_neighbours_ink_is_left_out() -> None:
    page = sheet()
    write(page, "HAMEL", 25.0, 16.0)
    alone = text_ink(text_zone(BOX), page, dpi=DPI).lines[0].image
    write(page, "BELOW", 25.0, 23.5)
    write(page, "BESIDE", 102.0, 16.0)

    (line,) = text_ink(text_zone(BOX), page, dpi=DPI).lines

    assert np.array_equal(line.image, alone)


def test_a_stroke_that_leaves_the_zone_shows_in_edge_ink() -> None:
    page = sheet()
    write(page, "HAMEL", 25.0, 16.0)
    calm = text_ink(text_zone(BOX), page, dpi=DPI).edge_ink
    stroke(page, (60.0, 5.0), (75.0, 30.0))

    assert calm == 0.0
    assert text_ink(text_zone(BOX), page, dpi=DPI).edge_ink > 0.2


def test_lines_are_parted_and_commas_stay_with_their_line() -> None:
    page = sheet()
    zone = text_zone(BoxMm(20.0, 10.0, 80.0, 12.0), lines=2)
    write(page, "1234, rue des Érables,", 22.0, 14.5, 10.0)
    write(page, "Lévis (Québec)", 22.0, 18.9, 10.0)

    first, second = text_ink(zone, page, dpi=DPI).lines

    # 22 characters without the 3 spaces are 19 pieces, and É has its accent; 14 without a space, 2 accents and a dot.
    assert len(first.boxes) == 20
    assert len(second.boxes) == 16


@settings(deadline=None, max_examples=25)
@given(count=st.integers(1, 4), pitch_mm=st.floats(4.6, 7.0))
def test_as_many_lines_are_found_as_were_written(count: int, pitch_mm: float) -> None:
    page = sheet()
    zone = text_zone(BoxMm(20.0, 10.0, 80.0, pitch_mm * 4 + 2), lines=4)
    for place in range(count):
        write(page, "Élodie Lepage", 22.0, 14.0 + pitch_mm * place, 10.0)

    assert len(text_ink(zone, page, dpi=DPI).lines) == count


def test_a_character_a_cell_is_set_close() -> None:
    page = sheet()
    in_cells("813455", 8, page)

    (line,) = text_ink(text_zone(BOX, cells=8), page, dpi=DPI).lines

    assert line.cells == 6
    # Six figures of 0.56 em in 14 point; as they stand in the cells they are 50 mm wide.
    assert line.image.shape[1] < 22 * SCALE


def test_an_empty_cell_leaves_a_wider_gap() -> None:
    tight, parted = sheet(), sheet()
    in_cells("FKT274", 8, tight)
    in_cells("FKT 274", 8, parted)

    (without,) = text_ink(text_zone(BOX, cells=8), tight, dpi=DPI).lines
    (with_gap,) = text_ink(text_zone(BOX, cells=8), parted, dpi=DPI).lines

    assert (without.cells, with_gap.cells) == (6, 6)
    assert with_gap.image.shape[1] > without.image.shape[1] + 5


def test_writing_that_ignores_the_cells_is_left_as_it_stands() -> None:
    page = sheet()
    write(page, "813455012", 21.0, 16.0, 14.0)

    (line,) = text_ink(text_zone(BOX, cells=8), page, dpi=DPI).lines

    assert line.cells == 0


def test_writing_that_runs_over_the_border_is_read_whole_and_in_doubt() -> None:
    page = sheet()
    write(page, "SIGNALISATION", 70.0, 16.0)
    whole = text_ink(text_zone(BoxMm(20.0, 10.0, 95.0, 8.0)), page, dpi=DPI)
    right_mm = float(np.flatnonzero((page < 128).any(axis=0))[-1]) / SCALE

    cut = text_ink(text_zone(BoxMm(20.0, 10.0, right_mm - 1.2 - 20.0, 8.0)), page, dpi=DPI)

    assert cut.crossed
    assert not whole.crossed
    assert np.array_equal(cut.lines[0].image, whole.lines[0].image)


def test_a_stamp_beside_print_is_left_out_and_leaves_a_doubt() -> None:
    page = sheet()
    write(page, "Parked in a space", 22.0, 16.0, 9.0)
    clean = text_ink(text_zone(BOX), page, dpi=DPI)
    write(page, "PAID", 75.0, 16.5, 22.0)

    stamped = text_ink(text_zone(BOX), page, dpi=DPI)

    assert not clean.crossed
    assert stamped.crossed
    assert [line.image.shape for line in stamped.lines] == [line.image.shape for line in clean.lines]
