"""Whole numbers: axles, demerit points, speeds, masses, years. Decimal digits without leading zeros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.model import Kind
from pipeline.ocr.grammar.characters import DIGITS, all_digits, as_digits, plain_ascii, tidy
from pipeline.ocr.grammar.dates import PIVOT_YEAR
from pipeline.ocr.grammar.normal import Normal, best_first, repaired

_UNIT: Final = {
    Kind.SPEED: re.compile(r"\s?(?:km ?[/.]? ?h|kmh|k/h)\.?$"),
    Kind.MASS: re.compile(r"\s?(?:kgs?|kilos?)\.?$"),
    Kind.INTEGER: re.compile(r"\s?(?:essieux?|axles?|points?|pts?)\.?$"),
}
_USUAL: Final = {Kind.SPEED: (5, 299), Kind.MASS: (100, 150_000), Kind.INTEGER: (0, 99)}
"""Outside of these a number is read, with a lower fit."""
_GROUPS: Final = re.compile(r"^\S{1,3}(?:[ ,.']\S{3})+$")
MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class IntegerGrammar:
    """A whole number of a kind, its unit written or not."""

    kind: Kind
    comb: bool = False

    @property
    def alphabet(self) -> str:
        return DIGITS if self.comb or self.kind is Kind.INTEGER else DIGITS + " "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        plain = tidy(text)
        unit = _UNIT[self.kind].search(plain_ascii(plain))
        # Accents fold to one character each, so that lengths agree for all that a unit can be written with.
        bare = plain[: unit.start()] if unit and len(plain_ascii(plain)) == len(plain) else plain
        bare = bare.strip(" .,;:'\"")
        spaces = 0
        if _GROUPS.match(bare):
            joined = re.sub(r"[ ,.']", "", bare)
        else:
            joined = bare.replace(" ", "")
            spaces = bare.count(" ")
        digits, turned = as_digits(joined)
        if not all_digits(digits) or len(digits) > MAX_DIGITS:
            return ()
        lowest, highest = _USUAL[self.kind]
        fit = 1.0 if lowest <= int(digits) <= highest else 0.4
        return (repaired(str(int(digits)), fit, turned + (0 if self.comb else spaces)),)


@dataclass(frozen=True, slots=True)
class YearGrammar:
    """A year of four digits; two digits are understood with a lower fit."""

    @property
    def alphabet(self) -> str:
        return DIGITS

    def normalise(self, text: str) -> tuple[Normal, ...]:
        digits, repairs = as_digits(tidy(text).replace(" ", "").strip(".,;:'\"-"))
        return best_first(_years(digits, repairs)) if all_digits(digits) else ()


def _years(digits: str, repairs: int) -> Iterator[Normal]:
    if len(digits) == 4 and 1900 <= int(digits) <= 2099:
        yield repaired(digits, 1.0, repairs)
    elif len(digits) == 2:
        yield repaired(str((2000 if int(digits) < PIVOT_YEAR else 1900) + int(digits)), 0.6, repairs)
