"""A layout as the document that `constat layouts show ID --json` prints: size and zones in millimetres."""

from __future__ import annotations

from typing import TypedDict

from pipeline.geometry import BoxMm
from pipeline.model import Layout, MarkBox, Zone


class CombDocument(TypedDict):
    cells_mm: list[list[float]]


class MarkDocument(TypedDict):
    name: str
    box_mm: list[float]


class ZoneDocument(TypedDict):
    name: str
    kind: str
    need: str
    critical: bool
    box_mm: list[float]
    lines: int
    comb: CombDocument | None
    marks: list[MarkDocument] | None


class LayoutDocument(TypedDict):
    id: str
    schedule: str
    document: str
    side: str
    language: str
    edition: str
    size_mm: list[float]
    zones: list[ZoneDocument]
    copy: str | None


def describe(layout: Layout) -> LayoutDocument:
    """The JSON document of a layout; zones in the layout's order, boxes `[x, y, width, height]` to 0.001 mm."""
    return {
        "id": layout.id,
        "schedule": layout.schedule.value,
        "document": layout.document.value,
        "side": layout.side.value,
        "language": layout.language.value,
        "edition": layout.edition,
        "size_mm": [float(value) for value in layout.size_mm],
        "zones": [_zone(zone) for zone in layout.zones],
        "copy": None if layout.copy is None else layout.copy.value,
    }


def _zone(zone: Zone) -> ZoneDocument:
    return {
        "name": zone.name,
        "kind": zone.kind.value,
        "need": zone.need.value,
        "critical": zone.critical,
        "box_mm": _numbers(zone.box_mm),
        "lines": zone.lines,
        "comb": {"cells_mm": [_numbers(cell) for cell in zone.comb]} if zone.comb else None,
        "marks": [_mark(mark) for mark in zone.marks] if zone.marks else None,
    }


def _mark(mark: MarkBox) -> MarkDocument:
    return {"name": mark.name, "box_mm": _numbers(mark.box_mm)}


def _numbers(box: BoxMm) -> list[float]:
    return [round(float(value), 3) for value in box.as_tuple()]
