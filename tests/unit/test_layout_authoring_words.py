"""What the words of a blank form say where no rule does, and how they are kept readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.layout import Heading, Paragraph
from pipeline.model import GrayImage, Kind, Layout, Need
from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints, load_layouts
from pipeline.templates.authoring.announcing import Around, Phrase
from pipeline.templates.authoring.naming import Named, choice_boxes, name_parts
from pipeline.templates.authoring.proposal import SURE
from pipeline.templates.authoring.reference import KnownMark, KnownZone, Reference, reference, whole_file, whole_files
from pipeline.templates.authoring.ruled import Ruled, Space, Stroke, find_ruled
from pipeline.templates.authoring.sections import contradicts, is_title, section_at, seen_titles
from pipeline.templates.authoring.unruled import Print, Unruled, unruled_places
from pipeline.templates.authoring.wording import likeness
from pipeline.templates.authoring.words import for_reading
from pipeline.templates.document import ZonePart
from pipeline.templates.fonts import heading_box
from pipeline.templates.render import render_image
from pipeline.templates.typesetting import typeset

DPI = 300.0
SIZE_MM = (100.0, 120.0)
LIKE = "iv.statement.front.fr@generic-1"


def page_with(*boxes: tuple[float, float, float, float, int]) -> GrayImage:
    """A white page of 100 x 60 mm with filled boxes: x, y, width, height in millimetres and a tone."""
    scale = px_per_mm(DPI)
    page = np.full((round(60 * scale), round(100 * scale)), 255, np.uint8)
    for x, y, width, height, tone in boxes:
        page[round(y * scale) : round((y + height) * scale), round(x * scale) : round((x + width) * scale)] = tone
    return page


def dark_in(page: GrayImage, box: BoxMm) -> float:
    """Share of dark pixels in a box."""
    scale = px_per_mm(DPI)
    part = page[
        round(box.y * scale) : round(box.bottom * scale),
        round(box.x * scale) : round(box.right * scale),
    ]
    return float((part < 128).mean())


def zone(name: str, *headings: str, at: BoxMm, sections: tuple[str, ...] = (), closed: bool = True) -> KnownZone:
    part = ZonePart(name=name, box_mm=at.as_tuple())
    return KnownZone(name, Kind.TEXT, Need.REQUIRED, at, headings, sections, 0, closed, (), part)


def known(*zones: KnownZone) -> Reference:
    file = whole_file(layout_texts()[LIKE], layout_texts(), load_imprints())
    return Reference(file.model_copy(update={"size_mm": SIZE_MM}), file, zones, ())


def phrase(text: str, x: float, y: float, width: float = 20.0) -> Phrase:
    return Phrase(text, BoxMm(x, y, width, 2.0))


def places_on(words: Sequence[Phrase], its: Reference, rules: Sequence[Stroke] = ()) -> tuple[Unruled, ...]:
    """The places proposed for a form with these words and no space at all."""
    return unruled_places(Named((), (), (), ()), Print(words, words, rules), its, SIZE_MM)


def test_a_bar_reaches_over_the_title_at_its_beginning_which_is_read_dark_on_white() -> None:
    # The bar's dark ground, and the white stems of a letter and a word near its left end.
    stems = [(x, 10.6, 0.4, 1.8, 255) for x in (6.0, 9.0, 9.8, 10.6, 11.4, 12.2, 13.0, 13.8, 14.6)]
    page = page_with((5.0, 10.0, 85.0, 3.0, 60), *stems)

    ruled = find_ruled(page, dpi=DPI)
    read = for_reading(page, ruled, dpi=DPI)

    (bar,) = ruled.bars
    assert bar.x == pytest.approx(5.0, abs=0.2)
    assert dark_in(read, BoxMm(9.05, 10.8, 0.3, 1.4)) > 0.9
    assert dark_in(read, BoxMm(30.0, 10.5, 50.0, 2.0)) < 0.01


def test_a_rule_that_a_soft_scan_joins_to_a_bar_is_no_part_of_it() -> None:
    stems = [(x, 10.6, 0.4, 1.8, 255) for x in (6.0, 9.0, 9.8, 10.6, 11.4)]
    joined = (50.0, 9.75, 40.0, 0.3, 60)
    page = page_with((5.0, 10.0, 85.0, 3.0, 60), (5.0, 9.5, 85.0, 0.25, 0), joined, *stems)

    (bar,) = find_ruled(page, dpi=DPI).bars

    assert (bar.x, bar.y) == pytest.approx((5.0, 10.0), abs=0.2)


def test_the_one_box_left_in_a_row_is_the_one_mark_left_and_to_be_confirmed() -> None:
    at = BoxMm(10.0, 20.0, 40.0, 4.0)
    marks = tuple(
        KnownMark(name, BoxMm(x, 20.0, 3.5, 3.5), (label,))
        for name, x, label in (("male", 10.0, "masculin"), ("female", 40.0, "feminin"))
    )
    sex = replace(zone("defendant_sex", at=at), kind=Kind.CHOICE, marks=marks)
    boxes = (BoxMm(60.0, 50.0, 3.5, 3.5), BoxMm(70.0, 50.0, 3.5, 3.5))
    words = [phrase("M", 64.5, 50.5, 1.5), phrase("E", 74.5, 50.5, 1.5)]

    found = name_parts(Ruled((), (), (), boxes, ()), words, known(sex), size_mm=SIZE_MM)

    assert [(each.mark.name, each.box_mm.x) for each in found.marks] == [("male", 60.0), ("female", 70.0)]
    assert found.marks[1].likely < SURE


@pytest.mark.parametrize(("other_mm", "expected"), [(2.5, {"sex.a", "warned.true"}), (3.5, {"sex.a"})])
def test_a_box_without_a_label_is_named_when_it_alone_is_left_and_is_as_large_as_the_others(
    other_mm: float, expected: set[str]
) -> None:
    at = BoxMm(10.0, 20.0, 40.0, 4.0)
    sex = replace(zone("sex", at=at), kind=Kind.CHOICE, marks=(KnownMark("a", at, ("masculin",)),))
    warned = replace(zone("warned", at=at), kind=Kind.MARK, marks=(KnownMark("true", at, ()),))
    boxes = (BoxMm(60, 50, 3.5, 3.5), BoxMm(80, 90, 3.4, 3.4), BoxMm(20, 100, other_mm, other_mm))

    found = name_parts(
        Ruled((), (), (), boxes, ()), [phrase("Masculin", 64.5, 50.5)], known(sex, warned), size_mm=SIZE_MM
    )

    assert {f"{each.zone.name}.{each.mark.name}" for each in found.marks} == expected


def test_a_rule_is_taken_away_and_the_words_right_above_it_stay_whole() -> None:
    letters = [(x, 18.2, 0.3, 1.5, 0) for x in np.arange(12.0, 30.0, 1.0).tolist()]
    page = page_with((10.0, 20.0, 80.0, 0.25, 0), *letters)

    read = for_reading(page, find_ruled(page, dpi=DPI), dpi=DPI)

    assert dark_in(read, BoxMm(10.0, 19.9, 80.0, 0.5)) < 0.01
    assert all(dark_in(read, BoxMm(x, 19.2, 0.3, 0.45)) > 0.8 for x, *_ in letters)


def test_a_heading_without_a_ruled_space_gets_a_place_down_to_the_next_words_and_across_to_the_next_heading() -> None:
    plate = zone("plate", "immatriculation", at=BoxMm(5.0, 20.0, 30.0, 6.0))
    make = zone("vehicle_make", "marque", at=BoxMm(40.0, 20.0, 30.0, 6.0))
    words = [phrase("Immatriculation", 5, 40), phrase("Marque", 50, 40, 9), phrase("Modèle", 5, 47)]

    places = {each.zone.name: each for each in places_on(words, known(plate, make))}

    assert set(places) == {"plate", "vehicle_make"}
    own = places["plate"].box_mm
    assert 42.0 < own.y < own.bottom < 47.0
    assert 5.0 == own.x < own.right < 50.0
    assert places["vehicle_make"].box_mm.height == pytest.approx(6.0)


def test_a_place_ends_at_the_rule_below_it() -> None:
    plate = zone("plate", "immatriculation", at=BoxMm(5.0, 20.0, 30.0, 6.0))
    words = [phrase("Immatriculation", 5, 40)]
    below, beside = Stroke(47.0, 4.0, 96.0, 0.2), Stroke(45.0, 97.0, 99.0, 0.2)

    (place,) = places_on(words, known(plate), [beside, below])

    assert place.box_mm.bottom == pytest.approx(47.0)


def test_no_place_is_made_where_there_is_no_room_or_the_words_say_something_else() -> None:
    plate = zone("plate", "immatriculation", at=BoxMm(5.0, 20.0, 30.0, 6.0))
    model = zone("vehicle_model", "modele", at=BoxMm(40.0, 20.0, 30.0, 6.0))
    crowded = [phrase("Immatriculation", 5, 40), phrase("Modèle", 5, 43)]
    other = [phrase("Masse nette", 5, 40)]

    assert {each.zone.name for each in places_on(crowded, known(plate, model))} == {"vehicle_model"}
    assert places_on(other, known(plate)) == ()


def test_what_the_issuer_prints_below_a_heading_stands_in_its_place() -> None:
    prosecutor = zone("prosecutor_name", "poursuivant", at=BoxMm(5.0, 20.0, 40.0, 6.0))
    words = [phrase("POURSUIVANT", 5, 40), phrase("Ville de Valmont", 5, 43, 30)]

    (place,) = places_on(words, known(prosecutor))

    assert place.box_mm.overlap_mm2(words[1].box_mm) == pytest.approx(60.0)


def test_the_same_heading_in_two_sections_names_two_particulars_by_their_section() -> None:
    when = zone("offence_time", "heure", at=BoxMm(5.0, 20.0, 30.0, 6.0), sections=("infraction",))
    served = zone("service_time", "heure", at=BoxMm(5.0, 25.0, 30.0, 6.0), sections=("signification",))
    words = [
        phrase("B Signification", 5, 20),
        phrase("Heure", 5, 25),
        phrase("C Infraction", 5, 60),
        phrase("Heure", 5, 65),
    ]

    places = {each.zone.name: each for each in places_on(words, known(when, served))}

    assert places["service_time"].box_mm.y < 60.0 < places["offence_time"].box_mm.y


def test_one_word_of_a_heading_announces_its_place_in_its_own_section_only() -> None:
    birth = zone("defendant_birthdate", "date of birth", at=BoxMm(5.0, 30.0, 30.0, 6.0), sections=("defendant",))
    offence = zone("offence_place", "place", at=BoxMm(5.0, 60.0, 30.0, 6.0), sections=("offence",))
    words = [phrase("Defendant", 5, 20), phrase("Birth", 5, 25), phrase("Offence", 5, 60), phrase("Birth", 5, 65)]

    (place,) = places_on(words, known(birth, offence))

    assert place.box_mm.y < 60.0
    assert places_on(words[2:], known(birth, offence)) == ()


def test_a_ruled_space_is_named_by_its_section_where_its_heading_occurs_twice() -> None:
    when = zone("offence_time", "heure", at=BoxMm(5.0, 30.0, 30.0, 6.0), sections=("infraction",))
    served = zone("service_time", "heure", at=BoxMm(5.0, 70.0, 30.0, 6.0), sections=("signification",))
    spaces = (Space(BoxMm(5.0, 28.0, 30.0, 6.0)), Space(BoxMm(5.0, 68.0, 30.0, 6.0)))
    words = [
        phrase("Signification", 5, 20),
        phrase("Heure", 5, 25),
        phrase("Infraction", 5, 60),
        phrase("Heure", 5, 65),
    ]

    found = name_parts(Ruled((), (), (), (), spaces), words, known(when, served), size_mm=SIZE_MM)

    assert {each.zone.name: each.box_mm.y for each in found.spaces} == {"service_time": 28.0, "offence_time": 68.0}


def test_a_heading_that_occurs_once_names_its_space_in_any_section() -> None:
    code = zone("security_code", "code de securite", at=BoxMm(80.0, 110.0, 10.0, 10.0), sections=("signification",))
    place = zone("offence_place", "lieu", at=BoxMm(5.0, 30.0, 30.0, 6.0), sections=("infraction",))
    spaces = (Space(BoxMm(5.0, 18.0, 30.0, 6.0)),)
    words = [phrase("Infraction", 5, 5), phrase("Sécurité", 5, 15), phrase("Signification", 5, 60)]
    its = known(replace(code, headings=("securite",)), place)

    found = name_parts(Ruled((), (), (), (), spaces), words, its, size_mm=SIZE_MM)

    assert [each.zone.name for each in found.spaces] == ["security_code"]


def test_what_lies_between_two_check_boxes_is_no_space() -> None:
    other = zone("other_requests", "autres demandes", at=BoxMm(20.0, 50.0, 10.0, 4.0))
    boxes = (BoxMm(16.0, 50.5, 3.5, 3.5), BoxMm(30.0, 50.5, 3.5, 3.5))
    between = Space(BoxMm(19.5, 50.0, 10.5, 4.4))

    found = name_parts(
        Ruled((), (), (), boxes, (between,)), [phrase("autre", 20, 51, 5)], known(other), size_mm=SIZE_MM
    )

    assert (found.spaces, found.unnamed_spaces) == ((), ())


def test_a_title_is_known_with_its_letter_and_in_parts_and_a_label_alike_is_none() -> None:
    titles = ("moment et lieu de l infraction", "vehicule")

    seen = seen_titles([("A Véhicule", 10.0), ("B MOMENT ET LIEU", 30.0), ("au moment de l'infraction", 50.0)], titles)

    assert [title.words for title in seen] == ["vehicule", "moment et lieu de l infraction"]
    assert section_at(seen, 29.0) == "vehicule"
    assert section_at(seen, 5.0) is None
    assert contradicts(("vehicule",), "moment et lieu de l infraction", seen)
    assert not contradicts(("signification",), "vehicule", seen)
    assert is_title("DE L'INFRACTION", titles)


def test_a_rule_across_the_whole_sheet_is_no_place_to_write_on() -> None:
    plate = zone("plate", "immatriculation", at=BoxMm(5.0, 20.0, 90.0, 6.0), closed=False)
    words = [phrase("Immatriculation", 5, 40)]
    across, part = Space(BoxMm(4.0, 50.0, 92.0, 0.0), closed=False), Space(BoxMm(4.0, 50.0, 60.0, 0.0), closed=False)

    assert name_parts(Ruled((), (), (), (), (across,)), words, known(plate), size_mm=SIZE_MM).spaces == ()
    assert len(name_parts(Ruled((), (), (), (), (part,)), words, known(plate), size_mm=SIZE_MM).spaces) == 1


def test_a_base_line_belongs_to_the_words_right_above_it() -> None:
    total, other = phrase("MONTANT TOTAL", 5, 40), phrase("Autres montants", 5, 46)
    line = Space(BoxMm(5.0, 56.0, 40.0, 0.0), closed=False)

    around = Around.of([line], [], [total, other])

    assert [words for _, words in around.spaces[line]] == [other]


def test_words_cut_short_are_likely_and_words_that_go_on_are_too() -> None:
    assert likeness("zone", ("zone de vitesse",)) >= 0.8
    assert likeness("poursuivant adresse au verso", ("poursuivant",)) >= 0.8
    assert likeness("no", ("nom du conducteur",)) < 0.5


def layout_of(layout_id: str) -> Layout:
    return next(layout for layout in load_layouts() if layout.id == layout_id)


def printed_words(layout: Layout) -> list[Phrase]:
    lines = [item for item in layout.artwork if isinstance(item, Heading)]
    for item in layout.artwork:
        if isinstance(item, Paragraph):
            for run in typeset(item, load_fonts()).runs:
                lines.append(Heading(run.x, run.y, run.text, item.size_pt, item.face))
    return [Phrase(line.text, heading_box(line, load_fonts())) for line in lines]


def test_a_form_in_a_language_nothing_is_known_of_is_named_by_its_arrangement_and_never_surely() -> None:
    layout = layout_of("iv.return.front.en@generic-1")
    texts = layout_texts()
    file = whole_file(texts["iv.return.front.fr@generic-1"], texts, load_imprints())
    french = reference(file, load_catalogue().face("iv.return.front"), language="en")
    bare = replace(french, zones=tuple(replace(each, headings=each.headings[:1]) for each in french.zones))
    ruled = find_ruled(render_image(layout, load_fonts(), dpi=DPI), dpi=DPI)

    found = name_parts(ruled, printed_words(layout), bare, size_mm=layout.size_mm)

    true = {each.name: each.box_mm for each in layout.zones}
    assert len(found.spaces) >= 0.9 * sum(not each.marks for each in bare.zones)
    for each in found.spaces:
        box = true[each.zone.name]
        assert max(abs(each.space.box_mm.x - box.x), abs(each.space.box_mm.bottom - box.bottom)) < 0.5
        assert each.likely < SURE or each.heading is not None
    assert all(box.width > 0 for _, box in choice_boxes(found.marks))


def test_a_bar_is_no_space_and_the_stems_of_a_large_title_are_no_rules() -> None:
    layout = layout_of("iii.return.front.fr@carnet-1")
    title = max((item for item in layout.artwork if isinstance(item, Heading)), key=lambda item: item.size_pt)
    around = heading_box(title, load_fonts())

    ruled = find_ruled(render_image(layout, load_fonts(), dpi=DPI), dpi=DPI)

    assert len(ruled.bars) == 2
    assert all(bar.right < layout.size_mm[0] - 4.0 for bar in ruled.bars)
    assert not any(bar.overlap_mm2(space.box_mm) > 1.0 for bar in ruled.bars for space in ruled.spaces)
    assert not any(around.x <= rule.at <= around.right and rule.end <= around.bottom + 0.5 for rule in ruled.upright)


def test_a_file_that_a_site_is_still_writing_hinders_no_other() -> None:
    texts = dict(layout_texts()) | {
        "iv.statement.front.fr@draft-1": "layout: [",
        "iv.statement.front.fr@draft-2": "zones: 3",
    }

    files = whole_files(texts, load_imprints())

    assert set(texts) - set(files) == {"iv.statement.front.fr@draft-1", "iv.statement.front.fr@draft-2"}
