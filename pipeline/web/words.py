"""Words, numbers, dates of one language for the pages; from the same catalogues as all messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent

from pipeline.errors import Param
from pipeline.messages import LanguageCode, catalogue, sentence
from pipeline.model import FieldValue, Kind, Language, Reason
from pipeline.usecases.page_screens import Label

_NAMES = frozenset({"field", "fields", "mark", "marks", "section"})
"""Facts of a sentence that are names of particulars."""


@lru_cache(maxsize=4)
def _locale(name: str) -> Locale:
    """Babel looks a name up anew each time, which takes longer than what is written with it."""
    return Locale.parse(name)


@dataclass(frozen=True, slots=True)
class Words:
    """What templates say things with."""

    language: LanguageCode
    label: Label

    @property
    def locale(self) -> Locale:
        return _locale("fr_CA" if self.language == "fr" else "en_CA")

    def __call__(self, code: str, **params: object) -> str:
        return sentence(code, params, language=self.language)

    def knows(self, code: str) -> bool:
        return code in catalogue(self.language)

    def reason(self, reason: Reason) -> str:
        """Why something is doubtful, particulars by their names for people."""
        return self.facts(reason.code, dict(reason.params))

    def facts(self, code: str, params: Mapping[str, Param]) -> str:
        named = {name: self._named(str(its)) if name in _NAMES else its for name, its in params.items()}
        return sentence(code, named, language=self.language)

    def _named(self, text: str) -> str:
        return ", ".join(self.particular(part) for part in text.split(", "))

    def particular(self, name: str) -> str:
        """A particular or mark by its name for people."""
        return self("value.true") if name == "true" else self.label(name, Language(self.language))

    def value(self, value: FieldValue, kind: Kind | None = None) -> str:
        """A value as people write it; a date stays as it is kept: it is compared with paper in several forms."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return self(f"web.mark.{str(value).lower()}")
        if kind is Kind.CHOICE:
            return self.particular(value)
        if value in ("present", "absent") and kind is not None:
            return self(f"web.presence.{value}")
        if kind is Kind.AMOUNT:
            return self.amount(value)
        return value

    def amount(self, value: str) -> str:
        """Dollars without their sign, which the form prints."""
        try:
            return format_decimal(value, format="#,##0.00", locale=self.locale)
        except (ValueError, ArithmeticError):
            return value

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def share(self, value: float) -> str:
        """A confidence in plain figures: `0,71`. What is less than sure never reads as 1."""
        shown = min(value, 0.99) if value < 1.0 else 1.0
        return format_decimal(shown, format="0.00", locale=self.locale)

    def percent(self, value: float) -> str:
        return format_percent(value, locale=self.locale)

    def day(self, value: date) -> str:
        return format_date(value, format="long", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """In the time of the place, to the minute."""
        pattern = "d MMM y, HH 'h' mm" if self.language == "fr" else "MMM d, y, HH:mm"
        return format_datetime(value.astimezone(), pattern, locale=self.locale)

    def exact(self, value: datetime) -> str:
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")

    def lasted(self, seconds: float) -> str:
        return format_timedelta(timedelta(seconds=seconds), threshold=1.2, locale=self.locale)
