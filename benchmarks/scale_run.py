"""`python -m benchmarks.scale_run`: what an image costs and leaves behind, and a queue's forecast beside a real run.

Drawn sheets are taken in by one worker in this process, each job and each record timed. From these times the queue of
`queue_model` says how long the command takes with one and with two workers; then the command is run. On a machine with
other work the figures mean little: give the run precedence, or wait.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.pages import FIRST_BENCH_SEED, draw_pages, requests
from benchmarks.progress import tell
from benchmarks.queue_model import serve
from benchmarks.tables import table
from pipeline.config import Settings
from pipeline.custody import BatchOptions, Job, JobResult, SheetJob
from pipeline.ports import Sides
from pipeline.usecases.intake import take_in
from pipeline.wiring import look_through, worker_factory, writing
from pipeline.worker.pool import ProcessPool
from samples.fontpool import HELD_OUT


@dataclass(slots=True)
class Watched:
    """Fills `JobRunner`: a pool of one worker, whose jobs are timed, and what is done with each result.

    Attributes:
        services_s: of each sheet, from its being handed over to its result.
        records_s: of each result, what whoever asked for it did before asking for the next.
        images: of each sheet.
    """

    pool: ProcessPool
    services_s: list[float] = field(default_factory=list)
    cpus_s: list[float] = field(default_factory=list)
    records_s: list[float] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    before_s: float = 0.0
    last_s: float = 0.0

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        handed_s = time.perf_counter()
        for result in self.pool.run(jobs):
            done_s = time.perf_counter()
            yield result
            recorded_s = time.perf_counter()
            if isinstance(result.job, SheetJob):
                self.services_s.append(done_s - handed_s)
                self.cpus_s.append(result.cpu_s)
                self.records_s.append(recorded_s - done_s)
                self.images.append(len(result.job.pages))
                self.before_s = self.before_s or handed_s
                self.last_s = recorded_s
            handed_s = recorded_s


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_run", description=__doc__)
    parser.add_argument("--sheets", type=int, default=30)
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"))
    parser.add_argument("--prepare", action="store_true", help="draw the sheets and prepare their forms, no more")
    chosen = parser.parse_args(arguments)
    work = chosen.cache / "scale"
    inbox = _inbox(chosen.sheets, chosen.cache, work)
    # Forms are prepared once for a machine, not for each run.
    prepared = (chosen.cache / "prepared").absolute()
    if chosen.prepare:
        tell(f"prepared: {_command(inbox, work, prepared, 2):.0f} s")
        return 0
    watched, whole_s, data = _profiled(inbox, work, prepared)
    measured = {workers: _command(inbox, work, prepared, workers) for workers in (1, 2)}
    print(_costs(watched, data))
    print(_grown(data, sum(watched.images)))
    print(_forecast(watched, whole_s, measured))
    services = [round(s / n, 3) for s, n in zip(watched.services_s, watched.images, strict=True)]
    print("Seconds an image, by sheet:", json.dumps(sorted(services)))
    return 0


def _inbox(sheets: int, cache: Path, work: Path) -> Path:
    folder, pages = draw_pages(
        requests(sheets, first_seed=FIRST_BENCH_SEED, with_corpus=False), cache, pool=HELD_OUT, corpus_dir=None
    )
    shutil.rmtree(work, ignore_errors=True)
    inbox = work / "inbox"
    inbox.mkdir(parents=True)
    for page in pages:
        os.link(folder / page.file, inbox / page.file)
    tell(f"{len(pages)} images")
    return inbox


def _profiled(inbox: Path, work: Path, prepared: Path) -> tuple[Watched, float, Path]:
    """One worker in this process: the times, what the whole took, and the data folder."""
    data = (work / "data").absolute()
    settings = Settings(data_dir=data, cache_dir=prepared)
    listing = look_through((inbox.absolute(),), Sides.AUTO)
    begun_s = time.perf_counter()
    with writing(settings) as app, ProcessPool(worker_factory(settings), workers=1) as pool:
        watched = Watched(pool)
        take_in(listing, BatchOptions(issuer=settings.issuer), keeping=app.keeping, runner=watched)
    ended_s = time.perf_counter()
    watched.before_s -= begun_s
    watched.last_s = ended_s - watched.last_s
    return watched, ended_s - begun_s, data


def _command(inbox: Path, work: Path, prepared: Path, workers: int) -> float:
    """Seconds of the command from start to end, into a fresh data folder."""
    data = work / f"command-{workers}"
    shutil.rmtree(data, ignore_errors=True)
    env = os.environ | {
        "CONSTAT_DATA_DIR": str(data.absolute()),
        "CONSTAT_CACHE_DIR": str(prepared),
    }
    program = [sys.executable, "-c", "from pipeline.cli import main; main()"]
    command = [*program, "intake", str(inbox.absolute()), "--workers", str(workers), "--json"]
    begun_s = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"constat intake ended with {done.returncode}: {done.stderr[-500:]}")
    tell(f"{workers} workers: {time.perf_counter() - begun_s:.1f} s")
    return time.perf_counter() - begun_s


def _costs(its: Watched, data: Path) -> str:
    images = sum(its.images)
    rows = [
        ["worker, processor seconds an image", f"{sum(its.cpus_s) / images:.2f}"],
        ["worker, seconds by the clock an image", f"{sum(its.services_s) / images:.2f}"],
        ["sheet, median seconds", f"{np.median(its.services_s):.2f}"],
        ["sheet, p95 seconds", f"{np.percentile(its.services_s, 95):.2f}"],
        ["recording, milliseconds a sheet", f"{1000 * sum(its.records_s) / len(its.records_s):.1f}"],
        ["before the first sheet, seconds", f"{its.before_s:.1f}"],
        ["after the last one, seconds", f"{its.last_s:.1f}"],
        ["objects, kB an image", f"{_folder_bytes(data / 'objects') / images / 1000:.0f}"],
        ["originals of these, kB an image", f"{_original_bytes(data) / images / 1000:.0f}"],
    ]
    return table(f"What an image costs ({images} images, {len(its.images)} sheets)", ["", "measured"], rows)


def _grown(data: Path, images: int) -> str:
    query = (
        "SELECT tbl_name, SUM(pgsize), MAX(rows.n) FROM dbstat JOIN sqlite_master USING (name)"
        " LEFT JOIN (SELECT name AS n0, SUM(ncell) AS n FROM dbstat WHERE pagetype = 'leaf' GROUP BY name) AS rows"
        " ON rows.n0 = tbl_name GROUP BY tbl_name ORDER BY 2 DESC"
    )
    with closing(sqlite3.connect(data / "constat.sqlite")) as connection:
        found = connection.execute(query).fetchall()
    rows: list[list[object]] = [
        [name, cells, f"{size / images:.0f}", f"{size / cells:.0f}"] for name, size, cells in found if cells >= images
    ]
    whole = sum(size for _, size, _ in found)
    few = sum(size for _, size, cells in found if cells < images)
    rows += [["all others", "", f"{few / images:.0f}", ""], ["together", "", f"{whole / images:.0f}", ""]]
    return table("Bytes in the database, with indexes", ["table", "rows", "an image", "a row"], rows)


def _forecast(its: Watched, whole_s: float, measured: dict[int, float]) -> str:
    rows = []
    start_s = measured[1] - whole_s
    for workers, found_s in measured.items():
        served = serve([0.0] * len(its.services_s), its.services_s, workers=workers, record_s=its.records_s)
        expected_s = its.before_s + served.last_s + its.last_s
        rows.append([workers, f"{expected_s:.1f}", f"{found_s:.1f}", f"{found_s / expected_s:.2f}"])
    tell(f"the command against the run in this process: {start_s:+.1f} s")
    head = ["workers", "forecast, s", "measured, s", "measured / forecast"]
    return table("`constat intake`: forecast and measured", head, rows)


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _original_bytes(data: Path) -> int:
    with closing(sqlite3.connect(data / "constat.sqlite")) as connection:
        (size,) = connection.execute("SELECT SUM(size_bytes) FROM files WHERE digest IS NOT NULL").fetchone()
        return int(size)


if __name__ == "__main__":
    raise SystemExit(main())
