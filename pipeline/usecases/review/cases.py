"""What every act on a statement as a whole asks first: is it there, is its batch open, may this person."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody import StatementRow
from pipeline.custody.review import MOST_REASON_CHARACTERS, Queue, Reviewer, Task, TaskId, TaskState
from pipeline.model import BatchId, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.queue import is_for
from pipeline.usecases.review.restating import MINOR
from pipeline.usecases.review.results import Conflict, Refused
from pipeline.usecases.review.statement_tasks import own_task


@dataclass(frozen=True, slots=True)
class Case:
    """A statement on which a person may act, and why they do, in words."""

    row: StatementRow
    reason: str

    @staticmethod
    def is_hidden(row: StatementRow, who: Reviewer) -> bool:
        """Whether a file is restricted and this person no supervisor."""
        return any(reason.code == MINOR for reason in row.reasons) and Queue.SUPERVISOR not in who.queues


def case_of(
    statement: str, version: int, who: Reviewer, change: RecordsTransaction, desk: Desk, *, reason: str
) -> Case | Conflict | Refused:
    """The statement for an act of this person.

    Args:
        version: of its task as this person saw it; 0 while it has none.

    Returns:
        `Conflict` when somebody said something of it since; `Refused` with `statement_not_there`,
        `statement_without_pages`, `statement_restricted`, `task_of_other_queue`, `reason_missing`, `reason_too_long`,
        `review_not_begun` or `review_batch_closed`.
    """
    row = change.statement_row(statement)
    if row is None:
        return refused("statement_not_there", id=statement)
    closed = closed_reason(row.batch, change)
    if closed is not None:
        return Refused((closed,))
    if Case.is_hidden(row, who):
        return refused("statement_restricted")
    task = change.review.task(TaskId(statement))
    if not may_act(task, who):
        return refused("task_of_other_queue", queue=Queue.REVIEWER if task is None else task.queue)
    words = tidy(reason)
    if not words:
        return refused("reason_missing")
    if len(words) > MOST_REASON_CHARACTERS:
        return refused("reason_too_long", most=str(MOST_REASON_CHARACTERS))
    if (0 if task is None else task.version) != version:
        its = own_task(row, change, desk)
        said = change.review.history(its.id)
        return Conflict(its, said[version] if 0 <= version < len(said) else None)
    return Case(row, words) if row.members else refused("statement_without_pages", id=statement)


def may_act(task: Task | None, who: Reviewer) -> bool:
    """Whether this person may act on a statement with this task of its own: what was referred waits for supervisors."""
    if task is None or task.state is not TaskState.OPEN:
        return who.exceptions or bool(who.queues)
    return is_for(task, who)


def closed_reason(batch: BatchId, change: RecordsTransaction) -> Reason | None:
    """Why nothing of a batch may be changed; null while it is in review."""
    review = change.review.batch(batch)
    if review is None:
        return Reason("review_not_begun", (("batch", batch),))
    return None if review.closed_at is None else Reason("review_batch_closed", (("batch", batch),))


def refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
