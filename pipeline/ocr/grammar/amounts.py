"""Amounts of money: integer cents inside, a decimal string in dollars outside (`"162.00"`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pipeline.ocr.grammar.characters import DIGITS, all_digits, as_digits, tidy
from pipeline.ocr.grammar.normal import Flag, Normal, best_first, repaired

MAX_DOLLAR_DIGITS: Final = 9
_SIGN: Final = re.compile(r"^(?:CAD|CA)?\s*\$\s*|\s*(?:\$\s*(?:CA|CAD)?|CAD|dollars?)\.?$", re.IGNORECASE)
_DASHES: Final = str.maketrans({"\u2013": "-", "\u2014": "-"})
_GROUPED: Final = re.compile(r"^\S{1,3}(?:([ ,.'])\S{3})(?:\1\S{3})*$")
_BASE_FIT: Final = {",": 1.0, ".": 1.0, "-": 0.9, " ": 0.7}
"""By what stands between dollars and cents."""


@dataclass(frozen=True, slots=True)
class AmountGrammar:
    """An amount in dollars; `comb`: the last two of the cells are the cents, so that no separator is written."""

    comb: bool = False

    @property
    def alphabet(self) -> str:
        return DIGITS if self.comb else DIGITS + ",.$ "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        plain = tidy(text).translate(_DASHES)
        bare = _SIGN.sub("", _SIGN.sub("", plain)).strip()
        if self.comb:
            bare = bare.replace(" ", "")
        found = best_first(
            repaired(format_cents(cents), fit, repairs + dropped)
            for text, dropped in _without_a_misread_sign(bare)
            for cents, fit, repairs in self._amounts(text, signed=bare != plain)
        )
        doubt = frozenset({Flag.AMBIGUOUS}) if len(found) > 1 else frozenset()
        return tuple(replace(normal, flags=normal.flags | doubt) for normal in found)

    def _amounts(self, bare: str, *, signed: bool) -> Iterator[tuple[int, float, int]]:
        with_cents = re.match(r"^(.+?)\s?([,.\- ])\s?(\S{2})$", bare)
        if with_cents:
            dollars, repairs = _dollars(with_cents.group(1))
            cents, cent_repairs = as_digits(with_cents.group(3))
            if dollars is not None and all_digits(cents):
                separator = with_cents.group(2)
                fit = 1.0 if self.comb else _BASE_FIT[separator]
                yield int(dollars) * 100 + int(cents), fit, repairs + cent_repairs
                return
        dollars, repairs = _dollars(bare)
        if dollars is None:
            return
        if self.comb:
            if len(dollars) >= 3:
                yield int(dollars), 1.0, repairs
        elif len(dollars) >= 5 and bare.replace(" ", "").isalnum():
            # 16200: the separator may have been lost
            yield int(dollars), 0.4, repairs
            yield int(dollars) * 100, 0.4, repairs
        else:
            yield int(dollars) * 100, 0.8 if signed else 0.6, repairs


def _without_a_misread_sign(bare: str) -> Iterator[tuple[str, int]]:
    """The text, and without an S that may be a dollar sign: `S162.00`, `162,00 S`."""
    yield bare, 0
    if bare[:1] in ("S", "s"):
        yield bare[1:].strip(), 1
    if bare[-1:] in ("S", "s"):
        yield bare[:-1].strip(), 1


def _dollars(text: str) -> tuple[str | None, int]:
    """Digits of the whole dollars with their thousands separators removed, and the repairs; null if they are none."""
    joined = text
    grouped = _GROUPED.match(text)
    if grouped:
        joined = text.replace(grouped.group(1), "")
    repairs = 0
    if not grouped and " " in text:
        joined = text.replace(" ", "")
        repairs = text.count(" ")
    digits, turned = as_digits(joined)
    if not all_digits(digits) or len(digits) > MAX_DOLLAR_DIGITS:
        return None, 0
    return digits, repairs + turned


def format_cents(cents: int) -> str:
    """`16200` -> `"162.00"`. Cents are 0 or more."""
    return f"{cents // 100}.{cents % 100:02d}"


def parse_cents(value: str) -> int:
    """Cents of a normalised amount such as `"162.00"`.

    Raises:
        ValueError: the text is no normalised amount.
    """
    if not re.fullmatch(r"[0-9]+\.[0-9]{2}", value):
        raise ValueError(f"not a normalised amount: {value!r}")
    return int(value.replace(".", ""))


def written_forms(cents: int) -> tuple[str, ...]:
    """Usual ways to write an amount with its cents; what the grammar must give back."""
    dollars, rest = divmod(cents, 100)
    return (
        f"{dollars},{rest:02d}",
        f"{dollars}.{rest:02d} $",
        f"${dollars:,}.{rest:02d}",
        f"{dollars:,}".replace(",", " ") + f",{rest:02d} $",
        f"{dollars}-{rest:02d}",
    )
