"""Bags on disk (BagIt 1.0, RFC 8493), written whole or not at all. Fills `BagWriter` and `BagFiles`.

    NAME.partial-XXXX/   while it is being written; a kill leaves it, and nothing under NAME
    NAME/                bagit.txt, bag-info.txt, two manifests, two tag manifests, data/

Steps: (1) a new folder beside the target; (2) payload files, each with fsync; (3) tag files; (4) validation by
bagit-python, which reads everything again; (5) fsync of the folders; (6) rename.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePosixPath

import bagit

from pipeline.errors import IntegrityError, InvariantBroken, OperatorError
from pipeline.evidence.bag_tags import ALGORITHMS, BAGIT_TXT, info_text, manifest_text
from pipeline.model import Digest
from pipeline.ports import Clock
from pipeline.storage.durable import flush
from pipeline.storage.failures import storage_failure

_CHUNK_BYTES = 1 << 20
_FOLDER_MODE = 0o750


class BagFolders:
    """Fills `BagWriter`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @contextmanager
    def bag(self, folder: Path, *, info: Mapping[str, str]) -> Iterator[_Draft]:
        if os.path.lexists(folder):
            raise OperatorError("exists", path=str(folder))
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))  # 1
        except OSError as error:
            raise storage_failure(error, folder.parent) from error
        try:
            draft = _Draft(work)
            yield draft  # 2
            draft.close(info, self._clock.now().astimezone().date())  # 3
            _validate(work)  # 4
            _publish(work, folder)  # 5, 6
        except OSError as error:
            raise storage_failure(error, folder) from error
        finally:
            # Gone already when all went well.
            shutil.rmtree(work, ignore_errors=True)


class _Draft:
    """Fills `BagDraft`: remembers the digests of what it writes."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._payload: dict[str, Mapping[str, str]] = {}
        self._size_bytes = 0

    def add(self, path: str, data: bytes) -> Digest:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\\" in path:
            raise InvariantBroken("path_outside_package", path=path)
        name = f"data/{path}"
        if name in self._payload:
            raise InvariantBroken("path_taken", path=path)
        self._payload[name] = self._write(name, data)
        self._size_bytes += len(data)
        return Digest(self._payload[name]["sha256"])

    def close(self, info: Mapping[str, str], day: date) -> None:
        """Write the tag files."""
        oxum = {"Bagging-Date": day.isoformat(), "Payload-Oxum": f"{self._size_bytes}.{len(self._payload)}"}
        tags = {"bagit.txt": BAGIT_TXT, "bag-info.txt": info_text({**info, **oxum})}
        for algorithm in ALGORITHMS:
            listed = {name: digests[algorithm] for name, digests in self._payload.items()}
            tags[f"manifest-{algorithm}.txt"] = manifest_text(listed)
        written = {name: self._write(name, text.encode("utf-8")) for name, text in tags.items()}
        for algorithm in ALGORITHMS:
            listed = {name: digests[algorithm] for name, digests in written.items()}
            self._write(f"tagmanifest-{algorithm}.txt", manifest_text(listed).encode("utf-8"))

    def _write(self, name: str, data: bytes) -> Mapping[str, str]:
        path = self._work / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                target.write(data)
                target.flush()
                os.fsync(target.fileno())
        except OSError as error:
            raise storage_failure(error, path) from error
        return {algorithm: hashlib.new(algorithm, data).hexdigest() for algorithm in ALGORITHMS}


def _validate(work: Path) -> None:
    """By a program that others use too, from what is on disk now."""
    # It tells each finding to the log, beside raising it.
    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    try:
        bagit.Bag(str(work)).validate()
    except bagit.BagError as error:
        raise IntegrityError("bag_not_valid", detail=str(error)) from error


def _publish(work: Path, folder: Path) -> None:
    for inside, _, _ in os.walk(work):
        Path(inside).chmod(_FOLDER_MODE)
        flush(Path(inside))
    if os.path.lexists(folder):
        # Renaming onto an empty folder would replace it.
        raise OperatorError("exists", path=str(folder))
    work.rename(folder)
    flush(folder.parent)


class FolderFiles:
    """Fills `BagFiles` for a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        found: list[str] = []
        for inside, folders, files in os.walk(self._folder, followlinks=False):
            links = [name for name in folders if (Path(inside) / name).is_symlink()]
            found += [(Path(inside) / name).relative_to(self._folder).as_posix() for name in (*files, *links)]
        return iter(sorted(found))

    def read(self, name: str) -> bytes:
        try:
            return self._file(name).read_bytes()
        except OSError as error:
            raise storage_failure(error, name) from error

    def digests(self, name: str) -> Mapping[str, str]:
        path = self._file(name)
        hashing = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}
        size_bytes = 0
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    size_bytes += len(chunk)
                    for each in hashing.values():
                        each.update(chunk)
        except OSError as error:
            raise storage_failure(error, name) from error
        return {algorithm: each.hexdigest() for algorithm, each in hashing.items()} | {"size": str(size_bytes)}

    def _file(self, name: str) -> Path:
        """A regular file within the folder: a link could lead anywhere. Raises KeyError."""
        path = self._folder / name
        if ".." in PurePosixPath(name).parts or path.is_symlink() or not path.is_file():
            raise KeyError(name)
        return path
