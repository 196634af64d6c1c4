"""Sheets of the editions are filled as they are in the street: capitals in cells, or fixed-pitch thermal print."""

from __future__ import annotations

import numpy as np
import pytest

from samples.filling import HAND, PRINT
from samples.fontpool import TRAIN
from samples.forms import Hands
from samples.generate import Writing, draw_hands, issuers_of_edition, sheet
from samples.printing import Process
from samples.wear import Level


def hands(seed: int) -> Hands:
    return draw_hands(np.random.default_rng(seed), TRAIN, Level.LIGHT, Writing.PRINT)


@pytest.mark.parametrize("seed", range(4))
def test_a_mobile_printer_is_thermal_and_of_fixed_pitch(seed: int) -> None:
    printer = issuers_of_edition(hands(seed), "mobile-1", TRAIN, seed).issuer_printer

    assert printer is not None
    assert printer.process is Process.THERMAL
    assert printer.font.mono


def test_an_officer_prints_capitals_by_hand_whatever_else_was_drawn() -> None:
    officer = issuers_of_edition(hands(1), "carnet-1", TRAIN, 1)

    assert officer.issuer_printer is None
    assert officer.issuer_capitals
    assert officer.issuer_writer.joins == 0.0


def test_other_editions_are_filled_as_before() -> None:
    drawn = hands(2)

    assert issuers_of_edition(drawn, "generic-1", TRAIN, 2) is drawn


def test_words_keep_their_spaces_as_empty_cells_and_the_truth_says_what_is_written() -> None:
    made = sheet(52100, pool=TRAIN, layout_id="iii.statement.front.fr@carnet-1", dpi=100.0, duplex=False)
    fields = made.pages[0].truth.fields

    texts = [entry for name, entry in fields.items() if entry.written == HAND and entry.text]
    assert texts
    assert all(entry.text == entry.text.upper() for entry in texts)
    assert " " in fields["offence_place"].text
    assert " " not in fields["plate"].text


def test_both_sides_of_an_edition_are_made_even_where_the_back_is_the_longer_leaf() -> None:
    front, back = sheet(3, pool=TRAIN, layout_id="iv.statement.front.fr@carnet-1", dpi=100.0).pages

    assert (front.truth.layout, back.truth.layout) == (
        "iv.statement.front.fr@carnet-1",
        "iv.statement.back.fr@carnet-1",
    )
    assert {entry.written for entry in front.truth.fields.values()} <= {HAND, None, PRINT}
