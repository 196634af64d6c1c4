"""Queries handed to the driver itself find what SQLAlchemy finds, and fail as it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from pipeline.errors import IntegrityError, Unavailable
from pipeline.storage.records import tables
from pipeline.storage.records.database import open_engine, reading, writing
from pipeline.storage.records.prepared import Prepared, several
from pipeline.storage.records.rows import Columns

_FILES = select(tables.files).where(tables.files.c.id.in_(several("wanted")), tables.files.c.position < 90)
_FOUND = Prepared(_FILES.order_by(tables.files.c.id))
_ADDED = Prepared(insert(tables.ledger))
_ENTRY: Columns = {"number": 1, "at": "2026-11-28T12:00:00+00:00", "kind": "k", "subject": "it's ?", "body": "{}"}
_LINKED: Columns = _ENTRY | {"previous": "p", "hash": "h"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    batch = {"id": "b", "state": "complete", "started_at": "2026-11-28", "wall_s": 0.5, "cpu_s": 1.0}
    with writing(engine) as connection:
        connection.execute(insert(tables.batches).values(**batch))
        connection.execute(insert(tables.files), [_file(index) for index in range(100)])
    yield engine
    engine.dispose()


def _file(index: int) -> Columns:
    return {
        "id": f"b.{index:03d}",
        "batch_id": "b",
        "position": index,
        "source_path": b"\xff/%d" % index,
        "name": "it's 100 % ?",
        "size_bytes": 2**40,
        "group_number": 1,
        "duplex": index % 2 == 0,
        "state": "split",
    }


def _write_and_fail(engine: Engine) -> None:
    with writing(engine) as connection:
        _ADDED.rows(connection, _LINKED)
        raise RuntimeError


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 17, 100])
def test_it_finds_what_sqlalchemy_finds_whatever_the_length_of_a_list(count: int, engine: Engine) -> None:
    wanted = [f"b.{index:03d}" for index in range(count)]

    with reading(engine) as connection:
        found = _FOUND.rows(connection, {"wanted": wanted})
        told = connection.execute(_FILES.order_by(tables.files.c.id), {"wanted": wanted}).all()

    assert len(told) == min(count, 90)
    assert [tuple(row) for row in found] == [tuple(row) for row in told]
    assert all(type(row.duplex) is bool and type(row.source_path) is bytes for row in found)


def test_what_it_writes_is_there_after_the_commit_and_not_after_a_failure(engine: Engine) -> None:
    with pytest.raises(RuntimeError):
        _write_and_fail(engine)
    with reading(engine) as connection:
        assert connection.execute(select(tables.ledger)).all() == []

    with writing(engine) as connection:
        _ADDED.rows(connection, _LINKED)

    with reading(engine) as connection:
        assert connection.execute(select(tables.ledger.c.subject)).scalars().all() == ["it's ?"]


def test_reads_of_one_transaction_see_one_state(engine: Engine) -> None:
    first = {"wanted": ["b.001"]}
    with reading(engine) as connection:
        before = _FOUND.rows(connection, first)
        with writing(engine) as other:
            other.execute(text("UPDATE files SET name = 'changed' WHERE id = 'b.001'"))
        assert _FOUND.rows(connection, first) == before

    with reading(engine) as connection:
        assert [row.name for row in _FOUND.rows(connection, first)] == ["changed"]


def test_a_failure_is_told_as_sqlalchemy_would_have_it_told_without_the_values(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE files RENAME TO gone"))

    with pytest.raises(Unavailable, match="database_error") as caught, reading(engine) as connection:
        _FOUND.rows(connection, {"wanted": ["secret"]})

    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path, engine: Engine) -> None:
    engine.dispose()
    (tmp_path / "x.sqlite").write_bytes(b"no database" * 1000)
    for name in ("x.sqlite-wal", "x.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)

    with pytest.raises(IntegrityError, match="database_corrupt"), reading(engine) as connection:
        _FOUND.rows(connection, {"wanted": ["b.001"]})
