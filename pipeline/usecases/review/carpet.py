"""Group verification: all spaces read as the same mark or digits at once, the odd ones thrown out."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.custody.review import Reviewer, Subject, Task, TaskId, TaskState, Verb, Verdict
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, Kind, Reason
from pipeline.usecases.review.deciding import decide_within
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.queue import refusal_of
from pipeline.usecases.review.results import Conflict, Decided, Refused

MOST_ON_A_CARPET = 200
CARPET_KINDS = MARK_KINDS | PRESENCE_KINDS | {Kind.INTEGER, Kind.YEAR, Kind.SPEED, Kind.MASS, Kind.TIME, Kind.CODE}
"""What a glance can tell from its neighbours."""


def carpet(like: TaskId, who: Reviewer, *, desk: Desk, most: int = MOST_ON_A_CARPET) -> tuple[Task, ...]:
    """The open tasks whose space was read as the same value of the same field as this one's, itself among them.

    None for kinds that a glance cannot tell, nor where nothing was read; none that this person may not decide.
    """
    review, now = desk.keeping.records.review, desk.keeping.clock.now()
    model = review.task(like)
    if model is None or model.subject is not Subject.FIELD or model.state is not TaskState.OPEN:
        return ()
    if model.kind not in CARPET_KINDS or model.reading == "null" or (model.critical and desk.site.double_keying):
        return ()
    found = review.alike(model, most=min(most, MOST_ON_A_CARPET))
    return tuple(its for its in found if refusal_of(its, who, now) is None)


def decide_group(
    versions: Mapping[TaskId, int], who: Reviewer, *, thrown_out: frozenset[TaskId], desk: Desk
) -> Mapping[TaskId, Decided | Conflict | Refused]:
    """Accept all of a carpet but the ones thrown out, in one transaction. Those stay open for a look one by one.

    One that somebody else decided meanwhile, or that would break a rule, is left out and named; the others are kept.

    Args:
        versions: of the tasks as this person saw them.
    """
    if len(versions) > MOST_ON_A_CARPET:
        too_many = Refused((Reason("carpet_too_large", (("most", str(MOST_ON_A_CARPET)),)),))
        return dict.fromkeys(versions, too_many)
    accepted = Verdict(Verb.ACCEPT)
    with desk.keeping.records.transaction() as change:
        return {
            task: decide_within(change, task, version, accepted, who, desk)
            for task, version in versions.items()
            if task not in thrown_out
        }
