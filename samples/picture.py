"""The README's picture: a damaged scan with its spaces outlined as constat found them, and what was read beside it.

`python -m samples.picture --out docs/images/result.png`
"""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.flow import process_page
from pipeline.model import Decision, Digest, Field, Language, PageBytes, PageOutcome
from pipeline.wiring import flow_kit, particular_name
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.wear import Level

SEED = 61
LAYOUT = "iv.return.front.en@generic-1"
COLOURS = {
    Decision.ACCEPTED: (20, 130, 70),
    Decision.REVIEW: (205, 95, 0),
    Decision.EMPTY: (150, 150, 160),
}
WORDS = {Decision.ACCEPTED: "accepted", Decision.REVIEW: "to a person", Decision.EMPTY: "empty"}
FONT_FOLDER = Path("/usr/share/fonts/truetype/liberation")
SCAN_HEIGHT_PX = 1240
LIST_WIDTH_PX = 760
MARGIN_PX = 36


def draw() -> Image.Image:
    """The picture, made anew from its seed."""
    page = sheet(SEED, pool=TRAIN, level=Level.MEDIUM, layout_id=LAYOUT, writing=Writing.MIXED, duplex=False).pages[0]
    data = BytesIO()
    Image.fromarray(page.image).save(data, "JPEG", quality=page.jpeg_quality, dpi=(page.dpi, page.dpi))
    outcome = process_page(PageBytes(data.getvalue(), 0, Digest("0" * 64)), kit=flow_kit("generic"))
    scan = outlined(page, outcome)
    picture = Image.new("RGB", (scan.width + LIST_WIDTH_PX + 3 * MARGIN_PX, SCAN_HEIGHT_PX + 2 * MARGIN_PX), "white")
    picture.paste(scan, (MARGIN_PX, MARGIN_PX))
    write_list(picture, outcome, left_px=scan.width + 2 * MARGIN_PX)
    return picture


def outlined(page: GeneratedPage, outcome: PageOutcome) -> Image.Image:
    """The scan as received, spaces outlined in the colour of their decision."""
    scan = Image.fromarray(page.image)
    scale = SCAN_HEIGHT_PX / scan.height
    scan = scan.resize((round(scan.width * scale), SCAN_HEIGHT_PX), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(scan)
    for field in outcome.fields:
        box = field.box_px
        corners = [value * scale for value in (box.x, box.y, box.right, box.bottom)]
        pen.rectangle(corners, outline=COLOURS[field.decision], width=3)
    return scan


def write_list(picture: Image.Image, outcome: PageOutcome, *, left_px: int) -> None:
    """What was read, a line a particular, in the colour of its decision."""
    pen = ImageDraw.Draw(picture)
    head, plain, small = _font("Bold", 26), _font("Regular", 22), _font("Regular", 17)
    y = MARGIN_PX
    pen.text((left_px, y), str(outcome.layout), font=head, fill=(20, 20, 30))
    y += 40
    facts = f"skew {outcome.skew_deg:+.2f}°, residual {outcome.residual_mm:.2f} mm, turned {outcome.rotation_deg}°"
    pen.text((left_px, y), facts, font=small, fill=(90, 90, 100))
    y += 46
    for field in outcome.fields:
        if field.decision is Decision.EMPTY:
            continue
        pen.text((left_px, y), particular_name(field.name, Language.EN), font=small, fill=(90, 90, 100))
        pen.text((left_px + 270, y - 4), _shown(field), font=plain, fill=COLOURS[field.decision])
        pen.text((left_px + LIST_WIDTH_PX - 130, y), WORDS[field.decision], font=small, fill=COLOURS[field.decision])
        y += 44


def _shown(field: Field) -> str:
    if isinstance(field.value, bool):
        return "marked" if field.value else "not marked"
    text = field.value or field.text or "?"
    return text if len(text) <= 30 else text[:29] + "…"


def _font(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT_FOLDER / f"LiberationSans-{face}.ttf", size_px)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/result.png"))
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    draw().quantize(256).save(out, optimize=True)


if __name__ == "__main__":
    main()
