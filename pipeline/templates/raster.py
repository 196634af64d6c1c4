"""Turns a page of a PDF that this program drew into a grey image."""

from __future__ import annotations

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.model import GrayImage
from pipeline.templates.fonts import POINTS_PER_INCH

_WHITE = (255, 255, 255, 255)


def rasterize(pdf: bytes, dpi: float) -> GrayImage:
    """Draw the first page at a resolution.

    Returns:
        `(height, width) uint8, 0 = black`, round(size / 25.4 * dpi) pixels a side. The scale is exactly `dpi` whatever
        the rounding, so the millimetre (x, y) of the layout is the pixel (x, y) * dpi / 25.4. The same every time.
    """
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        width_pt, height_pt = page.get_size()
        scale = dpi / POINTS_PER_INCH
        width, height = round(width_pt * scale), round(height_pt * scale)
        bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_Gray)
        bitmap.fill_rect(_WHITE, 0, 0, width, height)
        matrix = pdfium.FS_MATRIX(scale, 0, 0, scale, 0, 0)
        clip = pdfium.FS_RECTF(0, 0, width, height)
        pdfium.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, clip, pdfium.FPDF_GRAYSCALE)
        # A copy: the bitmap's buffer is freed with the document.
        image: GrayImage = np.array(bitmap.to_numpy(), dtype=np.uint8).reshape(height, width)
        return image
    finally:
        document.close()
