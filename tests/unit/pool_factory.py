"""Parts for worker processes in tests: importable by a spawned process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import Unavailable
from pipeline.model import PageBytes, SheetOutcome
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.work import WorkerParts
from tests.fakes import LinePages, line_flow


def parts(objects: Path) -> WorkerParts:
    return WorkerParts(DirectoryStore(objects), LinePages(), _flow)


def no_parts() -> WorkerParts:
    raise Unavailable("model_missing", name="reader")


def dead_at_start() -> WorkerParts:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    word = sides[0].data.split()[0].decode()
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "hang":
        time.sleep(600)
    if word == "devour":
        sides = (PageBytes(bytes(1 << 40), 0, sides[0].sha256),)
    if word == "magnify":
        cv2.resize(np.zeros((10_000, 10_000), np.uint8), (500_000, 500_000))
    if word == "stumble":
        raise ZeroDivisionError("a fault of ours")
    if word == "full":
        raise Unavailable("disk_full", path="/data")
    if word == "threads":
        limits = f"limits {cv2.getNumThreads()} {os.environ['OMP_THREAD_LIMIT']} {os.environ['OMP_NUM_THREADS']}"
        sides = (PageBytes(limits.encode(), 0, sides[0].sha256),)
    if word == "setting":
        sides = (PageBytes(f"setting {os.environ.get('POOL_SETTING')}".encode(), 0, sides[0].sha256),)
    if word == "process":
        sides = (PageBytes(b"process %d" % os.getpid(), 0, sides[0].sha256),)
    return line_flow(sides)
