"""The pages of a PDF file: the embedded image as scanned where the page is one image, a rendering otherwise.

The digest of a page that is one image is over the bytes of the embedded stream as they stand in the file (decrypted,
where an empty password opens it). The digest of any other page is over everything that the page draws on: its boxes and
turn, contents, resources and annotations, dictionaries in the order of their keys, streams with their bytes as they
stand in the file. Renderings differ between versions of a renderer; this does not.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pdf2image import convert_from_path
from pdf2image import exceptions as pdf2image_errors
from PIL import Image

from pipeline.errors import InputRefused, Unavailable
from pipeline.model import Digest, PageBytes, PageProblem
from pipeline.storage.pages_pdf_image import embedded_bytes, sole_image

RENDER_DPI = 300
_RENDER_TIMEOUT_S = 120
_POINTS_PER_INCH = 72.0
_TAIL_BYTES = 2048
_FOREIGN_ERRORS = (
    pikepdf.PikepdfError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    Image.DecompressionBombError,
)


def pdf_pages(path: Path, *, max_pages: int, max_pixels: int) -> Iterator[PageBytes | PageProblem]:
    """The pages in order; one that cannot be taken out is a problem in its place.

    Raises:
        InputRefused: `encrypted_pdf`, `corrupt_pdf`, `too_many_pages`.
        Unavailable: `renderer_missing`.
    """
    with _opened(path) as pdf:
        try:
            count = len(pdf.pages)
        except _FOREIGN_ERRORS as error:
            raise InputRefused("corrupt_pdf", detail=_said(error)) from error
        if count == 0:
            raise InputRefused("corrupt_pdf", detail="no pages")
        if count > max_pages:
            raise InputRefused("too_many_pages", pages=count, limit=max_pages)
        for page_index in range(count):
            try:
                page: PageBytes | PageProblem = _page(path, pdf, page_index, max_pixels)
            except InputRefused as refused:
                facts = tuple((name, str(value)) for name, value in refused.params.items())
                page = PageProblem(page_index, refused.code, facts)
            except _FOREIGN_ERRORS as error:
                page = PageProblem(page_index, "corrupt_page", (("detail", _said(error)),))
            yield page


def page_stream(path: Path, page_index: int) -> bytes | None:
    """The bytes of the image that a page is, as they stand in the file; null for a page that is no single image.

    Raises:
        InputRefused: `encrypted_pdf`, `corrupt_pdf`, `page_missing`.
    """
    with _opened(path) as pdf:
        try:
            if page_index >= len(pdf.pages):
                raise InputRefused("page_missing", page=page_index + 1)
            found = sole_image(pdf.pages[page_index])
            return None if found is None else found.stream.read_raw_bytes()
        except _FOREIGN_ERRORS as error:
            raise InputRefused("corrupt_pdf", detail=_said(error)) from error


def _opened(path: Path) -> pikepdf.Pdf:
    """The opened file. A file cut short is refused, although some of its pages could be guessed from what is left."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        if b"%%EOF" not in file.read():
            raise InputRefused("corrupt_pdf", detail="the file ends before its end mark")
    try:
        return pikepdf.open(path)
    except pikepdf.PasswordError as error:
        raise InputRefused("encrypted_pdf") from error
    except _FOREIGN_ERRORS as error:
        raise InputRefused("corrupt_pdf", detail=_said(error)) from error


