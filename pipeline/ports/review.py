"""Tasks of review and their history, as they are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from pipeline.custody.review import Queue, ReviewBatch, Said, Task, TaskId, TaskState, Wanted
from pipeline.model import BatchId, PageId


class ReviewRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def task(self, task: TaskId) -> Task | None: ...

    def tasks(
        self,
        *,
        batch: BatchId | None = None,
        page: PageId | None = None,
        statement: str | None = None,
        states: frozenset[TaskState] = frozenset(TaskState),
    ) -> tuple[Task, ...]:
        """Tasks, the most urgent first, then by batch and position; those of a page, a statement, a batch, or all."""
        ...

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]:
        """The first open tasks that nobody holds and this person may decide, in the order of `tasks`."""
        ...

    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        """Open tasks of a queue last kept for this person, whether still or no longer; the earliest taken first."""
        ...

    def alike(self, task: Task, *, most: int) -> tuple[Task, ...]:
        """Open tasks of the reviewers' queue of the same kind, field and reading; the most urgent first."""
        ...

    def history(self, task: TaskId) -> tuple[Said, ...]:
        """By number."""
        ...

    def histories(
        self, *, batch: BatchId | None = None, page: PageId | None = None
    ) -> Mapping[TaskId, tuple[Said, ...]]:
        """Of all tasks of a batch or page that have one."""
        ...

    def counts(self, batch: BatchId | None = None) -> Mapping[tuple[Queue, TaskState], int]:
        """Of a batch, or of all."""
        ...

    def batch(self, batch: BatchId) -> ReviewBatch | None: ...

    def unmade(self) -> tuple[BatchId, ...]:
        """Complete batches whose tasks were not made yet, oldest first."""
        ...

    def versions(self, statement: str) -> tuple[str, ...]:
        """What a statement was before each change by review: canonical JSON, oldest first."""
        ...

    def changed(self, batch: BatchId) -> frozenset[str]:
        """Statements of a batch that have such versions."""
        ...


class ReviewChange(Protocol):
    """Reads and changes within a transaction. Reads see what it has written."""

    def task(self, task: TaskId) -> Task | None: ...

    def tasks(self, *, page: PageId | None = None, statement: str | None = None) -> tuple[Task, ...]:
        """As `ReviewRecords.tasks`."""
        ...

    def held(self, who: str, queue: Queue) -> tuple[Task, ...]:
        """As `ReviewRecords.held`."""
        ...

    def free(self, wanted: Wanted, *, most: int) -> tuple[Task, ...]: ...

    def history(self, task: TaskId) -> tuple[Said, ...]: ...

    def histories(self, *, page: PageId) -> Mapping[TaskId, tuple[Said, ...]]: ...

    def batch(self, batch: BatchId) -> ReviewBatch | None: ...

    def put_task(self, task: Task) -> None:
        """Add a task, or replace the one with its id."""
        ...

    def add(self, said: Said) -> None:
        """Add a row to the history of a task."""
        ...

    def put_batch(self, row: ReviewBatch) -> None: ...

    def versions(self, statement: str) -> tuple[str, ...]:
        """As `ReviewRecords.versions`."""
        ...

    def add_version(self, statement: str, facts: str) -> int:
        """Keep what a statement was before it is changed. Returns the version's number, from 1."""
        ...

    def close_tasks(self, tasks: Iterable[TaskId]) -> None: ...
