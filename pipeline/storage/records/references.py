"""Where objects are, as the records say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, Engine, delete, insert, select

from pipeline.custody import ObjectRef
from pipeline.model import Digest
from pipeline.storage.records import tables
from pipeline.storage.records.database import reading, streaming
from pipeline.storage.records.prepared import Prepared, several
from pipeline.storage.records.rows import DbRow

_MOST_AT_ONCE = 500
"""Databases bound the values that one question may hold."""
_SEVERAL = Prepared(select(tables.objects).where(tables.objects.c.digest.in_(several("wanted"))))


class SqlReferences:
    """Fills `ObjectReferences`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, digest: Digest) -> ObjectRef | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.objects).where(tables.objects.c.digest == digest)).first()
            return None if row is None else _reference(row)

    def several(self, digests: Collection[Digest]) -> Mapping[Digest, ObjectRef]:
        asked, found = sorted(set(digests)), {}
        with reading(self._engine) as connection:
            for start in range(0, len(asked), _MOST_AT_ONCE):
                some = {"wanted": asked[start : start + _MOST_AT_ONCE]}
                for row in _SEVERAL.rows(connection, some):
                    found[Digest(row.digest)] = _reference(row)
        return found

    def all(self) -> Iterator[ObjectRef]:
        with streaming(self._engine) as connection:
            for row in connection.execute(select(tables.objects).order_by(tables.objects.c.digest)):
                yield _reference(row)


class SqlReferencesChange:
    """Fills `ObjectReferencesChange`, in a transaction that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, ref: ObjectRef) -> None:
        self._connection.execute(delete(tables.objects).where(tables.objects.c.digest == ref.digest))
        self._connection.execute(
            insert(tables.objects).values(
                digest=ref.digest,
                bucket=ref.bucket,
                key=ref.key,
                version_id=ref.version_id,
                size_bytes=ref.size_bytes,
            )
        )


def _reference(row: DbRow) -> ObjectRef:
    return ObjectRef(row.bucket, row.key, row.version_id, Digest(row.digest), row.size_bytes)
