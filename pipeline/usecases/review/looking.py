"""What a verdict on a field would come to: its value in the kept form, and the rules with it. Nothing is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody.review import FIELD_VERBS, Said, Task, Verb, Verdict
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, Alternative, Field, FieldValue, Kind, Reason
from pipeline.ocr.cards.masks import redacted
from pipeline.statements.review import Answer, answer_read, broken_at, in_force, rules_told, with_answer
from pipeline.statements.review_values import Entered, entered
from pipeline.usecases.review.desk import Desk, verdicts_of
from pipeline.usecases.review.results import Preview, Refused
from pipeline.usecases.reviewed import Histories, ReviewedPage

MAY_HOLD_CARD = frozenset({Kind.TEXT, Kind.PERSON, Kind.ADDRESS, Kind.CODE})
"""Other kinds have grammars that no card's number fits, or are numbers of statements."""
NO_VALUE = frozenset({Verb.REFER, Verb.REOPEN, Verb.UNDO})
_OF_THE_READING = frozenset({Verb.ACCEPT, Verb.CANDIDATE})


@dataclass(frozen=True, slots=True)
class Meant:
    """A verdict as it would be recorded, and what it would come to."""

    verb: Verb
    seen: Preview


def candidates_of(field: Field) -> tuple[Alternative, ...]:
    """The value as read where there is one, then the alternatives, each value once."""
    found: dict[FieldValue, Alternative] = {}
    if field.value is not None:
        found[field.value] = Alternative(field.value, field.confidence)
    for each in field.alternatives:
        found.setdefault(each.value, each)
    return tuple(found.values())


def proposals_of(task: Task, said: tuple[Said, ...]) -> tuple[Said, ...]:
    """What others said that whoever decides now may see: none where they key blind."""
    if task.blind:
        return ()
    rows = [row for row in in_force(said) if row.verb not in NO_VALUE]
    last = {row.who: row for row in rows}
    return tuple(row for row in rows if last[row.who] is row)


def meant(
    verdict: Verdict, task: Task, page: ReviewedPage, said: tuple[Said, ...], *, source: Histories, desk: Desk
) -> Meant | Refused:
    """What a verdict on a field means, or why it means nothing."""
    field = page.field(task.field)
    if verdict.verb not in FIELD_VERBS or (task.unseen and verdict.verb in _OF_THE_READING):
        return _refused("verb_not_here", verb=verdict.verb)
    if verdict.verb is Verb.REFER:
        return Meant(Verb.REFER, Preview(None))
    found = _answer(verdict, task, field, said, page, desk)
    if isinstance(found, Reason):
        return Refused((found,))
    verb, answer, warnings = found
    if isinstance(answer[1], str) and field.kind in MAY_HOLD_CARD and redacted(answer[1]) != answer[1]:
        return _refused("card_not_entered")
    results = verdicts_of(page.with_field(with_answer(field, answer)), task, source, desk)
    return Meant(verb, Preview(answer[1], results, broken_at(field.name, results), warnings))


def _answer(
    verdict: Verdict, task: Task, field: Field, said: tuple[Said, ...], page: ReviewedPage, desk: Desk
) -> tuple[Verb, Answer, tuple[Reason, ...]] | Reason:
    match verdict.verb:
        case Verb.ACCEPT:
            read = answer_read(field)
            return Reason("nothing_to_accept") if read[0] == "undecided" else (Verb.ACCEPT, read, ())
        case Verb.CANDIDATE:
            shown = candidates_of(field)
            if not 1 <= verdict.candidate <= len(shown):
                return Reason("no_such_candidate", (("number", str(verdict.candidate)),))
            return Verb.CANDIDATE, ("value", shown[verdict.candidate - 1].value), ()
        case Verb.CONFIRM if task.checks is not None and verdict.candidate == 0:
            # Which of the values came last would betray whose it is.
            return Reason("nothing_to_confirm")
        case Verb.CONFIRM:
            return _confirmed(verdict.candidate, proposals_of(task, said), field)
        case Verb.ILLEGIBLE:
            return Verb.ILLEGIBLE, ("illegible", None), ()
        case Verb.EMPTY:
            return Verb.EMPTY, not_filled(field), ()
        case _:
            zone = desk.zone(page.outcome, field)
            typed = entered(verdict.text, zone, desk.grammar(page.outcome, zone))
            return (Verb.TYPED, ("value", typed.value), typed.warnings) if isinstance(typed, Entered) else typed


def _confirmed(number: int, shown: tuple[Said, ...], field: Field) -> tuple[Verb, Answer, tuple[Reason, ...]] | Reason:
    if not shown or not 0 <= number <= len(shown):
        return Reason("nothing_to_confirm")
    row = shown[number - 1]
    if row.verb is Verb.ACCEPT:
        return Verb.ACCEPT, answer_read(field), ()
    if row.verb is Verb.ILLEGIBLE:
        return Verb.ILLEGIBLE, ("illegible", None), ()
    if row.verb is Verb.EMPTY:
        return Verb.EMPTY, not_filled(field), ()
    return row.verb, ("value", row.value), ()


def not_filled(field: Field) -> Answer:
    """What `not filled` is worth: false for a mark, absent for a signature, no mark for a choice, else nothing."""
    if field.kind is Kind.MARK:
        return "value", False
    if field.kind in PRESENCE_KINDS:
        return "value", "absent"
    if field.kind in MARK_KINDS:
        return "value", None
    return "empty", None


def unchecked(seen: Preview) -> tuple[Reason, ...]:
    """Why a reason in words is needed: broken rules and warnings."""
    return (*rules_told(seen.broken), *seen.warnings)


def _refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
