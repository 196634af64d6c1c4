"""What scanners write into their files is found, cleaned, and never trusted to be well formed."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin

from pipeline.custody import FileScan, plain_text
from pipeline.custody.transfer import MOST_CHARACTERS
from pipeline.errors import OperatorError
from pipeline.evidence.transfer import profile_from, profile_text
from pipeline.storage.pages import StoredPages
from pipeline.storage.scan_metadata import ScannedFiles
from pipeline.storage.scan_profile import load_scan_profile

ROOT = Path(__file__).resolve().parents[2]
PAGE = Image.new("L", (300, 400), 200)


def _read(path: Path) -> FileScan:
    before = path.read_bytes()
    found = ScannedFiles().read(path)
    assert path.read_bytes() == before
    return found


def _tags(**texts: str) -> TiffImagePlugin.ImageFileDirectory_v2:
    numbers = {"make": 271, "model": 272, "software": 305, "created": 306, "operator": 315, "host": 316}
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for name, text in texts.items():
        tags[numbers[name]] = text
    return tags


def test_a_tiff_names_its_scanner_and_the_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    said = {"make": "Ricoh", "model": "fi-8950", "software": "Capture 3", "created": "2026:11:20 09:15:33"}
    PAGE.save(path, tiffinfo=_tags(**said, operator="marie", host="poste-4"), dpi=(300, 300), compression="tiff_lzw")

    found = _read(path)
    assert found.format == "tiff"
    assert dict(found.said) == {**said, "operator": "marie", "host": "poste-4"}
    (page,) = found.pages
    assert (page.digest_of, page.encoding, page.color, page.bits) == ("file", "lzw", "gray", 8)
    assert (page.size_px, page.dpi) == ((300, 400), (300.0, 300.0))


def test_what_differs_from_page_to_page_is_said_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with TiffImagePlugin.AppendingTiffWriter(str(path), new=True) as writer:
        for minute in (15, 16):
            PAGE.save(writer, "TIFF", tiffinfo=_tags(make="Ricoh", created=f"2026:11:20 09:{minute}:00"))
            writer.newFrame()

    found = _read(path)
    assert dict(found.said) == {"make": "Ricoh"}
    assert [dict(page.said) for page in found.pages] == [
        {"created": "2026:11:20 09:15:00"},
        {"created": "2026:11:20 09:16:00"},
    ]
    assert {page.digest_of for page in found.pages} == {"strips"}


def test_a_jpeg_names_its_scanner(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[271], exif[272] = "Canon", "DR-G2140"
    PAGE.save(path, exif=exif, dpi=(200, 200))

    assert dict(_read(path).said) == {"make": "Canon", "model": "DR-G2140"}


def test_a_png_names_its_software(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "scan-it 2")
    info.add_itxt("Creation Time", "2026-11-20")
    PAGE.save(path, pnginfo=info)

    assert dict(_read(path).said) == {"software": "scan-it 2", "created": "2026-11-20"}


def test_a_pdf_names_its_producer_and_nothing_personal(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Creator"] = "fi-8950"
        pdf.docinfo["/Producer"] = "PaperStream"
        pdf.docinfo["/CreationDate"] = "D:20261120091533-05'00'"
        pdf.docinfo["/Title"] = "Mme Tremblay"
        pdf.save(path)

    found = _read(path)
    assert dict(found.said) == {
        "software": "fi-8950",
        "producer": "PaperStream",
        "created": "D:20261120091533-05'00'",
    }
    assert [page.digest_of for page in found.pages] == ["drawing"]


def test_what_the_page_digest_is_over_is_what_the_pages_are_hashed_by() -> None:
    for path in sorted((ROOT / "samples" / "batches").rglob("*.*"))[::4]:
        if path.suffix not in {".pdf", ".tif", ".jpg", ".png"}:
            continue
        pages = list(StoredPages().pages(path, name=path.name))
        found = _read(path)
        assert len(found.pages) == len(pages)
        for page, scan in zip(pages, found.pages, strict=True):
            assert getattr(page, "rendered", False) == (scan.digest_of == "drawing")


def test_hostile_text_comes_out_as_one_short_line(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Software", "a\x1b[31m\n\u202eb" + "x" * 100_000)
    PAGE.save(path, pnginfo=info)

    ((_, text),) = _read(path).said
    assert text.startswith("a [31m b")
    assert len(text) == MOST_CHARACTERS


@given(st.text())
def test_plain_text_is_plain(text: str) -> None:
    plain = plain_text(text)

    assert len(plain) <= MOST_CHARACTERS
    assert plain_text(plain) == plain
    assert plain.isprintable()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    at=st.integers(0, 5000),
    value=st.integers(0, 255),
    cut=st.integers(1, 6000),
    sort=st.sampled_from(["tif", "png", "jpg", "pdf"]),
)
def test_a_damaged_file_says_what_it_can_and_never_fails(
    at: int, value: int, cut: int, sort: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"damaged.{sort}"
    PAGE.save(path, "PDF" if sort == "pdf" else None)
    data = bytearray(path.read_bytes())
    data[at % len(data)] = value
    path.write_bytes(bytes(data[: max(1, len(data) - cut % len(data))]))

    found = ScannedFiles().read(path)

    said = [*found.said, *(fact for page in found.pages for fact in page.said)]
    assert all(text.isprintable() for _, text in said)


GOOD = """
[device]
make = "Ricoh"
serial = "A1"
[profile]
name = "grey"
[profile.settings]
resolution_dpi = 300
duplex = true
"""


def test_what_the_operator_says_of_the_scanner_has_one_form(tmp_path: Path) -> None:
    path, other = tmp_path / "a.toml", tmp_path / "b.toml"
    path.write_text(GOOD, encoding="utf-8")
    other.write_text(
        'profile = {settings = {duplex = true, resolution_dpi = 300}, name = "grey"}\n'
        '[device]\nserial = "A1"\nmake = "Ricoh"',
        encoding="utf-8",
    )

    assert profile_text(load_scan_profile(path)) == profile_text(load_scan_profile(other))
    assert profile_from(profile_text(load_scan_profile(path))) == load_scan_profile(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[device]\nmaker = 'x'",
        "[device]\nmake = 3",
        '[device]\nmake = "a\\u0007b"',
        f"[device]\nmake = '{'x' * 201}'",
        "[device]\n[profile]\nsettings = {a = [1]}",
        "not toml",
        "x" * 70_000,
    ],
)
def test_a_faulty_file_about_the_scanner_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(OperatorError, match="scan_profile"):
        load_scan_profile(path)


def test_a_missing_file_about_the_scanner_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="scan_profile_unreadable"):
        load_scan_profile(tmp_path / "none.toml")
