"""Looks at sampled fields and finished work in memory; held to the real ones by `tests/contract/test_quality.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.custody.quality import By, Found, Look, Looked, Tally
from pipeline.custody.review import Task, TaskId, TaskState
from pipeline.model import BatchId
from tests.fake_review import MemoryReview


@dataclass
class MemoryQuality:
    """Fills `QualityRecords` and `QualityChange`."""

    by_task: dict[TaskId, Look]
    review: MemoryReview

    def look(self, task: TaskId) -> Look | None:
        return self.by_task.get(task)

    def of_batch(self, batch: BatchId) -> tuple[Look, ...]:
        return tuple(self.by_task[task] for task in sorted(self.by_task) if self.by_task[task].batch == batch)

    def looks(self, wanted: Looked, finding: Found, *, skip: int = 0, most: int) -> tuple[Look, ...]:
        found = sorted((its for its in self._meant(wanted) if its.finding is finding), key=lambda its: its.task)
        return tuple(sorted(found, key=lambda its: its.at, reverse=True))[skip : skip + most]

    def tallies(self, wanted: Looked, by: By) -> tuple[Tally, ...]:
        found = Counter((name, its.finding) for its in self._meant(wanted) for name in _names(its, by))
        return tuple(
            Tally(name, *(found[name, each] for each in (Found.RIGHT, Found.WRONG, Found.LEFT)))
            for name in sorted({name for name, _ in found})
        )

    def unnoted(self) -> tuple[Task, ...]:
        ended = (TaskState.DECIDED, TaskState.CLOSED)
        tasks = (its for its in self.review.by_id.values() if its.sample and its.state in ended and its.version)
        return tuple(sorted((its for its in tasks if its.id not in self.by_task), key=lambda its: its.id))

    def put(self, look: Look) -> None:
        self.by_task[look.task] = replace(look, givers=tuple(sorted(look.givers)))

    def remove(self, task: TaskId) -> None:
        self.by_task.pop(task, None)

    def _meant(self, wanted: Looked) -> Iterator[Look]:
        for its in self.by_task.values():
            early = wanted.since is not None and its.at < wanted.since
            late = wanted.until is not None and its.at >= wanted.until
            if its.work is wanted.work and not early and not late and wanted.batch in (None, its.batch):
                yield its


def _names(look: Look, by: By) -> tuple[str, ...]:
    return {
        By.TOTAL: ("",),
        By.KIND: (look.kind.value,),
        By.LAYOUT: (look.layout,),
        By.READER: (look.reader,),
        By.PERSON: look.givers,
    }[by]
