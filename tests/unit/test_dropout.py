"""Drop-out leaves entries, whole and dark, and nothing of the form."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import UNREAD_KINDS, GrayImage, Mask
from pipeline.templates.dropout import Split, split
from pipeline.templates.register import register
from tests.unit.scanned import FR, blank_form, layout, library, placement, scan

SCALE = px_per_mm(300)


def split_page(form: GrayImage, *, stretch_mm: float = 0.3, noise: float = 5.0) -> Split:
    placed = placement(stretch_mm=stretch_mm)
    prepared = library(FR).prepared[0]
    page = scan(form, placed, noise=noise)
    return split(register(page, dpi=300, prepared=prepared, initial=placed.page_from_layout), prepared)


def inside(image: Mask | GrayImage, box: BoxMm) -> np.ndarray:
    top, bottom, left, right = (round(side * SCALE) for side in (box.y, box.bottom, box.x, box.right))
    return image[top:bottom, left:right]


def entry_zone() -> BoxMm:
    zones = [zone for zone in layout(FR).zones if zone.kind not in UNREAD_KINDS and not zone.printed_value]
    return max((zone.box_mm for zone in zones if not zone.marks), key=lambda box: box.width * box.height)


def written(darkness: int = 200) -> GrayImage:
    """The form with two thick strokes across the lower edge of the largest space, and a stroke in its middle."""
    form, box = blank_form(FR).copy(), entry_zone()
    ink = np.zeros_like(form)
    for share in (0.3, 0.6):
        x = round((box.x + share * box.width) * SCALE)
        cv2.line(ink, (x, round((box.bottom - 2.5) * SCALE)), (x + 9, round((box.bottom + 1.6) * SCALE)), darkness, 6)
    y = round((box.y + box.height / 2) * SCALE)
    cv2.line(ink, (round((box.x + 4) * SCALE), y), (round((box.x + 9) * SCALE), y - 20), darkness, 6)
    return np.minimum(form, 255 - ink).astype(np.uint8)


@pytest.mark.parametrize("stretch_mm", [0.0, 0.5])
def test_a_blank_form_leaves_no_ink_in_any_space(stretch_mm: float) -> None:
    parts = split_page(blank_form(FR), stretch_mm=stretch_mm)

    for zone in layout(FR).zones:
        if zone.kind not in UNREAD_KINDS and not zone.printed_value:
            assert inside(parts.ink, zone.box_mm).mean() < 0.0005, zone.name


def test_a_stroke_across_a_printed_line_stays_one_stroke() -> None:
    box = entry_zone()

    ink = split_page(written(), stretch_mm=0.0).ink

    around = inside(ink, BoxMm(box.x, box.bottom - 2.6, box.width, 4.3)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(around)
    strokes = stats[1:][stats[1:, cv2.CC_STAT_AREA] > 10]
    assert len(strokes) == 2
    assert (strokes[:, cv2.CC_STAT_HEIGHT] > 3.2 * SCALE).all()


def test_faint_entries_come_out_dark_on_white() -> None:
    particulars = split_page(written(darkness=45), noise=2.0).particulars

    seen = inside(particulars, entry_zone())
    assert seen.min() < 60
    assert np.median(seen) == 255


def test_show_through_is_no_ink() -> None:
    form, box = blank_form(FR).copy(), entry_zone()
    behind = np.zeros_like(form)
    place = (round((box.x + 3) * SCALE), round((box.bottom - 2) * SCALE))
    cv2.putText(behind, "VERSO", place, cv2.FONT_HERSHEY_SIMPLEX, 2.0, 34, 8)
    seen = cv2.subtract(form, cv2.GaussianBlur(behind, (0, 0), 4.5))

    parts = split_page(np.asarray(seen, dtype=np.uint8))

    assert inside(parts.ink, box).mean() < 0.0005


def test_a_fold_is_no_ink() -> None:
    form, box = blank_form(FR).copy().astype(np.float64), entry_zone()
    rows = np.arange(len(form))[:, None] - (box.y + 0.6 * box.height) * SCALE
    form -= 70 * np.exp(-((rows / 5.0) ** 2))

    parts = split_page(np.clip(form, 0, 255).astype(np.uint8), stretch_mm=0.0)

    assert inside(parts.ink, box).mean() < 0.0005


def test_uneven_light_is_no_ink_and_the_ground_is_white() -> None:
    form = blank_form(FR).astype(np.float64)
    form *= np.linspace(0.55, 1.0, form.shape[1])

    parts = split_page(form.astype(np.uint8))

    assert inside(parts.particulars, entry_zone()).min() == 255


def test_the_form_layer_shows_the_print_and_not_the_entry() -> None:
    box = entry_zone()

    form = split_page(written(), stretch_mm=0.0).form

    assert inside(form, BoxMm(box.x + 3, box.y + 1, box.width - 6, box.height - 4)).min() > 200
    assert inside(form, BoxMm(box.x, box.bottom - 0.6, box.width, 1.2)).min() < 90
