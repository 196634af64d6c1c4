"""Notes beside the directory store: until when an object must stay, and whether it is held.

    objects/keeping/3f9a...   a note, one JSON object; an object without one is free to go

They bind this program alone: whoever may write to the folder can delete an object or a note with any other.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.custody import RetentionMode
from pipeline.errors import IntegrityError
from pipeline.model import Digest
from pipeline.storage.failures import storage_failure

_NEW = "new-"


@dataclass(frozen=True, slots=True)
class Note:
    """What keeps an object; the default keeps nothing."""

    until: datetime | None = None
    mode: RetentionMode | None = None
    held: bool = False


class KeptNotes:
    """Reads and replaces notes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, digest: Digest) -> Note:
        """Raises:
        IntegrityError: `retention_unreadable`; what cannot be read must not count as free to go.
        """
        place = self._folder / digest
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
            until, mode = found["retain_until"], found["mode"]
            return Note(
                None if until is None else datetime.fromisoformat(until),
                None if mode is None else RetentionMode(mode),
                bool(found["held"]),
            )
        except FileNotFoundError:
            return Note()
        except OSError as error:
            raise storage_failure(error, place) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError("retention_unreadable") from error

    def write(self, digest: Digest, note: Note) -> None:
        """Replace the note, durably."""
        facts = {
            "retain_until": None if note.until is None else note.until.isoformat(),
            "mode": note.mode,
            "held": note.held,
        }
        try:
            self._folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=_NEW)
            with os.fdopen(handle, "w", encoding="utf-8") as target:
                json.dump(facts, target)
                target.flush()
                os.fsync(target.fileno())
            Path(name).replace(self._folder / digest)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise storage_failure(error, self._folder) from error

    def forget(self, digest: Digest) -> None:
        """Remove the note of an object that is gone."""
        try:
            (self._folder / digest).unlink(missing_ok=True)
        except OSError as error:
            raise storage_failure(error, self._folder) from error

    def unfinished(self) -> list[Path]:
        """What killed writers left."""
        try:
            return sorted(self._folder.glob(f"{_NEW}*"))
        except OSError as error:
            raise storage_failure(error, self._folder) from error
