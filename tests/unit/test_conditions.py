"""When an entry must be filled: the catalogue's conditions over the other entries of a page."""

from __future__ import annotations

import pytest

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, FieldValue, Kind
from pipeline.storage.layout_files import load_catalogue, load_requirements
from pipeline.templates.conditions import Condition, Truth, is_empty, must_be_filled, parse_condition, truth


def entry(
    name: str, value: FieldValue, *, kind: Kind = Kind.TEXT, decision: Decision = Decision.ACCEPTED, text: str = ""
) -> Field:
    box = BoxMm(0.0, 0.0, 1.0, 1.0)
    return Field(name, kind, False, value, text, 1.0, decision, "test", box, BoxPx(0, 0, 1, 1))


def empty(name: str) -> Field:
    return entry(name, None, decision=Decision.EMPTY)


def required(filled: str, *fields: Field) -> Truth:
    return must_be_filled(filled, {field.name: field for field in fields}, load_requirements().conditions)


def test_always_and_never_need_no_other_entry() -> None:
    assert required("always") is Truth.HOLDS
    assert required("never_judged") is Truth.FAILS


def test_every_condition_of_the_catalogue_can_be_weighed() -> None:
    named = {each.filled for face in load_catalogue().faces.values() for each in face}
    conditions = {filled for filled in named if filled.startswith("when: ")}

    assert len(conditions) >= 3
    for filled in conditions:
        words = filled.removeprefix("when: ")
        assert words in load_requirements().conditions or parse_condition(words)


def test_a_condition_names_only_entries_that_there_are() -> None:
    known = {each.name for face in load_catalogue().faces.values() for each in face}

    for condition in load_requirements().conditions.values():
        assert set(condition.names) <= known


OWNER = "when: not owner_is_defendant"


@pytest.mark.parametrize(
    ("value", "decision", "expected"),
    [
        (True, Decision.ACCEPTED, Truth.FAILS),
        (False, Decision.ACCEPTED, Truth.HOLDS),
        (True, Decision.REVIEW, Truth.UNKNOWN),
        (None, Decision.REVIEW, Truth.UNKNOWN),
    ],
)
def test_the_defendant_is_named_unless_the_owner_is_marked_for_sure(
    value: FieldValue, decision: Decision, expected: Truth
) -> None:
    mark = entry("owner_is_defendant", value, kind=Kind.MARK, decision=decision)

    assert required(OWNER, mark) is expected


def test_a_form_without_the_owners_mark_names_the_defendant() -> None:
    assert required(OWNER) is Truth.HOLDS


LEGAL = "when: the defendant is a legal person"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("legal_person", Truth.HOLDS), ("natural_person", Truth.FAILS), (None, Truth.UNKNOWN)],
)
def test_a_legal_person_is_told_by_its_mark_alone(value: str | None, expected: Truth) -> None:
    assert required(LEGAL, entry("defendant_kind", value, kind=Kind.CHOICE)) is expected


def test_a_page_that_does_not_say_who_the_defendant_is_leaves_it_open() -> None:
    assert required(LEGAL, entry("plea", "guilty", kind=Kind.CHOICE)) is Truth.UNKNOWN


def test_an_offence_concerns_a_vehicle_when_something_of_a_vehicle_is_entered() -> None:
    vehicle = "when: the offence concerns a vehicle"

    assert required(vehicle, entry("vehicle_make", "MAZDA"), empty("vehicle_model")) is Truth.HOLDS
    assert required(vehicle, entry("vehicle_make", "MAZDA", decision=Decision.REVIEW)) is Truth.HOLDS
    assert required(vehicle, empty("vehicle_make"), empty("vehicle_model")) is Truth.UNKNOWN


def test_an_entry_is_empty_only_when_that_is_sure() -> None:
    assert is_empty(empty("a"))
    assert is_empty(entry("a", "absent", kind=Kind.SIGNATURE))
    assert is_empty(entry("a", None, kind=Kind.CHOICE))
    assert not is_empty(entry("a", None, kind=Kind.CHOICE, decision=Decision.REVIEW))
    assert not is_empty(entry("a", "absent", kind=Kind.SIGNATURE, decision=Decision.REVIEW))
    assert not is_empty(entry("a", "present", kind=Kind.SIGNATURE))
    assert not is_empty(entry("a", "absent"))


def test_conditions_are_read_in_four_forms() -> None:
    assert parse_condition("plea_not_guilty") == Condition(("plea_not_guilty",))
    assert parse_condition("not a") == Condition(("a",), negated=True)
    assert parse_condition("a = b") == Condition(("a",), "b")
    assert parse_condition("any of: a, b") == Condition(("a", "b"), hint=True)
    for text in ("a and b", "", "A", "any of:"):
        with pytest.raises(ValueError, match="no condition"):
            parse_condition(text)


def test_a_condition_that_nobody_can_read_leaves_it_open() -> None:
    assert required("when: the moon is full") is Truth.UNKNOWN


def test_a_negated_condition_that_is_not_known_stays_unknown() -> None:
    doubtful = entry("a", True, kind=Kind.MARK, decision=Decision.REVIEW)

    assert truth(parse_condition("not a"), {"a": doubtful}) is Truth.UNKNOWN
