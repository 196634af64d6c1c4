"""What scanners write into their files, read without decoding a pixel or changing a byte. Fills `ScanMetadata`.

Everything here is text of strangers: it is bounded and cleaned, and what cannot be understood counts as not there.
"""

from __future__ import annotations

import json
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pikepdf
from PIL import BmpImagePlugin, Image, ImageFile, Jpeg2KImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from pipeline.custody import FileScan, PageScan, plain_text
from pipeline.custody.transfer import ELECTRONIC, RECORD
from pipeline.errors import InputRefused, PipelineError, Unavailable
from pipeline.statements.electronic_files import texts_of
from pipeline.storage.pages_electronic import SIDES
from pipeline.storage.pages_pdf_image import renderer_knows_better, sole_image
from pipeline.storage.pages_tiff import TIFF_SIGNATURES, page_frames

_FOREIGN_ERRORS = (
    pikepdf.PikepdfError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    PipelineError,
)
_HEAD_BYTES = 1024
_MOST_PAGES = 5000
_IMAGES: tuple[tuple[bytes, str, type[ImageFile.ImageFile]], ...] = (
    (b"\xff\xd8\xff", "jpeg", JpegImagePlugin.JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", "png", PngImagePlugin.PngImageFile),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000", Jpeg2KImagePlugin.Jpeg2KImageFile),
    (b"\xff\x4f\xff\x51", "jpeg2000", Jpeg2KImagePlugin.Jpeg2KImageFile),
    (b"BM", "bmp", BmpImagePlugin.BmpImageFile),
)
_TAGS = {271: "make", 272: "model", 305: "software", 306: "created", 315: "operator", 316: "host"}
"""TIFF 6.0 and Exif, first directory."""
_ORIENTATION_TAG = 0x0112
_TURNS_DEG = {3: 180, 6: 90, 8: 270}
_EXIF_DIRECTORY = 0x8769
_EXIF_TAGS = {0x9003: "created", 0xA431: "serial"}
_PNG_KEYS = {"Software": "software", "Creation Time": "created", "Source": "model"}
_PDF_KEYS = {"/Creator": "software", "/Producer": "producer", "/CreationDate": "created"}
_COLORS = {"1": ("bilevel", 1), "L": ("gray", 8), "I;16": ("gray", 16), "I;16B": ("gray", 16), "LA": ("gray", 8)}
_TIFF_ENCODINGS = {"raw": "none", "group3": "fax", "group4": "fax", "tiff_ccitt": "fax", "tiff_lzw": "lzw"}
_TIFF_ENCODINGS |= {"jpeg": "jpeg", "tiff_jpeg": "jpeg", "tiff_adobe_deflate": "deflate", "tiff_deflate": "deflate"}
_OLD_JPEG = "tiff_jpeg"
"""Pillow's name of TIFF's compression 6, whose pages are hashed as decoded (see `pages_tiff`)."""
_PDF_ENCODINGS = {"/DCTDecode": "jpeg", "/JPXDecode": "jpeg2000", "/CCITTFaxDecode": "fax", "/JBIG2Decode": "jbig2"}
_PDF_ENCODINGS |= {"/FlateDecode": "deflate", "/LZWDecode": "lzw", "/RunLengthDecode": "runs"}


class ScannedFiles:
    """Fills `ScanMetadata`."""

    def read(self, path: Path) -> FileScan:
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError as error:
            raise Unavailable("file_unreadable", file=path.name, detail=error.strerror or "") from error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _read(path, head)
        except _FOREIGN_ERRORS:
            return FileScan()


def _read(path: Path, head: bytes) -> FileScan:
    if head.startswith(TIFF_SIGNATURES):
        return _tiff(path)
    for signature, name, opener in _IMAGES:
        if head.startswith(signature):
            return _image(path, name, opener)
    if b"%PDF-" in head:
        return _pdf(path)
    if head.lstrip().startswith(b"{"):
        return _electronic(path)
    raise InputRefused("unsupported_format")


def _electronic(path: Path) -> FileScan:
    """A file of electronic statements: two sides of each."""
    data = path.read_bytes()
    try:
        json.loads(data)
        statements = 1
    except ValueError:
        statements = len(texts_of(data, lines=True))
    return FileScan(ELECTRONIC, (), (PageScan(RECORD, ELECTRONIC),) * (len(SIDES) * statements))


