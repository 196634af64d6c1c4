"""Generated pages and their damages."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from pipeline.geometry import BoxMm
from pipeline.model import Language, PageLabel, Schedule
from samples import damage
from samples.barcodes import BarcodeTooWideError, code128
from samples.case import counts, draw_case
from samples.corpus import Corpus
from samples.enclosures import FOREIGN_FORMS, Enclosure, enclosure
from samples.fontpool import HELD_OUT, TRAIN
from samples.generate import Writing, return_layout, sheet
from samples.ink import Deposit, lay
from samples.wear import Level

SLIP = "iv.return.front.fr@generic-1"
DAMAGES = {
    "stain": lambda image, rng: damage.coffee_stain(image, rng, px_per_mm=4.0),
    "fold": lambda image, rng: damage.fold_lines(image, rng, px_per_mm=4.0),
    "holes": lambda image, rng: damage.punched_holes(image, rng, px_per_mm=4.0),
    "staple": lambda image, rng: damage.staple_holes(image, rng, px_per_mm=4.0),
    "corner": lambda image, rng: damage.cut_corners(image, rng, px_per_mm=4.0, ground=20),
    "light": lambda image, rng: damage.uneven_light(image, rng),
    "fade": lambda image, rng: damage.thermal_fade(image, rng),
    "noise": lambda image, rng: damage.noise(image, rng, sigma=4.0),
    "specks": lambda image, rng: damage.specks(image, rng, px_per_mm=4.0, per_dm2=20.0),
    "through": lambda image, rng: damage.show_through(image, np.zeros_like(image), rng, strength=0.5),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_changes_the_image_the_same_way_for_the_same_seed_and_leaves_its_input(name: str) -> None:
    image = np.full((1000, 840, 3), 240, np.uint8)
    image[::20] = 30
    kept = image.copy()

    first, second = (DAMAGES[name](image, np.random.default_rng(11)) for _ in range(2))

    assert np.array_equal(first, second)
    assert not np.array_equal(first, image)
    assert np.array_equal(image, kept)
    assert first.shape == image.shape


def test_ink_darkens_paper_and_may_hang_over_the_edge() -> None:
    page = np.full((20, 20, 3), 200, np.uint8)

    inked = lay(page, [Deposit(15, -3, np.full((10, 10), 255, np.uint8), (0, 0, 0))])

    assert inked[:7, 15:].max() == 0
    assert inked[7:].min() == inked[:, :15].min() == 200


def test_the_same_seed_gives_the_same_pixels_and_truth() -> None:
    first, second = (sheet(3, pool=TRAIN, level=Level.MEDIUM, layout_id=SLIP, dpi=150.0) for _ in range(2))

    for one, other in zip(first.pages, second.pages, strict=True):
        assert np.array_equal(one.image, other.image)
        assert one.truth.fields == other.truth.fields
        assert one.truth.mapping == other.truth.mapping


def test_statement_and_return_document_of_one_case_agree() -> None:
    statement = sheet(1, pool=TRAIN, layout_id="iv.statement.front.en@generic-1", dpi=150.0, duplex=False)
    assert statement.case is not None
    answer = sheet(2, pool=TRAIN, layout_id=return_layout(statement.case), case=statement.case, dpi=150.0, duplex=False)

    ours, theirs = statement.pages[0].truth.fields, answer.pages[0].truth.fields

    for name in ("statement_number", "plate", "offence_date", "service_date", "fine", "costs", "total_requested"):
        assert ours[name].value == theirs[name].value, name


def test_forms_of_one_statement_bear_its_designation_and_their_own() -> None:
    first, _ = counts(draw_case(np.random.default_rng(5), Schedule.II, Language.EN), np.random.default_rng(6), 2)

    front = sheet(7, pool=TRAIN, layout_id="ii.statement.front.en@generic-1", case=first, dpi=200.0, duplex=False)

    fields, designations = front.pages[0].truth.fields, first.designations
    assert designations is not None
    assert tuple(fields[name].value for name in ("statement_designation", "form_designation")) == designations


def test_a_form_printed_on_one_side_has_a_blank_back() -> None:
    front = "iii.return.front.fr@generic-1"
    printed = sheet(3, pool=TRAIN, layout_id=front, dpi=150.0)
    single = sheet(3, pool=TRAIN, layout_id=front, dpi=150.0, printed_back=False)

    assert [page.truth.layout for page in printed.pages] == [front, "iii.return.back.fr@generic-1"]
    assert [page.truth.layout for page in single.pages] == [front, None]


def test_print_writes_everything_by_machine_but_signatures() -> None:
    page = sheet(4, pool=HELD_OUT, layout_id=SLIP, writing=Writing.PRINT, dpi=150.0, duplex=False).pages[0]

    written = {name: entry.written for name, entry in page.truth.fields.items()}

    assert "hand" not in {kind for name, kind in written.items() if not name.endswith("signature")}
    assert written["statement_number"] == "print"


def test_entries_lie_inside_their_true_corners() -> None:
    filled = sheet(6, pool=TRAIN, level=Level.CLEAN, layout_id=SLIP, dpi=150.0, duplex=False).pages[0]
    box = np.array(filled.truth.zone_corners_px("statement_number"))
    left, top = box.min(axis=0).astype(int) + 4
    right, bottom = box.max(axis=0).astype(int) - 4

    assert (filled.image[top:bottom, left:right].min(axis=2) < 140).mean() > 0.01


def test_the_locator_code_can_be_read() -> None:
    deposit = code128("704100123456784", BoxMm(0, 0, 66, 12), px_per_mm=300 / 25.4)
    page = lay(np.full((160, 800, 3), 255, np.uint8), [deposit])

    assert [code.text for code in zxingcpp.read_barcodes(page)] == ["704100123456784"]


def test_a_locator_code_never_gets_modules_too_small_to_scan() -> None:
    with pytest.raises(BarcodeTooWideError):
        code128("704100123456784", BoxMm(0, 0, 30, 12), px_per_mm=300 / 25.4)


@pytest.mark.parametrize("kind", [*FOREIGN_FORMS, Enclosure.HAND_LETTER, Enclosure.TYPED_LETTER])
def test_an_enclosure_has_ink_and_no_layout(kind: Enclosure) -> None:
    page = enclosure(2, kind, pool=TRAIN, level=Level.CLEAN, dpi=100.0)

    assert page.truth.layout is None
    assert page.truth.label is PageLabel.ENCLOSURE
    assert (page.image.min(axis=2) < 120).mean() > 0.001


def test_a_blank_side_is_labelled_blank() -> None:
    page = enclosure(2, Enclosure.BLANK, pool=TRAIN, level=Level.CLEAN, dpi=100.0)

    assert page.truth.label is PageLabel.BLANK
    assert (page.image.min(axis=2) < 120).mean() < 0.001


def test_without_a_folder_there_is_no_corpus() -> None:
    assert Corpus.at(None) is None
    with pytest.raises(ValueError, match="corpus"):
        enclosure(1, Enclosure.CORPUS_PAGE, pool=TRAIN)
