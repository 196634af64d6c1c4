"""Every usual form of image becomes the same grey page; every damaged one is refused by name."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import InputRefused
from pipeline.imaging.decode import decode
from pipeline.imaging.resolution import believable_dpi
from tests.unit.images import FileFormat, encoded, ruled_form

SIZE_PX = (400, 520)
FORM = ruled_form(*SIZE_PX)
PICTURE = Image.fromarray(FORM)


def refusal(data: bytes, **options: int) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        decode(data, **options)  # type: ignore[arg-type]  # whole numbers only
    return refused.value


def png_header(width_px: int, height_px: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


# Pixel forms


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [
        ("L", "PNG"),
        ("RGB", "PNG"),
        ("L", "TIFF"),
        ("RGB", "TIFF"),
        ("L", "BMP"),
        ("RGB", "BMP"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
    ],
)
def test_a_lossless_image_keeps_its_greys(mode: str, file_format: FileFormat) -> None:
    decoded = decode(encoded(PICTURE.convert(mode), file_format))

    assert np.abs(decoded.gray.astype(int) - FORM).max() <= 1
    assert (decoded.size_px, decoded.mode) == (SIZE_PX, mode)


def test_bilevel_is_black_and_white() -> None:
    bilevel = PICTURE.convert("1")

    decoded = decode(encoded(bilevel, "TIFF", compression="group4"))

    assert decoded.mode == "1"
    assert np.array_equal(decoded.gray, np.where(np.asarray(bilevel), 255, 0))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_the_whole_range(file_format: FileFormat) -> None:
    wide = np.zeros((300, 300), np.uint16)
    wide[:100], wide[100:200] = 65535, 32768

    gray = decode(encoded(Image.fromarray(wide), file_format)).gray

    assert [int(gray[row, 0]) for row in (0, 150, 250)] == [255, 128, 0]


def test_a_palette_is_looked_up() -> None:
    decoded = decode(encoded(PICTURE.quantize(32), "PNG"))

    assert decoded.mode == "P"
    assert np.abs(decoded.gray.astype(int) - FORM).mean() < 6


def test_transparent_parts_show_white_paper() -> None:
    ink = Image.new("RGBA", SIZE_PX, (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (0, 0, 200, 520))

    gray = decode(encoded(ink)).gray

    assert (gray[10, 10], gray[10, 300]) == (0, 255)


def test_a_palette_entry_that_is_transparent_shows_white_paper() -> None:
    picture = Image.new("P", SIZE_PX, 0)
    picture.putpalette([0, 0, 0, 0, 0, 0])
    picture.paste(1, (0, 0, 200, 520))

    gray = decode(encoded(picture, transparency=0)).gray

    assert (gray[10, 10], gray[10, 300]) == (0, 255)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_paper_is_light(file_format: FileFormat) -> None:
    decoded = decode(encoded(PICTURE.convert("RGB").convert("CMYK"), file_format))

    assert decoded.mode == "CMYK"
    assert np.abs(decoded.gray.astype(int) - FORM).mean() < 4


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_keeps_its_greys_nearly(mode: str) -> None:
    decoded = decode(encoded(PICTURE.convert(mode), "JPEG", quality=90))

    assert np.abs(decoded.gray.astype(int) - FORM).mean() < 2
    assert decoded.mode == mode


def test_colour_comes_only_when_asked_for() -> None:
    red = encoded(Image.new("RGB", SIZE_PX, (200, 10, 10)), "JPEG")

    assert decode(red).color is None
    color = decode(red, want_color=True).color
    assert color is not None
    assert color.shape == (520, 400, 3)
    assert np.abs(color[100, 100].astype(int) - (200, 10, 10)).max() < 5


def test_a_grey_image_has_no_colour_even_when_asked() -> None:
    assert decode(encoded(PICTURE), want_color=True).color is None


# Arrangement


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_points_lead_back_to_the_pixels_as_received(
    file_format: FileFormat, orientation: int, rotation_deg: int
) -> None:
    received = np.full((240, 320), 255, np.uint8)
    received[30:50, 200:230] = 0
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if file_format == "JPEG" else {}

    decoded = decode(encoded(received, file_format, exif=exif, **options), rotation_deg=rotation_deg)
    rows, columns = np.nonzero(decoded.gray < 128)
    centre = (columns.mean() + 0.5, rows.mean() + 0.5)

    assert decoded.size_px == (320, 240)
    assert decoded.scan_from_decoded.apply(centre) == pytest.approx((215, 40), abs=0.3)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0)), (2, (0, -1))]
)
def test_exif_orientation_shows_the_page_upright(orientation: int, corner: tuple[int, int]) -> None:
    received = np.full((300, 400), 255, np.uint8)
    received[:20, :20] = 0
    exif = Image.Exif()
    exif[0x0112] = orientation

    gray = decode(encoded(received, exif=exif)).gray

    assert gray[corner] == 0
    assert (gray < 128).sum() == 400


def test_the_containers_turn_is_clockwise() -> None:
    received = np.full((300, 400), 255, np.uint8)
    received[:20, :20] = 0

    assert decode(encoded(received), rotation_deg=90).gray[0, -1] == 0


@pytest.mark.parametrize("orientation", [1, 6])
def test_fax_pixels_become_square(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    received = np.full((250, 400), 255, np.uint8)
    received[100:110, 300:320] = 0

    decoded = decode(encoded(received, dpi=(204, 98), exif=exif))
    rows, columns = np.nonzero(decoded.gray < 128)

    assert sorted(decoded.gray.shape) == sorted((round(250 * 204 / 98), 400))
    assert decoded.dpi == pytest.approx(204, abs=0.1)
    centre = (columns.mean() + 0.5, rows.mean() + 0.5)
    assert decoded.scan_from_decoded.apply(centre) == pytest.approx((310, 105), abs=0.5)


# Resolution


@pytest.mark.parametrize("dpi", [100, 200, 300, 600])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_the_images_own_resolution_is_used(file_format: FileFormat, dpi: int) -> None:
    assert decode(encoded(FORM, file_format, dpi=(dpi, dpi))).dpi == pytest.approx(dpi, abs=0.1)


def test_no_resolution_is_unknown() -> None:
    assert decode(encoded(FORM)).dpi is None


@pytest.mark.parametrize("dpi", [0, 1, 10, 5000])
def test_an_impossible_resolution_is_unknown(dpi: int) -> None:
    assert decode(encoded(FORM, "JPEG", dpi=(dpi, dpi))).dpi is None


@pytest.mark.parametrize("dpi", [72, 96])
def test_a_default_that_makes_the_sheet_too_large_is_unknown(dpi: int) -> None:
    assert decode(encoded(ruled_form(1700, 2200), "JPEG", dpi=(dpi, dpi))).dpi is None


def test_the_containers_resolution_is_believed_first() -> None:
    assert decode(encoded(FORM, dpi=(100, 100)), dpi_hint=200.0).dpi == 200.0


def test_an_impossible_hint_gives_way_to_the_images_own_entry() -> None:
    assert decode(encoded(FORM, dpi=(100, 100)), dpi_hint=3.0).dpi == pytest.approx(100.0, abs=0.1)


@given(dpi=st.floats(), width_px=st.integers(200, 10_000), height_px=st.integers(200, 10_000))
def test_a_believed_resolution_makes_a_sheet_of_a_possible_size(dpi: float, width_px: int, height_px: int) -> None:
    believed = believable_dpi((width_px, height_px), dpi, dpi)

    assert believed is None or 25.4 * max(width_px, height_px) / dpi <= 650.0


# Refusals


def test_nothing_is_an_empty_file() -> None:
    assert refusal(b"").code == "empty_file"


@pytest.mark.parametrize("data", [b"GIF89a" + bytes(50), b"<html>", b"%PDF-1.7", bytes(1000)])
def test_another_format_is_refused(data: bytes) -> None:
    assert refusal(data).code == "unsupported_format"


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "JPEG2000", "BMP"])
@pytest.mark.parametrize("kept_share", [0.02, 0.3, 0.6, 0.95])
def test_an_image_cut_short_is_corrupt(file_format: FileFormat, kept_share: float) -> None:
    data = encoded(FORM, file_format)

    assert refusal(data[: int(len(data) * kept_share)]).code == "corrupt_image"


def test_a_damaged_png_is_corrupt() -> None:
    data = bytearray(encoded(FORM))
    data[len(data) // 2] ^= 0xFF

    assert refusal(bytes(data)).code == "corrupt_image"


def test_a_refused_image_says_what_the_decoder_said() -> None:
    refused = refusal(encoded(FORM, "JPEG")[:5000])

    assert refused.params["detail"]
    assert isinstance(refused.__cause__, OSError)


def test_sixty_thousand_pixels_square_are_refused_without_being_allocated() -> None:
    data = png_header(60_000, 60_000)

    tracemalloc.start()
    refused = refusal(data)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert refused.code == "too_many_pixels"
    assert dict(refused.params) == {"width_px": 60_000, "height_px": 60_000, "limit_px": 200_000_000}
    assert peak_bytes < 1_000_000


def test_the_limit_holds_after_making_pixels_square_too() -> None:
    data = encoded(np.full((500, 500), 255, np.uint8), dpi=(400, 50))

    assert refusal(data, max_pixels=1_000_000).code == "too_many_pixels"


def test_a_side_longer_than_a_warp_can_count_is_refused() -> None:
    assert refusal(png_header(300, 40_000)).code == "side_too_long"


@pytest.mark.parametrize("size_px", [(1, 1), (199, 1000), (1000, 199)])
def test_a_tiny_image_is_refused(size_px: tuple[int, int]) -> None:
    refused = refusal(encoded(Image.new("L", size_px, 255)))

    assert refused.code == "too_small"
    assert (refused.params["width_px"], refused.params["height_px"]) == size_px


def test_pillows_own_limit_is_left_as_it_was() -> None:
    before = Image.MAX_IMAGE_PIXELS

    decode(encoded(FORM))
    refusal(png_header(60_000, 60_000))

    assert before == Image.MAX_IMAGE_PIXELS


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"BM"]))
def test_whatever_bytes_come_are_decoded_or_refused(rest: bytes, signature: bytes) -> None:
    with pytest.raises(InputRefused):
        decode(signature + rest)


def test_metadata_that_is_nonsense_does_not_harm_the_page() -> None:
    out = io.BytesIO()
    PICTURE.save(out, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")

    assert decode(out.getvalue()).gray.shape == FORM.shape
