"""The contact sheet shows every face once, whole, at one scale."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np

from pipeline.geometry import BoxMm
from pipeline.storage.layout_files import load_layouts
from samples.contact_sheet import NAME_PX, PAGE_PX, Place, draw, places, size_px


def area(place: Place) -> BoxMm:
    width, height = size_px(place.layout)
    return BoxMm(place.x_px, place.y_px, width, height + NAME_PX)


def test_every_face_has_one_place_of_its_own_on_a_page() -> None:
    placed = list(places(load_layouts()))

    assert Counter(place.layout.id for place in placed) == Counter(layout.id for layout in load_layouts())
    for place in placed:
        assert area(place).right <= PAGE_PX[0]
        assert area(place).bottom <= PAGE_PX[1]
    for first, second in combinations(placed, 2):
        assert first.page != second.page or area(first).overlap_mm2(area(second)) == 0.0


def test_a_face_is_drawn_where_its_place_is() -> None:
    foot = [layout for layout in load_layouts() if layout.id.startswith("i.return.front")]

    (page,) = draw(foot)

    assert page.width == PAGE_PX[0]
    for place in places(foot):
        width, height = size_px(place.layout)
        shown = np.asarray(page.crop((place.x_px, place.y_px, place.x_px + width, place.y_px + height)).convert("L"))
        # White paper with some print on it, and none of the ground between the faces.
        assert np.median(shown) == 255
        assert 0.01 < (shown < 100).mean() < 0.2
