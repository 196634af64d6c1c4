"""`python -m benchmarks.distributed`: the same images by one command and by workers that a queue tells when to look.

PostgreSQL, RabbitMQ and SeaweedFS run on the same processors: what they use is missing to the workers, and is shown.
Rates are those between the first sheets, before which models are loaded, and the last one.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.__main__ import subset_of
from benchmarks.accuracy import ISSUER
from benchmarks.pages import FIRST_BENCH_SEED, draw_pages, requests
from benchmarks.processes import counted, cpu_s, tree
from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.wiring import new_bucket, reading
from samples.fontpool import HELD_OUT
from tests.e2e.command import CONSTAT, ROOT, environment
from tests.e2e.workers import crew
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.rabbitmq import Rabbit, running_rabbitmq
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed, running_seaweed

WORKERS: Final = (1, 2)
PARTS: Final = ("sheets", "consumer", "relay", "intake", "PostgreSQL", "RabbitMQ", "SeaweedFS")
_NOT_RECYCLED: Final = 10**9
_SAMPLE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """One form with so many workers.

    Attributes:
        seconds: between the first sheets and the last one.
        images: recorded within.
        cpu_s: by part, from the start of the command to its end.
    """

    form: str
    workers: int
    images: int
    seconds: float
    cpu_s: Mapping[str, float]

    @property
    def per_minute(self) -> float:
        return 60.0 * self.images / self.seconds


@dataclass(frozen=True, slots=True)
class Servers:
    postgres: Postgres
    rabbit: Rabbit
    weed: Seaweed

    def roots(self) -> dict[str, int]:
        processes = {
            "PostgreSQL": self.postgres.process,
            "RabbitMQ": self.rabbit.process,
            "SeaweedFS": self.weed.process,
        }
        return {name: its.pid for name, its in processes.items() if its is not None}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--sheets", type=int, default=2000, help="for the memory of a worker; 0 for none")
    parser.add_argument("--quick", action="store_true", help="12 images and 60 sheets, to try it out")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="where drawn pages are kept")
    chosen = parser.parse_args(arguments)
    images, sheets = (12, 60) if chosen.quick else (chosen.images, chosen.sheets)
    # Most sheets have two sides.
    asked = requests(images, first_seed=FIRST_BENCH_SEED, with_corpus=False)
    folder, pages = draw_pages(asked, chosen.cache, pool=HELD_OUT, corpus_dir=None)
    files = [folder / page.file for page in subset_of(pages, images)]
    prepared = (chosen.cache / "prepared").absolute()
    with TemporaryDirectory(prefix="constat-bench-") as name, _servers(Path(name)) as servers:
        work = Path(name)
        runs = [_embedded(files, workers, work, prepared) for workers in WORKERS]
        runs += [_distributed(files, workers, work, prepared, servers) for workers in WORKERS]
        print(rates(runs))
        print(processor(runs))
        if sheets:
            print(memory(_grown(sheets, work, prepared, servers), sheets), flush=True)
    return 0


def rates(runs: Sequence[Run]) -> str:
    alone = {its.form: its for its in runs if its.workers == 1}
    rows = [
        (
            f"{its.form}, {its.workers} worker{'s' if its.workers > 1 else ''}",
            f"{its.per_minute:.1f}",
            f"{its.per_minute / alone[its.form].per_minute:.2f}",
            f"{60_000 / its.per_minute:.0f}",
        )
        for its in runs
    ]
    by = {(its.form, its.workers): its for its in runs}
    ms = {key: 60_000 / its.per_minute for key, its in by.items()}
    more = ", ".join(f"{ms['distributed', n] - ms['embedded', n]:+.0f} ms with {n}" for n in WORKERS)
    head = ("Form", "images a minute", "to one worker", "ms an image")
    return table("Images a minute", head, rows) + f"\nDistributed takes more of an image's time: {more}.\n"


def processor(runs: Sequence[Run]) -> str:
    rows = [
        (
            f"{its.form}, {its.workers}",
            *(f"{1000 * its.cpu_s.get(part, 0.0) / (its.images + its.workers):.1f}" for part in PARTS),
        )
        for its in runs
    ]
    return table("Processor milliseconds an image, by part", ("Form, workers", *PARTS), rows)


def memory(samples: Sequence[tuple[int, int, int]], sheets: int) -> str:
    """Args:
    samples: sheets done, bytes of the process that computes, bytes of the one that consumes.
    """
    marks = [round(share * sheets) for share in (0.1, 0.25, 0.5, 0.75, 1.0)]
    near = [min(samples, key=lambda its: abs(its[0] - mark)) for mark in marks] if samples else []
    rows = [(done, f"{computes / 2**20:.0f}", f"{consumes / 2**20:.0f}") for done, computes, consumes in near]
    return table("Memory of a worker that is not replaced, MiB", ("Sheets done", "computes", "consumes"), rows)


def _embedded(files: Sequence[Path], workers: int, work: Path, prepared: Path) -> Run:
    environ = _environ(work / f"embedded{workers}", prepared)
    inbox = _inbox(files, work / "inbox")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _intake(inbox, environ, "--workers", str(workers))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    images, seconds = _pace(environ, workers)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    tell(f"embedded, {workers}: {60 * images / seconds:.1f} images a minute")
    return Run("embedded", workers, images, seconds, {"sheets": spent_s})


def _distributed(files: Sequence[Path], workers: int, work: Path, prepared: Path, servers: Servers) -> Run:
    folder = work / f"distributed{workers}"
    environ = _on_servers(folder, prepared, servers)
    inbox = _inbox(files, work / "inbox")
    with crew(environ, folder / "log") as hands:
        worker, relay = hands.begin("worker", "--processes", str(workers)), hands.begin("relay")
        roots = {**servers.roots(), "relay": relay.pid, "worker": worker.pid}
        before, intake_before = counted(), resource.getrusage(resource.RUSAGE_CHILDREN)
        _intake(inbox, environ)
        after, intake_after = counted(), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = {name: cpu_s(root, after) - cpu_s(root, before) for name, root in roots.items()}
    consumer_s = after[worker.pid].cpu_s - before[worker.pid].cpu_s
    used["consumer"], used["sheets"] = consumer_s, used.pop("worker") - consumer_s
    used["intake"] = intake_after.ru_utime + intake_after.ru_stime - intake_before.ru_utime - intake_before.ru_stime
    images, seconds = _pace(environ, workers)
    tell(f"distributed, {workers}: {60 * images / seconds:.1f} images a minute")
    return Run("distributed", workers, images, seconds, used)


def _grown(sheets: int, work: Path, prepared: Path, servers: Servers) -> list[tuple[int, int, int]]:
    """Memory of one worker while it reads small letters."""
    folder = work / "grown"
    environ = _on_servers(folder, prepared, servers) | {"CONSTAT_WORKER_SHEETS": str(_NOT_RECYCLED)}
    inbox = work / "letters"
    inbox.mkdir()
    for number in range(sheets):
        _letter(f"lettre {number}").save(inbox / f"{number:05d}.png", dpi=(100, 100))
    samples: list[tuple[int, int, int]] = []
    with crew(environ, folder / "log") as hands:
        worker = hands.begin("worker", "--processes", "1")
        hands.begin("relay")
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(worker.pid, environ, samples, ended))
        watcher.start()
        try:
            _intake(inbox, environ)
        finally:
            ended.set()
            watcher.join()
    return samples


def _watch(root: int, environ: Mapping[str, str], samples: list[tuple[int, int, int]], ended: threading.Event) -> None:
    records = reading(load_settings(environ)).keeping.records
    while not ended.wait(_SAMPLE_S):
        found = tree(root, counted())
        computes = max((its.resident_bytes for its in found[1:]), default=0)
        done = sum(1 for its in records.seals.entries_of(("sheet_processed",)))
        if found and computes:
            samples.append((done, computes, found[0].resident_bytes))


@contextmanager
def _servers(work: Path) -> Iterator[Servers]:
    (work / "weed").mkdir()
    settings = {"fsync": "on", "full_page_writes": "on"}
    postgres = running_postgres(None, **settings)
    with postgres as database, running_rabbitmq() as rabbit, running_seaweed(work / "weed") as weed:
        yield Servers(database, rabbit, weed)


def _environ(data: Path, prepared: Path, **settings: str) -> dict[str, str]:
    return environment(data, CONSTAT_ISSUER=ISSUER, CONSTAT_CACHE_DIR=str(prepared), **settings)


def _on_servers(folder: Path, prepared: Path, servers: Servers) -> dict[str, str]:
    folder.mkdir()
    environ = _environ(
        folder / "data",
        prepared,
        CONSTAT_DATABASE_URL=servers.postgres.migrated(),
        CONSTAT_BROKER_URL=servers.rabbit.url(),
        CONSTAT_OBJECTS_URL=f"s3://{servers.weed.host}/{folder.name}?secure=false",
        CONSTAT_S3_ACCESS_KEY=ACCESS_KEY,
        CONSTAT_S3_SECRET_KEY=SECRET_KEY,
    )
    new_bucket(load_settings(environ))
    return environ


def _inbox(files: Sequence[Path], folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder / file.name)
    return folder


def _intake(inbox: Path, environ: Mapping[str, str], *options: str) -> None:
    command = [*CONSTAT, "intake", str(inbox), "--simplex", *options]
    done = subprocess.run(command, env=dict(environ), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: some page is in exception, named in the result
        raise RuntimeError(f"constat intake ended with {done.returncode}: {done.stderr[-500:]}")


def _pace(environ: Mapping[str, str], workers: int) -> tuple[int, float]:
    """Sheets of one image each that were recorded after the first of each worker, and in which time."""
    records = reading(load_settings(environ)).keeping.records
    moments = [its.at for its in records.seals.entries_of(("sheet_processed",))]
    return len(moments) - workers, (moments[-1] - moments[workers - 1]).total_seconds()


def _letter(words: str) -> Image.Image:
    page = Image.fromarray(np.full((550, 400), 255, np.uint8))
    for line in range(3):
        ImageDraw.Draw(page).text((30, 60 + 40 * line), f"Monsieur le juge, ligne {line} de {words}", fill=0)
    return page


if __name__ == "__main__":
    raise SystemExit(main())
