"""What a task repeats of its page, its field and its statement, so that queues are one query, compared with those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.custody import StatementRow
from pipeline.custody.review import Subject, Task, TaskId, TaskState
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference
from pipeline.model import PageId, PageOutcome
from pipeline.usecases.review.desk import task_id
from pipeline.usecases.review.sampling import check_id


def compare_repeated(
    tasks: Iterable[Task], statements: Sequence[StatementRow], outcomes: Mapping[PageId, PageOutcome]
) -> Iterator[Difference]:
    """`review_task_altered` for tasks of another page, field or statement than their id says, of a field that is less
    critical or read otherwise than it was, or that could be keyed blind and are not. Withdrawn ones ask nothing."""
    owners = {page: row.id for row in statements for page in row.members}
    for its in tasks:
        if its.state is not TaskState.WITHDRAWN and not (_is_of(its, owners) and _asks_as_read(its, outcomes)):
            yield Difference("review_task_altered", its.id)


def _is_of(task: Task, owners: Mapping[PageId, str]) -> bool:
    if task.subject is Subject.STATEMENT:
        return (task.page, task.field, task.statement) == (None, "", task.id)
    if task.page is None or task.statement != owners.get(task.page):
        return False
    if task.subject is Subject.PAGE:
        return (task.id, task.field) == (TaskId(task.page), "")
    its = task_id(task.page, task.field)
    return task.id == its if task.checks is None else (task.id, task.checks) == (check_id(its), its)


def _asks_as_read(task: Task, outcomes: Mapping[PageId, PageOutcome]) -> bool:
    if task.subject is not Subject.FIELD or task.page is None:
        return True
    outcome = outcomes.get(task.page)
    field = None if outcome is None else outcome.field(task.field)
    if outcome is None or field is None:
        # What a person found where no space is takes two persons.
        return task.critical
    reading = "null" if task.sample or task.checks is not None else canonical_json(field.value)
    asked = (task.kind, task.layout, task.critical, task.reading)
    return asked == (field.kind, outcome.layout, field.critical, reading)
