"""`python -m benchmarks.queue_check`: a queue's forecast beside real runs, where other work on the machine counts less.

Real worker processes, store, records and ledger take in a batch; but reading is a wait of as long as the page says,
drawn from what `scale_run` measured. What recording takes is measured in a run of one worker, and goes into all
forecasts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.progress import tell
from benchmarks.queue_model import drawn_services, serve
from benchmarks.queue_year import MEASURED_S
from benchmarks.scale_run import Watched
from benchmarks.tables import table
from pipeline.config import Settings
from pipeline.custody import BatchOptions
from pipeline.model import Digest, PageBytes, PageLabel, PageOutcome, PageProblem, SheetOutcome
from pipeline.ports import Sides
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.intake import take_in
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import look_through, writing
from pipeline.worker.pool import ProcessPool

SEED = 11
_FILES = 4


class LinesAsPages:
    """Fills `PageSource`: each line of a file is a page."""

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        del name
        for index, line in enumerate(path.read_bytes().splitlines()):
            yield PageBytes(line, index, Digest(hashlib.sha256(line).hexdigest()))


def waiting_parts(objects: Path) -> WorkerParts:
    return WorkerParts(DirectoryStore(objects), LinesAsPages(), _wait)


def _wait(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    time.sleep(sum(float(side.data.split()[1]) for side in sides))
    return SheetOutcome(tuple(PageOutcome(PageLabel.ENCLOSURE, (850, 1100)) for _ in sides))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue_check", description=__doc__)
    parser.add_argument("--sheets", type=int, default=60)
    parser.add_argument("--services", type=json.loads, default=MEASURED_S, help="seconds an image, a JSON list")
    chosen = parser.parse_args(arguments)
    services = drawn_services([float(each) for each in chosen.services], chosen.sheets, Random(SEED))
    rows: list[list[object]] = []
    records_s: list[float] = []
    with tempfile.TemporaryDirectory(prefix="constat-") as folder:
        for turn, workers in enumerate((1, 1, 2, 4)):
            found, took_s = _run(Path(folder, f"{turn}-{workers}"), services, workers)
            tell(f"{workers} workers: {took_s:.1f} s")
            if not records_s:
                records_s = found.records_s
                continue
            expected_s = serve([0.0] * len(services), services, workers=workers, record_s=records_s).last_s
            rows.append([workers, f"{expected_s:.1f}", f"{took_s:.1f}", f"{took_s / expected_s:.3f}"])
    head = ["workers", "forecast, s", "measured, s", "measured / forecast"]
    print(table(f"{chosen.sheets} sheets: forecast and measured", head, rows))
    print(f"Recording a sheet, mean of the first run: {1000 * sum(records_s) / len(records_s):.1f} ms")
    return 0


def _run(folder: Path, services: Sequence[float], workers: int) -> tuple[Watched, float]:
    """The times of its sheets, and seconds from the first sheet that is handed over to the last that is recorded."""
    mail, data = folder / "mail", folder / "data"
    mail.mkdir(parents=True)
    for part in range(_FILES):
        # A file for each worker, so that all have started when the first sheet is handed over.
        lines = [f"{index} {each}" for index, each in enumerate(services) if index * _FILES // len(services) == part]
        (mail / f"mail-{part}.pdf").write_text("\n".join(lines))
    settings = Settings(data_dir=data)
    with (
        writing(settings) as app,
        ProcessPool(partial(waiting_parts, settings.objects_dir), workers=workers) as pool,
    ):
        watched = Watched(pool)
        take_in(
            look_through((mail,), Sides.SIMPLEX), BatchOptions(issuer="generic"), keeping=app.keeping, runner=watched
        )
    return watched, watched.last_s - watched.before_s


if __name__ == "__main__":
    raise SystemExit(main())
