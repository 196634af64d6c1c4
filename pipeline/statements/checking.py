"""What stands of a check of finished work: another person keys the field without seeing anything of it; a difference is
settled by a supervisor who sees both values and no names. Pure, as `statements.review`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.custody.quality import Found
from pipeline.custody.review import Queue, Said, Task, TaskState, Verb
from pipeline.model import Field
from pipeline.statements.review import Standing, answer_of, answer_read, in_force, standing_for

_NO_ANSWER: Final = frozenset({Verb.REFER, Verb.REOPEN})


@dataclass(frozen=True, slots=True)
class Finished:
    """A decision of persons as it stood when it was drawn.

    Attributes:
        row: the one whose value was in force.
        givers: who gave that value.
        people: all who had said anything of the field, also what they took back: none of them checks it.
    """

    row: Said
    givers: tuple[str, ...]
    people: tuple[str, ...]


def finished(field: Field, standing: Standing, said: Sequence[Said]) -> Finished | None:
    """A decision to check; null while it waits, and while the value is the reader's.

    Args:
        standing: what these rows come to.
        said: of the field's task, up to the moment of drawing.
    """
    if standing.state is TaskState.OPEN or standing.stands is None:
        return None
    its = answer_of(standing.stands, field)
    rows = (row for row in in_force(said) if row.verb not in _NO_ANSWER)
    givers = dict.fromkeys(row.who for row in rows if answer_of(row, field) == its)
    return Finished(standing.stands, tuple(sorted(givers)), tuple(sorted({row.who for row in said})))


def standing_of_check(its: Finished, field: Field, said: Sequence[Said]) -> Standing:
    """What persons made of a check.

    The same value keyed blind settles it: it was right. Another one goes to a supervisor, who settles it with either; a
    value of the supervisor's own needs another person, as any change does. So an error stands once two persons gave the
    same other value. A supervisor may leave a check as it is.

    Args:
        said: the whole history of the check, by number.
    """
    found = Standing(excluded=its.people, blind=True)
    votes: dict[str, Said] = {}
    for row in in_force(said):
        if row.verb is Verb.AS_IS:
            found = Standing(row.queue, TaskState.DECIDED)
        elif row.verb is Verb.REFER:
            found = Standing(Queue.SUPERVISOR, excluded=_differing(its, votes), blind=not votes)
        else:
            votes[row.who] = row
            found = _weighed(row, votes, its, field)
    return found


def _weighed(row: Said, votes: Mapping[str, Said], its: Finished, field: Field) -> Standing:
    mine, first = answer_of(row, field), answer_of(its.row, field)
    same = tuple(who for who, other in votes.items() if answer_of(other, field) == mine)
    settles = mine == first and (len(votes) == 1 or row.queue is Queue.SUPERVISOR)
    if settles or len(same) > 1:
        return Standing(row.queue, TaskState.DECIDED, stands=row, voices=len(same))
    if row.queue is Queue.SUPERVISOR:
        return Standing(Queue.SECOND, excluded=tuple(dict.fromkeys((*its.people, *same))))
    return Standing(Queue.SUPERVISOR, excluded=_differing(its, votes))


def _differing(its: Finished, votes: Mapping[str, Said]) -> tuple[str, ...]:
    """Those whose values a supervisor compares: none of them settles it."""
    keyed = (who for who, row in votes.items() if row.queue is not Queue.SUPERVISOR)
    return tuple(dict.fromkeys((*its.people, *keyed)))


def finding_of_check(its: Finished, field: Field, standing: Standing) -> Found | None:
    """What a check came to; null while it waits."""
    if standing.state is TaskState.OPEN:
        return None
    if standing.stands is None:
        return Found.LEFT
    return Found.RIGHT if answer_of(standing.stands, field) == answer_of(its.row, field) else Found.WRONG


def finding_of_sample(field: Field, standing: Standing) -> Found | None:
    """What a look at a field that the reader was sure of came to; null while it waits."""
    if standing.state is TaskState.OPEN or standing.stands is None:
        return None
    return Found.RIGHT if answer_of(standing.stands, field) == answer_read(field) else Found.WRONG


def correcting(said: Sequence[Said], field: Field, standing: Standing) -> tuple[Said, ...]:
    """The rows of a check that gave the value which stands, one a person, the earliest first."""
    if standing.stands is None:
        return ()
    its = answer_of(standing.stands, field)
    last = {row.who: row for row in in_force(said) if row.verb not in _NO_ANSWER}
    return tuple(row for row in sorted(last.values(), key=lambda row: row.number) if answer_of(row, field) == its)


def spoken(its: Finished, said: Sequence[Said]) -> tuple[Said, ...]:
    """What whoever settles a difference sees: the value that is checked among those of the check, in an order that does
    not betray which it is."""
    last = {row.who: row for row in in_force(said) if row.verb not in _NO_ANSWER}
    return tuple(sorted((its.row, *last.values()), key=lambda row: row.salt))


def decided_before(task: Task, field: Field, said: Sequence[Said], version: int) -> Finished | None:
    """The decision that the first `version` rows of a field's task come to."""
    rows = said[:version]
    return finished(field, standing_for(task, field, rows), rows)
