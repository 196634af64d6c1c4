"""All faces of the library side by side, at one scale and with their names, to be looked at.

`python -m samples.contact_sheet --out build/faces` writes `faces.pdf` and the same pages as `faces-01.png` and so on;
`--layouts FOLDER` adds a site's own layouts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.geometry import px_per_mm
from pipeline.model import Document, Layout, Side
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.render import render_image

DPI = 64.0
"""6 point type is not to be read at this size, but what is crowded, crooked or empty shows."""
PAGE_PX = (2320, 2120)
MARGIN_PX, GAP_PX, NAME_PX = 30, 26, 22
GROUND, EDGE, INK = (214, 216, 220), (120, 122, 128), (20, 22, 28)


@dataclass(frozen=True, slots=True)
class Place:
    """A face on a page: its page, counted from 0, and its top left corner in pixels."""

    layout: Layout
    page: int
    x_px: int
    y_px: int


def size_px(layout: Layout) -> tuple[int, int]:
    """Width and height of a face as it is shown."""
    scale = px_per_mm(DPI)
    return round(layout.size_mm[0] * scale), round(layout.size_mm[1] * scale)


def order(layout: Layout) -> tuple[object, ...]:
    """Schedule by schedule, the generic edition first; statement before return document, front before back."""
    generic, front = layout.edition.startswith("generic"), layout.side is Side.FRONT
    statement = layout.document is Document.STATEMENT
    return layout.schedule, not generic, layout.edition, not statement, not front, layout.language


def places(layouts: Sequence[Layout]) -> Iterator[Place]:
    """Faces in rows from left to right; each schedule begins a page."""
    page = -1
    for _, faces in groupby(sorted(layouts, key=order), key=lambda layout: layout.schedule):
        page += 1
        x, y, row_height = MARGIN_PX, MARGIN_PX, 0
        for layout in faces:
            width, height = size_px(layout)
            if x > MARGIN_PX and x + width + MARGIN_PX > PAGE_PX[0]:
                x, y, row_height = MARGIN_PX, y + row_height + NAME_PX + GAP_PX, 0
            if y > MARGIN_PX and y + height + NAME_PX + MARGIN_PX > PAGE_PX[1]:
                page, x, y, row_height = page + 1, MARGIN_PX, MARGIN_PX, 0
            yield Place(layout, page, x, y)
            x, row_height = x + width + GAP_PX, max(row_height, height)


def draw(layouts: Sequence[Layout]) -> list[Image.Image]:
    """The contact sheet's pages."""
    fonts = load_fonts()
    face = ImageFont.truetype(BytesIO(fonts.regular), NAME_PX - 6)
    pages = []
    for _, shown in groupby(places(layouts), key=lambda place: place.page):
        picture, bottom = Image.new("RGB", PAGE_PX, GROUND), 0
        pen = ImageDraw.Draw(picture)
        for place in shown:
            form = Image.fromarray(render_image(place.layout, fonts, dpi=3 * DPI))
            width, height = size_px(place.layout)
            small = form.resize((width, height), Image.Resampling.LANCZOS)
            picture.paste(small, (place.x_px, place.y_px))
            pen.rectangle((place.x_px - 1, place.y_px - 1, place.x_px + width, place.y_px + height), outline=EDGE)
            pen.text((place.x_px, place.y_px + height + 3), _name(place.layout), font=face, fill=INK)
            bottom = max(bottom, place.y_px + height + NAME_PX + MARGIN_PX)
        pages.append(picture.crop((0, 0, PAGE_PX[0], bottom)))
    return pages


def _name(layout: Layout) -> str:
    """The id, and on a face wide enough for both its size in millimetres."""
    width, height = layout.size_mm
    return f"{layout.id}  {width:g} x {height:g}" if width > 150 else str(layout.id)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m samples.contact_sheet", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/faces"), help="folder of the pictures")
    parser.add_argument("--layouts", type=Path, default=None, help="a site's folder of layouts")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    layouts = load_layouts(options.layouts)
    pages = draw(layouts)
    for number, page in enumerate(pages, start=1):
        page.quantize(64).save(options.out / f"faces-{number:02d}.png", optimize=True)
    pages[0].save(options.out / "faces.pdf", save_all=True, append_images=pages[1:], resolution=200.0)
    print(f"{len(layouts)} faces on {len(pages)} pages: {options.out}")


if __name__ == "__main__":
    main()
