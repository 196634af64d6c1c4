from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import zxingcpp

from pipeline.config import LONGEST_VERIFY_URL
from pipeline.custody import PageRole
from pipeline.errors import OperatorError
from pipeline.model import Decision, Language, Side
from pipeline.screens.hard_copy import Form, HardCopy, chosen, hard_copy, searchable
from pipeline.screens.hard_copy_frame import MarkPlace
from pipeline.screens.hard_copy_plates import Group, digitized_plates, without_entries
from pipeline.screens.hard_copy_terms import Audience, FormSource, Terms
from pipeline.screens.page_screen import Layer, LayeredScan, PageScreen
from pipeline.screens.pdf_archive import FLAT, LAYERED
from pipeline.screens.pdf_check import check_pdf
from pipeline.storage.layout_files import load_fonts, load_layouts
from tests.unit.filled_screens import NUMBER, WRITTEN, enclosure_of, screen_of
from tests.unit.rendering import character_boxes, layer_names, rendered, text_of, with_layers_off

PARKING, FULL_SIZE, TALL = (
    "iv.statement.front.fr@generic-1",
    "iii.statement.front.fr@generic-1",
    "iii.statement.front.en@mobile-1",
)
LAYOUTS = {layout.id: layout for layout in load_layouts()}
TERMS = Terms("valmont", NUMBER, Audience.COURT, datetime(2026, 11, 27, 12, tzinfo=UTC))
ADDRESS = "https://verification.example.qc.ca/constats"


def copied(*screens: PageScreen, terms: Terms = TERMS) -> HardCopy:
    return hard_copy([Form(terms, screens)], layouts=LAYOUTS, fonts=load_fonts())


def on_scan(image: np.ndarray, screen: PageScreen) -> np.ndarray:
    height, width = screen.layers.scan.shape[:2]
    return image[:height, :width]


def shown_as(scan: np.ndarray) -> np.ndarray:
    return scan if scan.ndim == 3 else np.stack([scan] * 3, axis=2)


@pytest.mark.parametrize("layout_id", [PARKING, TALL])
@pytest.mark.parametrize("color", [False, True])
def test_with_all_layers_the_page_shows_the_scan_pixel_for_pixel(layout_id: str, color: bool) -> None:
    screen = screen_of(layout_id, color=color)

    page = rendered(copied(screen).data, dpi=screen.layers.dpi)
    assert np.array_equal(on_scan(page, screen), shown_as(screen.layers.scan))


def test_the_scan_at_300_dpi_is_shown_pixel_for_pixel_too() -> None:
    screen = screen_of(PARKING, dpi=300.0)

    page = rendered(copied(screen).data, dpi=300.0)
    assert np.array_equal(on_scan(page, screen), shown_as(screen.layers.scan))


def test_a_form_of_full_size_shows_the_scan_but_for_the_mark_in_its_margins() -> None:
    screen = screen_of(FULL_SIZE)

    made = copied(screen)
    page = on_scan(rendered(made.data, dpi=100.0), screen)
    frame = made.frames[0]
    assert frame.place is MarkPlace.MARGINS
    rows = slice(round(frame.mark_mm.y / 25.4 * 100), round(frame.mark_mm.bottom / 25.4 * 100))
    assert np.array_equal(page[rows], shown_as(screen.layers.scan)[rows])


def test_without_the_particulars_the_form_is_as_if_nothing_had_been_entered() -> None:
    screen = screen_of(PARKING)
    owners = screen.layers.owners
    assert owners is not None

    bare = with_layers_off(copied(screen).data, ["Mentions", "Reste"])
    page = on_scan(rendered(bare, dpi=100.0), screen)[..., 0]
    assert np.array_equal(page[owners == Layer.FORM], screen.layers.scan[owners == Layer.FORM])
    assert page[owners != Layer.FORM].min() > 200


def test_each_kind_of_particulars_can_be_hidden_alone() -> None:
    screen = screen_of(PARKING)
    owners, scan = screen.layers.owners, screen.layers.scan
    assert owners is not None

    page = on_scan(rendered(with_layers_off(copied(screen).data, ["Manuscrites"]), dpi=100.0), screen)[..., 0]
    assert page[owners == Layer.HAND].min() > 200
    assert np.array_equal(page[owners != Layer.HAND], scan[owners != Layer.HAND])


def test_layers_are_named_in_the_language_of_the_page() -> None:
    assert layer_names(copied(screen_of(PARKING)).data) == [
        "Formulaire",
        "Mentions",
        "Manuscrites",
        "Imprimées",
        "Cases cochées",
        "Timbres",
        "Autres mentions",
        "Reste",
        "Texte",
    ]
    english = replace(TERMS, language=Language.EN)
    assert layer_names(copied(screen_of(TALL), terms=english).data)[:2] == ["Form", "Particulars"]


