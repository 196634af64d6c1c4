"""Images kept without loss."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import IntegrityError
from pipeline.screens.pixels import lossless, pixels, png_file


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
    """16 levels of grey, two pixels a byte."""
    page = bytes([0, 0x0F, 0x80])  # filter, then black, white, 8 of 15
    header = struct.pack(">IIBBBBB", 3, 1, 4, 0, 0, 0, 0)

    assert pixels(png_file(header, np.frombuffer(page, np.uint8)[None])).tolist() == [[0, 255, 136]]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_other_programs_read_every_level_and_the_opacity(channels: int) -> None:
    shape = (40, 30) if channels == 1 else (40, 30, channels)
    image = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)

    with Image.open(BytesIO(lossless(image))) as opened:
        assert (np.asarray(opened) == image).all()


def test_one_flipped_bit_anywhere_is_found() -> None:
    image = np.random.default_rng(3).integers(0, 256, (24, 24)).astype(np.uint8)
    data = lossless(image)

    for place in range(0, len(data), 3):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(IntegrityError) as caught:
            pixels(bytes(flipped))
        assert caught.value.code == "image_unreadable"


@pytest.mark.parametrize("data", [b"", b"\x00" * 40, lossless(np.zeros((64, 64), np.uint8))[:60]])
def test_what_is_no_whole_image_is_named_and_no_page(data: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        pixels(data)

    assert caught.value.code == "image_unreadable"
