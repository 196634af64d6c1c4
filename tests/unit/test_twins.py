"""Editions that differ by a moved box or by a logo alone are never taken for each other."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.layout import Layout
from pipeline.model import GrayImage
from pipeline.storage.layout_files import load_catalogue, load_fonts, load_imprints
from pipeline.templates.identify import Identification, identify
from pipeline.templates.imprint import Imprint
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.render import render_image
from pipeline.templates.schema import parse_layout
from tests.unit.layout_files import shipped_text
from tests.unit.scanned import FR, placement, scan

MOVED, LEAF, WHEEL = (f"iv.return.front.fr@{edition}" for edition in ("moved-1", "leaf-1", "wheel-1"))
BODIES = {
    MOVED: "zones:\n  - {name: amount_paid, move_mm: [-4.0, 0.0]}\n",
    LEAF: "issuer: leaf\nlogo: [42.0, 95.0, 14.0, 9.0]\n",
    WHEEL: "issuer: wheel\nlogo: [42.0, 95.0, 14.0, 9.0]\n",
}


def logo(draw: str) -> bytes:
    picture = np.full((180, 280), 255, np.uint8)
    if draw == "leaf":
        cv2.ellipse(picture, (140, 90), (110, 45), 20, 0, 360, 0, 12)
        cv2.line(picture, (30, 50), (250, 130), 0, 8)
    else:
        cv2.circle(picture, (140, 90), 76, 0, 10)
        cv2.line(picture, (140, 14), (140, 166), 0, 8)
        cv2.line(picture, (64, 90), (216, 90), 0, 8)
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


@lru_cache(maxsize=1)
def editions() -> dict[str, Layout]:
    """The shipped form and its near twins, by id."""
    shipped = load_imprints()
    imprints = shipped | {name: Imprint(name, shipped["valmont"].words, logo(name)) for name in ("leaf", "wheel")}
    files = {FR: shipped_text(FR)}
    files |= {one: f"layout: {one}\nextends: {FR}\n{body}" for one, body in BODIES.items()}
    return {
        one: parse_layout(text, source=f"{one}.yaml", catalogue=load_catalogue(), parents=files, imprints=imprints)
        for one, text in files.items()
    }


@lru_cache(maxsize=1)
def library() -> LayoutLibrary:
    return LayoutLibrary.build(editions().values(), load_fonts())


def page(layout_id: str, damage: str) -> GrayImage:
    """A scan of the edition at 200 dpi with the damage named."""
    form = render_image(editions()[layout_id], load_fonts(), dpi=300)
    image = scan(form, placement(dpi=200.0, stretch_mm=0.3), dpi=200.0, noise=14.0 if damage == "noise" else 5.0)
    if damage == "faded":
        image = (255 - (255 - image.astype(np.float64)) * np.linspace(0.25, 1.0, image.shape[1])).astype(np.uint8)
    if damage == "stained":
        cv2.ellipse(image, (image.shape[1] // 2, image.shape[0] // 2), (150, 110), 15, 0, 360, 90, 14)
    if damage == "covered":  # a label over half of the sheet
        image[image.shape[0] // 3 :, : image.shape[1]] = 245
    return image


def found(layout_id: str, damage: str, *, mark: str | None = None) -> Identification:
    hints = () if mark is None else (mark,)
    return identify(page(layout_id, damage), dpi=200, library=library(), hints=hints)


@pytest.mark.parametrize("layout_id", [FR, *BODIES])
@pytest.mark.parametrize("damage", ["noise", "faded", "stained", "covered"])
def test_a_near_twin_is_never_taken_for_another(layout_id: str, damage: str) -> None:
    result = found(layout_id, damage)

    assert result.layout in (layout_id, None)
    assert result.layout == layout_id or result.reasons


@pytest.mark.parametrize("layout_id", [FR, *BODIES])
def test_a_clean_page_without_its_mark_is_told_by_the_places_that_differ(layout_id: str) -> None:
    assert found(layout_id, "clean").layout == layout_id


@pytest.mark.parametrize("layout_id", [FR, *BODIES])
def test_the_edition_mark_settles_which_of_the_twins_it_is(layout_id: str) -> None:
    result = found(layout_id, "stained", mark=layout_id)

    assert result.layout == layout_id


def test_a_mark_that_no_near_print_bears_is_still_a_doubt() -> None:
    result = found(FR, "clean", mark="iv.return.back.fr@generic-1")

    assert result.layout is None
    assert "edition_mark_differs" in {reason.code for reason in result.reasons}


def test_what_differs_being_hidden_leaves_the_choice_open() -> None:
    image = page(FR, "clean")
    scale = 200 / 25.4
    moved = editions()[FR].zone("amount_paid").box_mm
    top, bottom = round((moved.y - 6) * scale), round((moved.bottom + 8) * scale)
    image[top:bottom] = 240

    result = identify(image, dpi=200, library=LayoutLibrary.build([editions()[FR], editions()[MOVED]], load_fonts()))

    assert result.layout is None
    assert [reason.code for reason in result.reasons] == ["ambiguous_layout"]
