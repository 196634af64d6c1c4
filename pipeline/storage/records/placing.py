"""Pages that a person placed in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, insert, select

from pipeline.custody import DerivativeRef, OutcomeVersion, PageRow
from pipeline.custody.review import Subject, TaskState, Verb
from pipeline.model import BatchId, Digest, PageId, PageLabel
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.rows import DbRow, page_row

_versions, _pages = tables.outcome_versions, tables.pages


class SqlPlacing:
    """Fills `Placings`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def placed(self, batch: BatchId | None = None) -> tuple[PageId, ...]:
        tasks, said = tables.review_tasks, tables.field_history
        query = select(tasks.c.page_id).join(said, said.c.task_id == tasks.c.id).distinct()
        query = query.where(tasks.c.subject == Subject.PAGE, said.c.verb == Verb.PLACED)
        wanted = tasks.c.state != TaskState.CLOSED if batch is None else tasks.c.batch_id == batch
        with reading(self._engine) as connection:
            found = connection.execute(query.where(wanted).order_by(tasks.c.page_id))
            return tuple(PageId(row.page_id) for row in found)

    def versions(self, page: PageId) -> tuple[OutcomeVersion, ...]:
        with reading(self._engine) as connection:
            return _versions_of(connection, page)

    def versions_of(self, batch: BatchId) -> Mapping[PageId, tuple[OutcomeVersion, ...]]:
        query = select(_versions).join(_pages, _pages.c.id == _versions.c.page_id).where(_pages.c.batch_id == batch)
        found: dict[PageId, list[OutcomeVersion]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query.order_by(_versions.c.page_id, _versions.c.number)):
                found.setdefault(PageId(row.page_id), []).append(_version(row))
        return {page: tuple(its) for page, its in found.items()}

    def parts(self, page: PageId) -> tuple[PageRow, ...]:
        with reading(self._engine) as connection:
            return _parts_of(connection, page)


class SqlPlacingChange:
    """Fills `PlacingsChange` on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def versions(self, page: PageId) -> tuple[OutcomeVersion, ...]:
        return _versions_of(self._connection, page)

    def parts(self, page: PageId) -> tuple[PageRow, ...]:
        return _parts_of(self._connection, page)

    def keep(self, version: OutcomeVersion) -> None:
        derivatives = [[ref.name, ref.media_type, ref.digest] for ref in version.derivatives]
        self._connection.execute(
            insert(_versions).values(
                page_id=version.page,
                number=version.number,
                said=version.said,
                outcome=version.outcome,
                label=version.label,
                derivatives=json.dumps(derivatives),
            )
        )


def _versions_of(connection: Connection, page: PageId) -> tuple[OutcomeVersion, ...]:
    query = select(_versions).where(_versions.c.page_id == page).order_by(_versions.c.number)
    return tuple(_version(row) for row in connection.execute(query))


def _parts_of(connection: Connection, page: PageId) -> tuple[PageRow, ...]:
    query = select(_pages).where(_pages.c.part_of == page).order_by(_pages.c.id)
    return tuple(page_row(row) for row in connection.execute(query))


def _version(row: DbRow) -> OutcomeVersion:
    return OutcomeVersion(
        page=PageId(row.page_id),
        number=row.number,
        said=row.said,
        outcome=row.outcome,
        label=None if row.label is None else PageLabel(row.label),
        derivatives=tuple(
            DerivativeRef(name, media_type, Digest(digest)) for name, media_type, digest in json.loads(row.derivatives)
        ),
    )
