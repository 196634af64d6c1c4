"""An edition extends another and says only what differs; what is wrong with that is named with its line."""

from __future__ import annotations

import pytest

from pipeline.geometry import BoxMm
from pipeline.layout import Frame, Heading, Paragraph
from tests.unit.layout_files import parsed, problems_of, shipped_text

OLD, NEW, THIRD = "iii.return.back.fr@old-1", "iii.return.back.fr@new-1", "iii.return.back.fr@new-2"
PARENT = f"""\
layout: {OLD}
size_mm: [120.0, 200.0]
edition_mark: [100.0, 180.0, 15.0, 15.0]
artwork:
  - heading: Caisse
    at: [10.0, 8.0]
    size_pt: 8
  - frame: [5.0, 5.0, 110.0, 190.0]
zones:
  - name: cashier_stamp
    box_mm: [10.0, 20.0, 40.0, 30.0]
    heading: {{text: Timbre, at: [10.0, 18.0], size_pt: 7}}
  - name: payment_reference
    box_mm: [60.0, 20.0, 50.0, 7.0]
    heading: {{text: "Référence du paiement", at: [60.0, 18.0], size_pt: 7}}
    comb: 10
texts:
  - box_mm: [10.0, 60.0, 80.0, 6.0]
    text: Ne rien écrire ici
    size_pt: 7
    translation: true
left_out:
  payment_receipt: "art. 37: facultatif"
"""


def edition(body: str, *, extends: str = OLD, layout: str = NEW) -> str:
    return f"layout: {layout}\nextends: {extends}\n{body}"


def files(body: str) -> dict[str, str]:
    return {OLD: PARENT, NEW: edition(body)}


# What an edition may say


def test_an_edition_that_changes_nothing_is_the_same_print_with_its_own_id() -> None:
    old, new = parsed({OLD: PARENT}), parsed(files(""))

    assert (new.id, new.edition) == (NEW, "new-1")
    assert (new.size_mm, new.zones, new.artwork, new.left_out) == (old.size_mm, old.zones, old.artwork, old.left_out)
    assert new.edition_mark == old.edition_mark


def test_a_moved_space_takes_its_heading_along_and_keeps_its_cells() -> None:
    new = parsed(files("zones:\n  - name: payment_reference\n    move_mm: [0.0, 4.0]\n"))

    zone = new.zone("payment_reference")
    assert zone.box_mm == BoxMm(60.0, 24.0, 50.0, 7.0)
    assert len(zone.comb) == 10
    assert ("Référence du paiement", 22.0) in {(item.text, item.y) for item in new.artwork if isinstance(item, Heading)}
    assert new.zone("cashier_stamp") == parsed({OLD: PARENT}).zone("cashier_stamp")


def test_a_part_of_a_space_is_changed_and_the_rest_kept_and_null_takes_away() -> None:
    body = "zones:\n  - name: payment_reference\n    comb: null\n    heading: {text: Reçu}\n"
    new = parsed(files(body))

    headings = {item.text: item for item in new.artwork if isinstance(item, Heading)}
    assert new.zone("payment_reference").comb == ()
    assert new.zone("payment_reference").box_mm == BoxMm(60.0, 20.0, 50.0, 7.0)
    assert (headings["Reçu"].x, headings["Reçu"].y) == (60.0, 18.0)


def test_spaces_are_left_out_and_added_by_name() -> None:
    body = "without: [cashier_stamp]\nzones:\n  - name: payment_receipt\n    box_mm: [10.0, 80.0, 40.0, 20.0]\n"
    new = parsed(files(body))

    assert {zone.name for zone in new.zones} == {"payment_reference", "payment_receipt"}
    assert new.left_out == ()


def test_a_space_left_out_and_given_again_keeps_nothing_of_the_old_one() -> None:
    body = "without: [payment_reference]\nzones:\n  - name: payment_reference\n    box_mm: [10.0, 80.0, 40.0, 7.0]\n"
    new = parsed(files(body))

    assert new.zone("payment_reference").comb == ()
    assert "Référence du paiement" not in {item.text for item in new.artwork if isinstance(item, Heading)}


