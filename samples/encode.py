"""Scans as files: JPEG, PNG, TIFF and PDF, with their resolution; the same pages give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
from PIL import Image

from samples.generate import GeneratedPage
from samples.wear import Mode

_POINTS_PER_INCH = 72.0


def picture(page: GeneratedPage) -> Image.Image:
    """The page in its own mode: RGB, L or 1."""
    colour = Image.fromarray(page.image, "RGB")
    if page.mode is Mode.COLOR:
        return colour
    gray = colour.convert("L")
    return gray if page.mode is Mode.GRAY else gray.convert("1", dither=Image.Dither.NONE)


def jpeg_bytes(page: GeneratedPage, *, quality: int | None = None) -> bytes:
    """JPEG at the page's quality, or at the one given."""
    buffer = io.BytesIO()
    image = picture(page)
    image = image.convert("L") if page.mode is Mode.BILEVEL else image
    image.save(buffer, "JPEG", quality=quality or page.jpeg_quality, dpi=(page.dpi, page.dpi), optimize=True)
    return buffer.getvalue()


def png_bytes(page: GeneratedPage) -> bytes:
    """Lossless PNG."""
    buffer = io.BytesIO()
    picture(page).save(buffer, "PNG", dpi=(page.dpi, page.dpi), optimize=True)
    return buffer.getvalue()


def tiff_bytes(pages: Sequence[GeneratedPage], *, quality: int | None = None) -> bytes:
    """A multi-page TIFF: CCITT group 4 where all pages are bilevel, else JPEG in TIFF."""
    images = [picture(page) for page in pages]
    buffer = io.BytesIO()
    dpi = (pages[0].dpi, pages[0].dpi)
    if all(page.mode is Mode.BILEVEL for page in pages):
        images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:], compression="group4", dpi=dpi)
    else:
        first, *others = (image.convert("RGB") if image.mode == "1" else image for image in images)
        quality = quality or min(page.jpeg_quality for page in pages)
        first.save(buffer, "TIFF", save_all=True, append_images=others, compression="jpeg", quality=quality, dpi=dpi)
    return buffer.getvalue()


def pdf_bytes(pages: Sequence[GeneratedPage], *, quality: int | None = None) -> bytes:
    """A PDF whose pages are JPEG images, embedded unchanged, at the scan's physical size."""
    document = pikepdf.new()
    for page in pages:
        data = jpeg_bytes(page, quality=quality)
        height_px, width_px = page.image.shape[:2]
        size_pt = (width_px * _POINTS_PER_INCH / page.dpi, height_px * _POINTS_PER_INCH / page.dpi)
        image = pikepdf.Stream(document, data)
        image.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width_px,
            Height=height_px,
            ColorSpace=pikepdf.Name.DeviceRGB if page.mode is Mode.COLOR else pikepdf.Name.DeviceGray,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        document.add_blank_page(page_size=size_pt)
        shown = document.pages[-1]
        shown.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))
        drawing = f"q {size_pt[0]:.4f} 0 0 {size_pt[1]:.4f} 0 0 cm /Scan Do Q".encode("ascii")
        shown.obj.Contents = document.make_stream(drawing)
    buffer = io.BytesIO()
    document.save(buffer, deterministic_id=True)
    return buffer.getvalue()
