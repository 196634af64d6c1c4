"""Dates: `YYYY-MM-DD`. Day and month in doubtful order are reported both ways, never chosen silently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Final

from pipeline.model import Language
from pipeline.ocr.grammar.characters import DIGITS, all_digits, as_digits, plain_ascii, tidy
from pipeline.ocr.grammar.normal import Flag, Normal, best_first, repaired

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2099
PIVOT_YEAR: Final = 40
"""Two-digit years below it are of this century: offences are recent; births report both centuries."""
_MONTHS: Final = {
    1: ("janvier", "january", "janv", "jan"),
    2: ("fevrier", "february", "fevr", "fev", "feb"),
    3: ("mars", "march", "mar"),
    4: ("avril", "april", "avr", "apr"),
    5: ("mai", "may"),
    6: ("juin", "june", "jun"),
    7: ("juillet", "july", "juil", "jul"),
    8: ("aout", "august", "aug"),
    9: ("septembre", "september", "sept", "sep"),
    10: ("octobre", "october", "oct"),
    11: ("novembre", "november", "nov"),
    12: ("decembre", "december", "dec"),
}
_MONTH_OF: Final = {name: month for month, names in _MONTHS.items() for name in names}
_SEPARATOR: Final = re.compile(r"[\s/\\.,:-]+")
_EDGE: Final = " .,;:'\"-/\\"
_SLASH_AS_DIGIT: Final = "17"
"""What a written stroke between the numbers is read as when only digits are allowed."""


@dataclass(frozen=True, slots=True)
class DateGrammar:
    """A date entered in any usual way.

    Attributes:
        language: of the form; decides which reading of an ambiguous day and month comes first.
        comb: the space has eight cells: year, month, day.
        birth: two-digit years may be of either century.
    """

    language: Language = Language.FR
    comb: bool = False
    birth: bool = False

    @property
    def alphabet(self) -> str:
        return DIGITS if self.comb else DIGITS + "-/. "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        plain = plain_ascii(tidy(text)).strip(_EDGE)
        plain = re.sub(r"^le ", "", plain)
        tokens = [token for token in _SEPARATOR.split(plain) if token]
        joined = "".join(tokens)
        digits, repairs = as_digits(joined)
        found: list[Normal] = []
        if len(tokens) == 3:
            found += self._three(tokens)
        elif all_digits(digits):
            found += self._run(digits, repairs)
        found += self._worded(plain)
        return _with_doubt(best_first(found))

    def _three(self, tokens: list[str]) -> Iterator[Normal]:
        """Three numbers with separators, in any order that people use."""
        turned = [as_digits(token) for token in tokens]
        parts = [digits for digits, _ in turned]
        repairs = sum(count for _, count in turned)
        if not all(all_digits(part) for part in parts):
            return
        yield from self._orders(parts, 1.0, repairs)

    def _run(self, digits: str, repairs: int) -> Iterator[Normal]:
        """Digits without separators: eight, six, or ten where two strokes were read as digits."""
        lone = 1.0 if self.comb else 0.9
        if len(digits) == 8:
            yield from self._orders([digits[:4], digits[4:6], digits[6:]], lone, repairs)
            yield from self._orders([digits[:2], digits[2:4], digits[4:]], 0.7, repairs)
        elif len(digits) == 6:
            yield from self._orders([digits[:2], digits[2:4], digits[4:]], 0.5, repairs)
        elif len(digits) == 10 and not self.comb:
            for first, second in ((2, 5), (4, 7)):
                if digits[first] in _SLASH_AS_DIGIT and digits[second] in _SLASH_AS_DIGIT:
                    parts = [digits[:first], digits[first + 1 : second], digits[second + 1 :]]
                    yield from self._orders(parts, 0.8, repairs + 2)

    def _orders(self, parts: list[str], base: float, repairs: int) -> Iterator[Normal]:
        first, middle, last = parts
        if len(middle) > 2 or min(len(first), len(last)) > 2:
            return
        day_first = 1.0 if self.language is Language.FR else 0.9
        if len(first) == 4:
            yield from self._date(first, middle, last, base, repairs)
        elif len(last) == 4:
            yield from self._date(last, middle, first, base * 0.95 * day_first, repairs)
            yield from self._date(last, first, middle, base * 0.95 * (1.9 - day_first), repairs)
        elif len(first) == len(last) == 2:
            year_first = 0.8 if self.comb else 0.65
            yield from self._date(first, middle, last, base * year_first, repairs)
            yield from self._date(last, middle, first, base * 0.7 * day_first, repairs)
            yield from self._date(last, first, middle, base * 0.7 * (1.9 - day_first), repairs)
        elif len(last) == 2:
            yield from self._date(last, middle, first, base * 0.7 * day_first, repairs)
            yield from self._date(last, first, middle, base * 0.7 * (1.9 - day_first), repairs)

    def _date(self, year: str, month: str, day: str, fit: float, repairs: int) -> Iterator[Normal]:
        if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
            return
        for full in self._years(year):
            value = _valid(full, int(month), int(day))
            if value is not None:
                yield repaired(value, fit, repairs)

    def _years(self, year: str) -> tuple[int, ...]:
        number = int(year)
        if len(year) == 4:
            return (number,)
        if self.birth:
            return (1900 + number, 2000 + number)
        return (2000 + number,) if number < PIVOT_YEAR else (1900 + number,)

    def _worded(self, plain: str) -> Iterator[Normal]:
        """`14 mars 2026`, `1er avril 2026`, `March 14, 2026`, `14MAR2026`."""
        words = re.findall(r"[a-z]{3,}", plain)
        months = [(word, _MONTH_OF[word]) for word in words if word in _MONTH_OF]
        if len(months) != 1:
            return
        word, month = months[0]
        before, _, after = plain.partition(word)
        numbers = [re.sub(r"(er|st|nd|rd|th|e)$", "", part) for part in _SEPARATOR.split(f"{before} {after}") if part]
        turned = [as_digits(number) for number in numbers]
        if len(turned) != 2 or not all(all_digits(digits) for digits, _ in turned):
            return
        repairs = sum(count for _, count in turned)
        (first, _), (second, _) = turned
        for year, day in ((second, first), (first, second)):
            if len(year) == 4:
                yield from self._date(year, str(month), day, 1.0, repairs)
        if len(first) <= 2 and len(second) == 2:
            yield from self._date(second, str(month), first, 0.8, repairs)


def _valid(year: int, month: int, day: int) -> str | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _with_doubt(normals: tuple[Normal, ...]) -> tuple[Normal, ...]:
    """Two values from the same characters are a doubt about the date, not a choice to make here."""
    if len(normals) < 2:
        return normals
    return tuple(
        Normal(normal.value, round(normal.fit * 0.65, 4), normal.repairs, normal.flags | {Flag.AMBIGUOUS})
        for normal in normals
    )


def written_forms(day: date) -> tuple[str, ...]:
    """Usual ways to write a date without doubt about it; what the grammar must give back.

    Day and month as numbers are left out where they could be exchanged.
    """
    numeric = (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day:%Y %m %d}", f"{day:%Y/%m/%d}")
    worded = tuple(
        form.format(day=day.day, month=name, year=f"{day:%Y}")
        for form, name in product(("{day} {month} {year}", "{month} {day}, {year}"), _MONTHS[day.month])
    )
    plain = (f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}") if day.day > 12 or day.day == day.month else ()
    return numeric + worded + plain
