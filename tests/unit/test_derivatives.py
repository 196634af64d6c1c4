"""The images made for people: the same page gives the same bytes, and they show what the page shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.model import GrayImage
from pipeline.screens.derivatives import THUMBNAIL_HEIGHT_PX, form_derivatives, ink_png, page_derivatives
from pipeline.screens.page_screen import LayeredScan
from tests.unit.images import bare_paper, ruled_form

PAGE = ruled_form(851, 1100)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def layered(page: GrayImage = PAGE) -> LayeredScan:
    return LayeredScan(page, (page < 128).astype(np.uint8), 300.0)


def test_a_form_page_gives_scan_owners_ink_and_thumbnail() -> None:
    made = form_derivatives(layered(), PAGE)

    assert [(image.name, image.media_type) for image in made] == [
        ("registered.png", "image/png"),
        ("owners.png", "image/png"),
        ("particulars.png", "image/png"),
        ("thumbnail.jpg", "image/jpeg"),
    ]


def test_a_page_without_layout_is_not_called_registered() -> None:
    assert [image.name for image in page_derivatives(PAGE)] == ["page.png", "thumbnail.jpg"]
    assert [image.name for image in page_derivatives(PAGE, upright=True)] == ["upright.png", "thumbnail.jpg"]


def test_the_same_page_gives_the_same_bytes() -> None:
    first, second = form_derivatives(layered(), PAGE), form_derivatives(layered(PAGE.copy()), PAGE.copy())

    assert [image.data for image in first] == [image.data for image in second]


def test_scan_and_owners_are_kept_exactly() -> None:
    grain = np.random.default_rng(6).integers(0, 256, PAGE.shape).astype(np.uint8)

    scan, owners, *_ = form_derivatives(LayeredScan(grain, (grain % 7).astype(np.uint8), 300.0), PAGE)

    assert np.array_equal(np.asarray(opened(scan.data)), grain)
    assert np.array_equal(np.asarray(opened(owners.data)), grain % 7)


def test_ink_laid_on_white_looks_like_the_page() -> None:
    layer = opened(ink_png(PAGE)).convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")

    shown = np.asarray(Image.alpha_composite(paper, layer).convert("L"))

    assert np.abs(shown.astype(int) - PAGE).max() <= 9


def test_where_there_is_no_entry_the_layer_is_transparent() -> None:
    layer = np.full((300, 300), 255, np.uint8)
    layer[100:110] = 0

    opacity = np.asarray(opened(ink_png(layer)).convert("RGBA"))[..., 3]

    assert np.array_equal(opacity == 255, layer == 0)
    assert np.array_equal(opacity == 0, layer == 255)


def test_the_resolution_is_written_where_it_is_known() -> None:
    assert opened(page_derivatives(PAGE, dpi=300.0)[0].data).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert "dpi" not in opened(page_derivatives(PAGE)[0].data).info


def test_a_thumbnail_keeps_the_shape_of_the_page() -> None:
    thumbnail = opened(page_derivatives(PAGE)[-1].data)

    assert thumbnail.height == THUMBNAIL_HEIGHT_PX
    assert thumbnail.width == pytest.approx(851 * THUMBNAIL_HEIGHT_PX / 1100, abs=1)


def test_a_thumbnail_is_in_colour_where_the_page_is() -> None:
    color = np.zeros((800, 600, 3), np.uint8)
    color[..., 0] = 200

    assert opened(page_derivatives(color)[-1].data).getpixel((100, 100))[0] > 150  # type: ignore[index]  # it is RGB


def test_a_page_smaller_than_a_thumbnail_is_not_enlarged() -> None:
    assert opened(page_derivatives(bare_paper(220, 250))[-1].data).size == (220, 250)
