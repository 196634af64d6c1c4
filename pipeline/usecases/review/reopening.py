"""An error found after a batch was closed: a supervisor opens the batch again for the one field that is wrong.

All else stays archived. What is decided then is a row of history as any other, and the batch is closed and sealed anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.custody.review import Queue, ReviewBatch, Reviewer, Subject, Task, TaskState
from pipeline.evidence.canonical import canonical_json
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.desk import Desk

BATCH_REOPENED = "batch_reopened"


def open_batch_again(task: Task, who: Reviewer, change: RecordsTransaction, desk: Desk) -> Reason | None:
    """Open the batch of a task again, if it is closed. Returns why not: only a supervisor may.

    Its tasks are where their histories had brought them; pages and statements stay archived until a task of theirs is
    open.
    """
    made = change.review.batch(task.batch)
    if made is None or made.closed_at is None:
        return None
    if Queue.SUPERVISOR not in who.queues:
        return Reason("review_batch_closed", (("batch", task.batch),))
    for its in tuple(_as_decided(made, desk)):
        change.review.put_task(its)
    change.review.put_batch(replace(made, closed_at=None, closed_by=None))
    # The reason is a row of the field's history: the ledger has its digest.
    facts = {"closed_at": made.closed_at.isoformat(), "closed_by": made.closed_by, "task": task.id}
    change.append(BATCH_REOPENED, task.batch, canonical_json(facts))
    return None


def _as_decided(made: ReviewBatch, desk: Desk) -> Iterator[Task]:
    """Tasks as they were before they were closed: nothing was open then but pages that were left set aside."""
    review = desk.keeping.records.review
    histories = review.histories(batch=made.batch)
    for task in review.tasks(batch=made.batch, states=frozenset({TaskState.CLOSED})):
        state = TaskState.DECIDED
        if task.subject is Subject.PAGE:
            state = standing_of_exception(histories.get(task.id, ())).state
        yield replace(task, state=state)
