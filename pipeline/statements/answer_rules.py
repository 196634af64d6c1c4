"""Rules on what a defendant answers: a payment without a plea, and who signs for a legal person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.model import Decision, Field, RuleResult, RuleVerdict
from pipeline.ocr.grammar.amounts import parse_cents
from pipeline.statements.rules import Fields, settled, with_effects

PAYMENT_IS_PLEA: Final = "payment_is_plea"
LEGAL_PERSON: Final = "legal_person"
_PLEAS: Final = ("plea", "plea_guilty", "plea_not_guilty")
_PAID, _TOTAL = "amount_paid", "total_requested"


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Both documents' fields after the check, those of a broken rule in review, and a result for each rule that
    applies."""

    statement: Fields
    returned: Fields
    results: tuple[RuleResult, ...]


def check_answer(statement: Fields, returned: Fields) -> AnswerCheck:
    """Check what an answer takes.

    Args:
        statement: all fields of the statement; none where it has not arrived.
        returned: all fields of one return document; none for Schedule I not torn off, whose statement bears the plea.

    `payment_is_plea` is broken where the whole amount is paid and no plea is marked: the law deems that a plea of
    guilty, and a person must see it before it is entered.
    """
    results = tuple(
        result for result in (_payment(statement, returned), _legal_person(statement, returned)) if result is not None
    )
    return AnswerCheck(with_effects(statement, results), with_effects(returned, results), results)


def _payment(statement: Fields, returned: Fields) -> RuleResult | None:
    paid = _first(returned, _PAID)
    if paid is None or paid.decision is Decision.EMPTY:
        return None
    pleas = _pleas(statement, returned)
    total = _first_settled((*returned, *statement), _TOTAL)
    names = (_PAID, *(plea.name for plea in pleas))
    if any(_is_marked(plea) for plea in pleas):
        return RuleResult(PAYMENT_IS_PLEA, RuleVerdict.HOLDS, names)
    paid_cents, total_cents = _cents(paid), None if total is None else _cents(total)
    if paid_cents is None or total_cents is None:
        return RuleResult(PAYMENT_IS_PLEA, RuleVerdict.UNKNOWN, names)
    if paid_cents < total_cents or paid_cents == 0:
        return RuleResult(PAYMENT_IS_PLEA, RuleVerdict.HOLDS, names)
    verdict = RuleVerdict.BROKEN if _none_is_marked(pleas) else RuleVerdict.UNKNOWN
    return RuleResult(PAYMENT_IS_PLEA, verdict, names)


def _legal_person(statement: Fields, returned: Fields) -> RuleResult | None:
    kind = _first(statement, "defendant_kind")
    pleas = _pleas(statement, returned)
    quality = _first((*returned, *statement), "signatory_quality")
    if kind is None or quality is None or _none_is_marked(pleas) or settled(kind) == "natural_person":
        return None
    names = ("defendant_kind", quality.name)
    if settled(quality) is not None:
        return RuleResult(LEGAL_PERSON, RuleVerdict.HOLDS, names)
    sure = settled(kind) == "legal_person" and any(_is_marked(plea) for plea in pleas)
    missing = sure and quality.decision is Decision.EMPTY
    return RuleResult(LEGAL_PERSON, RuleVerdict.BROKEN if missing else RuleVerdict.UNKNOWN, names)


def _pleas(statement: Fields, returned: Fields) -> Fields:
    """Of the return document; else of the statement, whose detachable portion is the answer in Schedule I."""
    own = tuple(field for field in returned if field.name in _PLEAS)
    return own or tuple(field for field in statement if field.name in _PLEAS)


def _is_marked(plea: Field) -> bool:
    return settled(plea) not in (None, False)


def _none_is_marked(pleas: Fields) -> bool:
    """Surely none: all spaces for a plea are seen, and empty. Schedule IV has one on each side."""
    names = {plea.name for plea in pleas}
    both_sides = len(names & {"plea_guilty", "plea_not_guilty"}) != 1
    return bool(pleas) and both_sides and all(_is_unmarked(plea) for plea in pleas)


def _is_unmarked(plea: Field) -> bool:
    return plea.decision is not Decision.REVIEW and plea.value in (None, False)


def _first(fields: Fields, name: str) -> Field | None:
    return next((field for field in fields if field.name == name), None)


def _first_settled(fields: Fields, name: str) -> Field | None:
    return next((field for field in fields if field.name == name and settled(field) is not None), None)


def _cents(field: Field) -> int | None:
    value = settled(field)
    try:
        return parse_cents(value) if isinstance(value, str) else None
    except ValueError:
        return None
