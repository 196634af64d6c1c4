"""Check digits of statement numbers: the last digit confirms the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CheckDigit(StrEnum):
    """How the last digit follows from the others; `none` when the issuer has no check digit."""

    NONE = "none"
    LUHN = "luhn"
    MOD10_731 = "mod10_731"
    MOD11 = "mod11"


def luhn(digits: str) -> int | None:
    """ISO/IEC 7812-1, Annex B: every second digit from the right doubled, nines cast out."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def mod10_731(digits: str) -> int | None:
    """Weights 7, 3, 1 repeated from the left; the sum's last digit (ICAO 9303, part 3, 4.9)."""
    return sum(int(char) * (7, 3, 1)[place % 3] for place, char in enumerate(digits)) % 10


def mod11(digits: str) -> int | None:
    """Weights 2 to 7 repeated from the right; null where the digit would be ten: such numbers are not issued."""
    rest = -sum(int(char) * (2 + place % 6) for place, char in enumerate(reversed(digits))) % 11
    return rest if rest < 10 else None


_ALGORITHMS: Final[Mapping[CheckDigit, Callable[[str], int | None]]] = MappingProxyType(
    {CheckDigit.LUHN: luhn, CheckDigit.MOD10_731: mod10_731, CheckDigit.MOD11: mod11}
)


def check_holds(number: str, algorithm: CheckDigit) -> bool:
    """Whether the number's last digit follows from its other digits; letters and hyphens do not count."""
    algorithm_of = _ALGORITHMS.get(algorithm)
    if algorithm_of is None:
        return True
    digits = "".join(char for char in number if char in "0123456789")
    return len(digits) >= 2 and algorithm_of(digits[:-1]) == int(digits[-1])


def with_check_digit(digits: str, algorithm: CheckDigit) -> str | None:
    """The digits followed by their check digit; null where the algorithm gives none for them."""
    algorithm_of = _ALGORITHMS.get(algorithm)
    if algorithm_of is None:
        return digits
    check = algorithm_of(digits)
    return None if check is None else f"{digits}{check}"
