"""Pages of a PDF as they are shown, at an exact resolution, with layers on or off."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.model import ColorImage
from tests.unit.images import saved_pdf


def rendered(pdf: bytes, *, dpi: float, page_index: int = 0) -> ColorImage:
    """`(height, width, 3) uint8`, red green blue, the page as many pixels wide and high as it is at `dpi`."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[page_index]
        width_pt, height_pt = page.get_size()
        scale = dpi / 72
        width, height = round(width_pt * scale), round(height_pt * scale)
        bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
        return np.array(bitmap.to_numpy()[..., ::-1], dtype=np.uint8)
    finally:
        document.close()


def layer_names(pdf: bytes) -> list[str]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        return [str(group.Name) for group in opened.Root.OCProperties.OCGs]


def with_layers_off(pdf: bytes, names: Collection[str]) -> bytes:
    """The file with these layers hidden when it is opened."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        properties = opened.Root.OCProperties
        properties.D.OFF = pikepdf.Array([group for group in properties.OCGs if str(group.Name) in names])
        return saved_pdf(opened)


def text_of(pdf: bytes, page_index: int = 0) -> str:
    """What a reader finds when it searches or copies, seen or not."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[page_index].get_textpage().get_text_bounded())
    finally:
        document.close()


def character_boxes(pdf: bytes, *, page_index: int = 0) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right and top of each character that is no space, in points from the page's bottom left corner."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[page_index].get_textpage()
        text = page.get_text_range()
        return [page.get_charbox(index) for index in range(page.count_chars()) if not text[index : index + 1].isspace()]
    finally:
        document.close()
