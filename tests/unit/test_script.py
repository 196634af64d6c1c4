"""Print or handwriting."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import BoxMm
from pipeline.model import GrayImage, Script, ZoneReading
from pipeline.ocr.printed import text_ink
from pipeline.ocr.script import PRINT_FROM, print_probability, script_of, settle_script, shape_measures
from tests.unit.entries import DPI, SCALE, sheet, text_zone, write

BOX = BoxMm(10.0, 8.0, 100.0, 14.0)
TEXT = "Rue Saint-Denis 1184"


def shaken(text: str, seed: int = 2) -> GrayImage:
    """Each character turned, scaled, slanted and shifted on its own, as a hand does."""
    rng = np.random.default_rng(seed)
    page = sheet()
    for place, char in enumerate(text):
        cell = np.full_like(page, 255)
        x_mm = 14.0 + 4.0 * place
        write(cell, char, x_mm, 16.0, 13.0)
        turn = cv2.getRotationMatrix2D((x_mm * SCALE, 15.0 * SCALE), rng.normal(0, 8), float(rng.normal(1.0, 0.15)))
        turn[0, 1] -= rng.uniform(0.0, 0.3)
        turn[0, 2] += 15.0 * SCALE * 0.15
        turn[1, 2] += rng.normal(0, 0.4) * SCALE
        page = np.minimum(page, cv2.warpAffine(cell, turn, page.shape[::-1], borderValue=255))
    return page


def measures(page: GrayImage) -> dict[str, float]:
    lines = text_ink(text_zone(BOX), page, dpi=DPI).lines
    return shape_measures(tuple((line.cutout, line.boxes) for line in lines))


def typed() -> GrayImage:
    page = sheet()
    write(page, TEXT, 14.0, 16.0)
    return page


def reading(probability: float, *, engine: bool = True) -> ZoneReading:
    features = (("ink", 0.1), ("print_probability", probability)) if engine else ()
    return ZoneReading(
        "entry", "pp", 0.1, empty=False, script=script_of(probability), print_probability=probability, features=features
    )


def test_type_is_more_regular_than_a_shaken_hand() -> None:
    type_, hand = measures(typed()), measures(shaken(TEXT))

    assert type_["baseline_spread"] < 0.02 < hand["baseline_spread"]
    assert type_["height_spread"] < hand["height_spread"]
    assert type_["upright"] > hand["upright"]


def test_type_repeats_its_letters() -> None:
    page = sheet()
    write(page, "10011010", 14.0, 16.0)

    assert measures(page)["twins"] == 1.0


def test_type_read_at_ease_is_print_and_a_shaken_hand_is_not() -> None:
    of_type = print_probability(measures(typed()), free_score=0.998, free_min_score=0.99, agreement=1.0)
    of_hand = print_probability(measures(shaken(TEXT)), free_score=0.93, free_min_score=0.6, agreement=1.0)

    assert script_of(of_type) is Script.PRINT
    assert script_of(of_hand) is Script.HAND


def test_no_letters_give_no_verdict_of_print() -> None:
    nothing = shape_measures(())

    assert print_probability(nothing, free_score=0.0, free_min_score=0.0, agreement=0.0) < PRINT_FROM


def test_a_page_of_print_settles_an_unsure_entry() -> None:
    readings = settle_script((reading(0.6), *(reading(0.97) for _ in range(6))))

    assert readings[0].script is Script.PRINT
    assert dict(readings[0].features)["print_probability"] == readings[0].print_probability


def test_a_clear_hand_on_a_printed_page_stays_a_hand() -> None:
    readings = settle_script((reading(0.01), *(reading(0.9) for _ in range(6))))

    assert readings[0].script is not Script.PRINT


def test_one_neighbour_says_less_than_four() -> None:
    few = settle_script((reading(0.6), reading(0.9)))[0].print_probability
    many = settle_script((reading(0.6), *(reading(0.9) for _ in range(4))))[0].print_probability

    assert 0.6 < few < many


def test_zones_without_text_take_no_part() -> None:
    mark = reading(0.5, engine=False)
    alone = reading(0.6)

    assert settle_script((mark, alone)) == (mark, alone)


@pytest.mark.parametrize(("probability", "script"), [(0.95, Script.PRINT), (0.6, Script.UNSURE), (0.1, Script.HAND)])
def test_the_verdict_follows_the_probability(probability: float, script: Script) -> None:
    assert script_of(probability) is script
