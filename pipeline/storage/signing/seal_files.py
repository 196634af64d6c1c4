"""Seals and time-stamp tokens as files in a folder, best one that who keeps the database cannot change."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.storage.failures import storage_failure

_FILE_MODE = 0o444


class FolderSeals:
    """Fills the `SealFiles` port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        try:
            found = sorted(path.name for path in self._folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            return
        except OSError as error:
            raise storage_failure(error, self._folder) from error
        yield from found

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failure(error, self._folder / name) from error

    def write(self, name: str, data: bytes) -> None:
        """Under another name first; the link fails rather than overwrites."""
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                return
            handle, temporary = tempfile.mkstemp(prefix=".", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as target:
                    target.write(data)
                    target.flush()
                    os.fchmod(target.fileno(), _FILE_MODE)
                    os.fsync(target.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(temporary, path)
            finally:
                Path(temporary).unlink(missing_ok=True)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise storage_failure(error, path) from error
