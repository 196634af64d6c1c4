"""The forms of a statement with several counts or defendants (ss. 12, 13): what they are called, and which are missing.

All share one designation; each has its own besides, such as C1, C2, or 1/3, 2/3, 3/3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model import Reason

MOST_FORMS: Final = 40
"""A number above it is taken for a code and not for a place in a row: reading C1 as C81 must not call for 80 forms."""
_PLACE: Final = re.compile(r"(?P<before>.*?)(?P<place>[0-9]+)(?P<of>(?:/|DE|OF)(?P<count>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class FormSet:
    """What the known forms of a statement tell of the others.

    Attributes:
        known: their own designations, in the order given, each once.
        missing: designations of forms that must exist and are not known.
        more: a form stands alone though a designation is there to tie several together, and nothing tells which others.
        repeated: designations that two statements bear.
    """

    known: tuple[str, ...]
    missing: tuple[str, ...] = ()
    more: bool = False
    repeated: tuple[str, ...] = ()

    def reasons(self, designation: str) -> tuple[Reason, ...]:
        """Why a person should look at the statement with this designation; empty when its forms are complete."""
        found = []
        if self.missing:
            facts = (("designation", designation), ("missing", ", ".join(self.missing)))
            found.append(Reason("forms_missing", facts))
        elif self.more:
            found.append(Reason("form_alone", (("designation", designation),)))
        if self.repeated:
            facts = (("designation", designation), ("repeated", ", ".join(self.repeated)))
            found.append(Reason("form_repeated", facts))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Place:
    """A designation taken apart: `C2/3` is the second of three after `C`; `count` is null where it is not said."""

    before: str
    number: int
    width: int
    after: str
    count: int | None


def form_set(statements: Sequence[Sequence[str]]) -> FormSet:
    """What is known and what is missing of the forms that share a designation.

    Args:
        statements: for each statement number the own designations on its forms; none where a form does not say.

    A row of numbers is taken to begin with 1: of C1 and C3, C2 is missing; so is 3/3 beside 1/3 and 2/3. What follows
    the highest number cannot be known unless a form says how many there are.
    """
    named = [tuple(dict.fromkeys(own)) for own in statements]
    known = tuple(dict.fromkeys(name for own in named for name in own))
    repeated = tuple(name for name in known if sum(name in own for own in named) > 1)
    missing = _missing(known)
    forms = max(len(known), len(statements))
    return FormSet(known, missing, forms == 1 and not missing and not _says_alone(known), repeated)


def _says_alone(known: Iterable[str]) -> bool:
    """A form that says it is 1 of 1."""
    return any(place is not None and place.count == 1 for place in map(_place, known))


def _missing(known: Iterable[str]) -> tuple[str, ...]:
    rows: dict[tuple[str, str], list[_Place]] = {}
    for place in map(_place, known):
        if place is not None:
            rows.setdefault((place.before, place.after), []).append(place)
    return tuple(name for row in rows.values() for name in _gaps(row))


def _gaps(row: Sequence[_Place]) -> Iterable[str]:
    """Names of the places of a row that nobody holds, written as the others are."""
    held = {place.number for place in row}
    first = row[0]
    last = first.count or max(held)
    for number in range(1, last + 1):
        if number not in held:
            yield f"{first.before}{number:0{first.width}d}{first.after}"


def _place(name: str) -> _Place | None:
    """Null for a designation that is no place in a row."""
    found = _PLACE.fullmatch(name.upper())
    if found is None:
        return None
    number, count = int(found["place"]), None if found["count"] is None else int(found["count"])
    if not 1 <= number <= (MOST_FORMS if count is None else count) or (count or 0) > MOST_FORMS:
        return None
    width = len(found["place"]) if found["place"].startswith("0") else 0
    return _Place(found["before"], number, width, found["of"] or "", count)
