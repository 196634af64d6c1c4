"""The write-once object store of the one-machine deployment: a directory, one file an object, named by its SHA-256.

    objects/3f/3f9a...   the objects, read-only, in 256 folders by the first two digits
    objects/incoming/    what is being written; anything found here after a kill was never acknowledged

Storing is: (1) write to a file of its own in `incoming`, hashing; (2) make it read-only and fsync it; (3) link it
under its digest, which fails rather than overwrites; (4) fsync the folder; (5) unlink the name in `incoming`. A kill or
a power cut between any two steps leaves the object either whole under its name or absent from it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import InputRefused, IntegrityError
from pipeline.model import Digest
from pipeline.storage.failures import storage_failure

_CHUNK_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_INCOMING = "incoming"
_OBJECT_MODE = 0o440
# FAT, exFAT and some network file systems know no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class DirectoryStore:
    """Fills the `ObjectStore` port. Several processes may write to one directory at once."""

    def __init__(self, root: Path) -> None:
        """Opens the store, creating its folder when it is not there. Nothing else is touched.

        Raises:
            OperatorError: `read_only` when the folder is missing and may not be created.
            Unavailable: no space, input/output error.
        """
        self._root = root
        self._incoming = root / _INCOMING
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            # A store that may only be read is still good for reading.
            if not root.is_dir():
                raise storage_failure(error, root) from error

    def put(self, source: BinaryIO) -> Digest:
        try:
            handle, name = tempfile.mkstemp(dir=self._incoming)
        except OSError as error:
            raise storage_failure(error, self._incoming) from error
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                digest = _copy(source, target)  # 1
                os.fchmod(target.fileno(), _OBJECT_MODE)  # 2
                os.fsync(target.fileno())
            self._publish(temporary, digest)
        except OSError as error:
            raise storage_failure(error, self._root) from error
        finally:
            temporary.unlink(missing_ok=True)  # 5
        return digest

    def get(self, digest: Digest) -> bytes:
        with self._open(digest) as stored:
            try:
                data = stored.read()
            except OSError as error:
                raise storage_failure(error, stored.name) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise IntegrityError("object_altered", digest=digest)
        return data

    def check(self, digest: Digest) -> int:
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
        place = self._place(digest)
        if not place.is_file():
            raise KeyError(digest)
        return place

    def exists(self, digest: Digest) -> bool:
        return self._place(digest).is_file()

    def digests(self) -> Iterator[Digest]:
        for shard in _listing(self._root):
            if _SHARD.fullmatch(shard.name) and shard.is_dir():
                yield from (Digest(entry.name) for entry in _listing(shard) if _is_object(entry))

    def discard_unfinished(self) -> int:
        leftovers = _listing(self._incoming)
        for leftover in leftovers:
            try:
                leftover.unlink(missing_ok=True)
            except OSError as error:
                raise storage_failure(error, leftover) from error
        return len(leftovers)

    def strays(self) -> Iterator[str]:
        for entry in _listing(self._root):
            if entry.name == _INCOMING or (_SHARD.fullmatch(entry.name) and entry.is_dir()):
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
            _fsync_folder(self._root)
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
        _fsync_folder(place.parent)  # 4


def _copy(source: BinaryIO, target: BinaryIO) -> Digest:
    """Copy to the end of `source`; returns the digest of what was written."""
    hashing = hashlib.sha256()
    while chunk := _read(source):
        hashing.update(chunk)
        target.write(chunk)
    target.flush()
    return Digest(hashing.hexdigest())


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


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
