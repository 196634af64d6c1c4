"""Reading layout files: what is taken, and that everything wrong with a file is named at once."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import Frame, Heading, Kind, Layout, Need, Paragraph, Rule
from pipeline.storage.layout_files import load_catalogue
from pipeline.templates.catalogue import Catalogue
from pipeline.templates.description import describe
from pipeline.templates.schema import LayoutInvalid, Problem, parse_layout

BACK_ID = "iii.return.back.fr@test"
"""A face whose particulars are all optional: a stamp, a receipt, a text and a code."""
FRONT_ID = "iii.return.front.fr@test"


def back(**changes: object) -> dict[str, object]:
    file: dict[str, object] = {"layout": BACK_ID, "size_mm": [100.0, 200.0], "zones": [], "texts": [], "artwork": []}
    return file | changes


def front(*more: dict[str, object]) -> dict[str, object]:
    """A face with every required particular, entries one below the other, and more zones."""
    names = ["statement_number", "defendant_signature", "signature_date", "fine", "costs", "total_requested"]
    names += ["plea_return_address", "service_date"]
    zones: list[dict[str, object]] = [
        {"name": name, "box_mm": [5.0, 10.0 + 12 * row, 60.0, 8.0]} for row, name in enumerate(names)
    ]
    plea: dict[str, object] = {
        "name": "plea",
        "box_mm": [70.0, 10.0, 40.0, 20.0],
        "border": "none",
        "marks": [
            {"name": "not_guilty", "box_mm": [70.0, 20.0, 4.0, 4.0]},
            {"name": "guilty", "box_mm": [70.0, 10.0, 4.0, 4.0]},
        ],
    }
    zones = [zone for zone in [*zones, plea] if zone["name"] not in {other["name"] for other in more}]
    return {"layout": FRONT_ID, "size_mm": [120.0, 200.0], "zones": [*zones, *more]}


def parse(file: dict[str, object], *, catalogue: Catalogue | None = None) -> Layout:
    text = yaml.safe_dump(file, sort_keys=False, allow_unicode=True)
    return parse_layout(text, source=f"{file['layout']}.yaml", catalogue=catalogue or load_catalogue())


def problems(file: dict[str, object]) -> tuple[Problem, ...]:
    with pytest.raises(LayoutInvalid) as caught:
        parse(file)
    return caught.value.problems


def codes(file: dict[str, object]) -> list[str]:
    return [problem.code for problem in problems(file)]


def text_problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(LayoutInvalid) as caught:
        parse_layout(text, source=f"{BACK_ID}.yaml", catalogue=load_catalogue())
    return caught.value.problems


def stamp(**changes: object) -> dict[str, object]:
    zone: dict[str, object] = {"name": "cashier_stamp", "box_mm": [10.0, 10.0, 40.0, 30.0]}
    return zone | changes


def code(**changes: object) -> dict[str, object]:
    zone: dict[str, object] = {"name": "payment_reference", "box_mm": [10.0, 60.0, 42.0, 7.0]}
    return zone | changes


# What is taken


def test_a_zone_takes_kind_need_and_section_from_the_catalogue() -> None:
    layout = parse(front())

    fine = layout.zone("fine")
    assert (fine.kind, fine.need, fine.critical, fine.section) == (Kind.AMOUNT, Need.REQUIRED, True, "payment")
    assert fine.filled == "always"


def test_marks_stand_in_the_order_of_the_catalogue() -> None:
    plea = parse(front()).zone("plea")

    assert [mark.name for mark in plea.marks] == ["guilty", "not_guilty"]
    assert plea.marks[0].box_mm == BoxMm(70.0, 10.0, 4.0, 4.0)
    assert plea.exclusive


def test_lines_come_from_the_catalogue_unless_the_file_says_otherwise() -> None:
    catalogue = load_catalogue()
    faces = dict(catalogue.faces)
    faces["iii.return.back"] = tuple(replace(p, lines=3) for p in faces["iii.return.back"])

    layout = parse(back(zones=[stamp(), code(lines=2)]), catalogue=Catalogue(faces))

    assert layout.zone("cashier_stamp").lines == 3
    assert layout.zone("payment_reference").lines == 2


def test_comb_cells_cover_the_box_in_equal_parts_left_to_right() -> None:
    zone = parse(back(zones=[code(comb=6)])).zone("payment_reference")

    assert [round(cell.x, 6) for cell in zone.comb] == [10.0, 17.0, 24.0, 31.0, 38.0, 45.0]
    assert all((cell.y, cell.height) == (60.0, 7.0) for cell in zone.comb)
    assert round(zone.comb[-1].right, 6) == 52.0


def test_a_named_text_is_a_zone_and_is_printed() -> None:
    texts = [{"name": "title", "box_mm": [5.0, 2.0, 90.0, 8.0], "text": "TITRE\n", "size_pt": 9}]
    catalogue = Catalogue({"iii.return.back": (load_catalogue().face("iii.statement.front")["title"],)})

    layout = parse(back(texts=texts), catalogue=catalogue)

    assert layout.zone("title").kind is Kind.TEXT_BLOCK
    assert [item.text for item in layout.artwork if isinstance(item, Paragraph)] == ["TITRE"]


def test_a_printed_value_is_kept_with_its_zone_and_printed_inside_it() -> None:
    layout = parse(back(zones=[code(printed_value="REF 12")]))

    assert layout.zone("payment_reference").printed_value == "REF 12"
    (paragraph,) = [item for item in layout.artwork if isinstance(item, Paragraph)]
    assert paragraph.box_mm == BoxMm(10.5, 60.5, 41.0, 6.0)


@pytest.mark.parametrize(
    ("border", "frames", "rules"),
    [("box", 1, 3), ("line", 0, 4), ("none", 0, 3)],
)
def test_the_border_says_how_a_comb_is_drawn(border: str, frames: int, rules: int) -> None:
    artwork = parse(back(zones=[code(border=border, comb=4)])).artwork

    assert sum(isinstance(item, Frame) for item in artwork) == frames
    assert sum(isinstance(item, Rule) for item in artwork) == rules


def test_headings_and_mark_labels_are_printed_and_empty_ones_are_not() -> None:
    heading = {"text": "Référence", "at": [10.0, 59.0], "size_pt": 6.5, "face": "narrow"}
    silent = {"text": "", "at": [10.0, 9.0], "size_pt": 6.5}

    artwork = parse(back(zones=[code(heading=heading), stamp(heading=silent)])).artwork

    assert [item.text for item in artwork if isinstance(item, Heading)] == ["Référence"]


def test_a_mark_without_a_box_of_its_own_is_the_box_of_its_zone() -> None:
    catalogue = Catalogue({"iii.return.back": (load_catalogue().face("iv.return.front")["plea_guilty"],)})

    layout = parse(back(zones=[{"name": "plea_guilty", "box_mm": [5.0, 5.0, 4.0, 4.0]}]), catalogue=catalogue)

    (mark,) = layout.zone("plea_guilty").marks
    assert (mark.name, mark.box_mm) == ("true", BoxMm(5.0, 5.0, 4.0, 4.0))


def test_words_that_yaml_takes_for_truth_values_times_and_dates_stay_words() -> None:
    text = f"layout: {BACK_ID}\nsize_mm: [100, 200]\nartwork:\n" + "".join(
        f"  - {{heading: {word}, at: [5, {20 + 5 * i}], size_pt: 8}}\n"
        for i, word in enumerate(["NO", "ON", "yes", "12:30", "2026-03-14", "0x1F", "1e3"])
    )

    layout = parse_layout(text, source=f"{BACK_ID}.yaml", catalogue=load_catalogue())

    headings = [item.text for item in layout.artwork if isinstance(item, Heading)]
    assert headings == ["NO", "ON", "yes", "12:30", "2026-03-14", "0x1F", "1e3"]


def test_the_description_has_the_agreed_keys_and_nulls() -> None:
    document = describe(parse(front()))

    zones = {zone["name"]: zone for zone in document["zones"]}
    assert list(document) == ["id", "schedule", "document", "side", "language", "edition", "size_mm", "zones", "copy"]
    assert list(zones["fine"]) == ["name", "kind", "need", "critical", "box_mm", "lines", "comb", "marks"]
    assert (zones["fine"]["comb"], zones["fine"]["marks"]) == (None, None)
    assert zones["plea"]["marks"] == [
        {"name": "guilty", "box_mm": [70.0, 10.0, 4.0, 4.0]},
        {"name": "not_guilty", "box_mm": [70.0, 20.0, 4.0, 4.0]},
    ]


def test_the_description_lists_comb_cells() -> None:
    (zone,) = describe(parse(back(zones=[code(comb=2)])))["zones"]

    assert zone["comb"] == {"cells_mm": [[10.0, 60.0, 21.0, 7.0], [31.0, 60.0, 21.0, 7.0]]}


# What is refused


def test_every_problem_of_a_file_is_named_at_once_in_the_order_of_the_file() -> None:
    file = back(
        size_mm=[80.0, 200.0],
        zones=[stamp(box_mm=[60.0, 10.0, 40.0, 30.0]), code(name="platypus"), code(comb=3), stamp()],
    )

    found = problems(file)

    assert [(p.code, p.location) for p in found if p.code != "layout_overlap"] == [
        ("layout_size", "size_mm.1"),
        ("layout_off_page", "zones.cashier_stamp.box_mm"),
        ("layout_particular_unknown", "zones.platypus.name"),
        ("layout_particular_twice", "zones.cashier_stamp.name"),
    ]
    assert [p.line for p in found] == sorted(p.line for p in found)


def test_unknown_keys_missing_keys_and_wrong_types_are_told_together() -> None:
    file = back(zones=[{"name": "cashier_stamp", "box_mm": [1, 2, 3], "colour": "red"}], extra=1)
    del file["size_mm"]

    found = {(p.code, p.location) for p in problems(file)}

    assert found == {
        ("layout_key_missing", "size_mm"),
        ("layout_key_unknown", "extra"),
        ("layout_key_unknown", "zones.cashier_stamp.colour"),
        ("layout_value", "zones.cashier_stamp.box_mm.4"),
    }


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (code(comb=1), "layout_value"),
        (code(comb=True), "layout_value"),
        (code(box_mm=[10.0, 60.0, 0.0, 7.0]), "layout_value"),
        (code(box_mm=[10.0, 60.0, "42", 7.0]), "layout_unit_text"),
        (code(border="dotted"), "layout_value"),
        (code(heading={"text": "two\nlines", "at": [1, 5], "size_pt": 7}), "layout_value"),
        (stamp(comb=4), "layout_comb_kind"),
        (code(comb=4, lines=2), "layout_comb_lines"),
        (stamp(printed_value="seen"), "layout_printed_value_kind"),
        (code(marks=[{"name": "true", "box_mm": [10.0, 60.0, 4.0, 4.0]}]), "layout_marks_kind"),
        (code(heading={"text": "Réf.", "at": [10.0, 58.0], "size_pt": 5.9}), "layout_type_small"),
        (code(heading={"text": "Réf.", "at": [10.0, 258.0], "size_pt": 7}), "layout_off_page"),
    ],
)
def test_a_zone_that_cannot_be_is_refused(zone: dict[str, object], expected: str) -> None:
    assert codes(back(zones=[zone])) == [expected]


def test_an_artwork_item_of_no_known_sort_is_refused_with_its_place() -> None:
    (problem,) = problems(back(artwork=[{"rule": [1, 1, 5, 1]}, {"circle": [1, 1, 5]}]))

    assert (problem.code, problem.location) == ("layout_value", "artwork.2")


def test_a_fault_in_an_artwork_item_is_located_by_the_keys_of_the_file() -> None:
    (problem,) = problems(back(artwork=[{"rule": [1, 1, 5, 1], "width_mm": -1}]))

    assert (problem.code, problem.location) == ("layout_value", "artwork.1.width_mm")


def test_spaces_may_touch_but_not_overlap() -> None:
    touching = back(zones=[stamp(), code(box_mm=[50.0, 10.0, 20.0, 8.0])])
    overlapping = back(zones=[stamp(), code(box_mm=[49.0, 10.0, 20.0, 8.0])])

    assert len(parse(touching).zones) == 2
    assert codes(overlapping) == ["layout_overlap"]


def test_a_check_box_may_stand_inside_a_printed_text_but_no_other_entry_may() -> None:
    face = load_catalogue().face("iii.statement.front")
    catalogue = Catalogue({"iii.return.back": (face["attestation"], face["warning_2_applies"], face["plate"])})
    texts = [{"name": "attestation", "box_mm": [5.0, 5.0, 80.0, 20.0], "text": "J'atteste", "size_pt": 9}]
    plate = {"name": "plate", "box_mm": [50.0, 40.0, 30.0, 8.0]}
    mark = {"name": "warning_2_applies", "box_mm": [20.0, 10.0, 4.0, 4.0]}

    layout = parse(back(texts=texts, zones=[mark, plate]), catalogue=catalogue)
    assert len(layout.zones) == 3

    with pytest.raises(LayoutInvalid) as caught:
        parse(back(texts=texts, zones=[mark, plate | {"box_mm": [50.0, 20.0, 30.0, 8.0]}]), catalogue=catalogue)
    assert [problem.code for problem in caught.value.problems] == ["layout_overlap"]


@pytest.mark.parametrize("names", [["guilty"], ["guilty", "guilty"], ["guilty", "not_guilty", "maybe"]])
def test_the_marks_of_a_choice_must_be_those_of_the_catalogue(names: list[str]) -> None:
    marks = [{"name": name, "box_mm": [70.0, 10.0 + 5 * i, 4.0, 4.0]} for i, name in enumerate(names)]
    plea: dict[str, object] = {"name": "plea", "box_mm": [70.0, 10.0, 40.0, 20.0], "marks": marks}

    assert codes(front(plea)) == ["layout_marks_differ"]


def test_a_choice_without_marks_is_refused() -> None:
    assert codes(front({"name": "plea", "box_mm": [70.0, 10.0, 40.0, 20.0]})) == ["layout_marks_differ"]


def test_marks_must_stand_inside_their_zone_and_apart() -> None:
    marks = [
        {"name": "guilty", "box_mm": [70.0, 10.0, 4.0, 4.0]},
        {"name": "not_guilty", "box_mm": [72.0, 8.0, 4.0, 4.0]},
    ]
    plea: dict[str, object] = {"name": "plea", "box_mm": [70.0, 10.0, 40.0, 20.0], "marks": marks}

    assert set(codes(front(plea))) == {"layout_mark_outside", "layout_marks_overlap"}


def test_a_required_particular_without_a_space_is_missing_with_its_paragraph() -> None:
    file = front()
    assert isinstance(file["zones"], list)
    file["zones"] = [zone for zone in file["zones"] if zone["name"] != "costs"]

    (problem,) = problems(file)

    assert problem.code == "layout_particular_missing"
    assert dict(problem.params) == {"name": "costs", "ref": "36(2)(a)"}


@pytest.mark.parametrize(
    ("layout_id", "size_mm", "refused"),
    [
        ("ii.statement.back.fr@test", [100.0, 200.0], False),
        ("ii.statement.back.fr@test", [99.9, 200.0], True),
        ("iii.statement.back.fr@test", [100.0, 199.9], True),
        ("iii.statement.back.fr@test", [215.0, 355.0], False),
        ("iii.statement.back.fr@test", [215.1, 355.0], True),
        ("iv.statement.back.fr@test", [90.0, 200.0], False),
        ("iv.statement.back.fr@test", [89.9, 200.0], True),
        ("i.statement.back.fr@test", [215.0, 355.0], False),
        ("i.statement.back.fr@test", [210.0, 355.0], True),
        ("iii.return.back.fr@test", [90.0, 100.0], False),
        ("iii.return.back.fr@test", [90.0, 99.0], True),
    ],
)
def test_sizes_are_those_of_section_15(layout_id: str, size_mm: list[float], refused: bool) -> None:
    file: dict[str, object] = {"layout": layout_id, "size_mm": size_mm}

    found = "layout_size" in [p.code for p in _all_problems(file)]

    assert found is refused


def _all_problems(file: dict[str, object]) -> tuple[Problem, ...]:
    try:
        parse(file)
    except LayoutInvalid as error:
        return error.problems
    return ()


@pytest.mark.parametrize("width_mm", [54.9, 55.0])
def test_a_locator_space_narrower_than_a_code_of_15_characters_is_refused(width_mm: float) -> None:
    face = load_catalogue().face("iii.statement.front")
    catalogue = Catalogue({"iii.return.back": (face["locator_code"],)})
    file = back(zones=[{"name": "locator_code", "box_mm": [5.0, 5.0, width_mm, 12.0], "border": "none"}])

    if width_mm >= 55.0:
        assert parse(file, catalogue=catalogue).zone("locator_code").kind is Kind.BARCODE
    else:
        with pytest.raises(LayoutInvalid) as caught:
            parse(file, catalogue=catalogue)
        assert [problem.code for problem in caught.value.problems] == ["layout_locator_narrow"]


@pytest.mark.parametrize(
    "plain",
    [{"boxed": False}, {"face": "regular"}, {"size_pt": 8.9}, {"text": "Lisez l'avertissement"}],
)
def test_a_warning_must_be_boxed_bold_capitals_of_9_point(plain: dict[str, object]) -> None:
    face = load_catalogue().face("iii.statement.front")
    catalogue = Catalogue({"iii.return.back": (face["warning_notice"],)})
    warning: dict[str, object] = {
        "name": "warning_notice",
        "box_mm": [5.0, 5.0, 80.0, 30.0],
        "text": "IMPORTANT",
        "size_pt": 9,
        "face": "bold",
        "boxed": True,
    }

    assert parse(back(texts=[warning]), catalogue=catalogue).zone("warning_notice")
    with pytest.raises(LayoutInvalid) as caught:
        parse(back(texts=[warning | plain]), catalogue=catalogue)
    assert [problem.code for problem in caught.value.problems] == ["layout_warning_plain"]


def test_an_edition_mark_with_modules_too_fine_to_scan_is_refused() -> None:
    assert parse(back(edition_mark=[5.0, 5.0, 11.0, 11.0])).edition_mark is not None
    assert codes(back(edition_mark=[5.0, 5.0, 8.0, 8.0])) == ["layout_edition_mark_small"]


def test_a_fixed_text_among_the_zones_and_an_entry_among_the_texts_are_refused() -> None:
    face = load_catalogue().face("iii.statement.front")
    catalogue = Catalogue({"iii.return.back": (face["title"], face["plate"])})
    file = back(
        zones=[{"name": "title", "box_mm": [5.0, 5.0, 40.0, 8.0]}],
        texts=[{"name": "plate", "box_mm": [5.0, 25.0, 40.0, 8.0], "text": "Plaque", "size_pt": 8}],
    )

    with pytest.raises(LayoutInvalid) as caught:
        parse(file, catalogue=catalogue)

    assert [p.code for p in caught.value.problems] == ["layout_text_block_in_zones", "layout_entry_in_texts"]


def test_the_file_must_be_named_after_its_layout() -> None:
    text = yaml.safe_dump(back())

    with pytest.raises(LayoutInvalid) as caught:
        parse_layout(text, source="/forms/old.yaml", catalogue=load_catalogue())

    (problem,) = caught.value.problems
    assert (problem.code, dict(problem.params)["expected"]) == ("layout_file_name", f"{BACK_ID}.yaml")


@pytest.mark.parametrize(
    ("text", "expected", "line"),
    [
        ("layout: [\nsize_mm: }", "layout_yaml", 2),
        (f"layout: {BACK_ID}\nlayout: {BACK_ID}\n", "layout_yaml_key_twice", 2),
        ("layout: &a [x]\nsize_mm: *a\n", "layout_yaml_alias", 1),
        ("layout: !!python/object:os.system x\n", "layout_yaml", 1),
        ("layout: !run x\n", "layout_yaml", 1),
        ("[" * 40 + "]" * 40, "layout_yaml_deep", 1),
        ("a: 1\n---\nb: 2\n", "layout_yaml", 2),
    ],
)
def test_text_that_is_no_plain_yaml_is_refused_with_its_line(text: str, expected: str, line: int) -> None:
    found = text_problems(text)

    assert (found[0].code, found[0].line) == (expected, line)


@pytest.mark.parametrize("text", ["", "just words", "[]", "12", "null"])
def test_text_that_is_no_layout_is_refused(text: str) -> None:
    assert [problem.code for problem in text_problems(text)] == ["layout_value"]


def test_a_file_larger_than_any_layout_is_refused_unread() -> None:
    assert [problem.code for problem in text_problems("#" * 1_000_001)] == ["layout_file_large"]


def test_a_layout_error_keeps_its_problems_between_processes() -> None:
    error = LayoutInvalid("x.yaml", (Problem("layout_size", "size_mm.1", (("found_mm", 3.0),), 2),))

    copy = pickle.loads(pickle.dumps(error))

    assert (copy.code, copy.problems, copy.params["source"]) == ("layout_invalid", error.problems, "x.yaml")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ["size_mm", "edition_mark", "artwork", "zones", "texts"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), PLAIN))
def test_whatever_a_file_holds_is_a_layout_or_a_list_of_problems(changes: dict[str, object]) -> None:
    file = back(**changes)

    found = _all_problems(file)

    assert found or parse(file).id == BACK_ID


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_whatever_text_is_given_only_the_layout_error_is_raised(text: str) -> None:
    with pytest.raises(LayoutInvalid):
        parse_layout(text, source=f"{BACK_ID}.yaml", catalogue=load_catalogue())
