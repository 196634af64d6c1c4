"""What looks at sampled fields and finished work have found, as it is recorded."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody.quality import By, Found, Look, Looked, Tally
from pipeline.custody.review import Task, TaskId
from pipeline.model import BatchId


class QualityRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def look(self, task: TaskId) -> Look | None: ...

    def of_batch(self, batch: BatchId) -> tuple[Look, ...]:
        """All looks of a batch, by task."""
        ...

    def looks(self, wanted: Looked, finding: Found, *, skip: int = 0, most: int) -> tuple[Look, ...]:
        """Looks with this finding, the latest first, then by task."""
        ...

    def tallies(self, wanted: Looked, by: By) -> tuple[Tally, ...]:
        """Counts by kind, layout, reader or person, by name; a look counts for each person who gave its value. By
        `total` one, without a name; none where nothing was looked at."""
        ...

    def unnoted(self) -> tuple[Task, ...]:
        """Tasks of samples that are decided and have no look: of before looks were recorded."""
        ...


class QualityChange(Protocol):
    """Reads and changes within a transaction. Reads see what it has written."""

    def look(self, task: TaskId) -> Look | None: ...

    def put(self, look: Look) -> None:
        """Add a look, or replace the one of its task."""
        ...

    def remove(self, task: TaskId) -> None:
        """A task that is open again has no look. Nothing happens where there was none."""
        ...
