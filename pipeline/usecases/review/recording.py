"""A row of history and its entry in the ledger, always together."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.review import SYSTEM, Said, Subject, Task, Verb
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.model import Digest, FieldValue
from pipeline.ocr.cards.masks import redacted
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import Standing
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review.desk import Desk

FIELD_DECIDED = "field_decided"
EXCEPTION_DECIDED = "exception_decided"


def said_digest(said: Said) -> Digest:
    """Of all that a row says. Its salt is random: who has the ledger alone cannot try out values."""
    return digest_of(
        canonical_json(
            {
                "task": said.task,
                "number": said.number,
                "at": said.at.isoformat(),
                "who": said.who,
                "queue": said.queue,
                "verb": said.verb,
                "value": said.value,
                "reason": said.reason,
                "undoes": said.undoes,
                "second_person": said.second_person,
                "double_keying": said.double_keying,
                "place": None if said.place is None else list(said.place.as_tuple()),
                "salt": said.salt,
            }
        )
    )


def entry_body(said: Said) -> str:
    """What the ledger keeps of a row."""
    return canonical_json({"number": said.number, "digest": said_digest(said)})


def new_row(
    task: Task,
    verb: Verb,
    who: str,
    *,
    desk: Desk,
    value: FieldValue = None,
    reason: str = "",
) -> Said:
    """The next row of a task's history. Of a card's number in the words given as reason nothing is kept."""
    return Said(
        task=task.id,
        number=task.version + 1,
        at=desk.keeping.clock.now(),
        who=who,
        queue=task.queue,
        verb=verb,
        value=value,
        reason=redacted(reason),
        salt=desk.salts(),
        second_person=desk.site.second_person or task.sample or task.checks is not None,
        double_keying=desk.site.double_keying,
    )


def system_row(task: Task, verb: Verb, *, keeping: Keeping, reason: str) -> Said:
    """As `new_row`, of what the program itself says: it has no value, so that its digest needs no salt."""
    return Said(
        task=task.id,
        number=task.version + 1,
        at=keeping.clock.now(),
        who=SYSTEM,
        queue=task.queue,
        verb=verb,
        value=None,
        reason=reason,
        salt="",
        second_person=keeping.site.second_person,
        double_keying=keeping.site.double_keying,
    )


def record(task: Task, said: Said, standing: Standing, change: RecordsTransaction) -> Task:
    """Add the row to the history and the ledger; the task is where its history has brought it, and free."""
    moved = replace(
        task,
        queue=standing.queue,
        state=standing.state,
        excluded=standing.excluded,
        blind=standing.blind,
        version=said.number,
        held_by=None,
        held_until=None,
    )
    change.review.put_task(moved)
    change.review.add(said)
    kind = FIELD_DECIDED if task.subject is Subject.FIELD else EXCEPTION_DECIDED
    change.append(kind, task.id, entry_body(said))
    return moved
