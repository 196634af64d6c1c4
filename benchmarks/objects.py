"""`python -m benchmarks.objects`: what it takes to store an object and to verify it, on a folder and on an S3 server.

The server is SeaweedFS on loopback, on the same disk and processors: a network adds its own round trips, of which a
small object takes two to be stored, and two to be verified.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.model import Digest
from pipeline.ports import ObjectStore
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.objects.s3 import S3Options, S3Store
from pipeline.storage.objects.s3_server import S3Address
from pipeline.storage.objects.spool import Spool
from tests.servers.buckets import address_of, new_bucket
from tests.servers.seaweed import running_seaweed

SIZES = ((10_000, 200), (100_000, 200), (1_000_000, 60), (10_000_000, 12), (50_000_000, 4))
"""Bytes of an object and how many are stored: a thumbnail, a page, a page in colour, a file of a day, a large one."""
WRITERS = (1, 8)
EACH_WRITES = 100
PAGE_BYTES = 100_000

Opening = Callable[[], ObjectStore]


@dataclass(frozen=True, slots=True)
class OpenDirectory:
    """Opens the store of a folder, in any process."""

    folder: Path

    def __call__(self) -> ObjectStore:
        return DirectoryStore(self.folder / "objects")


@dataclass(frozen=True, slots=True)
class OpenBucket:
    """Opens the store of a bucket, in any process."""

    address: S3Address
    folder: Path

    def __call__(self) -> ObjectStore:
        return S3Store(self.address, S3Options(), spool=Spool(self.folder / "spool"), clock=SystemClock())


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds an object, median, of storing and of verifying; `size_bytes` of each."""

    size_bytes: int
    put_ms: float
    check_ms: float


def timed(opening: Opening, size_bytes: int, count: int) -> Timed:
    """Store so many objects one after the other, then verify each."""
    store = opening()
    store.put(BytesIO(b"the first request opens the connection"))
    puts: list[float] = []
    digests: list[Digest] = []
    for _ in range(count):
        data = BytesIO(os.urandom(size_bytes))
        began = time.perf_counter()
        digests.append(store.put(data).digest)
        puts.append(time.perf_counter() - began)
    checks: list[float] = []
    for digest in digests:
        began = time.perf_counter()
        store.check(digest, version_id=None)
        checks.append(time.perf_counter() - began)
    return Timed(size_bytes, 1000 * statistics.median(puts), 1000 * statistics.median(checks))


def per_second(opening: Opening, writers: int) -> float:
    """Pages of `PAGE_BYTES` stored a second by so many processes, from the first request to the last."""
    # One barrier for all: starting a process takes longer than its work.
    with get_context("spawn").Manager() as manager:
        barrier = manager.Barrier(writers + 1)
        with ThreadPoolExecutor(writers) as threads:
            processes = [
                get_context("spawn").Process(target=_write, args=(opening, barrier.wait)) for _ in range(writers)
            ]
            for process in processes:
                process.start()
            barrier.wait()
            began = time.perf_counter()
            list(threads.map(lambda its: its.join(), processes))
            seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise RuntimeError("a writer failed")
    return writers * EACH_WRITES / seconds


def _write(opening: Opening, ready: Callable[[], int]) -> None:
    store = opening()
    store.put(BytesIO(os.urandom(10)))
    pages = [os.urandom(PAGE_BYTES) for _ in range(EACH_WRITES)]
    ready()
    for page in pages:
        store.put(BytesIO(page))


@contextmanager
def stores() -> Iterator[Sequence[tuple[str, Opening]]]:
    """A folder and a bucket, both with nothing in them, on the same disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_seaweed(folder / "server") as server:
            bucket = OpenBucket(address_of(server, new_bucket(server)), folder)
            yield [("directory", OpenDirectory(folder)), ("S3 (SeaweedFS)", bucket)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.objects", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the objects, to try it out")
    quick = parser.parse_args(arguments).quick
    rows: list[list[str]] = []
    rates: list[list[str]] = []
    with stores() as found:
        for name, opening in found:
            for size_bytes, count in SIZES:
                its = timed(opening, size_bytes, max(3, count // 10) if quick else count)
                tell(f"{name}: {size_bytes} bytes in {its.put_ms:.1f} ms")
                rows.append([name, f"{size_bytes:,}", *_told(size_bytes, its.put_ms), *_told(size_bytes, its.check_ms)])
            rates.append([name, *(f"{per_second(opening, writers):.0f}" for writers in WRITERS)])
    head = ["store", "bytes", "store, ms", "MB/s", "verify, ms", "MB/s"]
    print(table("Storing and verifying an object", head, rows))
    print(table(f"Objects of {PAGE_BYTES:,} bytes stored a second", ["store", "1 writer", "8 writers"], rates))
    return 0


def _told(size_bytes: int, milliseconds: float) -> tuple[str, str]:
    return f"{milliseconds:.1f}", f"{size_bytes / milliseconds / 1000:.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
