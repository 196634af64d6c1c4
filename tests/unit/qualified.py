"""Measured scanners without a scan: what a good one shows, and its rows in the records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pipeline.custody.qualifications import Qualification, QualificationId, Repair
from pipeline.custody.scanning import ScanWish
from pipeline.custody.transfer import Device
from pipeline.imaging.target_measures import Color, EdgeFound, Placing, Sharpness, Step, TargetMeasures, Tone
from pipeline.model import Side
from pipeline.ports import Records
from pipeline.usecases.qualification import device_key
from pipeline.usecases.qualification_entries import put_measured, put_repair
from pipeline.usecases.qualifying import MeasuredSide, measures_text
from tests.fakes import sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEVICE = Device("Ricoh", "fi-8950", "A1B2C3", "PaperStream IP 3.30", "0C00")
PLACING = Placing(300.1, 0.0003, 0.08, 0.04, 0.03, 0.01, 0.02, tuple((float(at), 0.01) for at in range(151)))
SHARP = Sharpness(
    4.1, 5.2, 0.88, 1.0, (EdgeFound("centre", 4.1, 5.2),), tuple((at / 4, 1.0 - at / 48) for at in range(41)), 0.1
)
TONE = Tone(
    tuple(Step(float(level), level * 0.8 + 12.0, level * 2.2 + 20.0, 1.4, 0.6) for level in range(100, -1, -10)),
    2.0,
    True,
    0.0,
    0.0,
    0.02,
)
GOOD = TargetMeasures(300.0, 0, 0.4, 0.01, 35, PLACING, PLACING, SHARP, SHARP, TONE, Color(5.0, 9.0, 2.0), (), False)


def qualification(number: int = 1, **changes: object) -> Qualification:
    """One that passed, of both sides."""
    plain = Qualification(
        id=QualificationId(f"q{number:04d}"),
        key=device_key(DEVICE),
        device=DEVICE,
        wish=ScanWish(),
        at=NOON,
        by="sylvie",
        scans=(sha256(f"scan {number}".encode()),),
        target="1",
        measures=measures_text([MeasuredSide(side, GOOD) for side in Side]),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # named fields of a qualification


def repair(number: int, **changes: object) -> Repair:
    plain = Repair(QualificationId(f"r{number:04d}"), device_key(DEVICE), DEVICE, NOON, "sylvie", "new rollers")
    return replace(plain, **changes)  # type: ignore[arg-type]  # named fields of a repair


def kept(records: Records, *rows: Qualification | Repair) -> None:
    """Recorded and entered in the ledger."""
    with records.transaction() as change:
        for row in rows:
            if isinstance(row, Repair):
                put_repair(row, change)
            else:
                put_measured(row, change)