def test_accepted_readings_are_found_as_text_and_doubtful_ones_are_not() -> None:
    screen = screen_of(PARKING)
    accepted = [text for text in map(searchable, screen.readings) if text.startswith("valeur")]
    doubtful = [str(its.value) for its in screen.readings if its.decision is Decision.REVIEW and its.value is not True]

    words = f" {' '.join(text_of(copied(screen).data).split())} "
    assert f" {NUMBER} " in words
    assert accepted
    assert [text for text in accepted if f" {text} " not in words] == []
    assert doubtful
    assert [text for text in doubtful if f" {text} " in words] == []


def test_the_same_page_under_the_same_terms_gives_the_same_bytes() -> None:
    assert copied(screen_of(PARKING)).data == copied(screen_of(PARKING)).data


@pytest.mark.parametrize(
    "layout_id", [PARKING, FULL_SIZE, TALL, "i.return.back.en@generic-1", "i.statement.back.en@generic-1"]
)
@pytest.mark.parametrize("source", FormSource)
@pytest.mark.parametrize("flat", [False, True])
def test_nothing_is_found_wrong_with_a_hard_copy(layout_id: str, source: FormSource, flat: bool) -> None:
    screen = screen_of(layout_id)
    terms = replace(TERMS, source=source, flat=flat, document=PageRole(screen.role), verify_url=ADDRESS)

    assert check_pdf(copied(screen, terms=terms).data, FLAT if flat else LAYERED) == ()


@pytest.mark.parametrize("layout_id", [PARKING, TALL])
def test_the_code_leads_to_the_address_with_number_and_hash(layout_id: str) -> None:
    screen = screen_of(layout_id)

    page = rendered(copied(screen, terms=replace(TERMS, verify_url=ADDRESS)).data, dpi=300.0)
    codes = [code.text for code in zxingcpp.read_barcodes(page) if code.format == zxingcpp.BarcodeFormat.QRCode]
    assert f"{ADDRESS}/valmont:{NUMBER}?sha256={screen.sha256}" in codes


def test_the_long_code_in_the_margins_of_a_scan_holds_number_and_half_the_hash() -> None:
    screen = screen_of(FULL_SIZE, dpi=300.0)

    page = rendered(copied(screen).data, dpi=300.0)
    codes = [code.text for code in zxingcpp.read_barcodes(page) if code.format == zxingcpp.BarcodeFormat.PDF417]
    assert codes == [f"valmont:{NUMBER} {screen.sha256[:32]}"]


def test_the_mark_says_the_same_in_words() -> None:
    screen = screen_of(PARKING)

    words = " ".join(text_of(copied(screen).data).split())
    assert screen.sha256 in words
    assert f"constat verify valmont:{NUMBER}" in words
    assert "Fichier non signé." in words


@pytest.mark.parametrize(
    ("audience", "layout_id", "said", "unsaid"),
    [
        (Audience.COURT, PARKING, "Tient lieu de l'original (C-25.1, r. 1, art. 9, 2e al.).", "COPIE"),
        (Audience.PROSECUTOR, TALL, "Stands in lieu of the original (C-25.1, r. 1, s. 9, par. 2).", " COPY "),
        (Audience.DEFENDANT, PARKING, "COPIE", "Tient lieu de l'original"),
        (Audience.DEFENDANT, FULL_SIZE, "COPIE", "Tient lieu de l'original"),
        (Audience.DEFENDANT, TALL, "COPY", "Stands in lieu"),
        (Audience.COURT, "iii.return.front.fr@carnet-1", "Reconstitution d'un document numérisé", "Tient lieu"),
    ],
)
def test_what_a_copy_is_worth_is_said_by_whom_it_is_for(
    audience: Audience, layout_id: str, said: str, unsaid: str
) -> None:
    screen = screen_of(layout_id)

    made = copied(screen, terms=replace(TERMS, audience=audience, document=PageRole(screen.role)))
    words = f" {' '.join(text_of(made.data).split())}"
    assert said in words
    assert unsaid not in words


@pytest.mark.parametrize("layout_id", ["iv.statement.front.fr@carnet-1", PARKING, TALL, FULL_SIZE])
@pytest.mark.parametrize("audience", Audience)
def test_the_longest_words_of_a_mark_stay_on_the_page(layout_id: str, audience: Audience) -> None:
    address = "https://" + "verification." * 5 + "qc.ca/v"
    terms = replace(
        TERMS,
        issuer="ville-de-saint-augustin",
        audience=audience,
        source=FormSource.PREPROGRAMMED,
        missing_pages=12,
        verify_url=address,
    )
    assert len(address) == LONGEST_VERIFY_URL

    made = copied(screen_of(layout_id), terms=terms)
    page = 1 if made.frames[0].place is MarkPlace.LEAF else 0
    for left, bottom, right, top in character_boxes(made.data, page_index=page):
        assert left >= 0
        assert bottom >= 0
        assert right <= made.frames[0].size_mm[0] / 25.4 * 72 + 0.1
        assert top <= made.frames[0].size_mm[1] / 25.4 * 72 + 0.1


