"""A file that ends early is not whole, wherever it ends."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scanners.whole import Whole, whole_file


def picture(number: int = 0) -> Image.Image:
    chance = np.random.default_rng(number)
    return Image.fromarray(chance.integers(0, 256, (64, 48, 3), dtype=np.uint8))


def saved(form: str, **options: object) -> bytes:
    made = BytesIO()
    picture().save(made, form, **options)
    return made.getvalue()


def with_thumbnail() -> bytes:
    """A JPEG within a JPEG: the end mark of the inner one comes long before that of the file."""
    inner = saved("JPEG")
    return saved("JPEG", exif=b"Exif\0\0" + inner[:60_000], progressive=True)


def pdf(*, linearize: bool = False) -> bytes:
    made, found = BytesIO(), pikepdf.new()
    page = found.add_blank_page()
    page.Contents = found.make_stream(b"% " + bytes(range(40, 120)) * 60)
    found.save(made, linearize=linearize)
    return made.getvalue()


def added_to() -> bytes:
    """A PDF that was written to once more, behind its first end."""
    whole = pdf()
    return whole + b"7 0 obj\n(more)\nendobj\nxref\n0 0\ntrailer\n<<>>\nstartxref\n%d\n%%%%EOF\n" % len(whole)


def multi(compression: str, **options: object) -> bytes:
    pages = [picture(1), picture(2)]
    return saved("TIFF", compression=compression, save_all=True, append_images=pages, **options)


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpeg": ("image/jpeg", lambda: saved("JPEG")),
    "jpeg with a thumbnail": ("image/jpeg", with_thumbnail),
    "jpeg with restarts": ("image/jpeg", lambda: saved("JPEG", restart_marker_blocks=2)),
    "png": ("image/png", lambda: saved("PNG")),
    "tiff": ("image/tiff", lambda: multi("raw")),
    "tiff deflated": ("image/tiff", lambda: multi("tiff_adobe_deflate")),
    "tiff of jpeg": ("image/tiff", lambda: multi("jpeg")),
    "big tiff": ("image/tiff", lambda: multi("tiff_lzw", big_tiff=True)),
    "pdf": ("application/pdf", pdf),
    "pdf for the web": ("application/pdf", lambda: pdf(linearize=True)),
    "bmp": ("image/bmp", lambda: saved("BMP")),
    "jpeg 2000": ("image/jp2", lambda: saved("JPEG2000")),
}
KINDS = sorted(FILES)


@cache
def made(kind: str) -> tuple[str, bytes]:
    media_type, make = FILES[kind]
    return media_type, make()


def judged(data: bytes) -> Whole:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return whole_file(Path(file.name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_whole(kind: str) -> None:
    media_type, data = made(kind)

    assert judged(data) == Whole(media_type, True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "jpeg 2000"])
def test_what_stands_behind_the_end_does_not_count(kind: str) -> None:
    media_type, data = made(kind)

    assert judged(data + b"\r\n\0\0\r\n") == Whole(media_type, True)


def to_its_end(kind: str) -> bytes:
    """Without the blanks that are written behind the end."""
    return made(kind)[1].rstrip({"pdf": b"\r\n", "tif": b"\0"}.get(kind[:3]) or b" ")


@settings(max_examples=200)
@given(st.sampled_from(KINDS), st.floats(0, 1))
def test_a_file_that_ends_early_is_not_whole(kind: str, share: float) -> None:
    data = to_its_end(kind)
    cut = min(int(share * len(data)), len(data) - 1)

    assert not judged(data[:cut]).whole, cut


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [1, 2, 3, 5, 8, 13])
def test_the_last_bytes_are_missed(kind: str, missing: int) -> None:
    assert not judged(to_its_end(kind)[:-missing]).whole


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("bmp", "tiff")])
def test_room_that_was_made_and_not_filled_is_not_whole(kind: str) -> None:
    data = made(kind)[1]

    assert not judged(data[: len(data) // 2].ljust(len(data), b"\0")).whole


def test_a_pdf_that_was_added_to_ends_at_its_last_end() -> None:
    data = added_to()

    assert judged(data).whole
    assert not judged(data[:-12]).whole


@pytest.mark.parametrize("data", [b"", b"\0", b"hello, world\n" * 100, b"PK\x03\x04" + b"\0" * 40])
def test_what_no_scanner_writes_is_of_no_kind(data: bytes) -> None:
    assert judged(data) == Whole(None, False)


def test_a_tiff_that_leads_round_in_a_circle_is_not_whole() -> None:
    data = bytearray(saved("TIFF", compression="raw"))
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    after = first + 2 + 12 * entries
    data[after : after + 4] = data[4:8]

    assert not judged(bytes(data)).whole


@settings(max_examples=150)
@given(st.sampled_from(KINDS), st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_break_the_look(kind: str, noise: bytes, at: int) -> None:
    data = bytearray(made(kind)[1])
    data[at : at + len(noise)] = noise

    assert judged(bytes(data)).media_type in {None, *(media_type for media_type, _ in FILES.values())}
