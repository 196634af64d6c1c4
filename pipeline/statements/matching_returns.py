"""Return documents find statements that came in apart from them: surely by number, as a proposal by other facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.custody import MatchBasis, MatchState
from pipeline.model import Decision, Reason, RuleResult, RuleVerdict, Schedule
from pipeline.statements.answer_rules import check_answer
from pipeline.statements.deadlines import Receipt, check_deadline
from pipeline.statements.return_rules import NUMBER_NAMES, check_return
from pipeline.statements.rules import Fields, settled

_FACTS: Final = {
    Schedule.II: ("service_date", "total_requested"),
    Schedule.III: ("service_date", "total_requested"),
    Schedule.IV: ("plate", "offence_date", "total_requested"),
}
"""What both documents of a schedule say beside the number. The amounts that make the total are compared afterwards."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement or a return document: its row's id, its sure number (null without), its fields."""

    id: str
    number: str | None
    fields: Fields


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that a return document met, with what the two hold and break together; nothing for a proposal."""

    statement: str
    state: MatchState
    basis: MatchBasis
    rules: tuple[RuleResult, ...] = ()
    reasons: tuple[Reason, ...] = ()


def number_key(number: str) -> str:
    return f"number|{number}"


def match_keys(schedule: Schedule | None, fields: Fields) -> tuple[str, ...]:
    """Under what a document can be found by its counterpart.

    The number it says, read surely or not; and for Schedules II to IV the facts that both documents state, when all
    of them are sure. A fact that two pages state differently is none.
    """
    numbers = [field.value for field in fields if field.name in NUMBER_NAMES and isinstance(field.value, str)]
    keys = [number_key(number) for number in numbers]
    names = _FACTS.get(schedule, ()) if schedule is not None else ()
    values = [_one_value(fields, name) for name in names]
    if names and None not in values:
        keys.append("|".join((str(schedule), *(str(value) for value in values))))
    return tuple(dict.fromkeys(keys))


def match_return(
    returned: Candidate, receipt: Receipt, *, numbered: Sequence[Candidate], alike: Sequence[Candidate]
) -> tuple[Match, ...]:
    """The statements that a return document meets.

    Args:
        numbered: statements with its sure number, oldest first; none when its number is not sure.
        alike: statements that share another key with it.

    Returns:
        One match by number: joined, or contradicted when the two say something differently. Without one, a proposal
        for each statement that shares the facts and contradicts nothing: a person decides, even on one alone.
    """
    if numbered:
        return (joined(numbered[0], returned, receipt, basis=MatchBasis.NUMBER),)
    fitting = [each for each in alike if not _contradict(each, returned)]
    return tuple(Match(each.id, MatchState.PROPOSED, _basis(each, returned)) for each in fitting)


def joined(statement: Candidate, returned: Candidate, receipt: Receipt, *, basis: MatchBasis) -> Match:
    """The two together: contradicted when they say something differently, unless a person joined them all the same."""
    check = check_return(statement.fields, returned.fields)
    answered = check_answer(check.statement, check.returned)
    deadline, reasons = check_deadline(statement.fields, returned.fields, receipt)
    broken = check.result.verdict is RuleVerdict.BROKEN and basis is not MatchBasis.PERSON
    state = MatchState.CONTRADICTED if broken else MatchState.JOINED
    return Match(statement.id, state, basis, (check.result, *answered.results, deadline), reasons)


def _contradict(statement: Candidate, returned: Candidate) -> bool:
    return check_return(statement.fields, returned.fields).result.verdict is RuleVerdict.BROKEN


def _basis(statement: Candidate, returned: Candidate) -> MatchBasis:
    same = _numbers(statement.fields) & _numbers(returned.fields)
    return MatchBasis.NUMBER if same else MatchBasis.FACTS


def _numbers(fields: Fields) -> frozenset[str]:
    return frozenset(_texts(field.value for field in fields if field.name in NUMBER_NAMES))


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


def _one_value(fields: Fields, name: str) -> str | None:
    """The sure value that all pages agree on; null without, and where a page is in doubt."""
    own = [field for field in fields if field.name == name and field.decision is not Decision.EMPTY]
    values = {settled(field) for field in own}
    only = next(iter(values), None)
    return only if len(values) == 1 and isinstance(only, str) else None
