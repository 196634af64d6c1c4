"""What stands of a field after persons have spoken: a pure function of the reading and of all that was said.

A decision is never stored as a state of its own: the history is, and this module says what it comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from pipeline.custody.review import SYSTEM, Queue, Said, Task, TaskState, Verb
from pipeline.model import (
    MARK_KINDS,
    Decision,
    Field,
    FieldValue,
    Kind,
    PageLabel,
    PageOutcome,
    Reason,
    RuleResult,
    RuleVerdict,
)
from pipeline.statements.rules import Fields, check_rules, check_sheet

PERSON_READER: Final = "person"
SETTLES_NOTHING: Final = frozenset({Verb.MOVED, Verb.DUPLICATE, Verb.COPY, Verb.RESTRICT, Verb.LIFT})
"""Acts on a statement after which what is left of its reasons says whether anything is to be asked."""
MOST_KEYINGS: Final = 3
"""Two persons key blind, a third on difference; then a supervisor."""

Answer: TypeAlias = tuple[str, FieldValue]
"""What was answered, so that `illegible` and `empty`, both without a value, are told apart."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a history comes to.

    Attributes:
        excluded: who may not decide now.
        blind: what was said before is not to be shown to whoever decides now.
        stands: the row whose value is in force; null while it is the reader's.
        voices: how many persons gave that value.
    """

    queue: Queue = Queue.REVIEWER
    state: TaskState = TaskState.OPEN
    excluded: tuple[str, ...] = ()
    blind: bool = False
    stands: Said | None = None
    voices: int = 0


def in_force(said: Iterable[Said]) -> tuple[Said, ...]:
    """The rows that were not taken back, without those that take back."""
    rows = tuple(said)
    undone = {row.undoes for row in rows if row.verb is Verb.UNDO}
    return tuple(row for row in rows if row.verb is not Verb.UNDO and row.number not in undone)


def standing_of(field: Field, said: Sequence[Said]) -> Standing:
    """What persons made of a field.

    A value stands once one person gave it; once two did, where it changes a critical field or such fields are keyed
    twice. Persons who differ leave it to a third (keyed blind) or to a supervisor, who settles it with either of their
    values; a new value of the supervisor's own needs another person as any change does.

    Args:
        said: the whole history of the field's task, by number; each row knows the rules of its moment.
    """
    found = Standing()
    if not said:
        return found
    base, votes = answer_read(field), dict[str, Said]()
    for row in in_force(said):
        if row.verb is Verb.REFER:
            found = replace(found, queue=Queue.SUPERVISOR, state=TaskState.OPEN, excluded=(), blind=False)
        elif row.verb is Verb.REOPEN:
            base = base if found.stands is None else answer_of(found.stands, field)
            # What the program brings up goes to somebody who did not say it.
            known = row.who == SYSTEM and found.stands is not None
            gave = tuple(who for who, its in votes.items() if known and answer_of(its, field) == base)
            votes = {}
            found = Standing(stands=found.stands, voices=found.voices, excluded=gave)
        else:
            votes[row.who] = row
            found = _voted(row, votes, field=field, base=base, before=found)
    return found


def standing_for(task: Task, field: Field, said: Sequence[Said]) -> Standing:
    """As `standing_of`; a field of the quality sample is keyed blind first, and changed by two persons in any case."""
    if not task.sample:
        return standing_of(field, said)
    found = standing_of(replace(field, critical=True), said)
    return found if in_force(said) else replace(found, blind=True)


def _voted(row: Said, votes: Mapping[str, Said], *, field: Field, base: Answer, before: Standing) -> Standing:
    mine = answer_of(row, field)
    same = tuple(who for who, its in votes.items() if answer_of(its, field) == mine)
    keyed_twice = field.critical and row.double_keying
    changes = field.critical and row.second_person and mine != base
    enough = 2 if keyed_twice or changes else 1
    differ = len(same) < len(votes)
    settles = row.queue is Queue.SUPERVISOR or len(same) > 1 or not differ or not field.critical
    if len(same) >= enough and settles:
        # Who opens a value again and confirms it adds to those who gave it.
        kept = before.stands is not None and answer_of(before.stands, field) == mine
        return Standing(row.queue, TaskState.DECIDED, stands=row, voices=max(len(same), before.voices * kept))
    waiting = Standing(stands=before.stands, voices=before.voices)
    if keyed_twice and len(votes) < MOST_KEYINGS:
        return replace(waiting, queue=Queue.SECOND, excluded=tuple(votes), blind=not differ)
    if differ and row.queue is not Queue.SUPERVISOR:
        return replace(waiting, queue=Queue.SUPERVISOR)
    return replace(waiting, queue=Queue.SECOND, excluded=same)


def standing_of_exception(said: Sequence[Said]) -> Standing:
    """What persons made of a page that could not be placed, or of how a statement was put together."""
    found = Standing()
    for row in in_force(said):
        if row.verb is Verb.REFER:
            found = Standing(Queue.SUPERVISOR)
        elif row.verb is Verb.REOPEN:
            found = Standing()
        elif row.verb not in SETTLES_NOTHING:
            found = Standing(row.queue, TaskState.DECIDED, stands=row, voices=1)
    return found


def answer_read(field: Field) -> Answer:
    """What the reader answers; `undecided` where it proposes nothing."""
    if field.decision is Decision.EMPTY:
        return "empty", None
    if field.value is None and not (field.decision is Decision.ACCEPTED and field.kind in MARK_KINDS):
        return "undecided", None
    return "value", field.value


def answer_of(row: Said, field: Field) -> Answer:
    """What a person answers."""
    if row.verb is Verb.ACCEPT:
        # What was read when it was accepted; a page that is read anew may read otherwise.
        return answer_read(field) if row.value is None else ("value", row.value)
    if row.verb is Verb.ILLEGIBLE:
        return "illegible", None
    if row.verb is Verb.EMPTY and row.value is None and field.kind is not Kind.CHOICE:
        return "empty", None
    return "value", row.value


def kind_of_review(standing: Standing) -> str | None:
    """By whom a value is: `person`, `persons` where several gave it, `supervisor`; null while it is the reader's."""
    if standing.stands is None:
        return None
    if standing.stands.queue is Queue.SUPERVISOR:
        return "supervisor"
    return "persons" if standing.voices > 1 else "person"


