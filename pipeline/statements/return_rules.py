"""The rule between documents: a return document says what its statement says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.model import Decision, Field, FieldValue, Kind, RuleResult, RuleVerdict
from pipeline.ocr.grammar.characters import plain_ascii
from pipeline.statements.rules import Fields, settled, with_effects

RETURN_NUMBER: Final = "return_number"
NUMBER_NAMES: Final = ("statement_number", "detachable_statement_number")
_SHARED: Final = (
    "plate",
    "vehicle_make",
    "vehicle_model",
    "offence_date",
    "service_date",
    "fine",
    "costs",
    "contribution",
    "total_requested",
)


@dataclass(frozen=True, slots=True)
class ReturnCheck:
    """Both documents' fields after the check, those that differ in review on both sides, and the result."""

    statement: Fields
    returned: Fields
    result: RuleResult


def check_return(statement: Fields, returned: Fields) -> ReturnCheck:
    """Compare a return document with its statement: number, plate, make, model, dates, amounts.

    Accepted values only are compared; a space that is empty on one of them says nothing. The rule holds when the
    numbers are sure and equal and nothing that both say is undecided. Both arguments hold the fields of all pages of
    their document.
    """
    pairs = shared_spaces(statement, returned)
    differing = tuple(
        dict.fromkeys(field.name for ours, theirs in pairs if _differ(ours, theirs) for field in (ours, theirs))
    )
    if differing:
        result = RuleResult(RETURN_NUMBER, RuleVerdict.BROKEN, differing)
    else:
        sure = _number(statement) is not None and _number(returned) is not None
        decided = all(settled(ours) is not None and settled(theirs) is not None for ours, theirs in pairs)
        verdict = RuleVerdict.HOLDS if sure and decided else RuleVerdict.UNKNOWN
        result = RuleResult(RETURN_NUMBER, verdict, tuple(ours.name for ours, _ in pairs))
    return ReturnCheck(with_effects(statement, (result,)), with_effects(returned, (result,)), result)


def shared_spaces(statement: Fields, returned: Fields) -> tuple[tuple[Field, Field], ...]:
    """What both documents have a space for and neither leaves empty."""
    found = []
    for names in (NUMBER_NAMES, *((name,) for name in _SHARED)):
        ours, theirs = _first(statement, names), _first(returned, names)
        if ours is not None and theirs is not None:
            found.append((ours, theirs))
    return tuple(found)


def _first(fields: Fields, names: tuple[str, ...]) -> Field | None:
    return next((field for field in fields if field.name in names and field.decision is not Decision.EMPTY), None)


def _number(fields: Fields) -> FieldValue:
    return settled(_first(fields, NUMBER_NAMES))


def _differ(ours: Field, theirs: Field) -> bool:
    first, second = settled(ours), settled(theirs)
    if not isinstance(first, str) or not isinstance(second, str):
        return False
    if ours.kind is Kind.TEXT:
        # Capitals and accents are the writer's: TOYOTA on one form, Toyota on the other
        return plain_ascii(first) != plain_ascii(second)
    return first != second
