"""Statement numbers, each issuer's in its own form, and court office record numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import CAPITALS, DIGITS, as_digits, joined
from pipeline.ocr.grammar.normal import Flag, Normal, best_first, repaired
from pipeline.ocr.issuers.check_digits import check_holds
from pipeline.ocr.issuers.issuer import Issuer, NumberSeries

_LABEL: Final = re.compile(r"^(?:N[°ºO][.:]?|N0?[.:]|#)(?=[0-9A-Z])", re.IGNORECASE)
"""`N°`, `No.`, `#`. N0 without a stop is left: its zero may be the number's first digit."""
_BROKEN_CHECK_FIT: Final = 0.3
_COURT_RECORD: Final = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{6}-[0-9]{3}")
"""Court of Québec: court office, court, number, year with check digit."""


@dataclass(frozen=True, slots=True)
class StatementNumberGrammar:
    """A statement number of one issuer.

    Attributes:
        known: numbers that barcodes of the same page say; a value equal to one is flagged known, any other is in doubt.
    """

    issuer: Issuer
    known: tuple[str, ...] = ()

    @property
    def alphabet(self) -> str:
        return self.issuer.characters + " "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        return best_first(self._flagged(normal) for normal in self._values(joined(text)))

    def _values(self, code: str) -> Iterator[Normal]:
        for series in self.issuer.series:
            for written, repairs in self._written(code):
                if re.fullmatch(series.pattern, written) and set(written) <= set(self.issuer.characters):
                    yield _checked(written, repairs, series)

    def _written(self, code: str) -> Iterator[tuple[str, int]]:
        """The text as it stands, then with ever more repair."""
        yield code.upper(), 0
        bare = _LABEL.sub("", code)
        yield bare.upper(), 0
        kept = "".join(char for char in bare if char in self.issuer.characters or char not in "-./,_:;'")
        dropped = len(bare) - len(kept)
        yield kept.upper(), dropped
        if self.issuer.digits_only:
            digits, turned = as_digits(kept)
            yield digits, dropped + turned

    def _flagged(self, normal: Normal) -> Normal:
        if not self.known:
            return normal
        flag = Flag.KNOWN_NUMBER if normal.value in self.known else Flag.OTHER_NUMBER
        return Normal(normal.value, normal.fit, normal.repairs, normal.flags | {flag})


def _checked(number: str, repairs: int, series: NumberSeries) -> Normal:
    holds = number.startswith(series.prefix) and check_holds(number[len(series.prefix) :], series.check_digit)
    if holds:
        return repaired(number, 1.0, repairs)
    return repaired(number, _BROKEN_CHECK_FIT, repairs, frozenset({Flag.CHECK_DIGIT}))


@dataclass(frozen=True, slots=True)
class RecordNumberGrammar:
    """The court office's record number: upper case without spaces, hyphens kept."""

    @property
    def alphabet(self) -> str:
        return DIGITS + CAPITALS + "-/ "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        bare = _LABEL.sub("", joined(text)).strip(".,;:'\"")
        code = bare.upper()
        digits, turned = as_digits(bare)
        if _COURT_RECORD.fullmatch(code):
            return (Normal(code, 1.0),)
        if _COURT_RECORD.fullmatch(digits):
            return best_first((repaired(digits, 1.0, turned), Normal(code, 0.4)))
        if re.fullmatch(r"[0-9A-Z](?:[0-9A-Z/-]*[0-9A-Z])?", code) and len(code) <= 24:
            return (Normal(code, 0.8 if any(char in DIGITS for char in code) else 0.2),)
        return ()
