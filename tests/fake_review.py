"""Tasks of review and their history in memory; held to the real ones by `tests/contract/test_review.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.custody.review import Queue, ReviewBatch, Said, Task, TaskId, TaskState, Wanted
from pipeline.model import BatchId, PageId


@dataclass
class MemoryReview:
    """Fills `ReviewRecords` and `ReviewChange`; a transaction works on a copy. `complete` is told by the records."""

    by_id: dict[TaskId, Task] = field(default_factory=dict)
    said: dict[TaskId, list[Said]] = field(default_factory=dict)
    made: dict[BatchId, ReviewBatch] = field(default_factory=dict)
    facts: dict[str, list[str]] = field(default_factory=dict)
    complete: tuple[BatchId, ...] = ()

    def task(self, task: TaskId) -> Task | None:
        return self.by_id.get(task)

    def tasks(
        self,
        *,
        batch: BatchId | None = None,
        page: PageId | None = None,
        statement: str | None = None,
        states: frozenset[TaskState] = frozenset(TaskState),
    ) -> tuple[Task, ...]:
        found = (its for its in self.by_id.values() if its.state in states)
        found = (its for its in found if batch is None or its.batch == batch)
        found = (its for its in found if page is None or its.page == page)
        found = (its for its in found if statement is None or its.statement == statement)
        return tuple(sorted(found, key=_order))

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]:
        found = self.tasks(batch=wanted.batch, page=wanted.page, statement=wanted.statement)
        return tuple(its for its in found if self._is_free(its, wanted))[:most]

    def _is_free(self, task: Task, wanted: Wanted) -> bool:
        if task.state is not TaskState.OPEN or task.queue is not wanted.queue or task.holder(wanted.now) is not None:
            return False
        return wanted.who not in task.excluded and not (wanted.apart and self._others_near(task, wanted))

    def _others_near(self, task: Task, wanted: Wanted) -> bool:
        near = (its for its in self.by_id.values() if task.page is not None and its.page == task.page)
        return any(its.holder(wanted.now) not in (None, wanted.who) for its in near)

    def alike(self, task: Task, *, most: int) -> tuple[Task, ...]:
        def same(its: Task) -> bool:
            waits = its.state is TaskState.OPEN and its.queue is Queue.REVIEWER
            alike = (its.subject, its.kind, its.field, its.reading) == (
                task.subject,
                task.kind,
                task.field,
                task.reading,
            )
            return waits and alike

        return tuple(its for its in self.tasks() if same(its))[:most]

    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        found = [its for its in self.by_id.values() if its.held_by == who and its.queue is queue]
        waiting = [its for its in found if its.state is TaskState.OPEN]
        return tuple(sorted(waiting, key=lambda its: (its.held_until or datetime.max, its.id)))

    def history(self, task: TaskId) -> tuple[Said, ...]:
        return tuple(self.said.get(task, ()))

    def histories(
        self, *, batch: BatchId | None = None, page: PageId | None = None
    ) -> Mapping[TaskId, tuple[Said, ...]]:
        wanted = self.tasks(batch=batch, page=page)
        return {its.id: tuple(self.said[its.id]) for its in wanted if its.id in self.said}

    def counts(self, batch: BatchId | None = None) -> Mapping[tuple[Queue, TaskState], int]:
        wanted = (its for its in self.by_id.values() if batch in (None, its.batch))
        return Counter((its.queue, its.state) for its in wanted)

    def batch(self, batch: BatchId) -> ReviewBatch | None:
        return self.made.get(batch)

    def unmade(self) -> tuple[BatchId, ...]:
        return tuple(batch for batch in self.complete if batch not in self.made)

    def changed(self, batch: BatchId) -> frozenset[str]:
        return frozenset(statement for statement in self.facts if statement.startswith(f"{batch}.s"))

    def versions(self, statement: str) -> tuple[str, ...]:
        return tuple(self.facts.get(statement, ()))

    def put_task(self, task: Task) -> None:
        self.by_id[task.id] = task

    def add(self, said: Said) -> None:
        self.said.setdefault(said.task, []).append(said)

    def put_batch(self, row: ReviewBatch) -> None:
        self.made[row.batch] = row

    def add_version(self, statement: str, facts: str) -> int:
        self.facts.setdefault(statement, []).append(facts)
        return len(self.facts[statement])

    def close_tasks(self, tasks: Iterable[TaskId]) -> None:
        for task in tasks:
            self.by_id[task] = replace(self.by_id[task], state=TaskState.CLOSED, held_by=None, held_until=None)


def _order(task: Task) -> tuple[object, ...]:
    return task.urgent_on, task.batch, task.position, task.id