# Effective fields


def effective_fields(fields: Fields, standings: Mapping[str, Standing]) -> Fields:
    """The fields with what stands of them laid over what was read; those without a task are as read.

    A decided field is accepted (or empty) with the reader `person` and confidence 1.0; an illegible one is accepted
    without a value. One that still waits stays in review, with the value that stood before it was opened again.
    """
    return tuple(_effective(field, standings.get(field.name)) for field in fields)


def _effective(field: Field, standing: Standing | None) -> Field:
    if standing is None:
        return field
    row = standing.stands
    said = field if row is None else _said(field, answer_of(row, field))
    if standing.state is not TaskState.OPEN or said.decision is Decision.REVIEW:
        return said
    return replace(said, decision=Decision.REVIEW)


def with_answer(field: Field, answer: Answer) -> Field:
    """The field as it would be if this answer stood."""
    return _said(field, answer)


def _said(field: Field, answer: Answer) -> Field:
    kind, value = answer
    return replace(
        field,
        value=value,
        confidence=1.0,
        decision=Decision.EMPTY if kind == "empty" else Decision.ACCEPTED,
        reader=PERSON_READER,
        reasons=(),
    )


# Rules


def verdicts(fields: Fields, others: Sequence[Fields] = ()) -> tuple[RuleResult, ...]:
    """The rules of a page with these fields, and those it shares with the other sides of its sheet.

    Args:
        fields: effective ones; a value still in doubt leaves its rules unknown.
        others: fields of the other sides, if there are any.
    """
    _, own = check_rules(fields)
    if not others:
        return own
    first, *_ = check_sheet(tuple(_page_with(each) for each in (fields, *others)))
    return (*own, *first.rules)


def _page_with(fields: Fields) -> PageOutcome:
    return PageOutcome(label=PageLabel.FORM, size_px=(0, 0), fields=fields)


def broken_at(name: str, results: Iterable[RuleResult]) -> tuple[RuleResult, ...]:
    """The broken rules that this field takes part in."""
    return tuple(its for its in results if its.verdict is RuleVerdict.BROKEN and name in its.fields)


def rules_told(results: Iterable[RuleResult]) -> tuple[Reason, ...]:
    """Broken rules as reasons."""
    return tuple(
        Reason(f"rule_{its.id}", (("fields", ", ".join(its.fields)),))
        for its in results
        if its.verdict is RuleVerdict.BROKEN
    )
