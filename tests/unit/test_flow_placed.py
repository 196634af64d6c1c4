"""The flow on whole generated pages that a person placed: turned, named, divided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputRefused
from pipeline.flow import LEAST_LAID_ON, FlowKit, process_page
from pipeline.geometry import BoxPx
from pipeline.imaging.decode import decode
from pipeline.imaging.part import cut_part
from pipeline.model import ColorImage, Decision, LayoutId, PageLabel, PageOutcome, Placing
from pipeline.templates.library import LayoutLibrary
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.wear import Level
from tests.unit.test_flow import as_scanned, kit

__all__ = ["kit"]
LAYOUT = LayoutId("iv.return.front.fr@generic-1")
FOREIGN = LayoutId("iii.statement.front.fr@generic-1")
DPI = 200.0


def _page(seed: int) -> GeneratedPage:
    return sheet(
        seed, pool=TRAIN, level=Level.LIGHT, layout_id=LAYOUT, writing=Writing.PRINT, dpi=DPI, duplex=False
    ).pages[0]


@pytest.fixture(scope="module")
def left() -> GeneratedPage:
    return _page(40)


@pytest.fixture(scope="module")
def right() -> GeneratedPage:
    return _page(41)


@pytest.fixture(scope="module")
def two(left: GeneratedPage, right: GeneratedPage) -> ColorImage:
    """Both on the glass at once, the right one on its head."""
    height = max(left.image.shape[0], right.image.shape[0])
    width = left.image.shape[1] + right.image.shape[1]
    image = np.full((height, width, 3), 245, np.uint8)
    image[: left.image.shape[0], : left.image.shape[1]] = left.image
    image[: right.image.shape[0], left.image.shape[1] :] = np.rot90(right.image, 2)
    return image


def _read(kit: FlowKit, image: ColorImage, placing: Placing) -> PageOutcome:
    return process_page(replace(as_scanned(image, dpi=DPI), placing=placing), kit=kit)


def _values(outcome: PageOutcome) -> Mapping[str, object]:
    return {its.name: its.value for its in outcome.fields if its.decision is Decision.ACCEPTED}


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_page_fed_any_way_up_is_read_as_the_form_that_it_is_said_to_be(
    kit: FlowKit, left: GeneratedPage, turns: int
) -> None:
    fed = np.ascontiguousarray(np.rot90(left.image, turns))

    found, told = _read(kit, fed, Placing(LAYOUT)), _read(kit, fed, Placing(LAYOUT, turns))

    assert (found.label, found.layout, found.rotation_deg) == (PageLabel.FORM, LAYOUT, 90 * turns)
    assert (told.label, told.layout, told.rotation_deg) == (PageLabel.FORM, LAYOUT, 90 * turns)
    assert _values(told) == _values(found)
    assert _values(told)["statement_number"] == left.truth.fields["statement_number"].value


def test_a_form_that_is_named_need_not_be_among_those_that_are_recognised(kit: FlowKit, left: GeneratedPage) -> None:
    """Without its layout's near twins: the one in the other language is no proof against the person's word."""
    twin = LayoutId("iv.return.front.en@generic-1")

    found = _read(kit, left.image, Placing(twin))

    assert (found.label, found.layout) == (PageLabel.FORM, twin)


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_turned_the_wrong_way_the_form_is_not_there(kit: FlowKit, left: GeneratedPage, turns: int) -> None:
    fed = np.ascontiguousarray(np.rot90(left.image, 3))

    found = _read(kit, fed, Placing(LAYOUT, turns))

    assert found.label is PageLabel.UNIDENTIFIED
    assert [(its.code, dict(its.params)["layout"]) for its in found.reasons] == [("placed_does_not_fit", LAYOUT)]
    assert found.rotation_deg == 90 * turns


def test_a_foreign_form_an_unknown_one_and_bare_paper_do_not_fit(kit: FlowKit, left: GeneratedPage) -> None:
    bare = np.full((1900, 870, 3), 250, np.uint8)
    cases = ((left.image, FOREIGN), (left.image, LayoutId("iv.return.front.fr@gone-1")), (bare, LAYOUT))

    for image, layout in cases:
        found = _read(kit, image, Placing(layout))
        assert found.label is PageLabel.UNIDENTIFIED
        assert found.layout is None
        assert found.fields == ()
        assert [its.code for its in found.reasons] == ["placed_does_not_fit"]


def test_forms_of_other_schedules_stay_below_what_counts_as_laid_on(kit: FlowKit, left: GeneratedPage) -> None:
    names = [each.layout.id for each in kit.library.prepared if not each.layout.id.startswith("iv.return")]
    for name in names[::7]:
        found = _read(kit, left.image, Placing(name))
        assert found.label is PageLabel.UNIDENTIFIED, name
        assert found.layout_score < LEAST_LAID_ON, name


def test_two_pages_on_the_glass_are_read_apart(
    kit: FlowKit, two: ColorImage, left: GeneratedPage, right: GeneratedPage
) -> None:
    middle = left.image.shape[1]
    boxes = (BoxPx(0, 0, middle, two.shape[0]), BoxPx(middle, 0, two.shape[1] - middle, two.shape[0]))

    found = [_read(kit, two, Placing(None, None, box)) for box in boxes]

    assert [(its.label, its.layout, its.rotation_deg) for its in found] == [
        (PageLabel.FORM, LAYOUT, 0),
        (PageLabel.FORM, LAYOUT, 180),
    ]
    for its, page in zip(found, (left, right), strict=True):
        assert _values(its)["statement_number"] == page.truth.fields["statement_number"].value


def test_spaces_of_a_part_lie_in_the_scan_as_received(
    kit: FlowKit, two: ColorImage, left: GeneratedPage, right: GeneratedPage
) -> None:
    """The same page alone, upright, has them where the part has them, turned about and moved."""
    middle, height = left.image.shape[1], two.shape[0]
    alone = {its.name: its.box_px for its in _read(kit, right.image, Placing(LAYOUT)).fields}

    part = _read(kit, two, Placing(LAYOUT, 2, BoxPx(middle, 0, two.shape[1] - middle, height)))

    assert part.size_px == (two.shape[1], height)
    right_height, right_width = right.image.shape[:2]
    for field in part.fields:
        box = alone[field.name]
        expected = (middle + right_width - box.right, right_height - box.bottom, box.width, box.height)
        assert np.abs(np.subtract(field.box_px.as_tuple(), expected)).max() <= 3, field.name


def test_a_part_too_small_for_any_page_is_refused(kit: FlowKit, two: ColorImage) -> None:
    with pytest.raises(InputRefused) as refused:
        _read(kit, two, Placing(None, None, BoxPx(0, 0, 199, 1000)))
    assert refused.value.code == "too_small"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3), st.integers(0, 40), st.integers(0, 30))
def test_a_part_has_the_pixels_of_its_box_however_the_file_is_turned(turns: int, x: int, y: int) -> None:
    gray = np.arange(300 * 260, dtype=np.uint32).reshape(300, 260).astype(np.uint8)
    page = as_scanned(np.stack([gray] * 3, axis=2), dpi=None)
    box = BoxPx(x, y, 210, 220)

    part = cut_part(decode(page.data, rotation_deg=90 * turns), box)

    assert np.array_equal(part.gray, np.rot90(gray[box.slices], -turns))
    height, width = part.gray.shape
    corners = [part.scan_from_decoded.apply(corner) for corner in ((0.0, 0.0), (float(width), float(height)))]
    assert sorted(point[0] for point in corners) == pytest.approx([x, x + 210])
    assert sorted(point[1] for point in corners) == pytest.approx([y, y + 220])
    assert part.size_px == (260, 300)


def test_a_library_of_one_layout_finds_it_alone(kit: FlowKit) -> None:
    only = kit.library.only(LAYOUT)

    assert isinstance(only, LayoutLibrary)
    assert [each.layout.id for each in only.prepared] == [LAYOUT]
    assert only.down.shape == (1, 2, 513)
    with pytest.raises(KeyError):
        kit.library.only(LayoutId("nothing"))
