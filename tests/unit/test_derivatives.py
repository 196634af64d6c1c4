"""The images made for people: the same page gives the same bytes, and they show what the page shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.screens.derivatives import THUMBNAIL_HEIGHT_PX, derivatives, gray_png, ink_png
from tests.unit.images import bare_paper, ruled_form

PAGE = ruled_form(851, 1100)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_form_page_gives_page_layer_and_thumbnail() -> None:
    made = derivatives(PAGE, PAGE)

    assert [(image.name, image.media_type) for image in made] == [
        ("registered.png", "image/png"),
        ("particulars.png", "image/png"),
        ("thumbnail.jpg", "image/jpeg"),
    ]


def test_a_page_without_layout_is_not_called_registered() -> None:
    assert [image.name for image in derivatives(PAGE, registered=False)] == ["page.png", "thumbnail.jpg"]


def test_the_same_page_gives_the_same_bytes() -> None:
    first, second = derivatives(PAGE, PAGE), derivatives(PAGE.copy(), PAGE.copy())

    assert [image.data for image in first] == [image.data for image in second]


@pytest.mark.parametrize("width_px", [850, 851])
def test_no_pixel_of_the_page_is_more_than_half_a_level_off(width_px: int) -> None:
    page = ruled_form(width_px, 1100)

    shown = np.asarray(opened(gray_png(page)).convert("L"))

    assert shown.shape == page.shape
    assert np.abs(shown.astype(int) - page).max() <= 8


def test_pure_black_and_white_stay_so() -> None:
    page = np.zeros((300, 300), np.uint8)
    page[:, 150:] = 255

    assert np.array_equal(np.asarray(opened(gray_png(page)).convert("L")), page)


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
    assert opened(gray_png(PAGE, dpi=300.0)).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert "dpi" not in opened(gray_png(PAGE)).info


def test_a_thumbnail_keeps_the_shape_of_the_page() -> None:
    thumbnail = opened(derivatives(PAGE)[-1].data)

    assert thumbnail.height == THUMBNAIL_HEIGHT_PX
    assert thumbnail.width == pytest.approx(851 * THUMBNAIL_HEIGHT_PX / 1100, abs=1)


def test_a_thumbnail_is_in_colour_where_the_page_is() -> None:
    color = np.zeros((800, 600, 3), np.uint8)
    color[..., 0] = 200

    assert opened(derivatives(bare_paper(600, 800), color=color)[-1].data).getpixel((100, 100))[0] > 150  # type: ignore[index]


def test_a_page_smaller_than_a_thumbnail_is_not_enlarged() -> None:
    assert opened(derivatives(bare_paper(220, 250))[-1].data).size == (220, 250)