def test_all_positions_are_scaled_and_moved_and_type_keeps_its_size() -> None:
    new = parsed(files("size_mm: [100.0, 170.0]\nplaced: {scale: 0.8, offset_mm: [1.0, 2.0]}\n"))

    assert new.zone("cashier_stamp").box_mm == BoxMm(9.0, 18.0, 32.0, 24.0)
    (frame, *_) = (item for item in new.artwork if isinstance(item, Frame))
    assert frame.box_mm == BoxMm(5.0, 6.0, 88.0, 152.0)
    heading = next(item for item in new.artwork if isinstance(item, Heading))
    assert (heading.x, heading.y, heading.size_pt) == (9.0, 8.4, 8.0)
    assert new.edition_mark is not None
    assert new.edition_mark.box_mm == BoxMm(79.5, 144.5, 15.0, 15.0)


def test_a_lower_sheet_squeezes_the_spaces_down_alone_and_leaves_check_boxes_square() -> None:
    low = "ii.statement.front.fr@low-1"
    shipped = {"ii.statement.front.fr@generic-1": shipped_text("ii.statement.front.fr@generic-1")}
    body = "size_mm: [215.0, 300.0]\nplaced: {scale: [1.0, 0.84]}\n"
    new = parsed({**shipped, low: edition(body, extends=next(iter(shipped)), layout=low)})
    old = parsed(shipped)

    for before, after in zip(old.zones, new.zones, strict=True):
        assert after.box_mm.width == before.box_mm.width
        assert after.box_mm.height == pytest.approx(0.84 * before.box_mm.height)
        for mark, moved in zip(before.marks, after.marks, strict=True):
            assert (moved.box_mm.width, moved.box_mm.height) == (mark.box_mm.width, mark.box_mm.height)
    assert old.edition_mark is not None
    assert new.edition_mark is not None
    assert new.edition_mark.box_mm.height == old.edition_mark.box_mm.height


def test_another_language_is_the_same_boxes_with_other_words() -> None:
    english = "iii.return.back.en@old-1"
    words = "words:\n  Timbre: Stamp\n  Ne rien écrire ici: Do not write here\n  Caisse: Cashier\n"
    new = parsed({OLD: PARENT, english: edition(words, layout=english)})

    printed = {item.text for item in new.artwork if isinstance(item, Heading | Paragraph)}
    assert {"Stamp", "Do not write here", "Cashier"} <= printed
    assert not any(item.translation for item in new.artwork if isinstance(item, Paragraph))
    assert {zone.name: zone.box_mm for zone in new.zones} == {
        zone.name: zone.box_mm for zone in parsed({OLD: PARENT}).zones
    }


def test_artwork_is_added_to_or_replaced() -> None:
    more = "artwork:\n  - heading: Valmont\n    at: [60.0, 8.0]\n    size_pt: 8\n"

    added, replaced = parsed(files(more)), parsed(files(f"artwork_kept: false\n{more}"))

    def headings(name: str) -> bool:
        return all(name in {i.text for i in one.artwork if isinstance(i, Heading)} for one in (added, replaced))

    assert headings("Valmont")
    assert headings("Timbre")
    assert "Caisse" in {item.text for item in added.artwork if isinstance(item, Heading)}
    assert "Caisse" not in {item.text for item in replaced.artwork if isinstance(item, Heading)}
    assert not [item for item in replaced.artwork if isinstance(item, Paragraph)]


def test_an_edition_of_an_edition_inherits_from_both() -> None:
    second = edition("zones:\n  - name: cashier_stamp\n    move_mm: [1.0, 0.0]\n", extends=NEW, layout=THIRD)
    first = edition("zones:\n  - name: cashier_stamp\n    move_mm: [0.0, 2.0]\n")

    assert parsed({OLD: PARENT, NEW: first, THIRD: second}).zone("cashier_stamp").box_mm == BoxMm(
        11.0, 22.0, 40.0, 30.0
    )


# What is wrong with one


