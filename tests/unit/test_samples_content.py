"""Invented content keeps the promises that readings are measured against."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import UNREAD_KINDS, Kind, Language, Layout, Need, Schedule, Zone
from pipeline.statements.counts import form_set
from pipeline.storage.layout_files import load_layouts
from samples.case import codefendants, counts, draw_case, luhn, mod11, plate, statement_number
from samples.content import DEFENDANT_NAMES, drafts, draw_manner, empty_value, text_value
from samples.fontpool import POOLS, FontFile, cap_ratio, has_glyph, parts

SEEDS = st.integers(0, 10_000)
LETTERS_AND_FIGURES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ÉÈÀÇÎÔË,.-/:'"


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_sums_hold_and_dates_are_in_order(seed: int) -> None:
    case = draw_case(np.random.default_rng(seed), Schedule.III, Language.FR)

    assert case.total_cents == case.fine_cents + case.costs_cents + case.contribution_cents
    assert case.defendant.birthdate < case.offence_date <= case.service_date <= case.signature_date
    assert case.paid_cents in (None, case.total_cents)
    if case.service_date == case.offence_date:
        assert case.offence_time <= case.service_time


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_forms_of_one_statement_share_a_designation_and_have_their_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = draw_case(rng, Schedule.II, Language.EN)

    for made in (counts(case, rng, 3), codefendants(case, rng, 3)):
        designations = [each.designations or ("", "") for each in made]
        assert len({shared for shared, _ in designations}) == 1
        assert form_set([[own] for _, own in designations]).missing == ()
        assert len({each.number for each in made}) == len({own for _, own in designations}) == 3
        assert all(each.total_cents == each.fine_cents + each.costs_cents + each.contribution_cents for each in made)
        assert all(each.paid_cents in (None, each.total_cents) for each in made)
    assert {each.defendant for each in counts(case, rng, 2)} == {case.defendant}
    assert {each.offence for each in codefendants(case, rng, 2)} == {case.offence}


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_statement_numbers_carry_their_check_digit(seed: int) -> None:
    number = statement_number(np.random.default_rng(seed))

    if len(number) == 10:
        assert number[-1] == str(luhn(number[:-1]))
    else:
        assert re.fullmatch(r"704100\d{9}", number)
        assert number[-1] == str(mod11(number[6:-1]))


def test_the_luhn_digit_is_that_of_the_standard() -> None:
    assert luhn("7992739871") == 3


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_quebec_plates_avoid_the_letters_that_look_like_figures(seed: int) -> None:
    assert not set(plate(np.random.default_rng(seed), "CA-QC")) & set("IOU")


STATEMENT_FRONTS = [layout for layout in load_layouts() if (layout.document, layout.side) == ("statement", "front")]


@pytest.mark.parametrize("layout", STATEMENT_FRONTS, ids=lambda layout: str(layout.id))
def test_every_required_space_that_the_issuer_fills_is_filled(layout: Layout) -> None:
    case = draw_case(np.random.default_rng(5), layout.schedule, layout.language)

    made = {draft.zone.name: draft for draft in drafts(case, layout, np.random.default_rng(6))}

    for zone in layout.zones:
        issuers = zone.name not in DEFENDANT_NAMES and zone.kind not in (*UNREAD_KINDS, Kind.BARCODE)
        if issuers and zone.need is Need.REQUIRED:
            draft = made[zone.name]
            assert draft.texts or draft.value not in (None, False, "absent"), zone.name


@pytest.mark.parametrize("layout", load_layouts(), ids=lambda layout: str(layout.id))
def test_every_chosen_mark_exists_on_the_form_and_every_cell_text_fits(layout: Layout) -> None:
    for seed in range(12):
        case = draw_case(np.random.default_rng(seed), layout.schedule, layout.language)
        for draft in drafts(case, layout, np.random.default_rng(seed)):
            if draft.zone.kind is Kind.CHOICE and draft.value is not None:
                assert draft.value in {mark.name for mark in draft.zone.marks}
            if draft.zone.comb:
                assert all(len(text) <= len(draft.zone.comb) for text in draft.texts)


def _zone(kind: Kind) -> Zone:
    return Zone("z", kind, Need.REQUIRED, BoxMm(0, 0, 10, 5))


def test_texts_are_normalised_as_the_interface_says() -> None:
    assert text_value(_zone(Kind.ADDRESS), "12, rue E\u0301lise\nQuébec  (QC)") == "12, rue Élise Québec (QC)"
    assert text_value(_zone(Kind.PLATE), "k12 bcd") == "K12BCD"


def test_an_empty_space_is_false_absent_or_null_by_its_kind() -> None:
    assert [empty_value(_zone(kind)) for kind in (Kind.MARK, Kind.SIGNATURE, Kind.CHOICE, Kind.DATE)] == [
        False,
        "absent",
        None,
        None,
    ]


def test_a_day_before_the_month_is_written_only_where_it_cannot_be_misread() -> None:
    layout = next(layout for layout in load_layouts() if layout.id.startswith("iii.return.front.fr"))
    for seed in range(60):
        case = draw_case(np.random.default_rng(seed), Schedule.III, Language.FR)
        for draft in drafts(case, layout, np.random.default_rng(seed)):
            if draft.zone.kind is Kind.DATE and draft.texts and re.match(r"\d\d/", draft.texts[0]):
                assert dt.date.fromisoformat(str(draft.value)).day > 12


def test_english_writes_no_decimal_comma() -> None:
    assert not any(draw_manner(np.random.default_rng(seed), french=False).comma for seed in range(50))


def test_the_pools_share_no_typeface() -> None:
    train, held_out = ({font.path for font in (*pool.prints, *pool.hands)} for pool in POOLS)

    assert not train & held_out


@pytest.mark.parametrize("font", [font for pool in POOLS for font in (*pool.prints, *pool.hands)], ids=lambda f: f.name)
def test_every_font_can_write_what_forms_hold(font: FontFile) -> None:
    assert cap_ratio(font) > 0.2
    for char in font.adapted(LETTERS_AND_FIGURES):
        assert has_glyph(font, parts(font, char)[0]), char
