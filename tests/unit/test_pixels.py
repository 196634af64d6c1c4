"""Images kept without loss."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import IntegrityError
from pipeline.screens.derivatives import gray_png
from pipeline.screens.pixels import lossless, pixels, png


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    channels=st.sampled_from((1, 3)),
    levels=st.sampled_from((1, 2, 7, 256)),
)
def test_an_image_comes_back_as_it_was(seed: int, height: int, width: int, channels: int, levels: int) -> None:
    shape = (height, width) if channels == 1 else (height, width, channels)
    image = np.random.default_rng(seed).integers(0, levels, shape).astype(np.uint8)

    back = pixels(lossless(image))

    assert back.dtype == np.uint8
    assert back.shape == shape
    assert (back == image).all()


def test_the_same_image_gives_the_same_bytes() -> None:
    image = np.random.default_rng(1).integers(0, 256, (700, 500)).astype(np.uint8)

    assert lossless(image) == lossless(np.asfortranarray(image.copy()))


def test_a_page_of_an_older_version_is_still_read() -> None:
    image = np.repeat(np.arange(0, 255, 17, dtype=np.uint8)[:, None], 9, axis=1)

    assert (pixels(gray_png(image, dpi=300.0)) == image).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_every_level_and_its_opacity(channels: int) -> None:
    shape = (40, 30) if channels == 1 else (40, 30, channels)
    image = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)

    with Image.open(BytesIO(png(image))) as opened:
        assert (np.asarray(opened) == image).all()


@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[:60], lambda data: b"\x00" * 40])
@pytest.mark.parametrize("make", [lossless, gray_png])
def test_a_damaged_image_is_named_and_no_page(make, spoil) -> None:  # type: ignore[no-untyped-def]  # parametrized
    image = np.random.default_rng(3).integers(0, 256, (64, 64)).astype(np.uint8)

    with pytest.raises(IntegrityError) as caught:
        pixels(spoil(make(image)))

    assert caught.value.code == "image_unreadable"
