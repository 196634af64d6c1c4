"""Scan sessions in the database. `side` of a file that holds several is kept as an empty text, which counts as equal
where null would not."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Table, and_, insert, select, update

from pipeline.custody.scanning import (
    ColorMode,
    Feeding,
    MailHeader,
    MailKind,
    PaperSource,
    Pass,
    ScannedSide,
    ScanSession,
    ScanTotals,
    ScanWish,
    SessionState,
)
from pipeline.custody.transfer import Device
from pipeline.model import BatchId, Digest, FileId, Side
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import Columns, DbRow, reasons_from, reasons_text

_sessions, _feedings, _sides = tables.scan_sessions, tables.scan_feedings, tables.scanned_sides


class SqlScans:
    """Fills `ScanRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def session(self, batch: BatchId) -> ScanSession | None:
        with reading(self._engine) as connection:
            return SqlScansChange(connection).session(batch)

    def sessions(self, *, ended: bool | None = None, most: int | None = None) -> tuple[ScanSession, ...]:
        query = select(_sessions).order_by(_sessions.c.opened_at.desc(), _sessions.c.batch_id.desc())
        if ended is not None:
            is_ended = _sessions.c.state == SessionState.ENDED
            query = query.where(is_ended if ended else ~is_ended)
        with reading(self._engine) as connection:
            return tuple(map(_session, connection.execute(query.limit(most))))

    def feedings(self, batch: BatchId) -> tuple[Feeding, ...]:
        with reading(self._engine) as connection:
            return SqlScansChange(connection).feedings(batch)

    def sides(self, batch: BatchId, *, sheet: int | None = None) -> tuple[ScannedSide, ...]:
        with reading(self._engine) as connection:
            return SqlScansChange(connection).sides(batch, sheet=sheet)

    def fed(self) -> tuple[BatchId, ...]:
        query = select(_sessions.c.batch_id).where(_sessions.c.state == SessionState.FEEDING)
        with reading(self._engine) as connection:
            return tuple(map(BatchId, connection.execute(query.order_by(_sessions.c.batch_id)).scalars()))


class SqlScansChange:
    """Fills `ScanChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def session(self, batch: BatchId) -> ScanSession | None:
        row = self._connection.execute(select(_sessions).where(_sessions.c.batch_id == batch)).first()
        return None if row is None else _session(row)

    def feedings(self, batch: BatchId) -> tuple[Feeding, ...]:
        query = select(_feedings).where(_feedings.c.batch_id == batch).order_by(_feedings.c.number)
        return tuple(map(_feeding, self._connection.execute(query)))

    def sides(self, batch: BatchId, *, sheet: int | None = None) -> tuple[ScannedSide, ...]:
        query = select(_sides).where(_sides.c.batch_id == batch)
        query = query if sheet is None else query.where(_sides.c.sheet == sheet)
        # Front before back is not the order of their names.
        query = query.order_by(_sides.c.sheet, _sides.c.revision, _sides.c.side.desc(), _sides.c.id)
        return tuple(map(_side, self._connection.execute(query)))

    def side(self, file: FileId) -> ScannedSide | None:
        row = self._connection.execute(select(_sides).where(_sides.c.id == file)).first()
        return None if row is None else _side(row)

    def put_session(self, row: ScanSession) -> None:
        self._put(_sessions, ("batch_id",), _session_columns(row))

    def put_feeding(self, row: Feeding) -> None:
        self._put(_feedings, ("batch_id", "number"), _feeding_columns(row))

    def put_side(self, row: ScannedSide) -> None:
        self._put(_sides, ("id",), _side_columns(row))

    def _put(self, table: Table, key: tuple[str, ...], columns: Columns) -> None:
        which = and_(*(table.c[name] == columns[name] for name in key))
        if self._connection.execute(update(table).where(which).values(**columns)).rowcount == 0:
            self._connection.execute(insert(table).values(**columns))


def _session_columns(row: ScanSession) -> Columns:
    return {
        "batch_id": row.batch,
        "kind": row.header.kind,
        "postmark": _iso(row.header.postmark),
        "box_number": row.header.box_number,
        "deadline": _iso(row.header.deadline),
        "state": row.state,
        "opened_at": row.opened_at.isoformat(),
        "opened_by": row.opened_by,
        "ended_at": _iso(row.ended_at),
        "ended_by": row.ended_by,
        "end_reason": row.end_reason,
        "totals": None if row.totals is None else json.dumps(asdict(row.totals)),
    }


