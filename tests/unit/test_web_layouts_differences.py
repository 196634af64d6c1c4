"""How two versions of a form differ: part by part, in words, alike parts together, drawn."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import Layout
from pipeline.usecases.layouts.edits import (
    AddZone,
    ChooseIssuer,
    HeadZone,
    PlaceEditionMark,
    PlaceMark,
    PlaceZone,
    RemoveMark,
    RenameZone,
    Settle,
    SizeSheet,
)
from pipeline.web.layout_editor_differences import (
    Difference,
    boxes_of,
    changes_between,
    changes_made,
    drawn,
    said_change,
    said_changes,
)
from pipeline.web.words import Words
from pipeline.wiring.forms import layouts

EN, FR = Words("en", lambda name, _: name), Words("fr", lambda name, _: name)
FORM = next(layout for layout in layouts() if layout.id == "iii.return.front.fr@generic-1")


def with_box(layout: Layout, name: str, box: BoxMm) -> Layout:
    zones = tuple(replace(zone, box_mm=box) if zone.name == name else zone for zone in layout.zones)
    return replace(layout, zones=zones)


def moved(names: tuple[str, ...], x: float, y: float) -> Layout:
    form = FORM
    for name in names:
        box = FORM.zone(name).box_mm
        form = with_box(form, name, replace(box, x=box.x + x, y=box.y + y))
    return form


@given(st.sampled_from([zone.name for zone in FORM.zones]), st.integers(-300, 300), st.integers(-300, 300))
@settings(max_examples=60, deadline=None)
def test_what_moved_is_told_and_nothing_else(name: str, x: int, y: int) -> None:
    changes = changes_between(FORM, moved((name,), x / 10, y / 10))

    assert [its.name for its in changes] == ([name] if x or y else [])
    assert all(its.difference is Difference.MOVED for its in changes)


def test_a_form_does_not_differ_from_itself() -> None:
    assert changes_between(FORM, FORM) == ()
    assert {box.sort for box in drawn(FORM, FORM, EN)} == {"same"}


def test_spaces_added_taken_away_and_printed_otherwise_are_told_apart() -> None:
    fewer = replace(FORM, zones=FORM.zones[1:])
    first = FORM.zones[0].name
    other = replace(FORM, zones=(replace(FORM.zones[0], printed_value="x"), *FORM.zones[1:]))

    assert [(its.name, its.difference) for its in changes_between(fewer, FORM)] == [(first, Difference.ADDED)]
    assert [(its.name, its.difference) for its in changes_between(FORM, fewer)] == [(first, Difference.REMOVED)]
    assert [(its.name, its.difference) for its in changes_between(FORM, other)] == [(first, Difference.CHANGED)]
    assert {box.sort for box in drawn(fewer, FORM, EN)} == {"same", "added"}
    assert {box.sort for box in drawn(FORM, fewer, EN)} == {"same", "removed"}


def test_check_boxes_and_the_edition_mark_are_parts_of_their_own() -> None:
    assert {"plea", "plea.guilty", "plea.not_guilty", "edition_mark"} <= boxes_of(FORM).keys()
    without = replace(FORM, edition_mark=None)

    assert [(its.name, its.difference) for its in changes_between(FORM, without)] == [
        ("edition_mark", Difference.REMOVED)
    ]


def test_measures_are_written_as_the_language_writes_them_with_their_sign() -> None:
    (change,) = changes_between(FORM, moved(("fine",), -1.25, 3.0))
    grown = changes_between(FORM, with_box(FORM, "fine", replace(FORM.zone("fine").box_mm, width=50.4)))

    assert said_change(change, EN) == "fine: moved by \u22121.2 and +3.0 mm"
    assert "de \u22121,2 et +3,0 mm" in said_change(change, FR)
    assert said_change(grown[0], EN) == "fine: size changed by +5.0 × 0.0 mm"


def test_parts_that_were_changed_alike_are_one_line() -> None:
    changes = changes_between(FORM, moved(("fine", "costs"), 0.0, 3.0))

    assert said_changes(changes, EN) == ("moved by 0.0 and +3.0 mm (2): fine, costs",)


def test_edits_are_told_once_a_part_and_decisions_change_none() -> None:
    box = BoxMm(1, 1, 1, 1)
    edits = (
        Settle(1),
        RenameZone("a", "b"),
        PlaceZone("b", box),
        HeadZone("c", "x"),
        PlaceMark("d", "true", box),
        RemoveMark("e", "true"),
        AddZone("f", box),
        PlaceEditionMark(None),
        SizeSheet(1, 1),
        ChooseIssuer(None),
    )

    assert [(its.name, its.difference.value) for its in changes_made(edits)] == [
        ("a", "removed"),
        ("b", "added"),
        ("c", "changed"),
        ("d.true", "moved"),
        ("e.true", "removed"),
        ("f", "added"),
        ("edition_mark", "moved"),
        ("size_mm", "changed"),
        ("issuer", "changed"),
    ]
