"""`constat serve` over a small real archive: SQLite, a directory of objects, pages of text with small images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2

from pipeline.custody import BatchOptions
from pipeline.model import BatchId
from pipeline.ports import ObjectStore
from pipeline.storage.lock import exclusive
from pipeline.usecases.intake import take_in
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.e2e.command import environment
from tests.e2e.light_intake import keeping_of
from tests.e2e.warm import Running, begin
from tests.fakes import FakeRunner, LinePages
from tests.servers.seaweed import free_ports
from tests.unit.browsing import pictured_flow

READY_S = 60.0


def take_in_lines(
    data_dir: Path,
    folder: Path,
    files: Mapping[str, str],
    *,
    name: str = "",
    database: str = "",
    objects: ObjectStore | None = None,
) -> BatchId:
    """A batch of files whose lines are pages (see `tests.unit.reviewing.review_flow`)."""
    folder.mkdir(parents=True, exist_ok=True)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, lines in files.items():
        (folder / file).write_text(lines, encoding="utf-8")
    keeping = keeping_of(data_dir, database=database)
    if objects is not None:
        keeping = replace(keeping, objects=objects)
    runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), pictured_flow))
    with exclusive(data_dir):
        return take_in(
            FolderFiles().listing([folder]),
            BatchOptions(name=name or None, issuer="generic"),
            keeping=keeping,
            runner=runner,
        )


@contextmanager
def serving(data_dir: Path, log: Path, *, tls: tuple[Path, Path] | None = None, **settings: str) -> Iterator[str]:
    """The address of a server that answers; ended at the end. What it said is in `log`.

    Args:
        tls: files of a certificate and its key.
    """
    options = () if tls is None else ("--tls-cert", str(tls[0]), "--tls-key", str(tls[1]))
    with begun(data_dir, log, *options, **settings) as (address, _):
        yield address


@contextmanager
def begun(data_dir: Path, log: Path, *options: str, **settings: str) -> Iterator[tuple[str, Running]]:
    """As `serving`, with these options of the command; its process too, which may have ended at the end."""
    port = free_ports(1)[0]
    address = f"{'https' if '--tls-cert' in options else 'http'}://127.0.0.1:{port}"
    with log.open("wb") as said:
        process = begin(["serve", "--port", str(port), *options], environment(data_dir, **settings), out=said, err=said)
        try:
            _wait(address, process, log)
            yield address, process
        finally:
            process.terminate()
            process.wait(READY_S)


def _wait(address: str, process: Running, log: Path) -> None:
    """Until it answers; a connection is tried again as long as the process lives."""
    transport = httpx2.HTTPTransport(retries=12, verify=False)
    with httpx2.Client(transport=transport, timeout=READY_S) as client:
        for _ in range(20):
            assert process.poll() is None, log.read_text(errors="replace")
            try:
                assert client.get(f"{address}/health").status_code == 200
            except httpx2.ConnectError:
                continue
            return
    raise AssertionError(log.read_text(errors="replace"))
