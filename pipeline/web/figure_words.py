"""Figures as people read them: cells of tables, and the words on plots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from pipeline.usecases.csv_text import Cell
from pipeline.usecases.figure_tables import Column, Unit
from pipeline.web.words import Words


@dataclass(frozen=True, slots=True)
class FigureWords:
    """How numbers and days of figures are written in one language."""

    t: Words

    def cell(self, column: Column, value: Cell) -> str:
        """Empty where there is nothing to say."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self.t.moment(value)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, str):
            return self.t(f"figures.{column.name}.{value}") if column.unit is Unit.CODE else value
        return self.percent(value) if column.unit is Unit.SHARE else self.number(value)

    def count(self, value: float) -> str:
        return format_decimal(round(value), locale=self.t.locale)

    def counted(self, family: str, count: int) -> str:
        """What is counted, in the number that the language asks for: none is plural in English alone."""
        one = count == 1 or (count == 0 and self.t.language == "fr")
        return self.t(f"{family}{'one' if one else 'many'}")

    def number(self, value: float) -> str:
        """To a tenth where it is no whole number; of a hundred on, whole."""
        pattern = "#,##0" if abs(value) >= 100.0 or isinstance(value, int) else "#,##0.#"
        return format_decimal(value, format=pattern, locale=self.t.locale)

    def length(self, days: float) -> str:
        """`2,5 j`; less than a day in hours, less than an hour in minutes."""
        if days >= 1.0:
            return self.t("web.figures.days", days=self.number(days))
        if days * 24.0 >= 1.0:
            return self.t("web.figures.hours", hours=self.number(days * 24.0))
        return self.t("web.figures.minutes", minutes=self.count(days * 1440.0) if days * 1440.0 >= 1.0 else "< 1")

    def percent(self, value: float) -> str:
        """To a tenth of a hundredth; less than all never reads as all, nor more than nothing as none."""
        shown = min(max(value, 0.001), 0.999) if 0.0 < value < 1.0 else value
        pattern = "#,##0.# %" if self.t.language == "fr" else "#,##0.#%"
        return format_percent(shown, format=pattern, locale=self.t.locale)

    def axis_percent(self, value: float) -> str:
        return self.percent(round(value, 6))

    def day(self, value: date) -> str:
        """`27 nov. 2026`, for tables."""
        return format_date(value, "d MMM y" if self.t.language == "fr" else "MMM d, y", locale=self.t.locale)

    def short_day(self, value: date) -> str:
        """`27 nov.`, for axes."""
        return format_date(value, "d MMM" if self.t.language == "fr" else "MMM d", locale=self.t.locale)

    def heading(self, column: Column) -> str:
        """The heading of a column."""
        return self.t(f"figures.column.{column.name}")

    def is_number(self, column: Column) -> bool:
        return column.unit not in (Unit.TEXT, Unit.CODE, Unit.DAY, Unit.MOMENT)
