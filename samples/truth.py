"""The truth of a page as JSON, one record a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from samples.case import Case
from samples.generate import GeneratedPage
from samples.sheetmap import SheetMap

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"


def page_record(page: GeneratedPage, case: Case, where: Mapping[str, str | int]) -> JsonValue:
    """One page's record.

    Args:
        where: file, page number, sheet and group.
    """
    truth = page.truth
    fields: dict[str, JsonValue] = {
        name: {"value": entry.value, "written": entry.written, "text": entry.text}
        for name, entry in truth.fields.items()
    }
    damages: list[JsonValue] = list(truth.damages)
    return {
        **where,
        "side": truth.side.value,
        "label": truth.label.value,
        "layout": truth.layout,
        "statement_number": case.number,
        "rotation_deg": truth.rotation_deg,
        "skew_deg": round(truth.skew_deg, 4),
        "dpi": truth.dpi,
        "mode": page.mode.value,
        "size_mm": list(truth.size_mm),
        "size_px": [page.image.shape[1], page.image.shape[0]],
        "damages": damages,
        "map": _map_record(truth.mapping),
        "fields": fields,
    }


def _map_record(mapping: SheetMap) -> JsonValue:
    affine = mapping.scan_from_paper
    waves: list[JsonValue] = [
        [round(value, 9) for value in (wave.dx_mm, wave.dy_mm, wave.kx, wave.ky, wave.phase)] for wave in mapping.waves
    ]
    matrix: list[JsonValue] = [
        round(value, 7) for value in (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f)
    ]
    return {"scan_from_paper": matrix, "waves": waves}
