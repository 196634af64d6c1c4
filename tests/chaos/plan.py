"""A seeded plan of faults: what befalls whom, after which share of the work; the same seed gives the same plan."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

CLERK = "intake"
"""Whoever takes in is done soon, and is to be struck before."""


class Fault(StrEnum):
    """What can happen."""

    KILL = "kill -9"
    """Of a process of ours, or of a server; it is started again a little later."""
    CUT = "cut"
    """All connections to a server are reset."""
    TEAR = "tear"
    """A connection breaks in the middle of what is being said; all the others are reset with it."""
    AWAY = "away"
    """A server cannot be reached for a while."""
    SLOW = "slow"
    """Every piece that passes waits."""
    HANG = "hang"
    """Nothing passes for a while, and nobody is told."""
    FULL = "full disk"
    """No byte can be written to a disk for a while: ours, the database's or the store's."""
    AGAIN = "messages again"
    """Messages come a second time, in another order, also those of work that is done."""


_TO_EVERYBODY = frozenset({Fault.KILL, Fault.FULL})


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault.

    Attributes:
        share: of the work that must be done before, 0.0 to 1.0.
        lasts_s: how long it lasts, or how long what was killed stays away.
        size: of what is torn in bytes.
    """

    share: float
    fault: Fault
    subject: str
    lasts_s: float
    size: int = 0

    def __str__(self) -> str:
        return f"{self.share:5.0%}  {self.fault} {self.subject} ({self.lasts_s:.1f} s)"


def plan(seed: int, count: int, possible: Mapping[Fault, Sequence[str]]) -> tuple[Planned, ...]:
    """So many faults over the work, the earliest first. Each program and server is killed, each disk is full, and each
    other fault happens to somebody, before anything comes again.

    Args:
        possible: whom each fault can befall.
    """
    chance = random.Random(seed)
    every = [(fault, subject) for fault in possible for subject in possible[fault]]
    drawn: list[tuple[Fault, str]] = [
        (fault, chance.choice(possible[fault])) for fault in possible if fault not in _TO_EVERYBODY
    ]
    drawn += [its for its in every if its[0] in _TO_EVERYBODY]
    chance.shuffle(drawn)
    while len(drawn) < count:
        drawn += chance.sample(every, len(every))
    first = drawn[:count]
    chance.shuffle(first)
    first.sort(key=lambda its: its[1] != CLERK)
    shares = sorted(chance.uniform(0.02, 0.95) for _ in first)
    return tuple(
        Planned(0.0 if subject == CLERK else share, fault, subject, chance.uniform(0.3, 1.5), chance.randrange(1, 4000))
        for share, (fault, subject) in zip(shares, first, strict=True)
    )