def sides(*found: Side) -> Sequence[PageScreen]:
    return [screen_of(f"iv.statement.{side}.fr@generic-1") for side in found]


@pytest.mark.parametrize(
    ("audience", "with_back", "expected"),
    [
        (Audience.COURT, False, 2),
        (Audience.PROSECUTOR, False, 1),
        (Audience.PROSECUTOR, True, 2),
        (Audience.DEFENDANT, False, 2),
    ],
)
def test_the_prosecutor_is_given_backs_on_demand_alone(audience: Audience, with_back: bool, expected: int) -> None:
    terms = replace(TERMS, audience=audience, with_back=with_back)

    assert len(chosen(sides(Side.FRONT, Side.BACK), terms)) == expected


def test_a_sheet_that_was_scanned_back_first_has_its_front_where_the_form_has_it() -> None:
    front, back = sides(Side.FRONT, Side.BACK)
    swapped = [replace(back, side=Side.FRONT), replace(front, side=Side.BACK)]

    (given,) = chosen(swapped, replace(TERMS, audience=Audience.PROSECUTOR))
    assert given.layout == front.layout
    assert ", recto." in text_of(copied(given).data)


def test_a_document_that_is_not_there_is_said() -> None:
    with pytest.raises(OperatorError) as caught:
        chosen(sides(Side.FRONT), replace(TERMS, document=PageRole.RETURN))
    assert caught.value.code == "hard_copy_nothing"


def test_on_the_pre_programmed_form_the_paper_is_white_and_the_entries_are_there() -> None:
    screen = screen_of(PARKING)
    owners = screen.layers.owners
    assert owners is not None

    made = copied(screen, terms=replace(TERMS, source=FormSource.PREPROGRAMMED))
    page = on_scan(rendered(made.data, dpi=100.0), screen)[..., 0]
    hand = owners == Layer.HAND
    assert np.array_equal(page[hand], screen.layers.scan[hand])
    assert (page == 255).mean() > 0.7
    assert not (page[owners == Layer.REMAINDER] == WRITTEN + 10 * Layer.REMAINDER).any()
    assert made.digitized_pages == 0


def test_a_page_without_a_form_is_shown_as_digitized_and_counted() -> None:
    terms = replace(TERMS, source=FormSource.PREPROGRAMMED, document=PageRole.ENCLOSURE)

    made = copied(enclosure_of((140.0, 220.0)), terms=terms)
    assert made.digitized_pages == 1
    assert "Feuille numérisée" in layer_names(made.data)


def test_a_margin_that_is_written_in_is_not_covered() -> None:
    screen = screen_of(FULL_SIZE)
    scan = np.array(screen.layers.scan)
    scan[2:14, 300:320] = 0

    made = copied(replace(screen, layers=replace(screen.layers, scan=scan)))
    assert made.frames[0].place is MarkPlace.LEAF
    page = on_scan(rendered(made.data, dpi=100.0), screen)
    assert np.array_equal(page, shown_as(scan))
    assert "Tient lieu" in text_of(made.data, page_index=1)
    assert check_pdf(made.data, LAYERED) == ()


def test_a_faint_entry_in_the_margin_is_not_covered() -> None:
    screen = screen_of(FULL_SIZE)
    scan, owners = np.array(screen.layers.scan), np.array(screen.layers.owners)
    scan[4:12, 300:320], owners[4:12, 300:320] = 228, Layer.HAND

    made = copied(replace(screen, layers=LayeredScan(scan, owners, screen.layers.dpi)))
    assert made.frames[0].place is MarkPlace.LEAF


def test_all_forms_of_a_statement_make_one_document() -> None:
    other = replace(TERMS, number="101234000000025")
    forms = [Form(TERMS, (screen_of(PARKING),)), Form(other, (screen_of(PARKING),))]

    made = hard_copy(forms, layouts=LAYOUTS, fonts=load_fonts())
    assert [NUMBER in text_of(made.data, 0), other.number in text_of(made.data, 1)] == [True, True]
    assert "page 2/2" in text_of(made.data, 1).replace("\u00a0", " ")
    assert check_pdf(made.data, LAYERED) == ()


def test_plates_hold_each_pixel_once_above_the_form() -> None:
    layers = screen_of(PARKING).layers
    assert layers.owners is not None

    drawn = np.zeros(layers.owners.shape, np.uint8)
    for plate in digitized_plates(layers):
        if plate.shown is not None:
            drawn[plate.box_px.slices] += plate.shown
    assert np.array_equal(drawn, (layers.owners != Layer.FORM).astype(np.uint8))


def test_a_page_that_is_all_entry_is_still_a_page() -> None:
    scan = np.full((40, 30), 90, np.uint8)
    owners = np.full((40, 30), Layer.HAND, np.uint8)

    plates = digitized_plates(LayeredScan(scan, owners, 100.0))
    assert [plate.group for plate in plates] == [Group.FORM, Group.HAND]
    assert without_entries(scan, owners).shape == scan.shape
