"""Page screens of filled forms, made without reading them: who owns a pixel is known from how the sheet was made."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import (
    MARK_KINDS,
    ColorImage,
    Decision,
    Digest,
    GrayImage,
    Language,
    LayoutId,
    PageId,
    PageLabel,
    Side,
)
from pipeline.screens.page_screen import Layer, LayeredScan, PageScreen, ScreenReading
from pipeline.storage.layout_files import load_fonts
from pipeline.templates.render import render_image
from tests.fakes import sha256
from tests.unit.scanned import layout

NUMBER = "101234000000017"
WRITTEN = 60
"""Tone of the entries that are made here, and of stains a little lighter."""


@lru_cache(maxsize=8)
def screen_of(layout_id: str, *, dpi: float = 100.0, color: bool = False) -> PageScreen:
    """A page of grain with entries of several makings and a stain; read-only."""
    form = layout(layout_id)
    rng = np.random.default_rng(7)
    scan: GrayImage | ColorImage = np.array(render_image(form, load_fonts(), dpi=dpi))
    scan = np.clip(scan.astype(np.int16) - rng.integers(0, 14, scan.shape), 0, 255).astype(np.uint8)
    owners = np.zeros(scan.shape, np.uint8)
    makings = (Layer.HAND, Layer.PRINT, Layer.ENTRY)
    readings = []
    for number, zone in enumerate(form.zones):
        layer = Layer.MARK if zone.kind in MARK_KINDS else makings[number % len(makings)]
        _write(scan, owners, zone.box_mm, layer, px_per_mm(dpi))
        value = NUMBER if zone.name == "statement_number" else f"valeur {number}"
        readings.append(
            ScreenReading(
                zone.name,
                zone.name,
                zone.section,
                True if zone.kind in MARK_KINDS else value,
                value,
                Decision.ACCEPTED if number % 2 == 0 or zone.name == "statement_number" else Decision.REVIEW,
                0.99,
                zone.box_mm,
            )
        )
    width_mm, height_mm = form.size_mm
    _write(scan, owners, BoxMm(width_mm / 3, height_mm / 2, 20, 9), Layer.STAMP, px_per_mm(dpi))
    _write(scan, owners, BoxMm(width_mm / 2, height_mm / 3, 7, 5), Layer.REMAINDER, px_per_mm(dpi))
    if color:
        scan = np.stack([scan, np.minimum(scan, 235), np.minimum(scan, 215)], axis=2)
    return PageScreen(
        page=PageId("2026-11-22-001.0001.0001"),
        role=form.document.value,
        side=form.side,
        label=PageLabel.FORM,
        size_mm=form.size_mm,
        language=form.language,
        layout=form.id,
        sha256=sha256(layout_id.encode()),
        layers=LayeredScan(scan, owners, dpi),
        readings=tuple(readings),
    )


def enclosure_of(size_mm: tuple[float, float], *, dpi: float = 100.0, language: Language | None = None) -> PageScreen:
    """A page without a form."""
    scale = px_per_mm(dpi)
    scan = np.full((round(size_mm[1] * scale), round(size_mm[0] * scale)), 244, np.uint8)
    scan[40:80, 40:300] = 30
    return PageScreen(
        page=PageId("2026-11-22-001.0001.0003"),
        role="enclosure",
        side=Side.FRONT,
        label=PageLabel.ENCLOSURE,
        size_mm=size_mm,
        language=language,
        layout=None,
        sha256=Digest("ab" * 32),
        layers=LayeredScan(scan, None, dpi),
    )


def of_layout(screen: PageScreen, layout_id: str) -> PageScreen:
    return replace(screen, layout=LayoutId(layout_id))


def _write(scan: GrayImage, owners: GrayImage, box: BoxMm, layer: Layer, scale: float) -> None:
    """A zigzag of soft ink in the box, where nothing is printed."""
    left, top = int(box.x * scale) + 1, int(box.y * scale) + 1
    width, height = max(2, int(min(box.width, 30) * scale) - 2), max(2, int(box.height * scale) - 2)
    rows, columns = np.mgrid[:height, :width]
    stroke = np.abs((columns % (2 * height)) - height - (rows - height / 2)) < 1.5
    part = (slice(top, top + height), slice(left, left + width))
    mine = stroke & (scan[part] > 200)
    scan[part][mine] = WRITTEN + 10 * int(layer)
    owners[part][mine] = layer
