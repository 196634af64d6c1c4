"""What a grammar says of a text: the normalised values it may mean, and how well it obeys without repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

REPAIR_FACTOR: Final = 0.8
"""Each repaired character multiplies the fit; three repairs halve it."""


class Flag(StrEnum):
    """What a person should know of a value although it obeys; the ones in `BLOCKING` keep it from being accepted."""

    AMBIGUOUS = "ambiguous"
    CHECK_DIGIT = "check_digit"
    OTHER_NUMBER = "other_number"
    KNOWN_NUMBER = "known_number"
    FOREIGN = "foreign"


BLOCKING: Final = frozenset({Flag.AMBIGUOUS, Flag.CHECK_DIGIT, Flag.OTHER_NUMBER})


@dataclass(frozen=True, slots=True)
class Normal:
    """One value that a text may mean.

    Attributes:
        value: normalised form.
        fit: 0.0 to 1.0, how well the text obeys; 1.0 for an ordinary written form without repair.
        repairs: characters replaced or dropped to make it obey; they have lowered the fit already.
        flags: facts of the value that a reviewer needs.
    """

    value: str
    fit: float
    repairs: int = 0
    flags: frozenset[Flag] = frozenset()


class FieldGrammar(Protocol):
    """What one field may say."""

    @property
    def alphabet(self) -> str | None:
        """The characters of its written forms, for a limited decode; null when a limit would only mislead."""
        ...

    def normalise(self, text: str) -> tuple[Normal, ...]:
        """The values the text may mean, best first, each once; empty when it obeys in no way. Never raises."""
        ...


def repaired(value: str, base_fit: float, repairs: int, flags: frozenset[Flag] = frozenset()) -> Normal:
    """A value whose base fit is lowered by its repairs."""
    return Normal(value, round(base_fit * REPAIR_FACTOR**repairs, 4), repairs, flags)


def best_first(normals: Iterable[Normal]) -> tuple[Normal, ...]:
    """Each value once, at its best fit, best first; the order given decides between equals."""
    best: dict[str, Normal] = {}
    for normal in normals:
        held = best.get(normal.value)
        if held is None or normal.fit > held.fit:
            best[normal.value] = normal
    return tuple(sorted(best.values(), key=lambda normal: -normal.fit))
