"""Registration lays every space of a stretched page where it belongs, and the map is the one that drew the image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import Affine, Point, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.register import NO_FIT_MM, Registered, register
from pipeline.templates.stretch import Stretch
from pipeline.templates.warp import Warp
from tests.unit.scanned import FR, Placement, blank_form, layout, library, placement, scan


def errors_mm(registered: Registered, placed: Placement, dpi: float = 300.0) -> np.ndarray:
    corners = [corner for zone in layout(FR).zones for corner in zone.box_mm.corners]
    missed = [np.subtract(registered.page_point(each), placed.page_point(each)) for each in corners]
    return np.asarray(np.hypot(*np.transpose(missed)) * 25.4 / dpi)


def registered_from(page: GrayImage, placed: Placement, *, dpi: float = 300.0) -> Registered:
    rough = Affine.translation(6.0, -5.0).after(placed.page_from_layout)
    return register(page, dpi=dpi, prepared=library(FR).prepared[0], initial=rough)


@pytest.mark.parametrize(("stretch_mm", "skew_deg", "dpi"), [(0.0, 0.0, 300.0), (0.5, 0.1, 300.0), (0.4, 4.0, 200.0)])
def test_zone_corners_are_found_to_a_quarter_of_a_millimetre(stretch_mm: float, skew_deg: float, dpi: float) -> None:
    placed = placement(dpi=dpi, stretch_mm=stretch_mm, skew_deg=skew_deg)

    found = registered_from(scan(blank_form(FR), placed, dpi=dpi), placed, dpi=dpi)

    missed = errors_mm(found, placed, dpi)
    assert np.median(missed) < 0.1
    assert missed.max() < 0.25
    assert found.residual_mm < 0.1
    assert found.found > 0.8


def test_the_registered_image_shows_the_form_in_place() -> None:
    placed = placement(stretch_mm=0.5)

    found = registered_from(scan(blank_form(FR), placed), placed)

    form = blank_form(FR)
    assert found.image.shape == form.shape
    assert np.corrcoef(found.image.ravel()[::7], form.ravel()[::7])[0, 1] > 0.9


def test_a_dark_stain_over_a_third_of_the_page_does_not_move_the_rest() -> None:
    placed = placement(stretch_mm=0.3)
    page = scan(blank_form(FR), placed)
    page[: page.shape[0] // 3] //= 8
    page[: page.shape[0] // 3, ::5] = 90

    found = registered_from(page, placed)

    corners = [corner for zone in layout(FR).zones for corner in zone.box_mm.corners if corner[1] > 90]
    missed = [np.subtract(found.page_point(each), placed.page_point(each)) for each in corners]
    assert np.hypot(*np.transpose(missed)).max() * 25.4 / 300 < 0.2


def test_a_page_without_the_form_reports_that_nothing_was_found() -> None:
    found = registered_from(np.full((2750, 1210), 240, np.uint8), placement())

    assert found.found == 0.0
    assert found.residual_mm == NO_FIT_MM


knots = st.lists(st.floats(-0.6, 0.6), min_size=8, max_size=8)
inside = st.tuples(st.floats(6.0, 54.0), st.floats(6.0, 74.0))


@settings(max_examples=40, deadline=None)
@given(knots, st.floats(-8, 8), inside)
def test_a_point_maps_to_the_very_pixel_that_the_warp_drew_there(bends: list[float], deg: float, point: Point) -> None:
    # The page is a ramp along x, then along y: a drawn value tells which pixel it came from.
    size_mm, dpi = (60.0, 80.0), 150.0
    scale, turn = px_per_mm(dpi), np.radians(deg)
    cos, sin = float(scale * np.cos(turn)), float(scale * np.sin(turn))
    page_from_layout = Affine(cos, sin, 40.0, -sin, cos, 60.0)
    coefficients = np.resize(np.array(bends), (8, 7, 2))
    warp = Warp.of(size_mm, page_from_layout, Stretch(size_mm, coefficients), dpi=dpi)
    column, row = (int(value * scale) for value in point)
    center_mm = ((column + 0.5) / scale, (row + 0.5) / scale)

    found = warp.page_point(center_mm)

    ramp = np.tile(np.arange(520, dtype=np.float64) / 2.1, (620, 1))
    across = warp.draw(ramp.astype(np.uint8))[row, column]
    down = warp.draw((np.tile(np.arange(620) / 2.5, (520, 1)).T).astype(np.uint8))[row, column]
    assert across == pytest.approx((found[0] - 0.5) / 2.1, abs=1.3)
    assert down == pytest.approx((found[1] - 0.5) / 2.5, abs=1.3)
