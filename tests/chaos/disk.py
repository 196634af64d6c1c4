"""A small disk of its own, which can be filled to the last byte."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_BLOCK = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Disk:
    """Attributes:
    place: where it is mounted.
    """

    place: Path

    def fill(self) -> None:
        """No byte more can be written, whatever is freed a little later by others."""
        with suppress(OSError), self._filler.open("wb", buffering=0) as file:
            for size_bytes in (len(_BLOCK), 4096, 1):
                with suppress(OSError):
                    while file.write(_BLOCK[:size_bytes]):
                        continue

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.place / "filler"


@contextmanager
def small_disk(place: Path, *, size_mb: int, mode: str = "0700") -> Iterator[Disk]:
    """A disk in memory, mounted for the block. Whoever may not mount is told so, and the test is skipped.

    Args:
        mode: of its uppermost folder, which is root's.
    """
    place.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode={mode}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield Disk(place)
    finally:
        # Lazily: a process that was killed may be a moment about closing its files.
        subprocess.run(["umount", "-l", str(place)], check=True)
