"""How much is recorded when several processes write at once: `python -m benchmarks.writers [SECONDS]`.

Each process records sheets of two pages with 40 fields each, as a worker does when it has read one: a transaction with
pages, what was read, counts, the index, and an entry of the ledger. One transaction writes at a time; what more writers
gain is what one of them does beside it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from benchmarks.lookup_rows import number_of, plate_of, read_outcome
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.custody import (
    BatchOptions,
    BatchRow,
    BatchState,
    DerivativeRef,
    FileRow,
    FileState,
    PageDone,
    PageRow,
    SheetDone,
    SheetJob,
    StoredPage,
)
from pipeline.model import BatchId, Digest, FileId, PageId, PageLabel, Side
from pipeline.storage.clock import SystemClock
from pipeline.storage.records import tables
from pipeline.storage.records.database import open_engine, writing
from pipeline.storage.records.rows import page_columns
from pipeline.storage.records.sql import SqlRecords, open_records
from pipeline.usecases.process import put_sheet
from pipeline.usecases.stored_outcome import outcome_text
from tests.servers.postgres import running_postgres

WRITERS: Final = (1, 2, 4)
SECONDS: Final = 10.0
_MOST_SHEETS, _STARTING_S = 2000, 20.0
_SHA = Digest("0" * 64)
_DURABLE: Final = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "'256MB'"}


def record(url: str, folder: Path, name: str, begin_at: float, seconds: float) -> list[float]:
    """Milliseconds that each sheet took to be recorded, by one process."""
    records, batch = _opened(url, folder), BatchId(name)
    waits: list[float] = []
    time.sleep(max(0.0, begin_at - time.time()))
    for sheet in range(1, _MOST_SHEETS):
        done = _read(batch, sheet)
        begun = time.perf_counter()
        with records.transaction() as change:
            put_sheet(done, change)
        waits.append(1000.0 * (time.perf_counter() - begun))
        if time.time() > begin_at + seconds:
            break
    return waits


def _opened(url: str, folder: Path) -> SqlRecords:
    return open_records(url, head_path=folder / "ledger-head.json", clock=SystemClock())


def _receive(url: str, records: SqlRecords, batch: BatchId) -> None:
    file = FileId(f"{batch}.0001")
    with records.transaction() as change:
        change.put_batch(BatchRow(batch, BatchOptions(), BatchState.RECEIVING, started_at=SystemClock().now()))
        change.put_file(FileRow(file, batch, 0, "/m.pdf", "m.pdf", 1, 1, True, FileState.SPLIT, digest=_SHA))
    faces = ((sheet, side) for sheet in range(1, _MOST_SHEETS) for side in (Side.FRONT, Side.BACK))
    pages = [
        PageRow(_page(batch, sheet, index % 2), batch, file, index, _SHA, sheet=sheet, side=side)
        for index, (sheet, side) in enumerate(faces)
    ]
    with writing(open_engine(url)) as connection:
        connection.execute(insert(tables.pages), [page_columns(page) for page in pages])


def _page(batch: BatchId, sheet: int, side: int) -> PageId:
    return PageId(f"{batch}.0001.{2 * sheet - 1 + side:04d}")


def _read(batch: BatchId, sheet: int) -> SheetDone:
    """A sheet whose sides are forms, each with its two pictures."""
    pages = tuple(_page(batch, sheet, side) for side in (0, 1))
    stored = tuple(StoredPage(page, _SHA, "m.pdf", index, _SHA) for index, page in enumerate(pages))
    text = outcome_text(read_outcome(number_of(sheet), plate_of(sheet), date(2026, 3, 14)))
    pictures = tuple(DerivativeRef(name, "image/png", _SHA) for name in ("registered", "thumbnail"))
    done = tuple(PageDone(page, text, PageLabel.FORM, derivatives=pictures) for page in pages)
    return SheetDone(SheetJob(batch, sheet, stored), done)


def measured(url: str, folder: Path, writers: int, seconds: float) -> list[object]:
    """A row of the table."""
    names = [f"2026-11-22-{writers}{index:02d}" for index in range(writers)]
    for name in names:
        _receive(url, _opened(url, folder), BatchId(name))
    begin_at = time.time() + _STARTING_S
    with ProcessPoolExecutor(writers, mp_context=get_context("spawn")) as pool:
        begun = [pool.submit(record, url, folder, name, begin_at, seconds) for name in names]
        waits = [wait for each in begun for wait in each.result()]
    spread = Spread.of(waits)
    assert spread is not None
    each_s = spread.count / seconds
    return [f"{each_s:.0f}", f"{120 * each_s:,.0f}", f"{spread.median:.1f}", f"{spread.p95:.1f}", f"{spread.p99:.1f}"]


@contextmanager
def _places(folder: Path) -> Iterator[dict[str, str]]:
    with running_postgres(None, **_DURABLE) as server:
        yield {"SQLite": f"sqlite:///{folder / 'c.sqlite'}", "PostgreSQL": server.migrated()}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as name, _places(Path(name)) as places:
        for kind, url in places.items():
            folder = Path(name) / kind
            rows += [[kind, writers, *measured(url, folder, writers, seconds)] for writers in WRITERS]
    head = ("", "writers", "sheets a second", "images a minute", "p50 ms", "p95 ms", "p99 ms")
    print(table("Sheets recorded by several processes at once, commits on disk", head, rows))


if __name__ == "__main__":
    main()
