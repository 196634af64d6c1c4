"""When an entry must be filled: the catalogue's `filled`, weighed against the other entries of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import PRESENCE_KINDS, Decision, Field

_WHEN = "when: "
_NOT = "not "
_ANY = re.compile(r"any of: *(?P<names>[a-z0-9_]+(?:, *[a-z0-9_]+)*)")
_ONE = re.compile(r"(?P<name>[a-z0-9_]+)(?: *= *(?P<value>[a-z0-9_]+))?")


class Truth(StrEnum):
    """Whether a condition holds, as far as accepted entries tell."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over entries: one of `names` is filled (a mark: is made), or has `value` where that is given.

    Attributes:
        hint: the entries only hint at the fact; when none is filled, nothing is known.
    """

    names: tuple[str, ...]
    value: str | None = None
    negated: bool = False
    hint: bool = False


def parse_condition(text: str) -> Condition:
    """Read `field`, `field = value`, `any of: field, field` or one of these after `not`.

    Raises:
        ValueError: the text is none of them.
    """
    negated = text.startswith(_NOT)
    rest = text.removeprefix(_NOT).strip()
    if many := _ANY.fullmatch(rest):
        return Condition(tuple(name.strip() for name in many["names"].split(",")), negated=negated, hint=True)
    if one := _ONE.fullmatch(rest):
        return Condition((one["name"],), one["value"], negated)
    raise ValueError(f"no condition: {text}")


def must_be_filled(filled: str, fields: Mapping[str, Field], meanings: Mapping[str, Condition]) -> Truth:
    """Whether the catalogue's `filled` asks for an entry: `always`, `never_judged`, or `when: <condition>`.

    Args:
        fields: of the page, by name.
        meanings: conditions in words; a condition that is none of them is read as it stands. One that can be read
            neither way is unknown.
    """
    if filled == "always":
        return Truth.HOLDS
    if not filled.startswith(_WHEN):
        return Truth.FAILS
    words = filled.removeprefix(_WHEN)
    try:
        condition = meanings[words] if words in meanings else parse_condition(words)
    except ValueError:
        return Truth.UNKNOWN
    return truth(condition, fields)


def truth(condition: Condition, fields: Mapping[str, Field]) -> Truth:
    """A condition weighed by accepted entries; a doubtful one leaves it unknown."""
    found = [fields[name] for name in condition.names if name in fields]
    verdicts = [_says(field, condition.value) for field in found]
    if Truth.HOLDS in verdicts:
        result = Truth.HOLDS
    elif Truth.UNKNOWN in verdicts or condition.hint or (condition.value is not None and not _entered(found)):
        result = Truth.UNKNOWN
    else:
        result = Truth.FAILS
    if condition.negated and result is not Truth.UNKNOWN:
        return Truth.FAILS if result is Truth.HOLDS else Truth.HOLDS
    return result


def is_empty(field: Field) -> bool:
    """Nothing was entered, for sure: no ink, an unsigned space, no box marked."""
    if field.decision is Decision.EMPTY:
        return True
    if field.decision is not Decision.ACCEPTED:
        return False
    return field.value is None or field.value is False or (field.kind in PRESENCE_KINDS and field.value == "absent")


def _says(field: Field, value: str | None) -> Truth:
    if is_empty(field):
        return Truth.FAILS
    if field.decision is Decision.REVIEW:
        # Something was entered; that a space is filled needs no more, what it says does.
        written = value is None and field.value is not None and field.value is not True
        return Truth.HOLDS if written and field.kind not in PRESENCE_KINDS else Truth.UNKNOWN
    return Truth.HOLDS if value is None or field.value == value else Truth.FAILS


def _entered(fields: Iterable[Field]) -> bool:
    return any(not is_empty(field) for field in fields)
