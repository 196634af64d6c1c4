"""Times of day: `HH:MM`, 24 hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.model import Language
from pipeline.ocr.grammar.characters import DIGITS, all_digits, as_digits, plain_ascii, tidy
from pipeline.ocr.grammar.normal import Normal, best_first, repaired

_HALF_DAY: Final = re.compile(r"\s*([ap])\.?\s?m\.?$")
_PARTS: Final = re.compile(r"^(\S{1,2})\s?(:|h|\.|,|;|-|\s)\s?(\S{2})\s?(?:min|m|h)?\.?$")
_SECONDS: Final = re.compile(r"^(\S{1,2})[:h](\S{2}):\S{2}$")
_SEPARATOR_FIT: Final = {":": 1.0, "h": 1.0}
_OTHER_SEPARATOR_FIT: Final = 0.85


@dataclass(frozen=True, slots=True)
class TimeGrammar:
    """A time written `14:05`, `14 h 05`, `1405` or `2:05 PM`; `comb`: four cells, hours and minutes."""

    language: Language = Language.FR
    comb: bool = False

    @property
    def alphabet(self) -> str:
        if self.comb:
            return DIGITS
        return DIGITS + (":hH. " if self.language is Language.FR else ":hH. AMPamp")

    def normalise(self, text: str) -> tuple[Normal, ...]:
        plain = plain_ascii(tidy(text))
        half = _HALF_DAY.search(plain)
        bare = (plain[: half.start()] if half else plain).strip(" .,;'")
        return best_first(self._times(bare, half.group(1) if half else None))

    def _times(self, bare: str, half: str | None) -> Iterator[Normal]:
        parts = _PARTS.match(bare)
        if parts:
            separator = parts.group(2)
            fit = _SEPARATOR_FIT.get(separator, 1.0 if self.comb else _OTHER_SEPARATOR_FIT)
            yield from _time(parts.group(1), parts.group(3), half, fit)
            return
        seconds = _SECONDS.match(bare)
        if seconds:
            yield from _time(seconds.group(1), seconds.group(2), half, 0.8)
            return
        joined = bare.replace(" ", "")
        if len(joined) == 4:
            yield from _time(joined[:2], joined[2:], half, 1.0 if self.comb else 0.9)
        elif len(joined) == 3 and joined[-1] != "h":
            yield from _time(joined[:1], joined[1:], half, 0.6)
        elif joined.endswith("h") and len(joined) in (2, 3):
            yield from _time(joined[:-1], "00", half, 0.7)


def _time(hour_text: str, minute_text: str, half: str | None, fit: float) -> Iterator[Normal]:
    hour_digits, hour_repairs = as_digits(hour_text)
    minute_digits, minute_repairs = as_digits(minute_text)
    if not (all_digits(hour_digits) and all_digits(minute_digits)):
        return
    hour, minute = int(hour_digits), int(minute_digits)
    if half is not None:
        if hour > 12:
            fit *= 0.6  # 14:05 PM says it twice
        elif hour == 0:
            return
        else:
            hour = hour % 12 + (12 if half == "p" else 0)
    elif len(hour_digits) == 1:
        fit *= 0.9
    if hour <= 23 and minute <= 59:
        yield repaired(f"{hour:02d}:{minute:02d}", fit, hour_repairs + minute_repairs)
