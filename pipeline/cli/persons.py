"""Who acts on paper: the name given, and the account whatever was given."""

from __future__ import annotations

import re

from pipeline.cli.intake import account_name
from pipeline.custody import plain_text
from pipeline.custody.boxes import Person
from pipeline.errors import OperatorError

_RANGE = re.compile(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?")
MOST_SHEETS = 100_000


def person(by: str | None) -> Person:
    """Whoever runs the command, under the name given."""
    account = account_name()
    return Person(plain_text(by or "") or account, account)


def said(text: str) -> str:
    """Words of a person: a reason, a place. Raises OperatorError `words_missing` when there are none."""
    plain = plain_text(text)
    if not plain:
        raise OperatorError("words_missing")
    return plain


def sheet_numbers(text: str) -> tuple[int, ...]:
    """`1-3,7` -> 1, 2, 3, 7. Raises OperatorError `bad_sheets`."""
    return tuple(sorted(set(_named(text))))


def sheets_in_order(text: str) -> tuple[int, ...]:
    """`8,3-4` -> 8, 3, 4: as paper lies in a feeder. Raises OperatorError `bad_sheets`, also for one named twice."""
    numbers = _named(text)
    if len(set(numbers)) < len(numbers):
        raise OperatorError("bad_sheets", sheets=text)
    return numbers


def _named(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in text.replace(" ", "").split(","):
        found = _RANGE.fullmatch(part)
        first = int(found[1]) if found else 0
        last = int(found[2] or found[1]) if found else 0
        if not found or last < first or last - first >= MOST_SHEETS:
            raise OperatorError("bad_sheets", sheets=text)
        numbers += range(first, last + 1)
    return tuple(numbers)
