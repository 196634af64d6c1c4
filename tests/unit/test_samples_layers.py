"""What the generator says that a pixel of its scan shows, which the benchmark of layers rests on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import px_per_mm
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.layers import FORM, MAKERS, seen_through, sheet_layers
from samples.sheetmap import Placing, SheetMap, draw_waves, place
from samples.wear import Level


@pytest.fixture(scope="module")
def page() -> GeneratedPage:
    return sheet(
        31, pool=TRAIN, level=Level.LIGHT, layout_id="iv.return.front.fr@generic-1", writing=Writing.HAND, duplex=False
    ).pages[0]


def test_a_point_of_the_scan_is_traced_back_to_the_sheet() -> None:
    size_mm = (100.0, 280.0)
    affine, _ = place(size_mm, Placing(90, -3.0, 1.004, 0.997, (3.0, 2.0, 4.0, 1.0)), dpi=300.0)
    mapping = SheetMap(affine, draw_waves(np.random.default_rng(4), size_mm, 0.6))
    points = np.random.default_rng(5).uniform((0, 0), size_mm, (200, 2))

    scanned = np.array([mapping.scan_point((x, y)) for x, y in points])

    assert np.abs(mapping.sheet_points(scanned) - points).max() < 1e-4


def test_every_dark_pixel_of_the_scan_is_in_some_layer(page: GeneratedPage) -> None:
    """Seen through the true map the layers lie on the scan itself."""
    assert page.face is not None
    height, width = page.image.shape[:2]
    columns, rows = np.arange(-(-width // 16) + 2), np.arange(-(-height // 16) + 2)
    points = np.stack(np.meshgrid((columns - 0.5) * 16.0, (rows - 0.5) * 16.0), axis=2)

    layers = sheet_layers(page.face, dpi=page.dpi)
    seen = {
        name: seen_through(layer, page.truth.mapping, points, (width, height), dpi=page.dpi)
        for name, layer in layers.items()
    }

    gray = page.image.mean(axis=2)
    anything = np.maximum.reduce(list(seen.values()))
    inner = (slice(60, -60), slice(60, -60))
    dark, drawn = gray[inner] < 120, anything[inner]
    assert (drawn[dark] > 40).mean() > 0.99
    assert (gray[inner][drawn > 250] < 200).mean() > 0.99
    assert seen["hand"].max() > 200
    assert set(layers) == {FORM, *MAKERS}


def test_each_deposit_has_its_maker(page: GeneratedPage) -> None:
    assert page.face is not None
    assert len(page.face.makers) == len(page.face.ink)
    assert set(page.face.makers) <= set(MAKERS)
    assert page.face.makers.count("mark") >= 1
    assert px_per_mm(page.dpi) > 7
