"""The locks of a data folder: one keeps two commands from working on the same batches at once, the other keeps paper
from being fed while the whole archive is compared or cleared up."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Unavailable
from pipeline.storage.failures import storage_failure

_NAME = "lock"
_FEEDING = "lock-feeding"
_PATIENCE_S, _POLL_S = 3.0, 0.05
"""A command that was just killed may still be ending: its last process gives the lock back a moment later."""


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for writing. The system frees it when the process ends, however it ends.

    Raises:
        Unavailable: `data_dir_busy` when another command is at work there.
        OperatorError: `read_only`.
    """
    with _held(data_dir, fcntl.LOCK_EX, os.O_RDWR | os.O_CREAT, _NAME):
        yield


@contextmanager
def fed(data_dir: Path) -> Iterator[None]:
    """Feed paper into sessions of the folder, beside others who do the same and beside work on batches.

    Raises:
        Unavailable: `data_dir_busy` while somebody keeps it `unfed`.
        OperatorError: `read_only`.
    """
    with _held(data_dir, fcntl.LOCK_SH, os.O_RDWR | os.O_CREAT, _FEEDING):
        yield


@contextmanager
def unfed(data_dir: Path) -> Iterator[None]:
    """Keep paper from being fed: what is stored and not recorded yet would be taken for a leftover. A folder that may
    only be read needs no lock.

    Raises:
        Unavailable: `data_dir_busy` while paper is fed.
    """
    if not os.access(data_dir, os.W_OK):
        yield
        return
    with _held(data_dir, fcntl.LOCK_EX, os.O_RDWR | os.O_CREAT, _FEEDING):
        yield


@contextmanager
def shared(data_dir: Path) -> Iterator[None]:
    """Keep writers out while the whole folder is read and compared; other readers may do the same.

    A folder that nothing was ever written to needs no lock, nor does one that may only be read.

    Raises:
        Unavailable: `data_dir_busy` when a command is writing there.
    """
    if not (data_dir / _NAME).exists():
        yield
        return
    with _held(data_dir, fcntl.LOCK_SH, os.O_RDONLY, _NAME):
        yield


@contextmanager
def _held(data_dir: Path, operation: int, flags: int, name: str) -> Iterator[None]:
    path = data_dir / name
    try:
        if flags & os.O_CREAT:
            data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_failure(error, path) from error
    try:
        try:
            _taken(handle, operation)
        except BlockingIOError as error:
            raise Unavailable("data_dir_busy", path=str(data_dir)) from error
        except OSError as error:
            raise storage_failure(error, path) from error
        yield
    finally:
        os.close(handle)


def _taken(handle: int, operation: int) -> None:
    """Take the lock, with some patience. Raises BlockingIOError when it stays held."""
    give_up_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return fcntl.flock(handle, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_s:
                raise
            time.sleep(_POLL_S)
