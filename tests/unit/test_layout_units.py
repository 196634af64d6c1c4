"""A layout file in another unit than millimetres is refused, and says which unit it looks like and what is allowed."""

from __future__ import annotations

import pytest

from pipeline.messages import sentence
from pipeline.templates.problem import Problem
from tests.unit.layout_files import problems_of

BACK_ID = "iii.return.back.fr@test"


def problems(text: str) -> tuple[Problem, ...]:
    return problems_of({BACK_ID: f"layout: {BACK_ID}\n{text}"})


@pytest.mark.parametrize("key", ["box_in", "box_px", "box_cm", "dpi", "unit"])
def test_a_key_of_another_unit_is_told_from_a_misspelt_one(key: str) -> None:
    found = problems(f"size_mm: [100.0, 200.0]\nzones:\n  - name: cashier_stamp\n    {key}: 3\n")

    (unit,) = [problem for problem in found if problem.code == "layout_unit_key"]
    assert (unit.line, unit.location) == (5, f"zones.cashier_stamp.{key}")
    assert "mm" in sentence(unit.code, dict(unit.params), language="en")


@pytest.mark.parametrize(
    ("size", "unit"), [("[850, 1400]", "px"), ("[8.5, 14.0]", "in"), ("[21.5, 35.5]", "cm"), ("[2550, 4200]", "px")]
)
def test_a_sheet_in_pixels_inches_or_centimetres_is_recognised_once(size: str, unit: str) -> None:
    found = problems(f"size_mm: {size}\nzones:\n  - name: cashier_stamp\n    box_mm: [60.0, 60.0, 30.0, 30.0]\n")

    (problem,) = found
    assert (problem.code, problem.line) == ("layout_unit_size", 2)
    assert dict(problem.params)["unit"] == unit


def test_a_box_in_pixels_is_named_once_though_it_is_off_the_page_too() -> None:
    (problem,) = problems(
        "size_mm: [100.0, 200.0]\nzones:\n  - name: cashier_stamp\n    box_mm: [118, 590, 1500, 420]\n"
    )

    assert (problem.code, problem.line, problem.location) == ("layout_unit_box", 5, "zones.cashier_stamp.box_mm")


@pytest.mark.parametrize(("scale", "unit"), [(25.4, "in"), (10.0, "cm")])
def test_boxes_in_inches_on_a_sheet_in_millimetres_are_recognised(scale: float, unit: str) -> None:
    zones = [("cashier_stamp", 10, 10), ("payment_receipt", 10, 90), ("payment_reference", 10, 170)]
    text = "size_mm: [100.0, 200.0]\nzones:\n" + "".join(
        f"  - name: {name}\n    box_mm: [{x / scale:.3f}, {y / scale:.3f}, {80 / scale:.3f}, {20 / scale:.3f}]\n"
        for name, x, y in zones
    )

    (problem,) = problems(text)

    assert problem.code == "layout_unit_boxes"
    assert dict(problem.params)["unit"] == unit


@pytest.mark.parametrize("value", ["3.5in", "90 mm", "90", "1200px"])
def test_a_length_with_its_unit_is_asked_for_as_a_plain_number(value: str) -> None:
    (problem,) = problems(
        f'size_mm: [100.0, 200.0]\nzones:\n  - name: cashier_stamp\n    box_mm: [10.0, 10.0, "{value}", 30.0]\n'
    )

    assert (problem.code, dict(problem.params)["found"]) == ("layout_unit_text", value)


def test_a_file_in_millimetres_with_one_small_space_is_taken() -> None:
    assert problems("size_mm: [100.0, 200.0]\nzones:\n  - name: cashier_stamp\n    box_mm: [1, 1, 3, 3]\n") == ()
