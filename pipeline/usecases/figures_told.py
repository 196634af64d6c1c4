"""How old statements were when the court was told of them: days from the mail to each kind of event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipeline.custody.events import EventKind
from pipeline.custody.figures import AgeCount

AGED: Final = (EventKind.RECEIVED, EventKind.READABLE, EventKind.PUBLISHED, EventKind.REVIEWED, EventKind.ARCHIVED)
"""Kinds that are steps on a statement's way, in its order."""


@dataclass(frozen=True, slots=True)
class ToldAge:
    """Whole days from the mail to the events of a kind: the earliest, the middle one, nine in ten, the latest. All 0
    where there are none."""

    kind: EventKind
    events: int
    least: int = 0
    middle: int = 0
    nine_in_ten: int = 0
    most: int = 0


def told_ages(counts: Iterable[AgeCount]) -> tuple[ToldAge, ...]:
    """One for each of `AGED`."""
    found: dict[EventKind, list[AgeCount]] = {kind: [] for kind in AGED}
    for its in counts:
        if its.kind in found:
            found[its.kind].append(its)
    return tuple(_age(kind, sorted(its, key=lambda each: each.days)) for kind, its in found.items())


def _age(kind: EventKind, counts: list[AgeCount]) -> ToldAge:
    if not counts:
        return ToldAge(kind, 0)
    events = sum(its.events for its in counts)
    middle, nine_in_ten = _reached(counts, -(-events // 2)), _reached(counts, -(-9 * events // 10))
    return ToldAge(kind, events, counts[0].days, middle, nine_in_ten, counts[-1].days)


def _reached(counts: list[AgeCount], rank: int) -> int:
    """The age of that event, from 1, when they stand by age."""
    passed = 0
    for its in counts:
        passed += its.events
        if passed >= rank:
            return its.days
    return counts[-1].days
