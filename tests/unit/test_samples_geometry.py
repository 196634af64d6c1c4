"""The generator knows exactly where every zone lies in the scan."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import px_per_mm
from pipeline.model import ColorImage
from samples.sheetmap import Placing, SheetMap, draw_waves, place, warp

SIZE_MM = (60.0, 90.0)
DPI = 150.0


def _dotted(points_mm: list[tuple[float, float]]) -> ColorImage:
    scale = px_per_mm(DPI)
    sheet = np.full((round(SIZE_MM[1] * scale), round(SIZE_MM[0] * scale), 3), 255, np.uint8)
    ys, xs = np.indices(sheet.shape[:2]) + 0.5
    for x, y in points_mm:
        cover = np.clip(4.5 - np.hypot(xs - x * scale, ys - y * scale), 0.0, 1.0)
        sheet = np.minimum(sheet, (255 * (1.0 - cover)).astype(np.uint8)[..., None])
    return sheet


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("skew_deg", [-6.0, 0.0, 2.5])
def test_a_drawn_dot_is_found_where_the_map_says(turn_deg: int, skew_deg: float) -> None:
    dots = [(8.0, 9.0), (50.0, 12.0), (30.0, 45.0), (9.0, 80.0), (52.0, 83.0)]
    placing = Placing(turn_deg, skew_deg, 1.004, 0.997, (3.0, 2.0, 4.0, 1.0))
    affine, size_px = place(SIZE_MM, placing, dpi=DPI)
    mapping = SheetMap(affine, draw_waves(np.random.default_rng(4), SIZE_MM, 0.6))

    scan = warp(_dotted(dots), mapping, size_px, dpi=DPI, ground=(255, 255, 255))

    assert scan.shape[:2] == (size_px[1], size_px[0])
    ink = 255.0 - scan[..., 0]
    ys, xs = np.indices(ink.shape) + 0.5
    for dot in dots:
        x, y = mapping.scan_point(dot)
        near = ink * (np.hypot(xs - x, ys - y) < 8.0)
        found = ((near * xs).sum() / near.sum(), (near * ys).sum() / near.sum())
        assert math.dist(found, (x, y)) < 0.1


@given(st.integers(0, 1000), st.floats(0, 60), st.floats(0, 90))
@settings(max_examples=80, deadline=None)
def test_paper_never_stretches_further_than_asked(seed: int, x: float, y: float) -> None:
    mapping = SheetMap(
        place(SIZE_MM, Placing(0, 0.0, 1.0, 1.0, (0, 0, 0, 0)), dpi=25.4)[0],
        draw_waves(np.random.default_rng(seed), SIZE_MM, 0.6),
    )

    assert math.dist(mapping.scan_point((x, y)), (x, y)) <= 0.6 + 1e-9


def test_a_positive_skew_turns_the_content_counter_clockwise() -> None:
    affine, _ = place(SIZE_MM, Placing(0, 5.0, 1.0, 1.0, (0, 0, 0, 0)), dpi=DPI)

    left, right = affine.apply((0.0, 45.0)), affine.apply((60.0, 45.0))

    assert math.degrees(math.atan2(left[1] - right[1], right[0] - left[0])) == pytest.approx(5.0)


def test_the_stated_turn_makes_the_scan_upright() -> None:
    upright, size = place(SIZE_MM, Placing(0, 0.0, 1.0, 1.0, (0, 0, 0, 0)), dpi=DPI)
    scale = px_per_mm(DPI)
    for turn_deg in (90, 180, 270):
        affine, turned_size = place(SIZE_MM, Placing(turn_deg, 0.0, 1.0, 1.0, (0, 0, 0, 0)), dpi=DPI)
        scan = np.zeros((turned_size[1], turned_size[0]), np.uint8)
        x, y = affine.apply((10.0, 20.0))
        scan[int(y), int(x)] = 1

        righted = np.rot90(scan, -turn_deg // 90)

        row, column = np.argwhere(righted)[0]
        assert righted.shape == (size[1], size[0])
        assert (column + 0.5, row + 0.5) == pytest.approx((10 * scale, 20 * scale), abs=1.0)
    assert upright.apply((10.0, 20.0)) == pytest.approx((10 * scale, 20 * scale))
