"""What is kept between runs to save time: a folder of files, each led by the digest of what follows.

Nothing depends on it. It may be removed at any moment, lie on a full disk or be damaged: what cannot be read is made
anew. Files of one edition of the program are never read by another.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from importlib import metadata, resources
from pathlib import Path

_DIGEST_BYTES = 32
_FOLDER = re.compile(r"prepared-[0-9a-f]{16}")
"""Nothing else is ever removed from the root: an operator may have named a folder that holds other things."""
_UNUSED_S = 30 * 86_400.0
"""An edition that wrote nothing for so long is gone, or can make its files anew."""


class FileCache:
    """Fills the `Cache` port. Several processes may use one folder at once."""

    def __init__(self, root: Path, edition: str) -> None:
        """Args:
        root: the folder; made when something is first kept.
        edition: names whatever the kept bytes depend on beside their key, see `edition_of`.
        """
        self._root = root
        self._folder = root / f"prepared-{sha256(edition.encode()).hexdigest()[:16]}"

    def get(self, key: str) -> bytes | None:
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        kept = data[_DIGEST_BYTES:]
        return kept if sha256(key.encode() + kept).digest() == data[:_DIGEST_BYTES] else None

    def put(self, key: str, data: bytes) -> None:
        with contextlib.suppress(OSError):
            if not self._folder.is_dir():
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._drop_unused()
                self._folder.mkdir(mode=0o700, exist_ok=True)
            self._write(self._path(key), sha256(key.encode() + data).digest() + data)

    def _path(self, key: str) -> Path:
        return self._folder / sha256(key.encode()).hexdigest()

    def _write(self, path: Path, data: bytes) -> None:
        """Whole or not at all; not fsynced, because a file that a power cut spoils is told by its digest."""
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as target:
                target.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _drop_unused(self) -> None:
        for folder in self._root.iterdir():
            if _FOLDER.fullmatch(folder.name) and time.time() - folder.stat().st_mtime > _UNUSED_S:
                shutil.rmtree(folder, ignore_errors=True)


def edition_of(packages: Sequence[str], distributions: Sequence[str]) -> str:
    """Digests of the source files of these packages and versions of these distributions: another one, other results."""
    named = [f"{name} {metadata.version(name)}" for name in distributions]
    for package in packages:
        files = sorted(
            (file for file in resources.files(package).iterdir() if file.name.endswith(".py")), key=lambda f: f.name
        )
        named += [f"{package} {file.name} {sha256(file.read_bytes()).hexdigest()}" for file in files]
    return "\n".join(named)
