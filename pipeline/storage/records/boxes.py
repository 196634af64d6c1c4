"""Boxes of paper, holds, samples and destructions in a SQL database."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Table, and_, delete, insert, select, update

from pipeline.custody.boxes import (
    BoxName,
    BoxRow,
    BoxState,
    Destruction,
    DestructionState,
    Hold,
    HoldKind,
    PageVerdict,
    Person,
    RetentionApplied,
    Sample,
    SampledPage,
    SheetRef,
)
from pipeline.model import BatchId, Digest, PageId
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.prepared import Prepared, several
from pipeline.storage.records.rows import Columns, DbRow

_MOST_AT_ONCE = 500
"""Parameters of one query."""
_VERDICTS = Prepared(
    select(tables.sample_pages.c.page_id, tables.sample_pages.c.verdict)
    .join(tables.samples, tables.samples.c.id == tables.sample_pages.c.sample_id)
    .where(
        tables.sample_pages.c.page_id.in_(several("wanted")),
        tables.sample_pages.c.verdict.is_not(None),
    )
    .order_by(tables.samples.c.drawn_at, tables.samples.c.id)
)


class SqlBoxes:
    """Fills `Boxes`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[BoxRow, ...]:
        with reading(self._engine) as connection:
            found = connection.execute(select(tables.boxes).order_by(tables.boxes.c.name))
            return tuple(_box(row) for row in found)

    def box(self, name: BoxName) -> BoxRow | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.boxes).where(tables.boxes.c.name == name)).first()
            return None if row is None else _box(row)

    def sheets(self, name: BoxName) -> tuple[SheetRef, ...]:
        its = tables.box_sheets
        query = select(its).where(its.c.box == name).order_by(its.c.batch_id, its.c.sheet)
        with reading(self._engine) as connection:
            return tuple(SheetRef(BatchId(row.batch_id), row.sheet) for row in connection.execute(query))

    def boxes_of(self, batch: BatchId) -> Mapping[int, BoxName]:
        its = tables.box_sheets
        with reading(self._engine) as connection:
            found = connection.execute(select(its).where(its.c.batch_id == batch).order_by(its.c.sheet))
            return {row.sheet: BoxName(row.box) for row in found}

    def holds(self) -> tuple[Hold, ...]:
        with reading(self._engine) as connection:
            return tuple(_hold(row) for row in connection.execute(select(tables.holds).order_by(tables.holds.c.id)))

    def samples(self, name: BoxName) -> tuple[Sample, ...]:
        its, pages = tables.samples, tables.sample_pages
        with reading(self._engine) as connection:
            found = connection.execute(select(its).where(its.c.box == name).order_by(its.c.drawn_at, its.c.id)).all()
            samples = []
            for row in found:
                looked_at = connection.execute(
                    select(pages).where(pages.c.sample_id == row.id).order_by(pages.c.position)
                )
                samples.append(_sample(row, tuple(_sampled(page) for page in looked_at)))
            return tuple(samples)

    def last_verdicts(self, pages: Collection[PageId]) -> Mapping[PageId, PageVerdict]:
        wanted = sorted(pages)
        found: dict[PageId, PageVerdict] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _MOST_AT_ONCE):
                some = {"wanted": wanted[start : start + _MOST_AT_ONCE]}
                found |= {PageId(row.page_id): PageVerdict(row.verdict) for row in _VERDICTS.rows(connection, some)}
        return found

    def destructions(self, name: BoxName) -> tuple[Destruction, ...]:
        its = tables.destructions
        query = select(its).where(its.c.box == name).order_by(its.c.authorised_at, its.c.id)
        with reading(self._engine) as connection:
            return tuple(_destruction(row) for row in connection.execute(query))

    def certificates(self) -> frozenset[Digest]:
        its = tables.destructions
        with reading(self._engine) as connection:
            found = connection.execute(select(its.c.certificate, its.c.completed)).all()
        return frozenset(Digest(each) for row in found for each in row if each is not None)

    def retention_applied(self, batch: BatchId) -> RetentionApplied | None:
        its = tables.retention_applied
        with reading(self._engine) as connection:
            row = connection.execute(select(its).where(its.c.batch_id == batch)).first()
        if row is None:
            return None
        return RetentionApplied(batch, datetime.fromisoformat(row.at), row.objects, Digest(row.digest))


