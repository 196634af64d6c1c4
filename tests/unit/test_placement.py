"""Placements as text, and what is wrong with one by itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import Placement, placement_from, placement_text
from pipeline.custody.placing import LEAST_PART_PX, MOST_PARTS, faults
from pipeline.geometry import BoxPx
from pipeline.model import LayoutId

SIZE_PX = (2000, 1500)
boxes = st.builds(BoxPx, *(st.integers(-10_000, 10_000) for _ in range(4)))
placements = st.builds(
    Placement,
    st.none() | st.text(max_size=40).map(LayoutId),
    st.none() | st.integers(-5, 9),
    st.lists(boxes, max_size=8).map(tuple),
)


def _codes(*parts: BoxPx, turns: int | None = None) -> list[str]:
    return [reason.code for reason in faults(Placement(None, turns, parts), SIZE_PX)]


@given(placements)
def test_a_placement_comes_back_from_its_text(placement: Placement) -> None:
    assert placement_from(placement_text(placement)) == placement


@given(placements, placements)
def test_different_placements_have_different_texts(one: Placement, other: Placement) -> None:
    assert (placement_text(one) == placement_text(other)) == (one == other)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda its: st.lists(its, max_size=4)))
def test_what_is_no_placement_is_refused_by_name(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"layout": value, "quarter_turns": value, "parts": value}), str(value)):
        try:
            assert placement_text(placement_from(text)) is not None
        except ValueError:
            continue


@pytest.mark.parametrize("text", ['{"layout":1,"parts":[],"quarter_turns":null}', "[]", "{}", "no", '{"layout":null}'])
def test_what_is_altered_is_no_placement(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a placement|Expecting"):
        placement_from(text)


@given(st.integers(2, MOST_PARTS), st.booleans())
def test_an_image_cut_into_strips_is_divided_rightly(count: int, across: bool) -> None:
    long_px = SIZE_PX[0 if across else 1] // count
    strips = (
        BoxPx(at * long_px, 0, long_px, SIZE_PX[1]) if across else BoxPx(0, at * long_px, SIZE_PX[0], long_px)
        for at in range(count)
    )

    assert _codes(*strips) == []


@given(st.lists(boxes, min_size=1, max_size=7))
def test_parts_that_pass_lie_in_the_scan_are_large_enough_and_share_no_pixel(parts: list[BoxPx]) -> None:
    if _codes(*parts):
        return
    pixels = sum(box.width * box.height for box in parts)
    assert 2 <= len(parts) <= MOST_PARTS
    assert pixels <= SIZE_PX[0] * SIZE_PX[1]
    assert all(box.clipped(*SIZE_PX) == box and min(box.width, box.height) >= LEAST_PART_PX for box in parts)


def test_everything_wrong_is_told_at_once() -> None:
    small = BoxPx(1950, 0, 100, 100)

    assert _codes(small, turns=4) == [
        "placement_turns",
        "placement_parts_count",
        "placement_part_outside",
        "placement_part_small",
    ]
    assert _codes(BoxPx(0, 0, 1001, 1500), BoxPx(1000, 0, 1000, 1500)) == ["placement_parts_overlap"]
    assert next(its.code for its in faults(Placement(None, None, (small, small)), None)) == "page_size_unknown"


def test_a_page_that_is_not_divided_needs_no_size() -> None:
    assert faults(Placement(LayoutId("anything"), 3), None) == ()
