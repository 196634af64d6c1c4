"""The colour of a scan apart from its grey, and where it lies on the page."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.geometry import Affine
from pipeline.imaging.chroma import CHROMA_FROM_SCAN, NEUTRAL, colored, drawn, received_chroma
from pipeline.imaging.cutout import cut_out
from pipeline.imaging.decode import decode
from pipeline.imaging.paper import Paper
from pipeline.model import ColorImage
from pipeline.screens.stamps import stamped

BLUE, RED, VIOLET = (28, 44, 140), (176, 34, 52), (84, 52, 140)


def sheet(*, ink: tuple[int, int, int] = RED, paper: int = 240) -> ColorImage:
    image = np.full((600, 400, 3), paper, np.uint8)
    image[100:140, 50:200] = ink
    return image


def file_of(image: ColorImage, form: str, **more: object) -> bytes:
    data = BytesIO()
    Image.fromarray(image).save(data, form, **more)
    return data.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_colour_and_grey_make_the_picture_again(form: str) -> None:
    data = file_of(sheet(), form, **({"quality": 95} if form == "JPEG" else {}))

    chroma = received_chroma(data)
    assert chroma is not None
    back = colored(decode(data).gray, chroma)

    assert back.shape == sheet().shape
    assert np.abs(back[105:135, 55:195].astype(int) - RED).max() <= 12
    assert np.abs(back[200:].astype(int) - 240).max() <= 2


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_grey_kept_as_colour_has_none(form: str) -> None:
    rng = np.random.default_rng(1)
    gray = np.clip(240 + rng.normal(0, 4, (600, 400, 1)), 0, 255)
    noisy = np.clip(gray + rng.normal(0, 2, (600, 400, 3)), 0, 255).astype(np.uint8)

    assert received_chroma(file_of(noisy, form)) is None


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_colour_of_an_odd_scan_lies_to_the_pixel(form: str) -> None:
    image = np.full((601, 401, 3), 240, np.uint8)
    image[550:570, 360:380] = RED

    chroma = received_chroma(file_of(image, form, **({"quality": 95, "subsampling": 0} if form == "JPEG" else {})))

    assert chroma is not None
    rows, columns = np.nonzero(chroma[..., 1] > NEUTRAL + 30)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (275, 284, 180, 189)


def test_a_grey_or_bilevel_file_has_no_colour() -> None:
    for mode in ("L", "1"):
        data = BytesIO()
        Image.fromarray(sheet()).convert(mode).save(data, "PNG")
        assert received_chroma(data.getvalue()) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 7), (601, 401)])
def test_odd_sizes_are_coloured_to_their_last_pixel(size: tuple[int, int]) -> None:
    gray = np.full(size, 100, np.uint8)
    chroma = np.full((max(1, size[0] // 2), max(1, size[1] // 2), 2), (90, 200), np.uint8)

    shown = colored(gray, chroma)

    assert shown.shape == (*size, 3)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_colour_lies_on_the_page_where_its_ink_does_however_it_was_fed(turns: int) -> None:
    data = file_of(sheet(), "PNG")
    decoded = decode(data)
    paper = Paper(decoded.gray[20:560:2, 30:380:2], None, 0.0, Affine(2.0, 0.0, 30.0, 0.0, 2.0, 20.0))
    chroma = received_chroma(data)
    assert chroma is not None

    held = cut_out(decoded, paper, turns)
    height, width = held.image.shape
    own = drawn(chroma, CHROMA_FROM_SCAN.after(held.scan_from_image), (width, height))

    assert {height, width} == {540, 350}
    red = np.repeat(np.repeat(own[..., 1] > NEUTRAL + 30, 2, 0), 2, 1)
    ink = held.image < 150
    assert (red == ink).mean() > 0.998


def stamp(rgb: tuple[int, int, int], *, tint: tuple[int, int, int] = (250, 248, 235)) -> ColorImage:
    """A framed stamp on paper, at 150 dpi."""
    image = np.full((300, 500, 3), tint, np.uint8)
    cover = np.zeros((300, 500, 1))
    cover[80:200, 100:340] = 0.7
    cover[86:194, 106:334] = 0.0
    cover[120:160:8, 120:320] = 0.7
    return (image * (1 - cover * (1 - np.array(rgb) / 255))).astype(np.uint8)


def found_in(image: ColorImage) -> float:
    """Share of the ink that is said to be a stamp's."""
    seen = np.asarray(Image.fromarray(image).convert("YCbCr"))
    dark = (int(np.median(seen[..., 0])) - seen[..., 0].astype(int)).clip(0, 255).astype(np.uint8)
    ink = (dark > 20).astype(np.uint8)
    return float(stamped(ink, dark, np.ascontiguousarray(seen[..., 1:]), dpi=150)[ink > 0].mean())


@pytest.mark.parametrize("tint", [(250, 248, 235), (252, 252, 252), (250, 238, 238)])
def test_stamps_are_told_by_their_colour_on_any_paper(tint: tuple[int, int, int]) -> None:
    assert found_in(stamp(RED, tint=tint)) > 0.9
    assert found_in(stamp(VIOLET, tint=tint)) > 0.9
    assert found_in(stamp(BLUE, tint=tint)) == 0.0
    assert found_in(stamp((30, 30, 34), tint=tint)) == 0.0


def test_a_red_line_is_no_stamp() -> None:
    image = stamp(RED)
    image[100:] = image[0, 0]

    assert found_in(image) == 0.0
