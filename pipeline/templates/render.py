"""The blank form of a layout: as vector PDF, as an image, and as separate images of its lines and its text."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model import GrayImage, Layout
from pipeline.templates.drawing import Part, draw_page
from pipeline.templates.fonts import Fonts
from pipeline.templates.proof import overflowing
from pipeline.templates.raster import rasterize

__all__ = [
    "Fonts",
    "Parts",
    "overflowing",
    "rasterize",
    "render_image",
    "render_parts",
    "render_pdf",
]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The blank form in two images of the same size: rules, frames, combs and check boxes; printed text with the
    edition mark. Both `(height, width) uint8, 0 = black`."""

    lines: GrayImage
    text: GrayImage


def render_pdf(layout: Layout, fonts: Fonts) -> bytes:
    """The blank form as a one-page vector PDF of the layout's exact size, fonts embedded; the same bytes every time."""
    return draw_page(layout, fonts)


def render_image(layout: Layout, fonts: Fonts, *, dpi: float) -> GrayImage:
    """The blank form: `(height, width) uint8, 0 = black`, round(size_mm / 25.4 * dpi) pixels a side."""
    return rasterize(draw_page(layout, fonts), dpi)


def render_parts(layout: Layout, fonts: Fonts, *, dpi: float) -> Parts:
    """The blank form's lines and text apart, each as large as the whole."""
    return Parts(
        lines=rasterize(draw_page(layout, fonts, part=Part.LINES), dpi),
        text=rasterize(draw_page(layout, fonts, part=Part.TEXT), dpi),
    )
