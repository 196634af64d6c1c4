"""Where the flow finds each zone in the scan: its stages up to registration, and the exact corners they give."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.pages import Corners
from pipeline.flow import FlowKit, SheetOnScan, lay_on
from pipeline.geometry import BoxMm
from pipeline.imaging.decode import decode
from pipeline.imaging.orient import likely_turns, turn
from pipeline.imaging.paper import find_paper
from pipeline.model import Layout, PageBytes
from pipeline.ocr.barcode import Barcode, read_barcodes
from pipeline.templates.dropout import split
from pipeline.templates.identify import identify


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A page on its layout, before anything is read."""

    layout: Layout
    sheet: SheetOnScan
    codes: tuple[Barcode, ...]


def placed(page: PageBytes, *, kit: FlowKit) -> Placed | None:
    """The page registered and split as `process_page` does it; null when it is none of the layouts."""
    decoded = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg)
    paper = find_paper(decoded.gray, dpi=decoded.dpi)
    codes = read_barcodes(decoded.gray)
    hints = tuple(code.text for code in codes)
    found = identify(paper.image, dpi=paper.dpi, library=kit.library, hints=hints, turns=likely_turns(paper.image))
    if found.layout is None:
        return None
    prepared = kit.library.get(found.layout)
    upright = turn(decoded.gray, found.quarter_turns)
    registered = lay_on(upright, paper, found, prepared)
    back = decoded.scan_from_decoded.after(upright.source_from_image)
    return Placed(prepared.layout, SheetOnScan(registered, split(registered, prepared), back), codes)


def zone_corners(found: Placed) -> dict[str, Corners]:
    """Corners of every zone in the scan as received, in pixels (pixel centres at half-integers)."""
    return {zone.name: _corners(zone.box_mm, found.sheet) for zone in found.layout.zones}


def _corners(box: BoxMm, sheet: SheetOnScan) -> Corners:
    first, second, third, fourth = (
        sheet.scan_from_upright.apply(sheet.registered.page_point(corner)) for corner in box.corners
    )
    return first, second, third, fourth