class SqlBoxesChange:
    """Fills `BoxesChange`, in a transaction that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_box(self, row: BoxRow) -> None:
        columns: Columns = {
            "name": row.name,
            "place": row.place,
            "state": row.state,
            "made_at": row.made_at.isoformat(),
            "sealed_at": None if row.sealed_at is None else row.sealed_at.isoformat(),
            "counted": row.counted,
        }
        self._put(tables.boxes, "name", columns)

    def put_sheets(self, box: BoxName, sheets: Iterable[SheetRef]) -> None:
        listed = tuple(sheets)
        self.take_sheets(listed)
        for ref in listed:
            row = insert(tables.box_sheets).values(batch_id=ref.batch, sheet=ref.sheet, box=box)
            self._connection.execute(row)

    def take_sheets(self, sheets: Iterable[SheetRef]) -> None:
        its = tables.box_sheets
        for ref in sheets:
            self._connection.execute(delete(its).where(and_(its.c.batch_id == ref.batch, its.c.sheet == ref.sheet)))

    def put_hold(self, hold: Hold) -> None:
        columns: Columns = {
            "id": hold.id,
            "kind": hold.kind,
            "subject": hold.subject,
            "issuer": hold.issuer,
            "reason": hold.reason,
            "placed_at": hold.placed_at.isoformat(),
            "placed_by": _person_text(hold.placed_by),
            "released_at": None if hold.released_at is None else hold.released_at.isoformat(),
            "released_by": None if hold.released_by is None else _person_text(hold.released_by),
            "release_reason": hold.release_reason,
        }
        self._put(tables.holds, "id", columns)

    def put_sample(self, sample: Sample) -> None:
        columns: Columns = {
            "id": sample.id,
            "box": sample.box,
            "seed": sample.seed,
            "contents": sample.contents,
            "most_faults": sample.most_faults,
            "drawn_at": sample.drawn_at.isoformat(),
            "drawn_by": _person_text(sample.drawn_by),
        }
        self._put(tables.samples, "id", columns)
        pages = tables.sample_pages
        self._connection.execute(delete(pages).where(pages.c.sample_id == sample.id))
        for position, page in enumerate(sample.pages):
            row = insert(pages).values(
                sample_id=sample.id,
                position=position,
                page_id=page.page,
                verdict=page.verdict,
                note=page.note,
                at=None if page.at is None else page.at.isoformat(),
                by=None if page.by is None else _person_text(page.by),
            )
            self._connection.execute(row)

    def put_destruction(self, destruction: Destruction) -> None:
        its = destruction
        columns: Columns = {
            "id": its.id,
            "box": its.box,
            "state": its.state,
            "contents": its.contents,
            "certificate": its.certificate,
            "authorised_at": its.authorised_at.isoformat(),
            "authorised_by": _person_text(its.authorised_by),
            "completed": its.completed,
            "destroyed_on": None if its.destroyed_on is None else its.destroyed_on.isoformat(),
            "destroyed_by": None if its.destroyed_by is None else _person_text(its.destroyed_by),
            "witness": its.witness,
        }
        self._put(tables.destructions, "id", columns)

    def put_retention_applied(self, row: RetentionApplied) -> None:
        columns: Columns = {
            "batch_id": row.batch,
            "at": row.at.isoformat(),
            "objects": row.objects,
            "digest": row.digest,
        }
        self._put(tables.retention_applied, "batch_id", columns)

    def _put(self, table: Table, key: str, columns: Columns) -> None:
        changed = self._connection.execute(update(table).where(table.c[key] == columns[key]).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(table).values(**columns))


def _box(row: DbRow) -> BoxRow:
    return BoxRow(
        name=BoxName(row.name),
        place=row.place,
        state=BoxState(row.state),
        made_at=datetime.fromisoformat(row.made_at),
        sealed_at=_time(row.sealed_at),
        counted=row.counted,
    )


def _hold(row: DbRow) -> Hold:
    return Hold(
        id=row.id,
        kind=HoldKind(row.kind),
        subject=row.subject,
        issuer=row.issuer,
        reason=row.reason,
        placed_at=datetime.fromisoformat(row.placed_at),
        placed_by=_person(row.placed_by),
        released_at=_time(row.released_at),
        released_by=None if row.released_by is None else _person(row.released_by),
        release_reason=row.release_reason,
    )


def _sample(row: DbRow, pages: tuple[SampledPage, ...]) -> Sample:
    return Sample(
        id=row.id,
        box=BoxName(row.box),
        seed=row.seed,
        contents=Digest(row.contents),
        most_faults=row.most_faults,
        drawn_at=datetime.fromisoformat(row.drawn_at),
        drawn_by=_person(row.drawn_by),
        pages=pages,
    )


def _sampled(row: DbRow) -> SampledPage:
    return SampledPage(
        page=PageId(row.page_id),
        verdict=None if row.verdict is None else PageVerdict(row.verdict),
        note=row.note,
        at=_time(row.at),
        by=None if row.by is None else _person(row.by),
    )


def _destruction(row: DbRow) -> Destruction:
    return Destruction(
        id=row.id,
        box=BoxName(row.box),
        state=DestructionState(row.state),
        contents=Digest(row.contents),
        certificate=Digest(row.certificate),
        authorised_at=datetime.fromisoformat(row.authorised_at),
        authorised_by=_person(row.authorised_by),
        completed=None if row.completed is None else Digest(row.completed),
        destroyed_on=None if row.destroyed_on is None else date.fromisoformat(row.destroyed_on),
        destroyed_by=None if row.destroyed_by is None else _person(row.destroyed_by),
        witness=row.witness,
    )


def _person_text(person: Person) -> str:
    return json.dumps([person.by, person.account], ensure_ascii=False)


def _person(text: str) -> Person:
    by, account = json.loads(text)
    return Person(str(by), str(account))


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
