"""Measurements and repairs of scanners in the database."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, func, insert, select

from pipeline.custody import LedgerEntry
from pipeline.custody.qualifications import DeviceKey, Qualification, QualificationId, Repair
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.model import Digest
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import Columns, DbRow

_measured, _repairs = tables.qualifications, tables.scanner_repairs
_KINDS = ("scanner_measured", "scanner_repaired")


class SqlQualifications:
    """Fills `Qualifications`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def measured(self, key: DeviceKey | None = None) -> tuple[Qualification, ...]:
        with reading(self._engine) as connection:
            return tuple(map(_qualification, _found(connection, _measured, key)))

    def repairs(self, key: DeviceKey | None = None) -> tuple[Repair, ...]:
        with reading(self._engine) as connection:
            return tuple(map(_repair, _found(connection, _repairs, key)))

    def attested(self) -> tuple[tuple[Qualification, ...], tuple[Repair, ...], tuple[LedgerEntry, ...]]:
        its = tables.ledger
        query = select(its).where(its.c.kind.in_(_KINDS)).order_by(its.c.number)
        with reading(self._engine) as connection:
            entries = tuple(rows.ledger_entry(row) for row in connection.execute(query))
            measured = tuple(map(_qualification, _found(connection, _measured, None)))
            return measured, tuple(map(_repair, _found(connection, _repairs, None))), entries


class SqlQualificationsChange:
    """Fills `QualificationsChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_id(self, letter: str) -> QualificationId:
        last = (self._connection.execute(select(func.max(its.c.number))).scalar() or 0 for its in (_measured, _repairs))
        return QualificationId(f"{letter}{max(last) + 1:04d}")

    def add(self, row: Qualification) -> None:
        self._connection.execute(insert(_measured).values(**_columns(row)))

    def add_repair(self, row: Repair) -> None:
        self._connection.execute(
            insert(_repairs).values(
                number=_number(row.id),
                id=row.id,
                key=row.key,
                device=_device_text(row.device),
                at=row.at.isoformat(),
                by=row.by,
                note=row.note,
            )
        )


def _found(connection: Connection, table: Table, key: DeviceKey | None) -> tuple[DbRow, ...]:
    query = select(table) if key is None else select(table).where(table.c.key == key)
    return tuple(connection.execute(query.order_by(table.c.number.desc())))


def _number(its: QualificationId) -> int:
    return int(its[1:])


def _columns(row: Qualification) -> Columns:
    return {
        "number": _number(row.id),
        "id": row.id,
        "key": row.key,
        "device": _device_text(row.device),
        "wish": _wish_text(row.wish),
        "at": row.at.isoformat(),
        "by": row.by,
        "scans": json.dumps(row.scans),
        "target": row.target,
        "measures": row.measures,
        "findings": rows.reasons_text(row.findings),
    }


def _qualification(row: DbRow) -> Qualification:
    return Qualification(
        id=QualificationId(row.id),
        key=DeviceKey(row.key),
        device=_device(row.device),
        wish=_wish(row.wish),
        at=datetime.fromisoformat(row.at),
        by=row.by,
        scans=tuple(Digest(digest) for digest in json.loads(row.scans)),
        target=row.target,
        measures=row.measures,
        findings=rows.reasons_from(row.findings),
    )


def _repair(row: DbRow) -> Repair:
    return Repair(
        QualificationId(row.id),
        DeviceKey(row.key),
        _device(row.device),
        datetime.fromisoformat(row.at),
        row.by,
        row.note,
    )


def _device_text(device: Device) -> str:
    parts = (device.make, device.model, device.serial, device.driver, device.firmware)
    return json.dumps(parts, ensure_ascii=False)


def _device(text: str) -> Device:
    return Device(*json.loads(text))


def _wish_text(wish: ScanWish) -> str:
    return json.dumps([wish.source, wish.dpi, wish.mode, wish.size_mm, wish.stop_at_double_feed])


def _wish(text: str) -> ScanWish:
    source, dpi, mode, size_mm, stops = json.loads(text)
    size = None if size_mm is None else (float(size_mm[0]), float(size_mm[1]))
    return ScanWish(PaperSource(source), dpi, ColorMode(mode), size, stops)
