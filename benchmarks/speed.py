"""How fast: the real command on two workers, and each stage's milliseconds on one core."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy import ISSUER, one_thread, page_bytes
from benchmarks.scoring import Spread
from pipeline.flow import process_page
from pipeline.wiring import flow_kit


@dataclass(frozen=True, slots=True)
class Rush:
    """One run of a program over some images."""

    images: int
    seconds: float

    @property
    def per_minute(self) -> float:
        return 60.0 * self.images / self.seconds


def intake(files: Sequence[Path], work: Path, *, prepared: Path) -> Rush:
    """`constat intake --workers 2 --json` on these files, into a fresh data folder, from the start of the program on.

    Args:
        prepared: where prepared forms are kept from one run to the next, as they are at a court.

    Raises:
        RuntimeError: the command failed, or did not bring every image to an end.
    """
    shutil.rmtree(work, ignore_errors=True)
    inbox, data = work / "inbox", work / "data"
    inbox.mkdir(parents=True)
    for file in files:
        os.link(file, inbox / file.name)
    env = os.environ | {"CONSTAT_DATA_DIR": str(data), "CONSTAT_ISSUER": ISSUER}
    env |= {"CONSTAT_CACHE_DIR": str(prepared.absolute())}
    command = [str(Path(sys.executable).parent / "constat"), "intake", str(inbox), "--workers", "2", "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):  # 1: some page is in exception, named in the result
        raise RuntimeError(f"constat intake ended with {done.returncode}: {done.stderr[-500:]}")
    pages = json.loads(done.stdout)["pages"]
    if len(pages) != len(files):
        raise RuntimeError(f"constat intake took in {len(pages)} of {len(files)} images")
    shutil.rmtree(work, ignore_errors=True)
    return Rush(len(files), seconds)


class Stopwatch:
    """A `StageTrace` that adds up milliseconds by stage, page by page."""

    def __init__(self) -> None:
        self.laps_ms: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.laps_ms.setdefault(name, []).append(1000.0 * (time.perf_counter() - started))


def stage_times(files: Sequence[Path], *, prepared: Path) -> tuple[tuple[str, Spread], ...]:
    """Milliseconds of each stage over the pages that reach it, in the order of the flow, then of whole pages."""
    one_thread()
    kit = flow_kit(ISSUER, cache_dir=prepared)
    watch, whole_ms = Stopwatch(), []
    process_page(page_bytes(files[0]), kit=kit)  # fills the caches that a worker fills once
    for file in files:
        page = page_bytes(file)
        started = time.perf_counter()
        process_page(page, kit=kit, trace=watch)
        whole_ms.append(1000.0 * (time.perf_counter() - started))
    named = [(name, Spread.of(laps)) for name, laps in [*watch.laps_ms.items(), ("whole page", whole_ms)]]
    return tuple((name, spread) for name, spread in named if spread is not None)
