"""Identification finds the layout, its language, its turn and its place, and says none when it is none."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.imaging.orient import turn
from pipeline.model import GrayImage
from pipeline.templates.candidates import find_candidates
from pipeline.templates.identify import identify
from pipeline.templates.library import WORK_DPI
from pipeline.templates.rescale import rescaled
from tests.unit.scanned import EN, FR, blank_form, layout, library, placement, scan


def page(layout_id: str, *, dpi: float = 300.0, stretch_mm: float = 0.4) -> GrayImage:
    return scan(blank_form(layout_id), placement(dpi=dpi, stretch_mm=stretch_mm), dpi=dpi)


@pytest.mark.parametrize("layout_id", [FR, EN])
def test_two_languages_of_one_form_are_told_apart(layout_id: str) -> None:
    found = identify(page(layout_id), dpi=300, library=library(FR, EN))

    assert (found.layout, found.quarter_turns, found.reasons) == (layout_id, 0, ())
    assert found.margin > 0.1


def test_a_language_that_the_library_lacks_is_no_match() -> None:
    found = identify(page(FR), dpi=300, library=library(EN))

    assert found.layout is None
    assert found.nearest == EN
    assert [reason.code for reason in found.reasons] == ["no_layout_matches"]


@pytest.mark.parametrize("lies_turned", [1, 2, 3])
def test_a_turned_page_is_found_with_the_turn_that_sets_it_upright(lies_turned: int) -> None:
    found = identify(turn(page(FR), lies_turned).image, dpi=300, library=library(FR, EN))

    assert (found.layout, found.quarter_turns) == (FR, 4 - lies_turned)


@pytest.mark.parametrize("lies_turned", [1, 2, 3])
def test_a_page_resembles_its_layout_as_much_whichever_way_it_lies(lies_turned: int) -> None:
    work = rescaled(page(FR), WORK_DPI / 300).image
    known = library(FR)

    upright, turned = (
        find_candidates(turn(work, turns).image, dpi=WORK_DPI, library=known, turns=(0, 2, 1, 3), named=())[0]
        for turns in (0, lies_turned)
    )

    assert turned.quarter_turns == 4 - lies_turned
    assert turned.resemblance == pytest.approx(upright.resemblance, abs=0.02)


def test_the_place_found_is_true_to_half_a_millimetre() -> None:
    placed = placement(stretch_mm=0.2)

    found = identify(scan(blank_form(FR), placed), dpi=300, library=library(FR, EN))

    for zone in layout(FR).zones:
        for corner in zone.box_mm.corners:
            miss = np.subtract(found.page_from_layout.apply(corner), placed.page_point(corner))
            assert np.hypot(*miss) * 25.4 / 300 < 0.5


@pytest.mark.parametrize("said", [None, 300.0])
def test_a_missing_or_wrong_resolution_does_not_hinder(said: float | None) -> None:
    found = identify(page(FR, dpi=200), dpi=said, library=library(FR, EN))

    assert found.layout == FR
    assert found.dpi == pytest.approx(200, rel=0.03)


def test_a_page_of_lines_and_words_of_another_form_is_none_of_these() -> None:
    other = scan(blank_form("iv.return.back.fr@generic-1"), placement())

    found = identify(other, dpi=300, library=library(FR, EN))

    assert found.layout is None
    assert found.score < 0.4
    assert found.reasons[0].code == "no_layout_matches"


@pytest.mark.parametrize("shape", [(2700, 1180), (300, 300), (1, 1), (3, 4000)])
def test_an_empty_page_of_any_size_is_none_of_these(shape: tuple[int, int]) -> None:
    paper = np.random.default_rng(1).integers(225, 245, shape).astype(np.uint8)

    found = identify(paper, dpi=300, library=library(FR, EN))

    assert found.layout is None
    assert found.reasons


def test_nothing_matches_in_an_empty_library() -> None:
    found = identify(page(FR), dpi=300, library=library())

    assert found.layout is None
    assert found.reasons[0].code == "no_layout_matches"


def test_an_edition_mark_that_agrees_changes_nothing() -> None:
    found = identify(page(FR), dpi=300, library=library(FR, EN), hints=(FR, "704100053807283"))

    assert found.layout == FR


@pytest.mark.parametrize("mark", [EN, "iv.return.front.fr@other-2"])
def test_an_edition_mark_of_another_layout_is_a_doubt(mark: str) -> None:
    found = identify(page(FR), dpi=300, library=library(FR, EN), hints=(mark,))

    assert found.layout is None
    assert [reason.code for reason in found.reasons] == ["edition_mark_differs"]
