"""Page images, and files that hold them, for the tests of imaging and of stored pages."""

from __future__ import annotations

import io
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import pikepdf
from PIL import Image

from pipeline.model import GrayImage

FileFormat: TypeAlias = Literal["JPEG", "PNG", "TIFF", "JPEG2000", "BMP"]
LETTERS = "CONSTAT D'INFRACTION"


def bare_paper(width_px: int = 850, height_px: int = 1100, *, tone: int = 240, seed: int = 1) -> GrayImage:
    """Paper with the grain of a scanner, 100 dpi letter size unless told otherwise."""
    grain = np.random.default_rng(seed).normal(0.0, 2.0, (height_px, width_px))
    return np.clip(tone + grain, 0, 255).astype(np.uint8)


def ruled_form(width_px: int = 850, height_px: int = 1100, *, step_px: int = 60) -> GrayImage:
    """A form: rows and columns of rules, a heading in each second row."""
    page = bare_paper(width_px, height_px)
    left, right, top = width_px // 12, width_px - width_px // 12, height_px // 14
    rows = range(top, height_px - top, step_px)
    for row in rows:
        cv2.line(page, (left, row), (right, row), 50, 2)
    for column in np.linspace(left, right, 4).astype(int):
        cv2.line(page, (int(column), top), (int(column), rows[-1]), 50, 2)
    for row in list(rows)[:-1:2]:
        cv2.putText(page, LETTERS, (left + 8, row + 28), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 30, 1, cv2.LINE_AA)
    return page


def letter(width_px: int = 850, height_px: int = 1100, *, seed: int = 1) -> GrayImage:
    """A letter: ragged lines of words of different lengths, no rule anywhere."""
    page = bare_paper(width_px, height_px, seed=seed)
    rng = np.random.default_rng(seed)
    for row in range(height_px // 9, height_px - height_px // 9, 26):
        words = " ".join("".join(rng.choice(list("aeinorstlup"), rng.integers(2, 9))) for _ in range(9))
        cv2.putText(page, words[: rng.integers(40, 58)], (70, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 30, 1, cv2.LINE_AA)
    return page


def encoded(
    image: Image.Image | GrayImage,
    file_format: FileFormat = "PNG",
    **options: object,
) -> bytes:
    """The image as a file; options are Pillow's."""
    out = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(out, file_format, **options)
    return out.getvalue()


def tiff_of(*pages: Image.Image, **options: object) -> bytes:
    """A TIFF of several images."""
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], **options)
    return out.getvalue()


def add_image_page(
    pdf: pikepdf.Pdf,
    jpeg: bytes,
    size_px: tuple[int, int],
    *,
    dpi: float = 100.0,
    contents: bytes = b"q %(width)f 0 0 %(height)f 0 0 cm /Im0 Do Q",
    mode: Literal["L", "RGB"] = "L",
    **entries: Any,  # whatever a PDF page may hold
) -> pikepdf.Page:
    """Add a page that a JPEG fills; `contents` may place it otherwise, `entries` are the page's own."""
    width, height = (side * 72.0 / dpi for side in size_px)
    stream = pdf.make_stream(
        jpeg,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=size_px[0],
        Height=size_px[1],
        BitsPerComponent=8,
        ColorSpace=pikepdf.Name.DeviceGray if mode == "L" else pikepdf.Name.DeviceRGB,
        Filter=pikepdf.Name.DCTDecode,
    )
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, width, height],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream)),
        Contents=pdf.make_stream(contents % {b"width": width, b"height": height}),
        **entries,
    )
    pdf.pages.append(pikepdf.Page(page))
    return pdf.pages[-1]


def saved_pdf(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()
