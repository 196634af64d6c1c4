"""Schedule I: its texts as prescribed, its foot the same on the sheet and alone, and sheet and foot told apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest

from pipeline.geometry import Affine, BoxMm
from pipeline.layout import Artwork
from pipeline.model import EditionMark, FontFace, Frame, Heading, Language, Layout, Paragraph, Rule, Schedule, Zone
from pipeline.storage.layout_files import load_catalogue, load_fonts
from pipeline.templates.candidates import Candidate
from pipeline.templates.catalogue import face_key
from pipeline.templates.identify import LEAST_STRUCTURE, identify
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.matching import Proof, whole_before_foot
from pipeline.templates.render import render_image
from samples.case import draw_case
from samples.content import drafts
from samples.fontpool import TRAIN
from samples.generate import Writing, sheet
from samples.wear import Level
from tests.unit.scanned import blank_form, layout, library, placement, scan
from tests.unit.test_compulsory_texts import CONTRIBUTION, LEGAL_PERSON, face, paragraphs, prescribed, words

SIDES, LANGUAGES = ("front", "back"), ("fr", "en")
FACES = tuple(f"i.{document}.{side}" for document in ("statement", "return") for side in SIDES)
SHEET, FOOT = "i.statement.front.en@generic-1", "i.return.front.en@generic-1"
SHEET_FR, FOOT_FR = SHEET.replace(".en@", ".fr@"), FOOT.replace(".en@", ".fr@")
ALL_FOUR = (SHEET, FOOT, SHEET_FR, FOOT_FR)

# The text of the schedule, printed as it was enacted: "portion or the statement", "The provide", "You have right".
SCHEDULE_I = (
    "STATEMENT OF OFFENCE",
    "Penal proceedings are instituted by means of a statement of offence and commence at the time the statement is "
    "served.",
    "TRANSMISSION OF PLEA",
    "You are required to transmit your plea of guilty or not guilty within 30 days following the date on which the "
    "statement of offence is served on you by mail, by bailiff, by peace officer or by such other means as may be "
    "authorized by a judge.",
    LEGAL_PERSON.format(at="at "),
    "PLEA OF GUILTY AND PAYMENT",
    "If you plead guilty to the offence alleged, use the detachable portion of the statement of offence to:",
    "· enter your plea, and",
    "· pay the whole amount of the fine, the costs and the contribution.",
    CONTRIBUTION,
    "The plea and the payment must be transmitted to the address indicated on the back of the detachable portion.",
    "A defendant who pleads guilty must transmit the whole amount requested. If he fails to do so, an additional "
    "amount of costs may be required.",
    "Payment may be made in Canadian funds by cheque or postal order made out to the Minister of Finance. Payment in "
    "cash is not recommended.",
    "A defendant who transmits the whole amount of the fine and costs requested without entering a plea is deemed to "
    "have transmitted a plea of guilty.",
    "A defendant who transmits the total amount of the fine and costs requested after having entered a plea of not "
    "guilty and before the trial is deemed to have transmitted a plea of guilty.",
    "If the defendant has transmitted or is deemed to have transmitted a plea of guilty without indicating his "
    "intention to contest the sentence requested, he is deemed to have been convicted of the offence.",
    "PLEA OF NOT GUILTY",
    "If you plead not guilty to the offence or guilty with the intention to contest the greater sentence than the "
    "minimum sentence requested, use the detachable portion or the statement of offence to:",
    "· enter your plea, and",
    "· return it to the address indicated on the back.",
    "The defendant will receive from the clerk of the court of competent jurisdiction a notice of the place, date and "
    "time fixed to try the proceeding or to hear the contestation of the sentence.",
    "FAILURE TO TRANSMIT A PLEA",
    "A defendant who does not transmit a plea or the whole amount of the fine and costs requested is deemed to have "
    "transmitted a plea of not guilty, and the proceeding will be tried and judgment rendered without further notice.",
    "PRELIMINARY APPLICATIONS",
    "The provide for your defence, you may make the preliminary applications provided for in articles 168 to 186 of "
    "the Code of Penal Procedure.",
    "RIGHT TO COUNSEL",
    "You have right to counsel before transmitting a plea or making a preliminary application.",
)


def printed_headings(form: Layout) -> list[Heading]:
    return [item for item in form.artwork if isinstance(item, Heading)]


# Texts


def test_the_english_back_carries_the_text_of_schedule_i_word_for_word_and_in_order() -> None:
    printed = words(" ".join(item.text for item in paragraphs(face("i.statement.back", "en"))))

    assert prescribed(SCHEDULE_I).search(printed)


def test_the_english_back_has_the_headings_that_schedule_i_ends_with() -> None:
    printed = {item.text for item in printed_headings(face("i.statement.back", "en"))}

    assert printed.issuperset({"Information", "Return mailing address for plea and any payment"})


def test_every_prescribed_text_of_the_french_back_is_marked_as_a_translation() -> None:
    french = face("i.statement.back", "fr")
    own = [zone.printed_value for zone in french.zones if zone.printed_value]

    unmarked = [item for item in paragraphs(french) if not item.translation and item.text not in own]

    # The explanation of codes, and what the issuer says about enclosing a payment: neither is prescribed.
    assert [item.name for item in unmarked] == ["code_explanations", None]


@pytest.mark.parametrize(("name", "language"), list(product(FACES, Language)))
def test_every_heading_of_the_catalogue_is_printed(name: str, language: Language) -> None:
    form = face(name, language)
    printed = [item.text for item in printed_headings(form)] + [item.text for item in paragraphs(form)]

    for particular in load_catalogue().face(face_key(form.schedule, form.document, form.side)).values():
        wanted = particular.fr if language is Language.FR else particular.en
        assert wanted is None or any(text.startswith(wanted) for text in printed), particular.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_portion_says_that_the_greater_sentence_may_be_contested(language: str) -> None:
    (notice,) = (p for p in paragraphs(face("i.return.front", language)) if p.name == "greater_sentence_notice")

    assert notice.boxed
    assert notice.face is FontFace.BOLD
    assert notice.translation is (language == "fr")


# The foot of the sheet, and the foot alone


def moved(item: Artwork, down_mm: float) -> Artwork:
    match item:
        case Rule():
            return replace(item, y1=item.y1 + down_mm, y2=item.y2 + down_mm)
        case Heading():
            return replace(item, y=item.y + down_mm)
        case Frame() | Paragraph():
            return replace(item, box_mm=lowered(item.box_mm, down_mm))
    raise AssertionError(item)


def lowered(box: BoxMm, down_mm: float) -> BoxMm:
    # To a hundredth of a millimetre: sums of decimal fractions are not exact.
    return BoxMm(box.x, round(box.y + down_mm, 2), box.width, box.height)


def top(item: Artwork) -> float:
    match item:
        case Rule():
            return item.y1
        case Heading():
            return item.y
    return item.box_mm.y


def rounded(item: Artwork) -> Artwork:
    match item:
        case Rule():
            return replace(item, y1=round(item.y1, 2), y2=round(item.y2, 2))
        case Heading():
            return replace(item, y=round(item.y, 2))
    return item


def places(zone: Zone, down_mm: float) -> tuple[object, ...]:
    marks = [(mark.name, lowered(mark.box_mm, down_mm)) for mark in zone.marks]
    cells = [lowered(cell, down_mm) for cell in zone.comb]
    return lowered(zone.box_mm, down_mm), marks, cells, zone.kind, zone.lines, zone.printed_value


@pytest.mark.parametrize(("side", "language"), list(product(SIDES, LANGUAGES)))
def test_the_portion_alone_is_the_foot_of_the_sheet(side: str, language: str) -> None:
    whole, alone = face(f"i.statement.{side}", language), face(f"i.return.{side}", language)
    cut = whole.size_mm[1] - alone.size_mm[1]

    assert whole.size_mm == (215.0, 355.0)
    assert alone.size_mm[0] == 215.0
    assert [rounded(item) for item in whole.artwork if top(item) > cut] == [
        rounded(moved(item, cut)) for item in alone.artwork
    ]
    for zone in alone.zones:
        assert places(whole.zone(zone.name), 0.0) == places(zone, cut)
    assert {zone.name for zone in whole.zones if zone.box_mm.y > cut} == {zone.name for zone in alone.zones}


@pytest.mark.parametrize(("side", "language"), list(product(SIDES, LANGUAGES)))
def test_nothing_but_the_tear_line_crosses_from_stub_to_portion(side: str, language: str) -> None:
    whole, alone = face(f"i.statement.{side}", language), face(f"i.return.{side}", language)
    cut = whole.size_mm[1] - alone.size_mm[1]

    dashes = [item for item in whole.artwork if isinstance(item, Rule) and item.y1 == item.y2 == cut]
    boxes = [item.box_mm for item in whole.artwork if isinstance(item, Frame | Paragraph)]

    assert len(dashes) > 15
    assert not [box for box in boxes if box.y <= cut <= box.bottom]


@pytest.mark.parametrize(("side", "language"), list(product(SIDES, LANGUAGES)))
def test_a_sheet_bears_its_own_mark_on_the_stub_and_the_portions_on_the_portion(side: str, language: str) -> None:
    whole, alone = face(f"i.statement.{side}", language), face(f"i.return.{side}", language)
    cut = whole.size_mm[1] - alone.size_mm[1]
    assert whole.edition_mark
    assert alone.edition_mark

    assert whole.detachable == alone.id
    assert whole.edition_mark.box_mm.bottom < cut
    assert whole.detachable_mark == EditionMark(lowered(alone.edition_mark.box_mm, cut))
    assert alone.detachable is None


# Sheet and foot on a scan


@pytest.mark.parametrize("marks", [(), (SHEET, FOOT), (FOOT,)], ids=["no mark", "both marks", "the portion's mark"])
def test_a_whole_sheet_is_not_taken_for_its_foot(marks: tuple[str, ...]) -> None:
    page = scan(blank_form(SHEET), placement(dpi=150, stretch_mm=0.3), dpi=150)

    found = identify(page, dpi=150, library=library(*ALL_FOUR), hints=marks)

    assert (found.layout, found.reasons) == (SHEET, ())


@pytest.mark.parametrize(("stub_seen", "first"), [(0.8, SHEET), (0.3, FOOT)], ids=["worn stub", "no stub"])
def test_a_sheet_comes_before_its_foot_unless_the_foot_is_alone(stub_seen: float, first: str) -> None:
    proofs = [proof(FOOT, 0.95), proof(FOOT_FR, 0.85), proof(SHEET, stub_seen), proof(SHEET_FR, 0.7)]

    ordered = whole_before_foot(proofs, least_structure=LEAST_STRUCTURE)

    assert ordered[0].layout_id == first
    assert sorted(each.layout_id for each in ordered) == sorted(ALL_FOUR)


def proof(layout_id: str, seen: float) -> Proof:
    (prepared,) = (each for each in library(*ALL_FOUR).prepared if each.layout.id == layout_id)
    return Proof(Candidate(prepared, 0, Affine.identity(), 0.6), Affine.identity(), structure=seen, words=seen)


@pytest.mark.parametrize("marks", [(), (FOOT,)], ids=["no mark", "mark"])
@pytest.mark.parametrize("bed_mm", [0.0, 240.0], ids=["cut to size", "on a large bed"])
def test_the_foot_alone_is_not_taken_for_the_sheet(marks: tuple[str, ...], bed_mm: float) -> None:
    page = scan(blank_form(FOOT), placement(dpi=150, stretch_mm=0.3), dpi=150)
    on_bed = np.vstack([page, np.full((round(bed_mm * 150 / 25.4), page.shape[1]), 238, np.uint8)])

    found = identify(on_bed, dpi=150, library=library(*ALL_FOUR), hints=marks)

    assert (found.layout, found.reasons) == (FOOT, ())


@pytest.mark.parametrize("marks", [(SHEET, FOOT), (SHEET,)])
def test_the_mark_of_the_sheet_on_a_foot_alone_is_a_doubt(marks: tuple[str, ...]) -> None:
    page = scan(blank_form(FOOT), placement(dpi=150, stretch_mm=0.3), dpi=150)

    found = identify(page, dpi=150, library=library(*ALL_FOUR), hints=marks)

    assert found.layout is None
    assert [reason.code for reason in found.reasons] == ["edition_mark_differs"]


def test_the_library_prepares_a_sheet_without_either_mark() -> None:
    plain = replace(layout(SHEET), edition_mark=None, detachable_mark=None)
    ink = render_image(plain, load_fonts(), dpi=100) < 128
    marked = render_image(layout(SHEET), load_fonts(), dpi=100) < 128
    (words_of_sheet,) = (each.words for each in LayoutLibrary.build([layout(SHEET)], load_fonts()).prepared)

    only_marks = cv2.dilate((marked & ~ink).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    at = (words_of_sheet.centers_mm * 100 / 25.4).astype(int)

    assert only_marks.any()
    assert not only_marks[at[:, 1], at[:, 0]].any()


# Samples


def test_a_torn_off_portion_lost_its_top_edge_and_nothing_else() -> None:
    made = sheet(24, pool=TRAIN, level=Level.CLEAN, layout_id=FOOT, writing=Writing.PRINT, dpi=150.0)

    for page in made.pages:
        assert "torn_edge" in page.truth.damages
        assert page.truth.label == "form"
    front, back = made.pages
    assert front.truth.fields["plea"].value in {"guilty", "guilty_contests_greater_sentence", "not_guilty"}
    assert made.case
    assert front.truth.fields["detachable_statement_number"].value == made.case.number
    assert set(back.truth.fields) == {"plea_return_address", "cashier_stamp"}


def test_a_whole_sheet_bears_a_plea_or_a_report_of_service_or_neither_but_never_both() -> None:
    seen = set()
    for seed in range(40):
        case = draw_case(np.random.default_rng(seed), Schedule.I, Language.EN)
        made = {draft.zone.name: draft for draft in drafts(case, layout(SHEET), np.random.default_rng(seed))}
        answered, reported = made["plea"].value is not None, bool(made["service_report"].texts)
        assert not (answered and reported)
        assert made["detachable_statement_number"].texts == (case.number,)
        assert made["service_report_statement_number"].texts == ((case.number,) if reported else ())
        seen.add((answered, reported))

    assert seen == {(True, False), (False, True), (False, False)}
