"""The disks of PostgreSQL and of the store are full: that is told as what passes, and nothing kept is lost."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipeline.config import load_settings
from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.errors import Unavailable
from pipeline.model import BatchId, Digest
from pipeline.ports import ObjectStore, Records
from pipeline.storage.records.sql import open_records
from pipeline.wiring import new_bucket, serving
from tests.chaos.disk import Disk, small_disk
from tests.e2e.command import environment
from tests.fakes import FakeClock
from tests.servers.postgres import running_postgres
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, running_seaweed

pytestmark = pytest.mark.servers
ROWS_AT_ONCE, MOST_WRITES = 250, 200
"""More than twice what a piece of the database's log holds, written as often as that."""
OBJECT_BYTES = 200_000


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def test_a_database_without_space_loses_nothing_and_goes_on_when_it_has_some(stack: ExitStack, tmp_path: Path) -> None:
    outer = Path(stack.enter_context(TemporaryDirectory(prefix="constat-full-")))
    outer.chmod(0o755)
    disk = stack.enter_context(small_disk(outer / "disk", size_mb=128, mode="0755"))
    server = stack.enter_context(running_postgres(disk.place, max_wal_size="'8MB'", min_wal_size="'2MB'"))
    records = open_records(server.empty(), head_path=tmp_path / "head.json", clock=FakeClock())
    committed = [_write(records, 0)]
    disk.fill()

    with pytest.raises(Unavailable) as told:
        committed.extend(_write(records, number) for number in range(1, MOST_WRITES))
    disk.free()
    server.revive()
    committed.append(_write(records, MOST_WRITES))

    assert told.value.code in ("disk_full", "database_unreachable")
    assert {row for rows in committed for row in rows} <= {batch.id for batch in records.batches()}


def test_a_store_without_space_is_asked_again_later_and_has_what_it_took(stack: ExitStack, tmp_path: Path) -> None:
    disk = stack.enter_context(small_disk(tmp_path / "weed" / "data", size_mb=64))
    server = stack.enter_context(running_seaweed(tmp_path / "weed"))
    address = {
        "CONSTAT_OBJECTS_URL": f"s3://{server.host}/originals?secure=false",
        "CONSTAT_S3_ACCESS_KEY": ACCESS_KEY,
        "CONSTAT_S3_SECRET_KEY": SECRET_KEY,
    }
    settings = load_settings(environment(tmp_path / "data", **address))
    new_bucket(settings)
    store = serving(settings).keeping.objects
    taken = [_put(store, 0)]

    code = _refused(store, disk)
    taken.append(_put(store, 2))

    assert code == "storage_busy"
    assert [store.check(digest) for digest in taken] == [OBJECT_BYTES] * 2


def _write(records: Records, number: int) -> list[BatchId]:
    """Some rows in one transaction; when this ends they are committed."""
    first = number * ROWS_AT_ONCE
    rows = [BatchId(f"2026-11-28-{row:06}") for row in range(first, first + ROWS_AT_ONCE)]
    with records.transaction() as change:
        for row in rows:
            change.put_batch(BatchRow(row, BatchOptions(), BatchState.COMPLETE, started_at=FakeClock().now()))
    return rows


def _put(store: ObjectStore, number: int) -> Digest:
    return store.put(io.BytesIO(random.Random(number).randbytes(OBJECT_BYTES))).digest


def _refused(store: ObjectStore, disk: Disk) -> str:
    disk.fill()
    with pytest.raises(Unavailable) as told:
        _put(store, 1)
    disk.free()
    return told.value.code