def test_an_unknown_parent_is_named_with_its_line() -> None:
    (problem,) = problems_of({NEW: edition("", extends="iii.return.back.fr@lost-1")})

    assert (problem.code, problem.line) == ("layout_parent_unknown", 2)
    assert dict(problem.params)["found"] == "iii.return.back.fr@lost-1"


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_editions_ends_and_is_shown(length: int) -> None:
    ids = [NEW, THIRD, OLD][:length]
    circle = {one: edition("", extends=ids[place - 1], layout=one) for place, one in enumerate(ids)}

    (problem,) = problems_of(circle)

    assert problem.code == "layout_extends_cycle"
    assert dict(problem.params)["found"].count(">") == length  # type: ignore[union-attr]  # the fact is a text


def test_a_faulty_parent_is_mended_first() -> None:
    broken = PARENT.replace("box_mm: [10.0, 20.0, 40.0, 30.0]", "box_mm: [10.0, 20.0]")

    (problem,) = problems_of({OLD: broken, NEW: edition("")})

    assert (problem.code, problem.line) == ("layout_parent_invalid", 2)


def test_everything_wrong_with_an_edition_is_named_at_once_each_with_its_line() -> None:
    body = """\
without: [transaction_record]
words: {Guichet: Counter}
size_mm: [110.0, 200.0]
zones:
  - name: cashier_stamp
    move_mm: [20.0, 0.0]
  - name: plaque
    box_mm: [10.0, 100.0, 20.0, 5.0]
  - name: payment_receipt
    box_mm: [100.0, 100.0, 20.0, 5.0]
"""
    found = {(problem.code, problem.line) for problem in problems_of(files(body))}

    assert found == {
        ("layout_without_unknown", 3),
        ("layout_words_unused", 4),
        ("layout_overlap", 2),  # the space it runs into is inherited: the line of `extends`
        ("layout_particular_unknown", 9),
        ("layout_off_page", 2),  # the inherited edition mark on the narrower sheet
        ("layout_off_page", 12),
    }


def test_a_space_named_twice_in_an_edition_is_found() -> None:
    twice = "zones:\n" + "  - name: cashier_stamp\n    box_mm: [10.0, 100.0, 20.0, 5.0]\n" * 2

    assert "layout_particular_twice" in {problem.code for problem in problems_of(files(twice))}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("placed: {scale: 0}\n", "layout_value"),
        ("placed: {turn: 3}\n", "layout_key_unknown"),
        ("artwork_kept: 3\n", "layout_value"),
        ("without: cashier_stamp\n", "layout_value"),
        ("zones:\n  - name: payment_receipt\n    move_mm: [1, 1]\n", "layout_key_unknown"),
        ("zones: 4\n", "layout_value"),
        ("artwork: 4\n", "layout_value"),
        ("left_out: [4]\n", "layout_value"),
    ],
)
def test_wrong_keys_of_inheritance_are_refused(body: str, code: str) -> None:
    assert code in {problem.code for problem in problems_of(files(body))}


def test_keys_of_inheritance_belong_to_editions_alone() -> None:
    (problem,) = problems_of({OLD: PARENT + "without: [cashier_stamp]\n"})

    assert problem.code == "layout_key_unknown"


# Reasons for what is left out


def test_a_reason_leaves_out_what_the_regulation_leaves_open_and_nothing_else() -> None:
    front = "iii.return.front.fr@test"
    reasons = "left_out:\n  fine: no room\n  plaque: no car\n  contribution: none due\n"
    text = f"layout: {front}\nsize_mm: [120.0, 200.0]\n{reasons}"
    found = {
        (problem.code, problem.location) for problem in problems_of({front: text}) if "left_out" in problem.location
    }

    assert found == {
        ("layout_left_out_required", "left_out.fine"),
        ("layout_particular_unknown", "left_out.plaque"),
    }


def test_a_particular_with_a_space_has_no_reason() -> None:
    (problem,) = problems_of(files("left_out:\n  cashier_stamp: no counter\n"))

    assert (problem.code, problem.line) == ("layout_left_out_present", 4)
