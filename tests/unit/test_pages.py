"""Stored files come apart into pages, each as it was received."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import Protocol

import numpy as np
import pikepdf
import pytest
from pdf2image import convert_from_path
from PIL import Image

from pipeline.errors import InputRefused
from pipeline.imaging.decode import decode
from pipeline.model import PageBytes, PageProblem
from pipeline.storage.pages import StoredPages
from tests.unit.images import FileFormat, add_image_page, encoded, letter, ruled_form, saved_pdf, tiff_of


class Taker(Protocol):
    def __call__(
        self, data: bytes, *, name: str = "scan.bin", source: StoredPages | None = None
    ) -> list[PageBytes]: ...


class SplitTaker(Protocol):
    def __call__(self, data: bytes) -> tuple[dict[int, PageBytes], dict[int, PageProblem]]: ...


SIZE_PX = (400, 520)
FORM = ruled_form(*SIZE_PX)
JPEG = encoded(FORM, "JPEG", quality=85)


@pytest.fixture
def taken(tmp_path: Path) -> Taker:
    """Takes a file apart that has no damaged page."""

    def take(data: bytes, *, name: str = "scan.bin", source: StoredPages | None = None) -> list[PageBytes]:
        path = tmp_path / name
        path.write_bytes(data)
        found = list((source or StoredPages()).pages(path, name=name))
        pages = [page for page in found if isinstance(page, PageBytes)]
        assert pages == found
        return pages

    return take


@pytest.fixture
def split(tmp_path: Path) -> SplitTaker:
    """Takes a file apart into good pages and problems, by page index."""

    def take(data: bytes) -> tuple[dict[int, PageBytes], dict[int, PageProblem]]:
        path = tmp_path / "scan.bin"
        path.write_bytes(data)
        found = list(StoredPages().pages(path, name="scan.bin"))
        assert [page.page_index for page in found] == list(range(len(found)))
        good = {page.page_index: page for page in found if isinstance(page, PageBytes)}
        return good, {page.page_index: page for page in found if isinstance(page, PageProblem)}

    return take


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pdf_of(*jpegs: bytes, **entries: object) -> bytes:
    pdf = pikepdf.new()
    for jpeg in jpegs:
        add_image_page(pdf, jpeg, SIZE_PX, **entries)  # type: ignore[arg-type]  # page entries
    return saved_pdf(pdf)


# Single images


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "JPEG2000", "BMP"])
def test_a_file_that_is_one_image_is_one_page_of_the_same_bytes(taken: Taker, file_format: FileFormat) -> None:
    data = encoded(FORM, file_format)

    (page,) = taken(data)

    assert (page.data, page.sha256, page.page_index, page.rendered) == (data, sha256(data), 0, False)


def test_the_suffix_decides_nothing(taken: Taker) -> None:
    (page,) = taken(JPEG, name="scan.pdf")

    assert page.data == JPEG


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"<html><body>not found</body></html>", "unsupported_format"),
        (b"PK\x03\x04" + bytes(100), "unsupported_format"),
        (b"only text\n", "unsupported_format"),
        (b"%PDF-1.7\n%%EOF", "corrupt_pdf"),
        (b"%PDF-1.7\n garbage", "corrupt_pdf"),
        (b"II*\x00\xff\xff\xff\x7f", "corrupt_image"),
        (b"II*\x00", "corrupt_image"),
    ],
)
def test_what_is_no_page_file_is_refused_by_name(taken: Taker, data: bytes, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        taken(data, name="scan.jpg")

    assert refused.value.code == code


def test_a_single_image_over_the_size_limit_is_refused(taken: Taker) -> None:
    with pytest.raises(InputRefused, match="file_too_large"):
        taken(JPEG, source=StoredPages(max_image_bytes=1000))


# TIFF


def test_each_image_of_a_tiff_keeps_its_compressed_bytes(taken: Taker) -> None:
    bilevel = Image.fromarray(FORM).convert("1")
    other = Image.fromarray(letter(*SIZE_PX)).convert("1")
    data = tiff_of(bilevel, other, compression="group4", dpi=(200, 200))

    pages = taken(data)

    assert [page.page_index for page in pages] == [0, 1]
    for page, image in zip(pages, (bilevel, other), strict=True):
        strips = strips_of(page.data)
        assert strips in data
        assert page.sha256 == sha256(strips)
        decoded = decode(page.data)
        assert np.array_equal(decoded.gray, np.asarray(image.convert("L")))
        assert decoded.dpi == 200.0


def strips_of(tiff: bytes) -> bytes:
    opened = Image.open(io.BytesIO(tiff))
    offsets, counts = opened.tag_v2[273], opened.tag_v2[279]  # type: ignore[attr-defined]  # a TIFF image's
    return b"".join(tiff[offset : offset + count] for offset, count in zip(offsets, counts, strict=True))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
def test_every_usual_tiff_compression_survives_being_taken_out(taken: Taker, compression: str | None) -> None:
    images = [Image.fromarray(FORM), Image.fromarray(letter(*SIZE_PX))]
    options = {} if compression is None else {"compression": compression}

    pages = taken(tiff_of(*images, **options))

    for page, image in zip(pages, images, strict=True):
        difference = np.abs(decode(page.data).gray.astype(int) - np.asarray(image))
        assert difference.max() <= (60 if compression == "jpeg" else 0)


def test_a_damaged_image_within_a_tiff_leaves_the_others(split: SplitTaker) -> None:
    image = Image.fromarray(FORM)
    data = bytearray(tiff_of(image, image, image, compression="tiff_lzw"))
    second = directory_offsets(bytes(data))[1]
    (entries,) = struct.unpack_from("<H", data, second)
    for at in range(second + 2, second + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", data, at) == (273,):
            struct.pack_into("<HII", data, at + 2, 4, 1, len(data) + 1000)

    good, problems = split(bytes(data))

    assert {index: problem.code for index, problem in problems.items()} == {1: "corrupt_image"}
    assert np.array_equal(decode(good[0].data).gray, FORM)
    assert np.array_equal(decode(good[2].data).gray, FORM)


def directory_offsets(tiff: bytes) -> list[int]:
    offsets, (offset,) = [], struct.unpack_from("<I", tiff, 4)
    while offset:
        offsets.append(offset)
        (entries,) = struct.unpack_from("<H", tiff, offset)
        (offset,) = struct.unpack_from("<I", tiff, offset + 2 + 12 * entries)
    return offsets


def test_a_tiff_cut_short_says_that_pages_are_lost(split: SplitTaker) -> None:
    image = Image.fromarray(FORM)
    data = tiff_of(image, image, image)

    good, problems = split(data[: directory_offsets(data)[2] + 20])

    assert list(problems) == [2]
    assert np.array_equal(decode(good[0].data).gray, FORM)


def test_a_tiff_whose_images_go_round_in_a_circle_ends(split: SplitTaker) -> None:
    image = Image.fromarray(FORM)
    data = bytearray(tiff_of(image, image))
    offsets = directory_offsets(bytes(data))
    (entries,) = struct.unpack_from("<H", data, offsets[1])
    struct.pack_into("<I", data, offsets[1] + 2 + 12 * entries, offsets[0])

    good, problems = split(bytes(data))

    assert (list(good), list(problems)) == ([0, 1], [2])


def test_a_reduced_copy_within_a_tiff_is_no_page(taken: Taker) -> None:
    page, copy = Image.fromarray(FORM), Image.fromarray(FORM).resize((100, 130))
    data = bytearray(tiff_of(page, copy, page, tiffinfo={254: 0}))
    second = directory_offsets(bytes(data))[1]
    (entries,) = struct.unpack_from("<H", data, second)
    for at in range(second + 2, second + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", data, at) == (254,):
            struct.pack_into("<HII", data, at + 2, 4, 1, 1)

    pages = taken(bytes(data))

    assert [decode(page.data).size_px for page in pages] == [SIZE_PX, SIZE_PX]


# PDF pages that are one image


def test_a_pdf_page_that_is_one_jpeg_gives_the_jpeg_byte_for_byte(taken: Taker) -> None:
    (page,) = taken(pdf_of(JPEG))

    assert page.data == JPEG
    assert page.sha256 == sha256(JPEG)
    assert page.dpi == pytest.approx(100.0)
    assert not page.rendered


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_turn_that_a_pdf_page_asks_for_is_handed_on(taken: Taker, turn: int) -> None:
    (page,) = taken(pdf_of(JPEG, Rotate=turn))

    assert (page.data, page.rotation_deg) == (JPEG, turn)


@pytest.mark.parametrize(
    ("placing", "turn"),
    [
        (b"%(height)f 0 0 %(width)f 0 0", None),
        (b"-%(width)f 0 0 -%(height)f %(width)f %(height)f", 180),
        (b"0 -%(height)f %(width)f 0 0 %(height)f", 90),
        (b"0 %(height)f -%(width)f 0 %(width)f 0", 270),
    ],
)
def test_an_image_turned_by_its_placing_is_shown_as_the_renderer_shows_it(
    taken: Taker, tmp_path: Path, placing: bytes, turn: int | None
) -> None:
    data = pdf_of(JPEG, contents=b"q " + placing + b" cm /Im0 Do Q")

    (page,) = taken(data)

    assert page.rendered == (turn is None)
    assert page.rotation_deg == (turn or 0)
    shown = decode(page.data, rotation_deg=page.rotation_deg).gray
    path = tmp_path / "placed.pdf"
    path.write_bytes(data)
    drawn = convert_from_path(path, size=(shown.shape[1], shown.shape[0]), grayscale=True)[0]
    assert np.abs(shown.astype(int) - np.asarray(drawn)).mean() < 8


def test_exif_orientation_inside_a_pdf_is_undone_because_pdf_ignores_it(taken: Taker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    jpeg = encoded(FORM, "JPEG", exif=exif)

    (page,) = taken(pdf_of(jpeg))

    assert page.data == jpeg
    shown = decode(page.data, rotation_deg=page.rotation_deg).gray
    assert shown.shape == FORM.shape
    assert np.abs(shown.astype(int) - FORM).mean() < 3


def test_fax_pages_come_out_without_loss(taken: Taker) -> None:
    bilevel = Image.fromarray(FORM).convert("1")
    tiff = Image.open(io.BytesIO(encoded(bilevel, "TIFF", compression="group4")))
    raw = strips_of(encoded(bilevel, "TIFF", compression="group4"))
    pdf = pikepdf.new()
    page = add_image_page(pdf, raw, SIZE_PX)
    image = page.resources.XObject.Im0
    black_is_1 = tiff.tag_v2[262] == 0  # type: ignore[attr-defined]  # a TIFF image's
    image.Filter, image.BitsPerComponent = pikepdf.Name.CCITTFaxDecode, 1
    image.DecodeParms = pikepdf.Dictionary(K=-1, Columns=SIZE_PX[0], Rows=SIZE_PX[1], BlackIs1=not black_is_1)

    (taken_page,) = taken(saved_pdf(pdf))

    gray = decode(taken_page.data, dpi_hint=taken_page.dpi).gray
    assert not taken_page.rendered
    assert np.array_equal(gray, np.asarray(bilevel.convert("L"))) or np.array_equal(
        255 - gray, np.asarray(bilevel.convert("L"))
    )


def test_deflated_samples_come_out_without_loss(taken: Taker) -> None:
    pdf = pikepdf.new()
    page = add_image_page(pdf, FORM.tobytes(), SIZE_PX)
    del page.resources.XObject.Im0["/Filter"]

    (taken_page,) = taken(saved_pdf(pdf, compress_streams=True))

    assert not taken_page.rendered
    assert np.array_equal(decode(taken_page.data).gray, FORM)


def test_a_page_with_oblong_pixels_says_both_resolutions(taken: Taker) -> None:
    pdf = pikepdf.new()
    page = add_image_page(pdf, JPEG, SIZE_PX)
    page.obj.MediaBox = [0, 0, SIZE_PX[0] * 72 / 200, SIZE_PX[1] * 72 / 100]
    page.obj.Contents = pdf.make_stream(b"%f 0 0 %f 0 0 cm /Im0 Do" % (SIZE_PX[0] * 72 / 200, SIZE_PX[1] * 72 / 100))

    (taken_page,) = taken(saved_pdf(pdf))
    decoded = decode(taken_page.data, dpi_hint=taken_page.dpi)

    assert decoded.dpi == pytest.approx(200, abs=0.1)
    assert decoded.gray.shape == (2 * SIZE_PX[1], SIZE_PX[0])


# PDF pages that are more


HIDDEN_TEXT = b"q %(width)f 0 0 %(height)f 0 0 cm /Im0 Do Q BT 3 Tr (x) Tj ET"
TWO_IMAGES = b"q %(width)f 0 0 %(height)f 0 0 cm /Im0 Do Q q 10 0 0 10 0 0 cm /Im0 Do Q"
SMALL_IMAGE = b"q 100 0 0 130 50 50 cm /Im0 Do Q"
CLIPPED = b"q 0 0 50 50 re W n %(width)f 0 0 %(height)f 0 0 cm /Im0 Do Q"
STRUCK = b"q %(width)f 0 0 %(height)f 0 0 cm /Im0 Do Q 0 0 m 100 100 l S"


@pytest.mark.parametrize("contents", [HIDDEN_TEXT, TWO_IMAGES, SMALL_IMAGE, CLIPPED, STRUCK])
def test_a_page_that_is_more_or_less_than_one_image_is_rendered(taken: Taker, contents: bytes) -> None:
    (page,) = taken(pdf_of(JPEG, contents=contents))

    assert page.rendered
    assert page.dpi == 300.0
    assert decode(page.data).size_px == (3 * SIZE_PX[0], 3 * SIZE_PX[1])


def test_the_digest_of_a_rendered_page_does_not_depend_on_where_its_objects_stand(taken: Taker) -> None:
    (page,) = taken(pdf_of(JPEG, contents=STRUCK))
    (_, later) = taken(pdf_of(encoded(letter(*SIZE_PX), "JPEG"), JPEG, contents=STRUCK))
    (other,) = taken(pdf_of(JPEG, contents=STRUCK + b" "))

    assert page.sha256 == later.sha256
    assert page.sha256 != other.sha256


def test_a_note_over_the_image_has_the_page_rendered(taken: Taker) -> None:
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[10, 10, 60, 60])
    (page,) = taken(pdf_of(JPEG, Annots=pikepdf.Array([note])))

    assert page.rendered


def test_a_page_too_large_to_render_is_a_problem_and_the_next_page_comes(split: SplitTaker) -> None:
    pdf = pikepdf.new()
    add_image_page(pdf, JPEG, SIZE_PX, contents=STRUCK).obj.MediaBox = [0, 0, 14400, 14400]
    add_image_page(pdf, JPEG, SIZE_PX)

    good, problems = split(saved_pdf(pdf))

    assert problems[0].code == "too_many_pixels"
    assert dict(problems[0].params)["width_px"] == "60000"
    assert good[1].data == JPEG


# Damaged and locked PDF files


def test_a_damaged_page_leaves_the_others(split: SplitTaker) -> None:
    pdf = pikepdf.new()
    for _ in range(3):
        add_image_page(pdf, FORM.tobytes(), SIZE_PX)
        del pdf.pages[-1].resources.XObject.Im0["/Filter"]
    broken = pdf.make_stream(b"not deflated at all", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    broken.Width, broken.Height, broken.BitsPerComponent = SIZE_PX[0], SIZE_PX[1], 8
    broken.ColorSpace = pikepdf.Name.DeviceGray
    pdf.pages[1].resources.XObject.Im0 = broken

    good, problems = split(saved_pdf(pdf, compress_streams=False))

    assert list(problems) == [1]
    assert np.array_equal(decode(good[0].data).gray, FORM)
    assert np.array_equal(decode(good[2].data).gray, FORM)


@pytest.mark.parametrize("kept_share", [0.1, 0.5, 0.9, 0.995])
def test_a_pdf_cut_short_is_refused(taken: Taker, kept_share: float) -> None:
    data = pdf_of(JPEG, JPEG)

    with pytest.raises(InputRefused, match="corrupt_pdf"):
        taken(data[: int(kept_share * len(data))])


def test_a_pdf_that_wants_a_password_is_refused(taken: Taker) -> None:
    pdf = pikepdf.new()
    add_image_page(pdf, JPEG, SIZE_PX)

    with pytest.raises(InputRefused, match="encrypted_pdf"):
        taken(saved_pdf(pdf, encryption=pikepdf.Encryption(owner="owner", user="user")))


def test_a_pdf_that_an_empty_password_opens_is_taken_in(taken: Taker) -> None:
    pdf = pikepdf.new()
    add_image_page(pdf, JPEG, SIZE_PX)
    add_image_page(pdf, JPEG, SIZE_PX, contents=STRUCK)

    plain, drawn = taken(saved_pdf(pdf, encryption=pikepdf.Encryption(owner="owner", user="")))

    assert plain.data == JPEG
    assert drawn.rendered


def test_more_pages_than_allowed_are_refused(taken: Taker) -> None:
    with pytest.raises(InputRefused, match="too_many_pages"):
        taken(pdf_of(JPEG, JPEG), source=StoredPages(max_pages=1))


def test_pages_come_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "batch.pdf"
    path.write_bytes(pdf_of(JPEG, JPEG))

    pages = StoredPages().pages(path, name="batch.pdf")

    assert next(pages).page_index == 0
    assert next(pages).page_index == 1