def _session(row: DbRow) -> ScanSession:
    return ScanSession(
        batch=BatchId(row.batch_id),
        header=MailHeader(
            kind=MailKind(row.kind),
            postmark=_date(row.postmark),
            box_number=row.box_number,
            deadline=_date(row.deadline),
        ),
        state=SessionState(row.state),
        opened_at=datetime.fromisoformat(row.opened_at),
        opened_by=row.opened_by,
        ended_at=_time(row.ended_at),
        ended_by=row.ended_by,
        end_reason=row.end_reason,
        totals=totals_from(row.totals),
    )


def totals_from(text: str | None) -> ScanTotals | None:
    """Of the column `totals`."""
    return None if text is None else ScanTotals(**json.loads(text))


def _feeding_columns(row: Feeding) -> Columns:
    return {
        "batch_id": row.batch,
        "number": row.number,
        "scanner": row.scanner,
        "device": json.dumps(asdict(row.device), ensure_ascii=False),
        "wish": json.dumps(asdict(row.wish)),
        "sides": row.sides,
        "began_at": row.began_at.isoformat(),
        "by": row.by,
        "heard_at": row.heard_at.isoformat(),
        "first_sheet": row.first_sheet,
        "again": json.dumps(row.again),
        "ended_at": _iso(row.ended_at),
        "sheets_fed": row.sheets_fed,
        "sheets": row.sheets,
        "stopped": None if row.stopped is None else reasons_text((row.stopped,)),
        "doubts": reasons_text(row.doubts),
    }


def _feeding(row: DbRow) -> Feeding:
    return Feeding(
        batch=BatchId(row.batch_id),
        number=row.number,
        scanner=row.scanner,
        device=Device(**json.loads(row.device)),
        wish=_wish(row.wish),
        sides=Pass(row.sides),
        began_at=datetime.fromisoformat(row.began_at),
        by=row.by,
        heard_at=datetime.fromisoformat(row.heard_at),
        first_sheet=row.first_sheet,
        again=tuple(json.loads(row.again)),
        ended_at=_time(row.ended_at),
        sheets_fed=row.sheets_fed,
        sheets=row.sheets,
        stopped=None if row.stopped is None else reasons_from(row.stopped)[0],
        doubts=reasons_from(row.doubts),
    )


def _wish(text: str) -> ScanWish:
    its = json.loads(text)
    size = its["size_mm"]
    return ScanWish(
        source=PaperSource(its["source"]),
        dpi=its["dpi"],
        mode=ColorMode(its["mode"]),
        size_mm=None if size is None else (size[0], size[1]),
        stop_at_double_feed=its["stop_at_double_feed"],
    )


def _side_columns(row: ScannedSide) -> Columns:
    return {
        "id": row.id,
        "batch_id": row.batch,
        "feeding": row.feeding,
        "sheet": row.sheet,
        "side": "" if row.side is None else row.side,
        "revision": row.revision,
        "digest": row.digest,
        "size_bytes": row.size_bytes,
        "media_type": row.media_type,
        "name": row.name,
        "received_at": row.received_at.isoformat(),
        "sheets": row.sheets,
        "pages": row.pages,
        "imprint": row.imprint,
        "said": json.dumps(row.said, ensure_ascii=False),
        "look": row.look,
        "superseded_by": row.superseded_by,
        "reason": row.reason,
    }


def _side(row: DbRow) -> ScannedSide:
    return ScannedSide(
        id=FileId(row.id),
        batch=BatchId(row.batch_id),
        feeding=row.feeding,
        sheet=row.sheet,
        side=Side(row.side) if row.side else None,
        revision=row.revision,
        digest=Digest(row.digest),
        size_bytes=row.size_bytes,
        media_type=row.media_type,
        name=row.name,
        received_at=datetime.fromisoformat(row.received_at),
        sheets=row.sheets,
        pages=row.pages,
        imprint=row.imprint,
        said=tuple((str(name), str(value)) for name, value in json.loads(row.said)),
        look=row.look,
        superseded_by=row.superseded_by,
        reason=row.reason,
    )


def _iso(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
