"""What processes use, by what the system counts: processor seconds of a process and all it started, memory of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Counted:
    """A process. `cpu_s`: its own, with that of its children that have ended."""

    pid: int
    parent: int
    cpu_s: float
    resident_bytes: int


def counted() -> dict[int, Counted]:
    """All processes of this machine, by number."""
    return {its.pid: its for its in _all()}


def tree(root: int, among: dict[int, Counted]) -> tuple[Counted, ...]:
    """A process and those that descend from it, itself first."""
    if root not in among:
        return ()
    below = (tree(its.pid, among) for its in among.values() if its.parent == root)
    return (among[root], *(each for found in below for each in found))


def cpu_s(root: int, among: dict[int, Counted]) -> float:
    """Of a process and all that descend from it."""
    return sum(its.cpu_s for its in tree(root, among))


def _all() -> Iterator[Counted]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            # It may end meanwhile.
            with suppress(OSError):
                facts = (folder / "stat").read_text().rpartition(")")[2].split()
                yield Counted(
                    int(folder.name),
                    int(facts[1]),
                    _TICK_S * sum(map(int, facts[11:15])),
                    _PAGE_BYTES * int(facts[21]),
                )
