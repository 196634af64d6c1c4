"""The write-once object store of the one-machine deployment: a directory, one file an object, named by its SHA-256.

    objects/3f/3f9a...   the objects, read-only, in 256 folders by the first two digits
    objects/incoming/    what is being written; anything found here after a kill was never acknowledged
    objects/keeping/     until when objects must stay

Storing is: (1) write to a file of its own in `incoming`, hashing; (2) make it read-only and fsync it; (3) link it
under its digest, which fails rather than overwrites; (4) fsync the folder; (5) unlink the name in `incoming`. A kill or
a power cut between any two steps leaves the object either whole under its name or absent from it.

A directory knows neither versions nor locks. Retention and holds are notes that bind this program alone.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.custody import ObjectRef, ObjectStat, Retention, RetentionMode, is_retained, prolonged
from pipeline.errors import InputRefused, IntegrityError, OperatorError
from pipeline.model import Digest, Reason
from pipeline.ports import Clock
from pipeline.storage.clock import SystemClock
from pipeline.storage.durable import flush
from pipeline.storage.failures import storage_failure
from pipeline.storage.objects.kept_notes import KeptNotes, Note

_CHUNK_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_INCOMING = "incoming"
_KEEPING = "keeping"
BUCKET = "directory"
ONLY_VERSION = "1"
_OBJECT_MODE = 0o440
# FAT, exFAT and some network file systems know no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class DirectoryStore:
    """Fills the `ObjectStore` port. Several processes may write to one directory at once."""

    def __init__(self, root: Path, *, retention: Retention | None = None, clock: Clock | None = None) -> None:
        """Opens the store, creating its folder when it is not there. Nothing else is touched.

        Args:
            retention: what new objects are kept by; null for none.
            clock: what says whether a retention is over; null for the system's.

        Raises:
            OperatorError: `read_only` when the folder is missing and may not be created.
            Unavailable: no space, input/output error.
        """
        self._root = root
        self._retention = retention
        self._clock = clock or SystemClock()
        self._notes = KeptNotes(root / _KEEPING)
        self._incoming = root / _INCOMING
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            # A store that may only be read is still good for reading.
            if not root.is_dir():
                raise storage_failure(error, root) from error

    def ready(self) -> None:
        # Whether there is space and permission shows with the first object; nothing can be known before.
        return

    def put(self, source: BinaryIO) -> ObjectRef:
        try:
            handle, name = tempfile.mkstemp(dir=self._incoming)
        except OSError as error:
            raise storage_failure(error, self._incoming) from error
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                digest, size_bytes = _copy(source, target)  # 1
                os.fchmod(target.fileno(), _OBJECT_MODE)  # 2
                os.fsync(target.fileno())
            self._publish(temporary, digest)
        except OSError as error:
            raise storage_failure(error, self._root) from error
        finally:
            temporary.unlink(missing_ok=True)  # 5
        if self._retention is not None and self._notes.read(digest).until is None:
            self.retain(digest, self._retention.end(self._clock.now()), self._retention.mode)
        return _reference(digest, size_bytes)

    def get(self, digest: Digest) -> bytes:
        with self._open(digest) as stored:
            try:
                data = stored.read()
            except OSError as error:
                raise storage_failure(error, stored.name) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise IntegrityError("object_altered", digest=digest)
        return data

    def check(self, digest: Digest, *, version_id: str | None = None) -> int:
        del version_id
        size_bytes, found = 0, hashlib.sha256()
        with self._open(digest) as stored:
            try:
                while chunk := stored.read(_CHUNK_BYTES):
                    found.update(chunk)
                    size_bytes += len(chunk)
            except OSError as error:
                raise storage_failure(error, stored.name) from error
        if found.hexdigest() != digest:
            raise IntegrityError("object_altered", digest=digest)
        return size_bytes

    def path(self, digest: Digest) -> Path:
        self.check(digest)
        return self._place(digest)

    def exists(self, digest: Digest) -> bool:
        return self._place(digest).is_file()

    def stat(self, digest: Digest) -> ObjectStat:
        try:
            found = self._place(digest).stat()
        except FileNotFoundError:
            raise KeyError(digest) from None
        except OSError as error:
            raise storage_failure(error, self._place(digest)) from error
        note = self._notes.read(digest)
        stored_at = datetime.fromtimestamp(found.st_mtime, UTC)
        return ObjectStat(_reference(digest, found.st_size), stored_at, note.until, note.mode, note.held)

    def faults(self, ref: ObjectRef) -> tuple[Reason, ...]:
        if ref != _reference(ref.digest, ref.size_bytes):
            return (Reason("object_version_missing"),)
        try:
            its = self.stat(ref.digest)
        except KeyError:
            return ()
        except IntegrityError as error:
            return (Reason(error.code),)
        short = self._retention is not None and not is_retained(its, self._retention)
        return (Reason("retention_missing"),) if short else ()

    def retain(self, digest: Digest, until: datetime, mode: RetentionMode) -> None:
        its = self.stat(digest)
        self._notes.write(digest, Note(*prolonged(its, until, mode), its.held))

    def hold(self, digest: Digest, on: bool) -> None:
        its = self.stat(digest)
        self._notes.write(digest, Note(its.retain_until, its.mode, held=on))

    def remove(self, ref: ObjectRef) -> None:
        its = self.stat(ref.digest)
        if its.held:
            raise OperatorError("object_held", digest=ref.digest)
        if its.retain_until is not None and its.retain_until > self._clock.now():
            raise OperatorError("object_retained", digest=ref.digest, until=its.retain_until.isoformat())
        place = self._place(ref.digest)
        try:
            place.unlink()
            flush(place.parent)
        except OSError as error:
            raise storage_failure(error, place) from error
        self._notes.forget(ref.digest)

    def presigned(self, digest: Digest, expires_s: int) -> str | None:
        del digest, expires_s
        return None

    def digests(self) -> Iterator[Digest]:
        for shard in _listing(self._root):
            if _SHARD.fullmatch(shard.name) and shard.is_dir():
                yield from (Digest(entry.name) for entry in _listing(shard) if _is_object(entry))

    def discard_unfinished(self) -> int:
        leftovers = [*_listing(self._incoming), *self._notes.unfinished()]
        for leftover in leftovers:
            try:
                leftover.unlink(missing_ok=True)
            except OSError as error:
                raise storage_failure(error, leftover) from error
        return len(leftovers)

    def strays(self) -> Iterator[str]:
        for entry in _listing(self._root):
            if entry.name == _KEEPING:
                yield from (f"{_KEEPING}/{note.name}" for note in _listing(entry) if not _DIGEST.fullmatch(note.name))
            elif entry.name == _INCOMING or (_SHARD.fullmatch(entry.name) and entry.is_dir()):
                inside = (found for found in _listing(entry) if not _is_object(found))
                yield from (found.relative_to(self._root).as_posix() for found in inside)
            else:
                yield entry.name

    def _place(self, digest: Digest) -> Path:
        # A digest is never used as a path unless it is one: it may have come from a request or a damaged record.
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._root / digest[:2] / digest

    def _open(self, digest: Digest) -> BinaryIO:
        place = self._place(digest)
        try:
            return place.open("rb")
        except FileNotFoundError:
            raise KeyError(digest) from None
        except OSError as error:
            raise storage_failure(error, place) from error

    def _publish(self, temporary: Path, digest: Digest) -> None:
        place = self._place(digest)
        if not place.parent.is_dir():
            place.parent.mkdir(exist_ok=True)
            flush(self._root)
        try:
            os.link(temporary, place)  # 3
        except FileExistsError:
            # Acknowledging bytes that are in truth damaged would lose them: the sender may be about to discard its own.
            self.check(digest)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if place.exists():
                self.check(digest)
            else:
                temporary.rename(place)
        flush(place.parent)  # 4


def _reference(digest: Digest, size_bytes: int) -> ObjectRef:
    return ObjectRef(BUCKET, f"{digest[:2]}/{digest}", ONLY_VERSION, digest, size_bytes)


def _copy(source: BinaryIO, target: BinaryIO) -> tuple[Digest, int]:
    """Copy to the end of `source`; returns digest and size of what was written."""
    hashing, size_bytes = hashlib.sha256(), 0
    while chunk := _read(source):
        hashing.update(chunk)
        size_bytes += len(chunk)
        target.write(chunk)
    target.flush()
    return Digest(hashing.hexdigest()), size_bytes


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK_BYTES)
    except OSError as error:
        raise InputRefused("source_unreadable", detail=error.strerror or str(error)) from error


def _is_object(entry: Path) -> bool:
    return (
        _DIGEST.fullmatch(entry.name) is not None
        and entry.parent.name == entry.name[:2]
        and entry.is_file()
        and not entry.is_symlink()
    )


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_failure(error, folder) from error
