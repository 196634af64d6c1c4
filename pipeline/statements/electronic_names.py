"""Names of files of electronic statements: by them they are told from paper, which needs nothing that reads them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

ONE, LINES = ".electronic.json", ".electronic.jsonl"
"""How the names of registered files end; paper that comes in under such a name is not taken in."""
_LONGEST_STEM: Final = 150


def registered_name(name: str, *, lines: bool) -> str:
    """The name that a file of electronic statements is kept under."""
    stem = PurePosixPath(name.replace("\\", "/")).name
    for ending in (ONE, LINES, ".json", ".jsonl", ".ndjson"):
        stem = stem.removesuffix(ending)
    return (stem[:_LONGEST_STEM] or "statement") + (LINES if lines else ONE)


def is_registered_name(name: str) -> bool:
    return name.endswith((ONE, LINES))


def is_of_lines(name: str) -> bool:
    """Whether a file, by its name, has a statement a line."""
    return name.lower().endswith((".jsonl", ".ndjson"))
