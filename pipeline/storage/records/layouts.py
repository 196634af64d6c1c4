"""Drafts of layouts in the database."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, and_, exists, func, insert, select

from pipeline.custody.layouts import (
    AttestedLayouts,
    BlankForm,
    DraftAct,
    DraftBegun,
    DraftDeed,
    DraftId,
    DraftVersion,
)
from pipeline.geometry import Affine
from pipeline.model import Digest, LayoutId
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import Column, DbRow

_drafts, _versions, _deeds = tables.layout_drafts, tables.layout_draft_versions, tables.layout_deeds
_ALL = select(_versions).order_by(_versions.c.draft_id, _versions.c.number)
_ENTRIES = "layout_"
"""What the kinds of the ledger's entries on drafts begin with."""


class SqlLayouts:
    """Fills `LayoutRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begun(self) -> tuple[DraftBegun, ...]:
        with reading(self._engine) as connection:
            return _begun(connection)

    def draft(self, draft: DraftId) -> DraftBegun | None:
        with reading(self._engine) as connection:
            return _draft_with(connection, draft)

    def versions(self, draft: DraftId) -> tuple[DraftVersion, ...]:
        with reading(self._engine) as connection:
            return _versions_of(connection, draft)

    def newest(self, draft: DraftId) -> DraftVersion | None:
        with reading(self._engine) as connection:
            return _newest(connection, draft)

    def version(self, draft: DraftId, number: int) -> DraftVersion | None:
        with reading(self._engine) as connection:
            return _version_with(connection, draft, number)

    def deeds(self, draft: DraftId) -> tuple[DraftDeed, ...]:
        with reading(self._engine) as connection:
            return _deeds_of(connection, draft)

    def count(self) -> int:
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(_deeds)).scalar_one()

    def attested(self) -> AttestedLayouts:
        return self._attested(_ALL)

    def enforced(self) -> AttestedLayouts:
        its = _deeds.c
        same = and_(its.draft_id == _versions.c.draft_id, its.version == _versions.c.number)
        return self._attested(_ALL.where(exists().where(same, its.act == DraftAct.IN_FORCE)))

    def _attested(self, versions: Select[tuple[Column, ...]]) -> AttestedLayouts:
        its = tables.ledger.c
        entries = select(tables.ledger).where(its.kind.startswith(_ENTRIES, autoescape=True)).order_by(its.number)
        with reading(self._engine) as connection:
            return AttestedLayouts(
                _begun(connection),
                tuple(_version(row) for row in connection.execute(versions)),
                _deeds_of(connection, None),
                tuple(rows.ledger_entry(row) for row in connection.execute(entries)),
            )


class SqlLayoutChange:
    """Fills `LayoutChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_id(self) -> DraftId:
        # Rows are never removed, so their number is free.
        count = self._connection.execute(select(func.count()).select_from(_drafts)).scalar_one()
        return DraftId(f"f{count + 1:04d}")

    def begun(self) -> tuple[DraftBegun, ...]:
        return _begun(self._connection)

    def draft(self, draft: DraftId) -> DraftBegun | None:
        return _draft_with(self._connection, draft)

    def newest(self, draft: DraftId) -> DraftVersion | None:
        return _newest(self._connection, draft)

    def version(self, draft: DraftId, number: int) -> DraftVersion | None:
        return _version_with(self._connection, draft, number)

    def deeds(self, draft: DraftId) -> tuple[DraftDeed, ...]:
        return _deeds_of(self._connection, draft)

    def begin(self, row: DraftBegun) -> None:
        blank, map_ = row.blank, row.blank.scan_from_layout
        self._connection.execute(
            insert(_drafts).values(
                id=row.id,
                layout=row.layout,
                known_like=row.like,
                scan=blank.scan,
                file_name=blank.file_name,
                page_number=blank.page_number,
                picture=blank.picture,
                picture_dpi=blank.picture_dpi,
                scan_from_layout=json.dumps([map_.a, map_.b, map_.c, map_.d, map_.e, map_.f]),
                at=row.at.isoformat(),
                who=row.who,
            )
        )

    def add_version(self, row: DraftVersion) -> None:
        self._connection.execute(
            insert(_versions).values(
                draft_id=row.draft,
                number=row.number,
                text=row.text,
                decisions=rows.reasons_text(row.decisions),
                at=row.at.isoformat(),
                who=row.who,
                note=row.note,
            )
        )

    def add_deed(self, row: DraftDeed) -> None:
        self._connection.execute(
            insert(_deeds).values(
                draft_id=row.draft,
                number=row.number,
                act=row.act,
                version=row.version,
                at=row.at.isoformat(),
                who=row.who,
                reason=row.reason,
                salt=row.salt,
            )
        )


def _begun(connection: Connection) -> tuple[DraftBegun, ...]:
    return tuple(_draft(row) for row in connection.execute(select(_drafts).order_by(_drafts.c.id)))


def _draft_with(connection: Connection, draft: DraftId) -> DraftBegun | None:
    row = connection.execute(select(_drafts).where(_drafts.c.id == draft)).first()
    return None if row is None else _draft(row)


def _versions_of(connection: Connection, draft: DraftId) -> tuple[DraftVersion, ...]:
    return tuple(_version(row) for row in connection.execute(_ALL.where(_versions.c.draft_id == draft)))


def _newest(connection: Connection, draft: DraftId) -> DraftVersion | None:
    query = select(_versions).where(_versions.c.draft_id == draft).order_by(_versions.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def _version_with(connection: Connection, draft: DraftId, number: int) -> DraftVersion | None:
    row = connection.execute(_ALL.where(_versions.c.draft_id == draft, _versions.c.number == number)).first()
    return None if row is None else _version(row)


def _deeds_of(connection: Connection, draft: DraftId | None) -> tuple[DraftDeed, ...]:
    query = select(_deeds).order_by(_deeds.c.draft_id, _deeds.c.number)
    query = query if draft is None else query.where(_deeds.c.draft_id == draft)
    return tuple(_deed(row) for row in connection.execute(query))


def _draft(row: DbRow) -> DraftBegun:
    blank = BlankForm(
        scan=Digest(row.scan),
        file_name=row.file_name,
        page_number=row.page_number,
        picture=Digest(row.picture),
        picture_dpi=row.picture_dpi,
        scan_from_layout=Affine(*json.loads(row.scan_from_layout)),
    )
    at = datetime.fromisoformat(row.at)
    return DraftBegun(DraftId(row.id), LayoutId(row.layout), LayoutId(row.known_like), blank, at, row.who)


def _version(row: DbRow) -> DraftVersion:
    return DraftVersion(
        draft=DraftId(row.draft_id),
        number=row.number,
        text=row.text,
        decisions=rows.reasons_from(row.decisions),
        at=datetime.fromisoformat(row.at),
        who=row.who,
        note=row.note,
    )


def _deed(row: DbRow) -> DraftDeed:
    return DraftDeed(
        draft=DraftId(row.draft_id),
        number=row.number,
        act=DraftAct(row.act),
        version=row.version,
        at=datetime.fromisoformat(row.at),
        who=row.who,
        reason=row.reason,
        salt=row.salt,
    )
