"""Print or handwriting."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.geometry import BoxMm
from pipeline.model import GrayImage, LineReading, Script, ZoneReading
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


def test_type_in_cells_keeps_one_pitch_and_a_hand_does_not() -> None:
    typed_page, hand_page = sheet(), sheet()
    rng = np.random.default_rng(4)
    for place, char in enumerate("2026031483"):
        write(typed_page, char, 14.0 + 4.0 * place, 16.0)
        write(hand_page, char, 14.0 + 4.0 * place + rng.uniform(-1.2, 1.2), 16.0)

    assert measures(typed_page)["pitch"] > 0.45 > measures(hand_page)["pitch"]


def test_letters_of_straight_strokes_are_straighter_than_round_ones() -> None:
    straight, curved = sheet(), sheet()
    write(straight, "HELIX TAKE", 14.0, 16.0)
    write(curved, "8035 CGOQS", 14.0, 16.0)

    assert measures(straight)["straight"] > 0.5 > measures(curved)["straight"]


def test_measures_do_not_depend_on_the_paper_around_a_line() -> None:
    lines = text_ink(text_zone(BOX), typed(), dpi=DPI).lines
    wider = tuple(
        (
            np.pad(line.cutout, 50, constant_values=255),
            tuple(replace(box, x=box.x + 50, y=box.y + 50) for box in line.boxes),
        )
        for line in lines
    )

    assert shape_measures(wider) == pytest.approx(measures(typed()))


def test_two_figures_alone_are_no_print_whatever_they_look_like() -> None:
    page = sheet()
    write(page, "11", 14.0, 16.0)
    sure = LineReading("11", 0.9999, (0.9999, 0.9999))

    assert script_of(print_probability(measures(page), sure, agreement=1.0, in_cells=False)) is not Script.PRINT


def test_type_read_at_ease_is_print_and_a_shaken_hand_is_not() -> None:
    at_ease, in_doubt = (LineReading(TEXT, score, (score,) * len(TEXT)) for score in (0.998, 0.8))

    of_type = print_probability(measures(typed()), at_ease, agreement=1.0, in_cells=False)
    of_hand = print_probability(measures(shaken(TEXT)), in_doubt, agreement=1.0, in_cells=False)

    assert script_of(of_type) is Script.PRINT
    assert script_of(of_hand) is Script.HAND


def test_no_letters_give_no_verdict_of_print() -> None:
    nothing = shape_measures(())

    assert print_probability(nothing, LineReading("", 0.0, ()), agreement=0.0, in_cells=False) < PRINT_FROM


def test_a_page_of_print_settles_an_unsure_entry() -> None:
    readings = settle_script((reading(0.6), *(reading(0.97) for _ in range(6))))

    assert readings[0].script is Script.PRINT
    assert dict(readings[0].features)["print_probability"] == readings[0].print_probability


def test_a_clear_hand_on_a_printed_page_stays_a_hand() -> None:
    readings = settle_script((reading(0.01), *(reading(0.9) for _ in range(6))))

    assert readings[0].script is not Script.PRINT


def test_what_is_clearly_a_hand_alone_is_not_made_print_by_any_page() -> None:
    readings = settle_script((reading(0.1), *(reading(0.9999) for _ in range(20))))

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
