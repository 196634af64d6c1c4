"""Measured scanners as people read them in a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from rich.markup import escape
from rich.table import Table

from pipeline.cli.localised import print_document, sentence_of, words
from pipeline.cli.tables import Printer, plain_table
from pipeline.custody.qualifications import Qualification, Qualified
from pipeline.custody.scanning import ScanWish
from pipeline.custody.transfer import Device
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.imaging.target_limits import Judged, bound, judged, written
from pipeline.imaging.target_measures import TargetMeasures
from pipeline.model import Reason
from pipeline.usecases.qualification import DeviceReport, device_name
from pipeline.usecases.qualifying import MeasuredSide, measures_from, measures_text


def print_measured(sides: Sequence[MeasuredSide], findings: Sequence[Reason], *, as_json: bool) -> None:
    """What was measured, and the limits that it misses."""
    if as_json:
        print_document(canonical_json(_measured_document(sides, findings)))
        return
    out = Printer()
    for its in sides:
        out.line(heading=words("target.side", side=words(f"side.{its.side}"), turned=90 * its.measures.turns))
        out.table(_figures(its.measures))
        out.line(_told(its.measures))
        out.line()
    for one in findings:
        out.line(f"  {sentence_of(one.code, dict(one.params))} [{one.code}]")
    out.line(words("target.passed" if not findings else "target.failed", count=len(findings)))


def print_qualification(row: Qualification, *, days: int, as_json: bool) -> None:
    """A measurement that was recorded."""
    sides = measures_from(row.measures)
    if as_json:
        print_document(canonical_json({**_qualification_document(row), **_measured_document(sides, row.findings)}))
        return
    print_measured(sides, row.findings, as_json=False)
    until = (row.at + timedelta(days=days)).date().isoformat()
    code = "target.recorded" if row.passed else "target.recorded_failed"
    Printer().line(words(code, id=row.id, scanner=device_name(row.device), until=until))


def print_devices(reports: Sequence[DeviceReport]) -> None:
    """Every scanner, a line for each way of scanning that was measured."""
    table = plain_table(
        "table.scanner", "table.firmware", "table.scanned_so", "table.standing", "table.measured", "table.until"
    )
    for report in reports:
        for wish, its in report.standings:
            last = its.last
            table.add_row(
                escape(device_name(report.device)),
                escape(report.device.firmware or "-"),
                wish_text(wish),
                words(f"standing.{its.standing}"),
                "" if last is None else last.at.date().isoformat(),
                "" if its.until is None else its.until.date().isoformat(),
            )
    Printer().table(table)


def wish_text(wish: ScanWish) -> str:
    """`300 dpi, color, feeder, both sides`, in the user's language."""
    return words(
        "target.wish", dpi=wish.dpi, mode=words(f"target.mode.{wish.mode}"), source=words(f"target.from.{wish.source}")
    )


def reports_text(reports: Sequence[DeviceReport]) -> str:
    """For `--list --json`."""
    return canonical_json([_report_document(its) for its in reports])


def _figures(measures: TargetMeasures) -> Table:
    table = plain_table("table.figure", "table.limit_from", numbers=("table.found", "table.limit", "table.met"))
    for its in judged(measures):
        if its.found is None:
            continue
        unit = words(f"target.unit.{its.limit.unit}")
        table.add_row(
            words(f"target.figure.{its.limit.code}"),
            words(f"target.source.{its.limit.source}"),
            words("target.value", value=written(its.limit, its.found), unit=unit),
            f"{'≥' if its.limit.least else '≤'} {words('target.value', value=bound(its.limit), unit=unit)}",
            words("target.met" if its.met else "target.missed"),
        )
    return table


def _told(measures: TargetMeasures) -> str:
    """What has no limit of its own."""
    across, along = measures.sharp_across, measures.sharp_along
    return words(
        "target.told",
        dpi_across=f"{measures.across.dpi:.1f}",
        dpi_along=f"{measures.along.dpi:.1f}",
        skew_deg=f"{measures.skew_deg:.2f}",
        error_across=f"{measures.across.error_max_mm:.2f}",
        error_along=f"{measures.along.error_max_mm:.2f}",
        fifty_across="-" if across is None else f"{across.mtf50_lpmm:.1f}",
        fifty_along="-" if along is None else f"{along.mtf50_lpmm:.1f}",
        ten_across="-" if across is None else f"{across.mtf10_lpmm:.1f}",
        ten_along="-" if along is None else f"{along.mtf10_lpmm:.1f}",
        signal=round(measures.tone.white.signal_to_noise),
    )


def _measured_document(sides: Sequence[MeasuredSide], findings: Sequence[Reason]) -> dict[str, Json]:
    return {
        "passed": not findings,
        "findings": [{"code": its.code, **dict(its.params)} for its in findings],
        "limits": [
            {"side": side.side, "code": its.limit.code, **_judged_document(its)}
            for side in sides
            for its in judged(side.measures)
        ],
        "sides": json.loads(measures_text(sides)),
    }


def _judged_document(its: Judged) -> dict[str, Json]:
    limit = its.limit
    return {
        "found": its.found,
        "bound": limit.bound,
        "least": limit.least,
        "unit": limit.unit,
        "source": limit.source,
        "met": its.met,
    }


def _qualification_document(row: Qualification) -> dict[str, Json]:
    return {
        "id": row.id,
        "device": _device_document(row.device),
        "wish": {"dpi": row.wish.dpi, "mode": row.wish.mode, "source": row.wish.source},
        "at": row.at.isoformat(),
        "by": row.by,
        "scans": list(row.scans),
        "target": row.target,
    }


def _report_document(its: DeviceReport) -> Json:
    return {
        "device": _device_document(its.device),
        "standings": [_standing_document(wish, found) for wish, found in its.standings],
        "repairs": [{"id": one.id, "at": one.at.isoformat(), "by": one.by, "note": one.note} for one in its.repairs],
    }


def _standing_document(wish: ScanWish, its: Qualified) -> Json:
    last = its.last
    return {
        "dpi": wish.dpi,
        "mode": wish.mode,
        "source": wish.source,
        "standing": its.standing,
        "measured_at": None if last is None else last.at.isoformat(),
        "qualification": None if last is None else last.id,
        "until": None if its.until is None else its.until.isoformat(),
    }


def _device_document(device: Device) -> Json:
    return {
        "make": device.make,
        "model": device.model,
        "serial": device.serial,
        "driver": device.driver,
        "firmware": device.firmware,
    }
