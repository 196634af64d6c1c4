"""Local copies for the S3 store: what is about to be sent, and originals that must be files to be taken apart.

Each process has a folder of its own, held by a lock, so that a later run can tell a dead one's folder from one in use.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from weakref import finalize

from pipeline.errors import InputRefused
from pipeline.model import Digest
from pipeline.storage.failures import storage_failure

_CHUNK_BYTES = 1 << 20
_IN_MEMORY_BYTES = 8 << 20
_LOCK = "lock"


class Seekable(Protocol):
    """What is read from a place of its own."""

    def seek(self, offset: int, whence: int = ..., /) -> int: ...

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes ready to be sent, with their digests."""

    file: Seekable
    digest: Digest
    md5: str
    size_bytes: int


class Spool:
    """A folder of this process, made with the first need of it and gone with the process."""

    def __init__(self, root: Path, *, most_bytes: int = 2 << 30) -> None:
        """Args:
        root: where the folders of all processes are.
        most_bytes: of local copies; the one handed out last stays, whatever its size.
        """
        self._root = root
        self._most_bytes = most_bytes
        self._folder: Path | None = None
        self._copies: OrderedDict[Digest, int] = OrderedDict()

    @contextmanager
    def taken(self, source: BinaryIO) -> Iterator[Spooled]:
        """A source read to its end. Small ones stay in memory.

        Raises:
            InputRefused: `source_unreadable`.
            Unavailable: `disk_full`.
        """
        folder = self._own()
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(folder)) as target:
            sha256, md5, size_bytes = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
            try:
                while chunk := _read(source):
                    sha256.update(chunk)
                    md5.update(chunk)
                    size_bytes += len(chunk)
                    target.write(chunk)
            except OSError as error:
                raise storage_failure(error, folder) from error
            yield Spooled(target, Digest(sha256.hexdigest()), md5.hexdigest(), size_bytes)

    def copy(self, digest: Digest, download: Callable[[BinaryIO], None]) -> Path:
        """A local copy whose bytes are those of the digest; downloaded when there is none, or a damaged one.

        Args:
            download: writes the bytes of the digest, and has checked them when it returns.
        """
        place = self._own() / digest
        try:
            if digest not in self._copies or not _is_whole(place, digest):
                part = place.with_suffix(".part")
                with part.open("wb") as target:
                    download(target)
                part.replace(place)
                self._copies[digest] = place.stat().st_size
            self._copies.move_to_end(digest)
            self._shrink()
        except OSError as error:
            raise storage_failure(error, place) from error
        return place

    def discard_dead(self) -> int:
        """Remove what processes left that were killed; returns how many there were."""
        try:
            folders = sorted(self._root.iterdir())
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise storage_failure(error, self._root) from error
        dead = [folder for folder in folders if folder != self._folder and _is_dead(folder)]
        for folder in dead:
            shutil.rmtree(folder, ignore_errors=True)
        return len(dead)

    def _own(self) -> Path:
        if self._folder is None:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                folder = Path(tempfile.mkdtemp(dir=self._root))
                lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                raise storage_failure(error, self._root) from error
            finalize(self, _give_up, folder, lock)
            self._folder = folder
        return self._folder

    def _shrink(self) -> None:
        while len(self._copies) > 1 and sum(self._copies.values()) > self._most_bytes:
            oldest, _ = self._copies.popitem(last=False)
            (self._own() / oldest).unlink(missing_ok=True)


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK_BYTES)
    except OSError as error:
        raise InputRefused("source_unreadable", detail=error.strerror or str(error)) from error


def _is_whole(place: Path, digest: Digest) -> bool:
    try:
        with place.open("rb") as copy:
            return hashlib.file_digest(copy, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return False


def _is_dead(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        # Its owner is about to make the lock, or it is nothing of ours.
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _give_up(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def hashed(chunks: Iterable[bytes], target: BinaryIO | None = None) -> tuple[str, int]:
    """SHA-256 and size of what passes, written to `target` where there is one."""
    found, size_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        found.update(chunk)
        size_bytes += len(chunk)
        if target is not None:
            target.write(chunk)
    return found.hexdigest(), size_bytes