def _told(found: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """By name; what says nothing is left out."""
    texts = ((name, _text(found[name])) for name in sorted(found))
    return tuple((name, text) for name, text in texts if text)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return plain_text(value) if isinstance(value, str) else ""


# Images


def _image(path: Path, name: str, opener: type[ImageFile.ImageFile]) -> FileScan:
    """What it says may be damaged while the image is whole."""
    try:
        with path.open("rb") as file:
            opened = opener(file)
            page = _page(opened, "file", name)
            return FileScan(name, _told(_of_image(opened)), (replace(page, turn_deg=_turn_deg(opened)),))
    except _FOREIGN_ERRORS:
        return FileScan(name, (), (PageScan("file", name),))


def _turn_deg(opened: ImageFile.ImageFile) -> int:
    """The turn that an orientation entry asks for; mirroring, which scanners never ask for, is not told."""
    return _TURNS_DEG.get(opened.getexif().get(_ORIENTATION_TAG, 1), 0)


def _of_image(opened: ImageFile.ImageFile) -> dict[str, object]:
    if isinstance(opened, PngImagePlugin.PngImageFile):
        # Only what stands before the pixels is read.
        return {name: opened.info[key] for key, name in _PNG_KEYS.items() if key in opened.info} | _exif(opened)
    return _exif(opened)


def _exif(opened: ImageFile.ImageFile) -> dict[str, object]:
    exif = opened.getexif()
    found: dict[str, object] = {name: exif[tag] for tag, name in _TAGS.items() if tag in exif}
    inner = exif.get_ifd(_EXIF_DIRECTORY)
    return found | {name: inner[tag] for tag, name in _EXIF_TAGS.items() if tag in inner}


def _page(
    opened: ImageFile.ImageFile, digest_of: str, encoding: str, said: Mapping[str, object] | None = None
) -> PageScan:
    color, bits = _COLORS.get(opened.mode, ("color", 8))
    return PageScan(
        digest_of=digest_of,
        encoding=encoding,
        color=color,
        bits=bits,
        size_px=(opened.width, opened.height),
        dpi=_dpi(opened.info.get("dpi")),
        said=() if said is None else _told(said),
    )


def _dpi(found: object) -> tuple[float, float] | None:
    if not isinstance(found, tuple) or len(found) != 2:
        return None
    across, down = float(found[0]), float(found[1])
    return (round(across, 2), round(down, 2)) if min(across, down) > 1.0 and max(across, down) < 1e5 else None


def _tiff(path: Path) -> FileScan:
    frames = page_frames(path, max_pages=_MOST_PAGES)
    with path.open("rb") as file:
        opened = TiffImagePlugin.TiffImageFile(file)
        pages = tuple(_tiff_pages(opened, frames))
    # What all pages say is said of the file.
    common = set(pages[0].said).intersection(*(page.said for page in pages)) if pages else set()
    alone = (replace(page, said=tuple(fact for fact in page.said if fact not in common)) for page in pages)
    return FileScan("tiff", tuple(sorted(common)), tuple(alone))


def _tiff_pages(opened: TiffImagePlugin.TiffImageFile, frames: tuple[int, ...]) -> Iterator[PageScan]:
    whole = frames == (0,) and opened.n_frames == 1  # The page's digest is then over the file.
    for frame in frames:
        opened.seek(frame)
        tags = opened.tag_v2
        said: dict[str, object] = {name: tags[tag] for tag, name in _TAGS.items() if tag in tags}
        compression = str(opened.info.get("compression"))
        digest_of = "file" if whole else "drawing" if compression == _OLD_JPEG else "strips"
        page = _page(opened, digest_of, _TIFF_ENCODINGS.get(compression, "other"), said)
        yield replace(page, turn_deg=_TURNS_DEG.get(tags.get(_ORIENTATION_TAG, 1), 0))


# PDF


def _pdf(path: Path) -> FileScan:
    with pikepdf.open(path) as pdf:
        entries = ((name, pdf.docinfo.get(key)) for key, name in _PDF_KEYS.items())
        info: dict[str, object] = {name: str(entry) for name, entry in entries if isinstance(entry, pikepdf.String)}
        pages = tuple(_pdf_page(page) for page in list(pdf.pages)[:_MOST_PAGES])
    return FileScan("pdf", _told(info), pages)


def _pdf_page(page: pikepdf.Page) -> PageScan:
    try:
        found = sole_image(page)
        if found is None:
            return PageScan("drawing")
        image = pikepdf.PdfImage(found.stream)
        filters = [str(name) for name in image.filters]
        color, bits = _COLORS.get(str(image.mode), ("color", 8))
        dpi = (round(found.dpi_xy[0], 2), round(found.dpi_xy[1], 2))
        size_px = (found.width_px, found.height_px)
        digest_of = "drawing" if renderer_knows_better(found, image) else "image"
        return PageScan(digest_of, _pdf_encoding(filters), color, bits, size_px, dpi, found.rotation_deg)
    except _FOREIGN_ERRORS:
        return PageScan("drawing")


def _pdf_encoding(filters: list[str]) -> str:
    return _PDF_ENCODINGS.get(filters[-1], "other") if filters else "none"
