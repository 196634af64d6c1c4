"""The head of a chain (ledger, access log) in a small file beside the database: shows when its end is cut off."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipeline.custody import EntryHash, LedgerHead
from pipeline.errors import IntegrityError, InvariantBroken
from pipeline.storage.failures import storage_failure

_PERMISSIONS = 0o666
"""But for what the process is told to leave out (umask)."""
_MOST_BYTES = 4096
"""Of a head, which has about a hundred."""


class HeadKept(Protocol):
    """Where the head of a chain is kept."""

    def read(self) -> LedgerHead | None: ...

    def advance(self, head: LedgerHead) -> None: ...


class LedgerHeadFile:
    """Written after each commit, so it may be some entries behind after a kill or a power cut, never ahead.

    Several processes may write: whoever committed first may come second, and must not put the head back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # One is written for each look of anybody: texts and system calls, not `Path` and files of Python.
        self._name, self._new, self._folder = str(path), str(path.with_suffix(".new")), str(path.parent)

    def read(self) -> LedgerHead | None:
        """Raises:
        IntegrityError: `ledger_head_unreadable` when the file is there and holds something else.
        """
        try:
            found = json.loads(_contents(self._name))
            return LedgerHead(count=int(found["count"]), hash=EntryHash(str(found["hash"])))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failure(error, self._path) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError("ledger_head_unreadable", path=str(self._path)) from error

    def advance(self, head: LedgerHead) -> None:
        """Replace the file, whole or not at all, unless it already counts as many entries or more.

        Raises:
            IntegrityError: `ledger_head_unreadable`.
        """
        with self._alone():
            kept = self.read()
            if kept is None or kept.count < head.count:
                self._replace(head)

    def _replace(self, head: LedgerHead) -> None:
        try:
            target = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PERMISSIONS)
            try:
                _write(target, json.dumps({"count": head.count, "hash": head.hash}).encode())
                os.fsync(target)
            finally:
                os.close(target)
            # The folder itself is not flushed: a power cut may bring back an older head, which is one that is behind.
            os.replace(self._new, self._name)
        except OSError as error:
            raise storage_failure(error, self._path) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder that the file is in; the system frees it when the process ends."""
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise storage_failure(error, self._path) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _contents(name: str) -> bytes:
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, _MOST_BYTES)
    finally:
        os.close(file)


def _write(file: int, data: bytes) -> None:
    """All of it: a disk that is full takes a part, and refuses the rest."""
    while data:
        data = data[os.write(file, data) :]


class HeadAsOf:
    """A head read once, for a reader who looks at one moment of the chain while others add to it."""

    def __init__(self, file: LedgerHeadFile) -> None:
        self._failed: IntegrityError | None = None
        self._kept: LedgerHead | None = None
        try:
            self._kept = file.read()
        except IntegrityError as error:
            self._failed = error

    def read(self) -> LedgerHead | None:
        """Raises as `LedgerHeadFile.read`."""
        if self._failed is not None:
            raise self._failed
        return self._kept

    def advance(self, head: LedgerHead) -> None:
        raise InvariantBroken("records_frozen", count=head.count)
