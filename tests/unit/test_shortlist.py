"""Only the layouts nearest to a page are laid on it, and the right one is among them wherever the page lies."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from pipeline.layout import Layout, LayoutId, Rule
from pipeline.model import GrayImage
from pipeline.storage.layout_files import load_fonts
from pipeline.templates.candidates import SIGNATURE_DPI, find_candidates
from pipeline.templates.library import WORK_DPI, LayoutLibrary
from pipeline.templates.rescale import rescaled
from pipeline.templates.shortlist import KEPT, Spectra, shortlist
from pipeline.templates.signature import BIN_MM, signature, spectra
from tests.unit.scanned import EN, FR, blank_form, layout, placement, scan

ALL = 30
BIN_PX = np.array([BIN_MM * SIGNATURE_DPI / 25.4])


def ruled(number: int) -> Layout:
    """Another print: as many rules as a form has, at places of its own."""
    rng = np.random.default_rng(number)
    width, height = layout(FR).size_mm
    level = [Rule(5.0, y, width - 5.0, y) for y in rng.uniform(6.0, height - 6.0, 30)]
    upright = [Rule(x, y, x, y + 20.0) for x, y in rng.uniform((6.0, 6.0), (width - 6.0, height - 30.0), (20, 2))]
    name = LayoutId(f"iv.return.front.fr@ruled-{number}")
    return replace(layout(FR), id=name, artwork=(*level, *upright), edition_mark=None)


@lru_cache(maxsize=1)
def library() -> LayoutLibrary:
    forms = [layout(FR), *(ruled(number) for number in range(ALL - 2)), layout(EN)]
    return LayoutLibrary.build(forms, load_fonts())


def work(layout_id: str, *, shift_px: int = 0) -> GrayImage:
    page = scan(blank_form(layout_id), placement(dpi=200.0, stretch_mm=0.3), dpi=200.0)
    moved = np.pad(page, ((shift_px, 0), (2 * shift_px, 0)), constant_values=235)
    return rescaled(moved, WORK_DPI / 200.0).image


def seen(image: GrayImage) -> tuple[Spectra, Spectra]:
    """What runs down and what runs across."""
    signed = signature(rescaled(image, SIGNATURE_DPI / WORK_DPI).image, dpi=SIGNATURE_DPI)
    down, across = (spectra(profiles, BIN_PX) for profiles in (signed.down, signed.across))
    return down, across


def listed(image: GrayImage, among: list[int]) -> list[str]:
    near = shortlist(*seen(image), library(), among)
    return [library().prepared[i].layout.id for i in near]


@pytest.mark.parametrize("layout_id", [FR, EN])
@pytest.mark.parametrize("shift_px", [0, 60])
def test_the_right_layout_is_kept_and_most_others_are_not(layout_id: str, shift_px: int) -> None:
    near = listed(work(layout_id, shift_px=shift_px), list(range(ALL)))

    assert layout_id in near
    assert len(near) == KEPT


def test_a_small_library_is_compared_whole() -> None:
    assert len(listed(work(FR), list(range(KEPT)))) == KEPT


def test_near_twins_of_the_nearest_stay_however_many_they_are() -> None:
    twins = [replace(layout(FR), id=LayoutId(f"iv.return.front.fr@twin-{number}")) for number in range(KEPT + 6)]
    many = LayoutLibrary.build([*twins, *(ruled(number) for number in range(4))], load_fonts())

    near = shortlist(*seen(work(FR)), many, list(range(len(many.prepared))))

    assert set(range(len(twins))) <= set(near)


def test_what_the_edition_mark_names_is_compared_though_it_is_far_off() -> None:
    far = "iv.return.front.fr@ruled-3"
    image = work(FR)

    found = find_candidates(image, dpi=WORK_DPI, library=library(), turns=(0,), named=(far,))

    assert {FR, far} <= {each.prepared.layout.id for each in found}