def _said(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _page(path: Path, pdf: pikepdf.Pdf, page_index: int, max_pixels: int) -> PageBytes:
    page = pdf.pages[page_index]
    found = sole_image(page)
    if found is None:
        return _rendered(path, page, page_index, RENDER_DPI, max_pixels)
    if found.width_px * found.height_px > max_pixels:
        raise InputRefused("too_many_pixels", width_px=found.width_px, height_px=found.height_px, limit_px=max_pixels)
    taken = embedded_bytes(found)
    if taken is None:
        # Drawn pixel by pixel: no resolution is lost and none is made up.
        return _rendered(path, page, page_index, round(found.dpi), max_pixels)
    data, turned_by_itself_deg = taken
    digest = hashlib.sha256(found.stream.read_raw_bytes()).hexdigest()
    rotation_deg = (found.rotation_deg - turned_by_itself_deg) % 360
    return PageBytes(data, page_index, Digest(digest), found.dpi if found.square else None, rotation_deg)


# Rendering


def _rendered(path: Path, page: pikepdf.Page, page_index: int, dpi: int, max_pixels: int) -> PageBytes:
    _, _, width_pt, height_pt = _crop_box(page)
    size_px = (math.ceil(width_pt * dpi / _POINTS_PER_INCH), math.ceil(height_pt * dpi / _POINTS_PER_INCH))
    if size_px[0] * size_px[1] > max_pixels:
        raise InputRefused("too_many_pixels", width_px=size_px[0], height_px=size_px[1], limit_px=max_pixels)
    image = _drawn(path, page_index + 1, dpi)
    out = io.BytesIO()
    # Uncompressed: it lives only until it is decoded.
    image.save(out, "TIFF", dpi=(dpi, dpi))
    user_unit = float(page.obj.get("/UserUnit", 1))
    return PageBytes(out.getvalue(), page_index, _drawn_digest(page), dpi / user_unit, rendered=True)


def _drawn(path: Path, page_number: int, dpi: int) -> Image.Image:
    """A page drawn without the part that is damaged would pass for a whole one, so the renderer's errors count; but
    not those about fonts, which are common and leave the page's images whole."""
    try:
        return _drawn_once(path, page_number, dpi, strict=True)
    except pdf2image_errors.PDFSyntaxError as error:
        complaints = [line for line in str(error).splitlines() if "Error" in line]
        if not complaints or not all("font" in line.lower() for line in complaints):
            raise InputRefused("corrupt_page", detail=_said(error)) from error
    return _drawn_once(path, page_number, dpi, strict=False)


def _drawn_once(path: Path, page_number: int, dpi: int, *, strict: bool) -> Image.Image:
    try:
        images = convert_from_path(
            path,
            dpi=dpi,
            first_page=page_number,
            last_page=page_number,
            use_cropbox=True,
            strict=strict,
            timeout=_RENDER_TIMEOUT_S,
        )
    except pdf2image_errors.PopplerNotInstalledError as error:
        raise Unavailable("renderer_missing", program="pdftoppm") from error
    except pdf2image_errors.PDFPopplerTimeoutError as error:
        raise InputRefused("render_timeout", limit_s=_RENDER_TIMEOUT_S) from error
    except pdf2image_errors.PDFPageCountError as error:
        raise InputRefused("corrupt_page", detail=_said(error)) from error
    if len(images) != 1:
        raise InputRefused("corrupt_page", detail="nothing was drawn")
    image: Image.Image = images[0]
    return image


def _crop_box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    """Left, bottom, width and height in points."""
    left, bottom, right, top = (float(value) for value in page.cropbox)
    return min(left, right), min(bottom, top), abs(right - left), abs(top - bottom)


# Digest of what is drawn


def _drawn_digest(page: pikepdf.Page) -> Digest:
    digest = hashlib.sha256()
    seen: dict[tuple[int, int], int] = {}
    parts: list[tuple[str, pikepdf.Object | None]] = [
        ("/MediaBox", page.mediabox),
        ("/CropBox", page.cropbox),
        ("/Rotate", page.obj.get("/Rotate")),
        ("/UserUnit", page.obj.get("/UserUnit")),
        ("/Contents", page.obj.get("/Contents")),
        ("/Resources", page.resources),
        ("/Annots", page.obj.get("/Annots")),
    ]
    for name, part in parts:
        digest.update(name.encode())
        for piece in _canonical(part, seen):
            digest.update(piece)
    return Digest(digest.hexdigest())


def _canonical(root: object, seen: dict[tuple[int, int], int]) -> Iterator[bytes]:
    """A tree of PDF objects as bytes that do not depend on where its objects stand in the file.

    An object met a second time is named by the order of first meeting, so circles end. Links upwards (a page's parent,
    an annotation's page) are left out.
    """
    waiting: list[object] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes):
            yield value
            continue
        if not isinstance(value, pikepdf.Object):
            yield repr(value).encode()
            continue
        if value.is_indirect:
            if value.objgen in seen:
                yield b"again %d " % seen[value.objgen]
                continue
            seen[value.objgen] = len(seen)
        waiting.extend(reversed(_parts(value)))


def _parts(value: pikepdf.Object) -> list[object]:
    if isinstance(value, pikepdf.Stream):
        return [b"stream", *_dictionary_parts(value.stream_dict), value.read_raw_bytes(), b"endstream"]
    if isinstance(value, pikepdf.Dictionary):
        return _dictionary_parts(value)
    if isinstance(value, pikepdf.Array):
        return [b"[", *(item for item in value), b"]"]
    return [value.unparse() + b" "]


def _dictionary_parts(dictionary: pikepdf.Object) -> list[object]:
    parts: list[object] = [b"<<"]
    for key in sorted(dictionary.keys()):
        if key not in ("/Parent", "/P", "/Length"):
            parts += [key.encode() + b" ", dictionary[key]]
    return [*parts, b">>"]
