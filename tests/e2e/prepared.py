"""Forms that were prepared before: a cache folder of its own for a test, without drawing them all again."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config import load_settings


def forms_cache(folder: Path) -> Path:
    """A new folder that begins with what this machine's cache has. What is kept in it stays in it.

    Args:
        folder: where it is made.
    """
    cache = folder / "forms"
    cache.mkdir()
    for prepared in load_settings({}).cache_dir.glob("prepared-*"):
        made = cache / prepared.name
        made.mkdir()
        for file in prepared.iterdir():
            # The cache never writes into a file that it has.
            if not file.name.startswith("new-"):
                _linked(file, made / file.name)
    return cache


def _linked(file: Path, name: Path) -> None:
    try:
        os.link(file, name)
    except FileNotFoundError:
        return
    except OSError:
        # On another disk.
        name.write_bytes(file.read_bytes())
