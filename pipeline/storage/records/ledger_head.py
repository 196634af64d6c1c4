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


class HeadKept(Protocol):
    """Where the head of a chain is kept."""

    def read(self) -> LedgerHead | None: ...

    def advance(self, head: LedgerHead) -> None: ...


class LedgerHeadFile:
    """Written after each commit, so it may be some entries behind after a kill, never ahead.

    Several processes may write: whoever committed first may come second, and must not put the head back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> LedgerHead | None:
        """Raises:
        IntegrityError: `ledger_head_unreadable` when the file is there and holds something else.
        """
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return LedgerHead(count=int(found["count"]), hash=EntryHash(str(found["hash"])))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failure(error, self._path) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError("ledger_head_unreadable", path=str(self._path)) from error

    def advance(self, head: LedgerHead) -> None:
        """Replace the file, durably, unless it already counts as many entries or more.

        Raises:
            IntegrityError: `ledger_head_unreadable`.
        """
        with self._alone() as folder:
            kept = self.read()
            if kept is None or kept.count < head.count:
                self._replace(head, folder)

    def _replace(self, head: LedgerHead, folder: int) -> None:
        temporary = self._path.with_suffix(".new")
        try:
            with temporary.open("w", encoding="utf-8") as target:
                json.dump({"count": head.count, "hash": head.hash}, target)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(self._path)
            os.fsync(folder)
        except OSError as error:
            raise storage_failure(error, self._path) from error

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the folder that the file is in; the system frees it when the process ends."""
        try:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise storage_failure(error, self._path) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(folder)


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
