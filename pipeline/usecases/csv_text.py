"""Lines of tables for spreadsheets, the same in every language."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from io import StringIO
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | float | date | datetime | None
FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")
"""By which a spreadsheet takes a text for a formula, and runs it."""


def csv_line(cells: Iterable[Cell]) -> str:
    """As RFC 4180 has it, ended by CR LF: a point before decimals, days and moments as ISO 8601, null as nothing.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(its) for its in cells])
    return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_BEGINS) else value
    if isinstance(value, float):
        return format(round(value, 6), "f").rstrip("0").rstrip(".")
    return value.isoformat() if isinstance(value, date) else str(value)
