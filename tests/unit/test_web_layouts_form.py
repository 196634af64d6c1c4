"""The layout editor's form: what is sent becomes the changes that were made, and no others."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.layout import Kind, Need
from pipeline.model import Reason
from pipeline.templates.document import Border
from pipeline.usecases.layouts.edits import (
    AddZone,
    ChooseIssuer,
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
from pipeline.usecases.layouts.results import AllowedName, DraftView, MarkView, TextView, ZoneView
from pipeline.web.layout_editor_form import NotUnderstood, box_texts, edits_of, sent_of
from pipeline.web.layout_editor_view import ShownPart, as_sent, parts_of_draft
from pipeline.web.words import Words
from tests.unit.layout_views import a_draft, a_version

WORDS = Words("en", lambda name, _: name)
PLEA = AllowedName("plea", Kind.CHOICE, Need.REQUIRED, True, True, ("guilty", "not_guilty"), 1, "always", "36", True)
MARKS = (MarkView("guilty", BoxMm(12, 36, 4, 4)), MarkView("not_guilty", BoxMm(107, 36, 4, 4)))


def zone(name: str, *box: float, its: AllowedName | None = None, marks: tuple[MarkView, ...] = ()) -> ZoneView:
    return ZoneView(name, its, BoxMm(*box), Border.BOX, heading=name, lines=1, marks=marks)


def view_of(*zones: ZoneView, decisions: tuple[Reason, ...] = ()) -> DraftView:
    return DraftView(
        draft=a_draft(),
        version=a_version(decisions=decisions),
        size_mm=(215.0, 178.0),
        zones=zones,
        texts=(TextView("plea_deadline", BoxMm(110, 120, 90, 8), "30 days"), TextView(None, BoxMm(1, 1, 5, 5), "x")),
        allowed=(PLEA,),
        edition_mark=BoxMm(8, 161.5, 45, 12),
        issuer="valmont",
        left_out=(),
        problems=(),
        layout=None,
        conformity=None,
    )


VIEW = view_of(
    zone("plea", 11, 35.2, 101, 6, its=PLEA, marks=MARKS),
    zone("fine", 8, 89.4, 45.4, 9),
    zone("costs", 58, 89.4, 45, 9),
)


def form_of(view: DraftView) -> dict[str, str]:
    """The form as the page shows it, nothing touched."""
    found = {"base": "1", "version": "1", "issuer": view.issuer or "", "sheet.width": "215", "sheet.height": "178"}
    for part in parts_of_draft(view, WORDS):
        found |= fields_of(part)
    return found


def fields_of(part: ShownPart) -> dict[str, str]:
    found = {f"{part.key}.was": part.was, f"{part.key}.name": part.name}
    found |= {f"{part.key}.{side}": text for side, text in zip(SIDES, part.box, strict=True)}
    for mark in part.marks:
        found |= {f"{part.key}.{side}.{mark.name}": text for side, text in zip(SIDES, mark.box, strict=True)}
    if part.sort == "space":
        found |= {
            f"{part.key}.{name}": str(getattr(part, name)) for name in ("heading", "border", "lines", "comb", "printed")
        }
    return found


SIDES = ("x", "y", "width", "height")


def changes(view: DraftView = VIEW, /, **fields: str) -> tuple[object, ...]:
    """The edits of a form with these fields changed; `__` stands for a point."""
    form = {**form_of(view), **{name.replace("__", "."): text for name, text in fields.items()}}
    return edits_of(sent_of(list(form.items())), view)


boxes = st.builds(
    BoxMm,
    st.floats(0, 200, allow_nan=False),
    st.floats(0, 170, allow_nan=False),
    st.floats(0.01, 200, allow_nan=False),
    st.floats(0.01, 170, allow_nan=False),
)


@given(st.lists(boxes, min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_form_that_nobody_touched_changes_nothing(found: list[BoxMm]) -> None:
    view = view_of(*(zone(f"zone_{at}", *box.as_tuple()) for at, box in enumerate(found)))

    assert changes(view) == ()


@given(st.integers(0, 20_000), st.integers(1, 20_000), st.sampled_from([".", ","]))
@settings(max_examples=60, deadline=None)
def test_a_measure_is_taken_to_the_hundredth_with_comma_or_point(x: int, width: int, sign: str) -> None:
    texts = {side: f"{value / 100:.2f}".replace(".", sign) for side, value in (("x", x), ("width", width))}
    edits = changes(z1__x=texts["x"], z1__width=texts["width"], z1__y="1", z1__height="2")

    assert edits == (PlaceZone("fine", BoxMm(x / 100, 1.0, width / 100, 2.0)),)


def test_a_measure_that_nobody_touched_keeps_all_its_decimals() -> None:
    view = view_of(zone("fine", 8.123456, 89.4321, 45.4, 9))

    assert changes(view, z0__x="9") == (PlaceZone("fine", BoxMm(9.0, 89.4321, 45.4, 9.0)),)


def test_each_field_is_its_own_change() -> None:
    assert changes(z1__name="fine_paid") == (RenameZone("fine", "fine_paid"),)
    assert changes(z1__heading="Amende") == (HeadZone("fine", "Amende"),)
    assert changes(z1__printed="12,00\r\n") == (PrintInZone("fine", "12,00"),)
    assert changes(z1__comb="8") == (ShapeZone("fine", Border.BOX, 8, 1),)
    assert changes(z1__border="line", z1__lines="2") == (ShapeZone("fine", Border.LINE, None, 2),)
    assert changes(z1__drop="1", z1__why="not asked") == (RemoveZone("fine", "not asked"),)
    assert changes(z0__x__guilty="13") == (PlaceMark("plea", "guilty", BoxMm(13, 36, 4, 4)),)
    assert changes(t0__y="121") == (PlaceText("plea_deadline", BoxMm(110, 121, 90, 8)),)
    assert changes(t0__drop="1") == (RemoveText("plea_deadline"),)
    assert changes(edition__drop="1") == (PlaceEditionMark(None),)
    assert changes(edition__x="9") == (PlaceEditionMark(BoxMm(9, 161.5, 45, 12)),)
    assert changes(sheet__width="216") == (SizeSheet(216, 178),)
    assert changes(issuer="") == (ChooseIssuer(None),)


def test_a_check_box_whose_measures_are_emptied_is_taken_away() -> None:
    empty = {f"z0__{side}__guilty": "" for side in SIDES}

    assert changes(**empty) == (RemoveMark("plea", "guilty"),)


def test_a_check_box_that_its_name_asks_for_is_in_the_form_and_can_be_put_in() -> None:
    view = view_of(zone("plea", 11, 35.2, 101, 6, its=PLEA, marks=MARKS[:1]))
    box = {"z0__x__not_guilty": "107", "z0__y__not_guilty": "36", "z0__width__not_guilty": "4"}

    assert changes(view) == ()
    assert changes(view, **box, z0__height__not_guilty="4") == (PlaceMark("plea", "not_guilty", BoxMm(107, 36, 4, 4)),)


def test_a_new_space_needs_a_name_and_an_empty_row_is_none() -> None:
    new = {"z9__was": "", "z9__x": "1", "z9__y": "2", "z9__width": "3", "z9__height": "4"}

    assert changes(**new, z9__name="total", z9__heading="Total") == (AddZone("total", BoxMm(1, 2, 3, 4), "Total"),)
    assert changes(**dict.fromkeys(new, ""), z9__name="") == ()
    with pytest.raises(NotUnderstood) as refused:
        changes(**new, z9__name="")
    assert refused.value.reasons == (Reason("web.layouts.name_missing"),)


def test_names_are_given_in_an_order_in_which_each_is_free() -> None:
    assert changes(z1__name="costs", z2__name="total") == (RenameZone("costs", "total"), RenameZone("fine", "costs"))
    assert changes(z1__name="costs", z2__drop="1") == (RemoveZone("costs"), RenameZone("fine", "costs"))
    for names in ({"z1__name": "costs", "z2__name": "fine"}, {"z1__name": "costs"}):
        with pytest.raises(NotUnderstood) as refused:
            changes(**names)
        assert refused.value.reasons[0].code == "web.layouts.names_taken"


def test_what_is_placed_after_a_new_name_is_called_by_it() -> None:
    edits = changes(z1__name="total", z1__x="9")

    assert edits == (RenameZone("fine", "total"), PlaceZone("total", BoxMm(9, 89.4, 45.4, 9)))


def test_every_value_that_is_no_number_is_told_at_once() -> None:
    with pytest.raises(NotUnderstood) as refused:
        changes(z1__x="1e9", z1__y="nan", z2__width="0", z2__x="²")

    assert [its.code for its in refused.value.reasons] == ["web.layouts.no_number"] * 3
    with pytest.raises(NotUnderstood) as refused:
        changes(z2__width="0")
    assert [its.code for its in refused.value.reasons] == ["web.layouts.no_size"]


def test_decisions_are_settled_by_number_and_no_others() -> None:
    view = view_of(zone("fine", 1, 1, 1, 1), decisions=(Reason("a"), Reason("b")))
    form = [*form_of(view).items(), *(("settle", number) for number in ("2", "2", "3", "0", "x"))]

    assert edits_of(sent_of(form), view) == (Settle(2),)


@pytest.mark.parametrize("form", [{}, {"base": "1"}, {"base": "x", "version": "1"}, {"base": "1", "version": "99999"}])
def test_a_form_without_versions_is_none(form: dict[str, str]) -> None:
    with pytest.raises(NotUnderstood):
        sent_of(list(form.items()))


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=10))
@settings(max_examples=80, deadline=None)
def test_whatever_else_is_sent_does_no_harm(fields: dict[str, str]) -> None:
    form = [*form_of(VIEW).items(), *((name, text) for name, text in fields.items() if name not in form_of(VIEW))]

    with suppress(NotUnderstood):
        edits_of(sent_of(form), VIEW)


def test_a_form_that_was_not_taken_is_shown_as_it_was_typed() -> None:
    typed = {"z1.name": "total", "z1.x": "1e9", "z1.drop": "1", "z0.x.guilty": "?", "z9.name": "new", "z9.x": "4"}
    sent = sent_of(list({**form_of(VIEW), **typed}.items()))

    shown = {part.key: part for part in as_sent(parts_of_draft(VIEW, WORDS), sent, WORDS)}

    assert (shown["z1"].name, shown["z1"].box[0], shown["z1"].dropped) == ("total", "1e9", True)
    assert shown["z0"].marks[0].box[0] == "?"
    assert (shown["z9"].name, shown["z9"].was, shown["z9"].box[0]) == ("new", "", "4")
    assert shown["z2"] == parts_of_draft(VIEW, WORDS)[2]


def test_a_measure_is_shown_without_needless_decimals() -> None:
    assert box_texts(BoxMm(1.0, 2.5, 3.14159, 100.009)) == ("1", "2.5", "3.14", "100.01")
