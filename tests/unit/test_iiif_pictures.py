"""Pixels of IIIF answers: tiles join to the image, layers join to the scan, what is smaller is its mean."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.screens.iiif.cut import cut_of
from pipeline.screens.iiif.picture import picture
from pipeline.screens.iiif.pyramid import Pyramid, pyramid
from pipeline.screens.iiif.request import Version, image_request
from pipeline.screens.iiif.views import LAYERS, ImageView, view_image
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan
from pipeline.screens.views import layer_image, superpose

Pixels = npt.NDArray[np.uint8]


def grain(height: int, width: int, *more: int) -> Pixels:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, *more), np.uint8)


def shown(
    of: Pyramid, region: str = "full", size: str = "max", rotation: str = "0", name: str = "default.png"
) -> Pixels:
    request = image_request(Version.THREE, region, size, rotation, name)
    data = picture(of, request, cut_of(request, of.width_px, of.height_px))
    return np.asarray(Image.open(io.BytesIO(data)))


def layered(color: bool = False) -> LayeredScan:
    scan = grain(90, 70, 3) if color else grain(90, 70)
    return LayeredScan(scan, (grain(90, 71)[:, 1:] % 7).astype(np.uint8), 300.0)


def means(image: npt.NDArray[Any], scale: int) -> npt.NDArray[np.float64]:
    """Of each square of so many pixels a side, unrounded; at the edge, of those pixels that there are."""
    if scale == 1:
        return image.astype(np.float64)
    height, width = image.shape[:2]
    rest = ((0, height % 2), (0, width % 2))
    whole = np.pad(image, (*rest, *((0, 0),) * (image.ndim - 2)), "edge").astype(np.float64)
    squares = (whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2]) / 4
    return means(squares, scale // 2)


@pytest.mark.parametrize("shape", [(1100, 700), (513, 1025, 3), (1, 600), (600, 1)])
def test_tiles_at_full_size_join_to_the_image_to_the_pixel(shape: tuple[int, ...]) -> None:
    image = grain(*shape)
    of = pyramid(image)

    rows = []
    for y in range(0, shape[0], 512):
        row = [shown(of, f"{x},{y},512,512") for x in range(0, shape[1], 512)]
        rows.append(np.concatenate(row, axis=1))

    assert np.array_equal(np.concatenate(rows), image)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_tiles_of_a_smaller_scale_are_the_mean_of_their_pixels_and_join(scale: int) -> None:
    image = grain(1301, 1030)
    of, expected = pyramid(image), means(image, scale)
    step = 128 * scale

    rows = []
    for y in range(0, 1301, step):
        row = []
        for x in range(0, 1030, step):
            width, height = min(step, 1030 - x), min(step, 1301 - y)
            row.append(shown(of, f"{x},{y},{width},{height}", f"{-(-width // scale)},{-(-height // scale)}"))
        rows.append(np.concatenate(row, axis=1))

    found = np.concatenate(rows)
    assert found.shape == expected.shape
    # Each halving rounds by half a level.
    assert float(np.abs(found - expected).max()) <= 1.5


@given(
    box=st.tuples(st.integers(0, 180), st.integers(0, 130), st.integers(1, 200), st.integers(1, 150)),
    size=st.tuples(st.integers(1, 200), st.integers(1, 150)),
    channels=st.integers(1, 4),
)
def test_an_answer_has_the_size_that_was_worked_out_whatever_the_region(
    box: tuple[int, int, int, int], size: tuple[int, int], channels: int
) -> None:
    image = grain(150, 200) if channels == 1 else grain(150, 200, channels)
    if channels in (2, 4):
        image[..., :-1] = np.minimum(image[..., :-1], image[..., -1:])

    of = pyramid(image)

    region, wanted = ",".join(map(str, box)), f"^{size[0]},{size[1]}"
    assert shown(of, region, wanted).shape[:2] == (size[1], size[0])
    assert shown(of, region, wanted, "90").shape[:2] == size
    assert shown(of, region, wanted, name="default.jpg").shape[:2] == (size[1], size[0])


def test_a_page_of_one_tone_is_of_that_tone_at_every_size() -> None:
    """Nothing is lost or made brighter on the way, with opacity or without."""
    of = pyramid(np.full((333, 217), 77, np.uint8))
    half_there = pyramid(np.full((333, 217, 2), (60, 120), np.uint8))

    for size in ("^500,", "100,", "13,", "1,", "7,300"):
        assert set(shown(of, size=size).flat) == {77}
        assert {tuple(pixel) for row in shown(half_there, size=size) for pixel in row} == {(128, 120)}


def test_a_region_off_the_grid_is_taken_from_the_image_itself() -> None:
    image = grain(400, 400)
    of = pyramid(image)

    found = shown(of, "3,5,200,200", "50,50")

    assert float(np.abs(found - means(image[5:205, 3:203], 4)).max()) <= 1.0


# Rotation


def test_a_turn_is_clockwise_and_a_mirror_comes_first() -> None:
    image = grain(40, 60)
    of = pyramid(image)

    assert np.array_equal(shown(of, rotation="90"), np.rot90(image, -1))
    assert np.array_equal(shown(of, rotation="180"), image[::-1, ::-1])
    assert np.array_equal(shown(of, rotation="270"), np.rot90(image))
    assert np.array_equal(shown(of, rotation="!0"), image[:, ::-1])
    assert np.array_equal(shown(of, rotation="!90"), np.rot90(image[:, ::-1], -1))


# Quality and format


@pytest.mark.parametrize("color", [False, True])
def test_bitonal_is_black_and_white_and_the_same_in_a_tile_as_in_the_whole(color: bool) -> None:
    of = pyramid(grain(64, 64, 3) if color else grain(64, 64))

    whole = shown(of, name="bitonal.png")

    assert set(np.unique(whole)) == {0, 255}
    assert np.array_equal(shown(of, "16,16,32,32", name="bitonal.png"), whole[16:48, 16:48])


def test_gray_has_no_colour_and_color_has_all() -> None:
    image = grain(64, 64, 3)

    assert shown(pyramid(image), name="gray.jpg").ndim == 2
    assert np.array_equal(shown(pyramid(image), name="color.png"), image)
    assert np.array_equal(shown(pyramid(image), name="default.png"), image)


@pytest.mark.parametrize("view", list(LAYERS))
def test_where_a_layer_has_nothing_jpeg_is_white_and_png_is_clear(view: ImageView) -> None:
    scan = LayeredScan(np.full((80, 80), 9, np.uint8), np.full((80, 80), 99, np.uint8), 300.0)

    of = pyramid(view_image(scan, view))

    assert set(shown(of, size="20,20", name="default.jpg").flat) == {255}
    assert set(shown(of, size="20,20", name="bitonal.png").flat) == {255}
    assert {tuple(pixel) for row in shown(of, size="20,20") for pixel in row} == {(255, 0)}


@pytest.mark.parametrize("color", [False, True])
def test_the_layers_of_a_page_join_to_its_scan_bit_for_bit(color: bool) -> None:
    page = layered(color)

    images = [shown(pyramid(view_image(page, ImageView(layer.name.lower())))) for layer in Layer]

    assert np.array_equal(superpose(images), page.scan)


@pytest.mark.parametrize("color", [False, True])
def test_a_layer_is_the_one_that_is_exported(color: bool) -> None:
    page = layered(color)

    assert np.array_equal(shown(pyramid(view_image(page, ImageView.PARTICULARS))), layer_image(page, PARTICULARS))


@pytest.mark.parametrize("color", [False, True])
def test_a_smaller_layer_and_the_rest_of_the_page_make_up_its_mean(color: bool) -> None:
    """Opacities add up to all, and so do the tones by their opacity."""
    page = layered(color)
    images = [shown(pyramid(view_image(page, ImageView(layer.name.lower()))), size="35,45") for layer in Layer]

    parts = [image[..., :-1].astype(np.float64) * image[..., -1:] / 255 for image in images]
    mean = means(page.scan, 2).reshape(45, 35, -1)

    opacity = sum(image[..., -1].astype(np.int64) for image in images)
    assert np.abs(opacity - 255).max() <= 4  # seven are rounded
    assert np.abs(sum(parts) - mean).max() <= 6
