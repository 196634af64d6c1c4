"""The ledger's head in a small file beside the database: shows when the ledger's end is cut off."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pipeline.custody import EntryHash, LedgerHead
from pipeline.errors import IntegrityError
from pipeline.storage.failures import storage_failure


class LedgerHeadFile:
    """Written after each commit, so it may be some entries behind after a kill, never ahead."""

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

    def write(self, head: LedgerHead) -> None:
        """Replace the file, durably."""
        temporary = self._path.with_suffix(".new")
        try:
            with temporary.open("w", encoding="utf-8") as target:
                json.dump({"count": head.count, "hash": head.hash}, target)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise storage_failure(error, self._path) from error
