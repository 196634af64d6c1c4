"""The catalogue of particulars, and that every shipped form has a space for each of them."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.errors import InvariantBroken, OperatorError
from pipeline.model import TEXT_KINDS, Document, FontFace, Heading, Kind, Language, Layout, Need, Paragraph, Side
from pipeline.storage.layout_files import load_catalogue, load_layout_file, load_layouts
from pipeline.templates.catalogue import face_key, parse_catalogue
from pipeline.templates.schema import LayoutInvalid

SHIPPED = load_layouts()
FACES = (
    "i.statement.front",
    "i.statement.back",
    "i.return.front",
    "i.return.back",
    "ii.statement.front",
    "ii.statement.back",
    "ii.return.front",
    "ii.return.back",
    "iii.statement.front",
    "iii.statement.back",
    "iii.return.front",
    "iii.return.back",
    "iv.statement.front",
    "iv.statement.back",
    "iv.return.front",
    "iv.return.back",
)


def test_both_languages_of_every_face_are_shipped_sorted_by_id() -> None:
    ids = [layout.id for layout in SHIPPED]

    assert ids == sorted(ids)
    assert {f"{face}.{language}@generic-1" for face in FACES for language in Language} <= set(ids)


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_every_particular_of_a_face_has_one_space_on_its_form_or_a_stated_reason(layout: Layout) -> None:
    face = load_catalogue().face(face_key(layout.schedule, layout.document, layout.side))

    spaces = [zone.name for zone in layout.zones]
    reasons = dict(layout.left_out)

    assert face
    assert sorted([*spaces, *reasons]) == sorted(face)
    assert all(face[name].need is not Need.REQUIRED and reason for name, reason in reasons.items())


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_the_generic_edition_leaves_nothing_out(layout: Layout) -> None:
    assert layout.edition != "generic-1" or not layout.left_out


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_a_space_is_what_the_catalogue_says_it_is(layout: Layout) -> None:
    face = load_catalogue().face(face_key(layout.schedule, layout.document, layout.side))

    for zone in layout.zones:
        particular = face[zone.name]
        assert (zone.kind, zone.need, zone.critical) == (particular.kind, particular.need, particular.critical)
        assert tuple(mark.name for mark in zone.marks) == particular.marks


@pytest.mark.parametrize("face", FACES)
def test_the_two_languages_of_a_face_have_the_same_particulars_and_size(face: str) -> None:
    french, english = (layout for layout in SHIPPED if layout.id in {f"{face}.fr@generic-1", f"{face}.en@generic-1"})

    assert {zone.name for zone in french.zones} == {zone.name for zone in english.zones}
    assert french.size_mm == english.size_mm


def test_schedule_iv_is_a_small_format_and_iii_a_larger_one() -> None:
    widths = {
        layout.schedule: layout.size_mm[0]
        for layout in SHIPPED
        if (layout.document, layout.side, layout.edition) == (Document.STATEMENT, Side.FRONT, "generic-1")
    }

    small, large = (widths[schedule] for schedule in sorted(widths, key=lambda schedule: widths[schedule])[:2])
    assert small <= 110.0 < large


# The catalogue itself


def test_statement_fronts_have_the_computer_codes_and_designations() -> None:
    for key, face in load_catalogue().faces.items():
        names = {particular.name for particular in face}
        common = {"locator_code", "security_code", "statement_designation", "form_designation"}
        assert (common <= names) is key.endswith("statement.front")


@pytest.mark.parametrize(("key", "need"), [("i", Need.OPTIONAL), ("ii", Need.REQUIRED), ("iv", Need.REQUIRED)])
def test_the_space_for_computer_codes_is_required_from_schedule_ii_on(key: str, need: Need) -> None:
    locator = load_catalogue().face(f"{key}.statement.front")["locator_code"]

    assert (locator.need, locator.filled) == (need, "never_judged")


def test_the_back_of_iv_is_the_back_of_iii_without_demerit_points() -> None:
    third, fourth = (set(load_catalogue().face(f"{key}.statement.back")) for key in ("iii", "iv"))

    assert third - fourth == {"demerit_information"}
    assert fourth < third


def test_entries_are_judged_as_the_catalogue_says() -> None:
    face = load_catalogue().face("iii.statement.front")

    assert face["fine"].filled == "always"
    assert face["contribution"].filled == "never_judged"
    assert face["plate"].filled == "when: the offence concerns a vehicle"
    assert load_catalogue().face("iv.return.front")["amount_paid"].filled == "never_judged"


def test_choices_have_marks_and_only_marks_and_choices_have_them() -> None:
    for face in load_catalogue().faces.values():
        for particular in face:
            has_marks = particular.kind in {Kind.CHOICE, Kind.MARK}
            assert bool(particular.marks) is has_marks
            assert particular.exclusive is (particular.kind is Kind.CHOICE)


def test_no_face_names_a_particular_twice() -> None:
    for face in load_catalogue().faces.values():
        names = sorted(particular.name for particular in face)
        assert all(first != second for first, second in pairwise(names))


def test_every_particular_and_mark_has_a_name_for_people_in_both_languages() -> None:
    catalogue = load_catalogue()
    named = {p.name for face in catalogue.faces.values() for p in face}
    named |= {mark for face in catalogue.faces.values() for p in face for mark in p.marks} - {"true"}

    assert set(catalogue.names) == named
    assert catalogue.label("offence_date", Language.FR) == "Date de l'infraction"
    assert catalogue.label("offence_date", Language.EN) == "Date of the offence"
    assert catalogue.label("other_reason", Language.FR) == "other_reason"


def test_the_catalogue_goes_from_process_to_process() -> None:
    catalogue = load_catalogue()

    assert pickle.loads(pickle.dumps(catalogue)) == catalogue


@pytest.mark.parametrize("text", ["faces: [1]", "faces: {a: [{name: x}]}", "a: &b 1\nc: *b", "{"])
def test_a_broken_catalogue_is_never_used(text: str) -> None:
    with pytest.raises(InvariantBroken):
        parse_catalogue(text)


# Layouts of an extra folder


def _own(folder: Path, name: str, *, width_mm: float = 100.0) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"layout: {name}\nsize_mm: [{width_mm}, 200.0]\n", encoding="utf-8")
    return path


def test_a_municipality_adds_its_print_by_adding_a_file(tmp_path: Path) -> None:
    _own(tmp_path, "iii.return.back.fr@valmont-2")
    (tmp_path / "notes.txt").write_text("no layout", encoding="utf-8")

    ids = [layout.id for layout in load_layouts(tmp_path)]

    assert set(ids) == {layout.id for layout in SHIPPED} | {"iii.return.back.fr@valmont-2"}
    assert ids == sorted(ids)


def test_a_broken_file_of_the_extra_folder_is_named(tmp_path: Path) -> None:
    path = _own(tmp_path, "iii.return.back.fr@valmont-2", width_mm=20.0)

    with pytest.raises(LayoutInvalid) as caught:
        load_layouts(tmp_path)

    assert caught.value.params["source"] == str(path)


def test_a_folder_or_file_that_cannot_be_read_is_the_operators_to_mend(tmp_path: Path) -> None:
    latin = tmp_path / "iii.return.back.fr@latin.yaml"
    latin.write_bytes("layout: é".encode("latin-1"))

    for load in (lambda: load_layouts(tmp_path / "none"), lambda: load_layout_file(latin)):
        with pytest.raises(OperatorError) as caught:
            load()
        assert caught.value.code == "layout_unreadable"


# Editions

EDITIONS = {
    "letter-1": {"ii.statement.front": (215.0, 279.0)},
    "carnet-1": {
        "iii.statement.front": (140.0, 216.0),
        "iii.statement.back": (140.0, 216.0),
        "iii.return.front": (140.0, 104.0),
        "iv.statement.front": (95.0, 200.0),
        "iv.statement.back": (95.0, 250.0),
    },
    "mobile-1": {
        "iii.statement.front": (100.0, 351.0),
        "iii.statement.back": (100.0, 351.0),
        "iii.return.front": (100.0, 124.0),
        "iv.statement.front": (100.0, 268.0),
        "iv.statement.back": (100.0, 268.0),
    },
}


def test_the_editions_are_shipped_in_both_languages_on_the_same_boxes() -> None:
    sizes = {layout.id: layout.size_mm for layout in SHIPPED}
    boxes = {layout.id: {zone.name: zone.box_mm for zone in layout.zones} for layout in SHIPPED}

    for edition, faces in EDITIONS.items():
        for face, size_mm in faces.items():
            french, english = f"{face}.fr@{edition}", f"{face}.en@{edition}"
            assert sizes[french] == sizes[english] == size_mm  # type: ignore[index]  # ids are texts
            moved = {"warning_2_applies"}  # stands in running text, where the words leave room
            assert {name for name in boxes[french] if boxes[french][name] != boxes[english][name]} <= moved  # type: ignore[index]


def test_print_from_a_mobile_printer_has_fixed_pitch_and_no_cells_and_the_officers_pad_has_cells() -> None:
    fronts = [layout for layout in SHIPPED if layout.side is Side.FRONT and layout.document is Document.STATEMENT]
    for layout in fronts:
        faces = {item.face for item in layout.artwork if isinstance(item, Heading | Paragraph)}
        combs = sum(bool(zone.comb) for zone in layout.zones)
        if layout.edition == "mobile-1":
            assert faces <= {FontFace.MONO, FontFace.MONO_BOLD}
            assert combs == 0
        if layout.id.startswith("iii") and layout.edition == "carnet-1":
            texts = [zone for zone in layout.zones if zone.kind in TEXT_KINDS and not zone.printed_value]
            assert combs > 0.5 * len(texts)
