"""Required print on a page: read where it is whole, named where it is cut off, covered, faded or missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import pytest

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage
from pipeline.storage.layout_files import load_requirements
from pipeline.templates.legible import Seen, Trouble, legible
from pipeline.templates.library import PreparedLayout
from pipeline.templates.printed_parts import printed_parts
from pipeline.templates.register import Registered, register
from tests.unit.scanned import blank_form, layout, library, placement, scan

PLEA_FORM = "iv.return.front.fr@generic-1"
BACK = "iv.statement.back.en@generic-1"
Harm = Callable[[GrayImage, BoxPx], None]


@lru_cache(maxsize=2)
def seen_whole(layout_id: str) -> GrayImage:
    image = scan(blank_form(layout_id), placement(stretch_mm=0.2))
    image.setflags(write=False)
    return image


def looked_at(page: GrayImage, layout_id: str) -> dict[str, Seen]:
    prepared = library(layout_id).get(layout(layout_id).id)
    placed = register(page, dpi=300.0, prepared=prepared, initial=placement(stretch_mm=0.2).page_from_layout)
    return seen_in(placed, prepared, page)


def seen_in(placed: Registered, prepared: PreparedLayout, page: GrayImage) -> dict[str, Seen]:
    found = legible(placed, prepared, load_requirements(), page_px=(page.shape[1], page.shape[0]))
    return {each.part.place: each for each in found}


def place_of(name: str, layout_id: str) -> BoxPx:
    """Where a printed part lies on the scan, with a little room."""
    prepared = library(layout_id).get(layout(layout_id).id)
    (part,) = (
        each for each in printed_parts(prepared.layout, prepared.fonts, load_requirements()) if each.place == name
    )
    corners = [corner for line in part.lines for corner in line.corners]
    points = [placement(stretch_mm=0.2).page_point(corner) for corner in corners]
    x, y = (np.array([point[axis] for point in points]) for axis in (0, 1))
    left, top = int(x.min()) - 8, int(y.min()) - 8
    return BoxPx(left, top, int(x.max()) + 8 - left, int(y.max()) + 8 - top)


def erased(page: GrayImage, box: BoxPx) -> None:
    page[box.slices] = np.random.default_rng(1).normal(237, 4, (box.height, box.width)).astype(np.uint8)


def faded(page: GrayImage, box: BoxPx) -> None:
    part = page[box.slices].astype(float)
    grain = np.random.default_rng(2).normal(0, 2, part.shape)
    page[box.slices] = np.clip(237 - 0.04 * (237 - part) + grain, 0, 255).astype(np.uint8)


def covered_by_tape(page: GrayImage, box: BoxPx) -> None:
    page[box.slices] = 90


def stamped_over(page: GrayImage, box: BoxPx) -> None:
    for row in range(box.y, box.bottom + 30, 14):
        cv2.putText(page, "PAYE COMPTOIR 2026", (box.x - 20, row), 0, 1.0, (40,), 3)
        cv2.line(page, (box.x, row - 8), (box.right, row + 4), (40,), 4)


@pytest.mark.parametrize("layout_id", [PLEA_FORM, BACK])
def test_a_whole_page_shows_all_its_print(layout_id: str) -> None:
    found = looked_at(seen_whole(layout_id), layout_id)

    assert len(found) > 10
    assert {name: its.share for name, its in found.items() if its.trouble is not None} == {}


@pytest.mark.parametrize(
    ("harm", "trouble"),
    [
        (erased, Trouble.MISSING),
        (faded, Trouble.FADED),
        (covered_by_tape, Trouble.COVERED),
        (stamped_over, Trouble.COVERED),
    ],
)
def test_a_text_that_cannot_be_read_is_named_with_the_cause(harm: Harm, trouble: Trouble) -> None:
    page = seen_whole(PLEA_FORM).copy()
    harm(page, place_of("payment_consequences", PLEA_FORM))

    found = looked_at(page, PLEA_FORM)

    assert found["payment_consequences"].trouble is trouble
    assert found["statement_number"].trouble is None
    assert found["plate"].trouble is None


def test_a_part_of_the_text_that_is_lost_counts() -> None:
    page = seen_whole(BACK).copy()
    box = place_of("warning_1", BACK)
    erased(page, BoxPx(box.x, box.y, box.width // 3, box.height))

    found = looked_at(page, BACK)["warning_1"]

    assert found.trouble is Trouble.MISSING
    assert 0.5 < found.share < 0.8


def test_the_edge_of_a_stamp_along_the_foot_of_words_leaves_them_readable() -> None:
    page = seen_whole(PLEA_FORM).copy()
    box = place_of("judicial_district", PLEA_FORM)
    cv2.line(page, (box.x - 30, box.bottom - 9), (box.right + 30, box.bottom - 9), (30,), 7)

    assert looked_at(page, PLEA_FORM)["judicial_district"].trouble is None


def test_a_hole_in_a_paragraph_does_not_make_it_unreadable() -> None:
    page = seen_whole(BACK).copy()
    box = place_of("payment_procedure", BACK)
    cv2.circle(page, (box.x + box.width // 2, box.y + box.height // 2), 35, (20,), -1)

    found = looked_at(page, BACK)["payment_procedure"]

    assert found.trouble is None
    assert 0.85 < found.share < 1.0


def test_what_was_cut_off_is_told_from_what_is_missing() -> None:
    whole = seen_whole(PLEA_FORM)
    cut = place_of("plea_return_address", PLEA_FORM).y - 20
    page = np.ascontiguousarray(whole[:cut])

    found = looked_at(page, PLEA_FORM)

    assert found["plea_return_address"].trouble is Trouble.CUT_OFF
    assert found["plea_deadline"].trouble is Trouble.CUT_OFF
    assert found["statement_number"].trouble is None


def test_what_lies_beyond_a_torn_corner_on_a_dark_lid_is_cut_off() -> None:
    page = seen_whole(PLEA_FORM).copy()
    box = place_of("statement_number", PLEA_FORM)
    page[: box.bottom, box.x - 10 :] = 15

    assert looked_at(page, PLEA_FORM)["statement_number"].trouble is Trouble.CUT_OFF


def test_headings_of_optional_spaces_are_not_asked_for() -> None:
    prepared = library(BACK).get(layout(BACK).id)

    places = {part.place for part in printed_parts(prepared.layout, prepared.fonts, load_requirements())}

    assert "payment_receipt" not in places
    assert {"warning_1", "information_contact", "right_to_counsel"} <= places


def test_print_is_looked_for_where_it_is_printed() -> None:
    form = layout(PLEA_FORM)
    prepared = library(PLEA_FORM).get(form.id)
    page = BoxMm(0.0, 0.0, *form.size_mm)

    for part in printed_parts(form, prepared.fonts, load_requirements()):
        for line in part.lines:
            assert line.overlap_mm2(page) == pytest.approx(line.width * line.height)
            assert line.height * px_per_mm(150.0) > 8
