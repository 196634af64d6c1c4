"""Edits of layout files: what comes out can be read again, and says what was asked."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import Reason
from pipeline.storage.layout_files import layout_texts, load_catalogue, load_imprints
from pipeline.templates.authoring.file_text import file_text
from pipeline.templates.document import Border, LayoutFile
from pipeline.templates.problem import LayoutInvalid
from pipeline.templates.schema import parse_layout
from pipeline.usecases.layouts.deciding import still_open
from pipeline.usecases.layouts.desk import face_of
from pipeline.usecases.layouts.drafting import file_of as reread
from pipeline.usecases.layouts.editing import Around, edited
from pipeline.usecases.layouts.edits import (
    AddZone,
    ChooseIssuer,
    Edit,
    HeadZone,
    PlaceEditionMark,
    PlaceMark,
    PlaceText,
    PlaceZone,
    PrintInZone,
    RemoveMark,
    RemoveText,
    RemoveZone,
    RenameZone,
    Settle,
    ShapeZone,
    SizeSheet,
)
from tests.unit.moved_forms import LIKE, file_of

SHIPPED = tuple(sorted(layout_texts()))
FILES = {name: file_of(name) for name in SHIPPED}
FORM = FILES[LIKE]
PLACE = BoxMm(100.0, 150.0, 30.0, 6.0)


def around(layout: str) -> Around:
    file = FILES[layout]
    wording = {text.name: text for text in file.texts if text.name is not None}
    return Around(load_catalogue().face(face_of(layout)), wording)


def after(*edits: Edit, file: LayoutFile = FORM) -> LayoutFile:
    done = edited(file, edits, around(LIKE))
    assert isinstance(done, LayoutFile), done
    return done


def refused(*edits: Edit, file: LayoutFile = FORM) -> str:
    done = edited(file, edits, around(LIKE))
    assert isinstance(done, Reason)
    return done.code


@pytest.mark.parametrize("layout", SHIPPED)
def test_a_shipped_layout_written_and_read_again_is_the_same(layout: str) -> None:
    text = file_text(FILES[layout], comment="written again")

    again = parse_layout(text, source=f"{layout}.yaml", catalogue=load_catalogue(), imprints=load_imprints())
    first = parse_layout(
        layout_texts()[layout],
        source=f"{layout}.yaml",
        catalogue=load_catalogue(),
        parents=layout_texts(),
        imprints=load_imprints(),
    )
    assert again == first


@pytest.mark.parametrize("layout", SHIPPED)
def test_a_move_there_and_back_leaves_every_space_where_it_was(layout: str) -> None:
    for its in FILES[layout].zones:
        there = BoxMm(*its.box_mm)
        away = BoxMm(there.x + 3.0, there.y + 1.25, there.width, there.height)
        edits = [PlaceZone(its.name, away, marks_too=True), PlaceZone(its.name, there, marks_too=True)]

        done = edited(FILES[layout], edits, around(layout))

        assert isinstance(done, LayoutFile)
        # Editions that are scaled have places finer than a hundredth of a millimetre.
        assert boxes(done) == pytest.approx(boxes(FILES[layout]), abs=0.02)
        assert done.model_copy(update={"zones": []}) == FILES[layout].model_copy(update={"zones": []})


def boxes(file: LayoutFile) -> list[float]:
    return [
        number
        for its in file.zones
        for box in (
            its.box_mm,
            *(mark.box_mm for mark in its.marks),
            *(mark.label.at for mark in its.marks if mark.label),
        )
        for number in box
    ]


NUMBERS = st.one_of(
    st.floats(-50.0, 400.0), st.sampled_from([0.0, 1e-5, 1e9, -1e9, math.nan, math.inf]), st.integers(0, 300)
)
BOXES = st.builds(BoxMm, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
WORDS = st.text(max_size=40)
NAMES = st.one_of(
    st.sampled_from([zone.name for zone in FORM.zones] + [str(text.name) for text in FORM.texts]),
    st.sampled_from(sorted(load_catalogue().face(face_of(LIKE)))),
    st.sampled_from(["", "plea.guilty", "nobody", "<script>", "true"]),
)
EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.builds(PlaceZone, NAMES, BOXES, st.booleans()),
    st.builds(RenameZone, NAMES, NAMES),
    st.builds(
        ShapeZone,
        NAMES,
        st.sampled_from(Border),
        st.none() | st.integers(-1, 70),
        st.none() | st.integers(-1, 50),
    ),
    st.builds(AddZone, NAMES, BOXES, WORDS),
    st.builds(RemoveZone, NAMES, WORDS),
    st.builds(HeadZone, NAMES, WORDS),
    st.builds(PrintInZone, NAMES, WORDS),
    st.builds(PlaceMark, NAMES, st.sampled_from(["guilty", "not_guilty", "true", "other"]), BOXES),
    st.builds(RemoveMark, NAMES, st.sampled_from(["guilty", "true"])),
    st.builds(PlaceText, NAMES, BOXES),
    st.builds(RemoveText, NAMES),
    st.builds(PlaceEditionMark, st.none() | BOXES),
    st.builds(SizeSheet, NUMBERS, NUMBERS),
    st.builds(ChooseIssuer, st.none() | st.sampled_from(["valmont", "../valmont", "généreux", ""])),
    st.builds(Settle, st.integers(0, 5)),
)


@given(st.lists(EDITS, max_size=6))
@settings(max_examples=400, deadline=None)
def test_any_edits_give_a_file_that_is_read_again_or_are_refused(edits: list[Edit]) -> None:
    done = edited(FORM, edits, around(LIKE))

    if isinstance(done, Reason):
        assert done.code.startswith("layout_edit_")
        return
    text = file_text(done, comment="edited")
    again = reread(text)
    assert [each.name for each in again.zones] == [each.name for each in done.zones]
    assert [each.heading and each.heading.text for each in again.zones] == [
        each.heading and each.heading.text for each in done.zones
    ]
    assert file_text(again, comment="edited") == text
    with contextlib.suppress(LayoutInvalid):
        parse_layout(text, source=f"{LIKE}.yaml", catalogue=load_catalogue(), imprints=load_imprints())
    decisions = (Reason("authoring_space_unnamed", (("box", "1 2 3"),)), Reason("authoring_language"))
    assert set(still_open(decisions, done, edits)) <= set(decisions)


def test_a_space_takes_what_its_new_name_can_have() -> None:
    cells = after(RenameZone("service_date", "signatory_quality"), file=after(RemoveZone("signatory_quality")))
    its = next(each for each in cells.zones if each.name == "signatory_quality")
    assert (its.comb, its.box_mm) == (8, (8.0, 31.6, 46.0, 9.0))

    marks = after(RenameZone("plea", "signatory_quality"), file=after(RemoveZone("signatory_quality")))
    assert next(each for each in marks.zones if each.name == "signatory_quality").marks == []

    assert refused(RenameZone("plea", "fine")) == "layout_edit_name_taken"
    assert refused(RenameZone("plea", "nobody")) == "layout_edit_name_unknown"


def test_a_new_space_is_drawn_as_its_kind_asks_and_is_no_longer_left_out() -> None:
    without = after(RemoveZone("signatory_quality", "aucune personne morale"))
    assert without.left_out == {"signatory_quality": "aucune personne morale"}

    again = after(AddZone("signatory_quality", PLACE, "Qualité"), file=without)

    assert again.left_out == {}
    its = again.zones[-1]
    assert its.heading is not None
    assert (its.border, its.heading.text, its.heading.at) == (Border.BOX, "Qualité", (100.0, 148.7))
    mark = after(AddZone("plea", PLACE), file=after(RemoveZone("plea"))).zones[-1]
    assert mark.border is Border.NONE


def test_check_boxes_come_and_go_by_the_names_of_the_catalogue() -> None:
    gone = after(RemoveMark("plea", "guilty"))
    assert refused(PlaceMark("plea", "perhaps", PLACE)) == "layout_edit_no_mark"
    assert refused(RemoveMark("plea", "guilty"), file=gone) == "layout_edit_no_mark"

    back = after(PlaceMark("plea", "guilty", BoxMm(11.0, 57.0, 4.0, 4.0)), file=gone)

    plea = next(each for each in back.zones if each.name == "plea")
    assert sorted(mark.name for mark in plea.marks) == ["guilty", "not_guilty"]


def test_a_compulsory_text_comes_with_the_wording_of_the_known_form() -> None:
    file = FILES["iv.return.front.fr@generic-1"]
    known = around("iv.return.front.fr@generic-1")
    gone = edited(file, [RemoveText("payment_consequences")], known)
    assert isinstance(gone, LayoutFile)

    back = edited(gone, [PlaceText("payment_consequences", PLACE)], known)

    assert isinstance(back, LayoutFile)
    text = next(each for each in back.texts if each.name == "payment_consequences")
    assert text.text == next(each.text for each in file.texts if each.name == "payment_consequences")
    assert text.box_mm == (100.0, 150.0, 30.0, 6.0)
    assert isinstance(edited(gone, [PlaceText("fine", PLACE)], known), Reason)
    assert edited(gone, [AddZone("payment_consequences", PLACE)], known) == Reason(
        "layout_edit_name_unknown", (("name", "payment_consequences"),)
    )


def test_words_that_yaml_would_take_otherwise_come_back_as_typed() -> None:
    for words in ("null", "yes", "12:30", "a: b # c", '"', "\u2028x\ufeff\x85", "\u202eRTL", "é\\n", "- x", "😀"):
        file = reread(file_text(after(HeadZone("fine", words)), comment="x"))
        its = next(each for each in file.zones if each.name == "fine")
        assert its.heading is not None
        assert its.heading.text == words


def test_numbers_that_are_none_are_refused_with_their_place() -> None:
    assert refused(PlaceZone("fine", BoxMm(math.nan, 1.0, 2.0, 3.0))) == "layout_edit_value"
    assert refused(PlaceZone("fine", BoxMm(1.0, 1.0, 0.0, 3.0))) == "layout_edit_value"
    assert refused(SizeSheet(1e9, 1.0)) == "layout_edit_value"
    assert refused(ShapeZone("fine", comb=1)) == "layout_edit_value"
    assert after(PlaceZone("fine", BoxMm(1.23456, 1.0, 2.0, 3.0))).zones[2].box_mm[0] == 1.23


def test_the_known_form_keeps_what_no_edit_touches() -> None:
    done = after(PlaceZone("fine", PLACE))

    assert done.artwork == FORM.artwork
    assert done.texts == FORM.texts
    assert [each for each in done.zones if each.name != "fine"] == [each for each in FORM.zones if each.name != "fine"]
