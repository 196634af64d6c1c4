"""How often readers and persons are wrong, as far as looks at their work tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.custody.quality import By, Found, Look, Looked, Work
from pipeline.custody.review import Task
from pipeline.model import PageId, PageOutcome
from pipeline.ports import Records
from pipeline.statements.review import Answer, answer_of, answer_read
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review.checking import finished_of, look_of, standing_told
from pipeline.usecases.stored_outcome import kept_outcome

_Z_95 = 1.96
LEAST_LOOKS = 30
"""With fewer an interval is so wide that it says next to nothing."""


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often some work was wrong.

    Attributes:
        name: of the kind, layout, reader or person; empty for all together.
        looked_at, wrong: fields that were looked at once more, and those of them whose value was another.
        left: fields that were to be looked at and were not; they count nowhere else.
        low, high: 95 % confidence interval of the share that is wrong (Wilson), 0.0 to 1.0.
    """

    name: str
    looked_at: int
    wrong: int
    left: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0.0 to 1.0; 0.0 where nothing was looked at."""
        return self.wrong / self.looked_at if self.looked_at else 0.0

    @property
    def too_few(self) -> bool:
        return self.looked_at < LEAST_LOOKS


@dataclass(frozen=True, slots=True)
class FoundError:
    """A field that was found wrong.

    Attributes:
        before, after: what was answered, and what stands now, each `value`, `empty`, `illegible` or `undecided` with
            the value.
        settled_by: who said so, by name.
    """

    look: Look
    statement: str | None
    before: Answer
    after: Answer
    settled_by: tuple[str, ...]


def error_rates(wanted: Looked, by: By = By.TOTAL, *, records: Records) -> tuple[ErrorRate, ...]:
    """By kind of field, edition, reader or person, by name: nobody is ranked. A person is answerable for fields of
    which they gave the value; the reader for those that it was sure of.

    Returns:
        One for each that was looked at; by `total` exactly one.
    """
    found = tuple(
        ErrorRate(its.name, its.right + its.wrong, its.wrong, its.left, *wilson(its.wrong, its.right + its.wrong))
        for its in records.quality.tallies(wanted, by)
    )
    nothing = ErrorRate("", 0, 0, 0, *wilson(0, 0))
    return found or ((nothing,) if by is By.TOTAL else ())


def wilson(wrong: int, looked_at: int) -> tuple[float, float]:
    """95 % confidence interval of a share; all of 0.0 to 1.0 where nothing was looked at."""
    if looked_at == 0:
        return 0.0, 1.0
    share, weight = wrong / looked_at, _Z_95**2 / looked_at
    middle = (share + weight / 2) / (1 + weight)
    reach = _Z_95 * math.sqrt(share * (1 - share) / looked_at + weight / (4 * looked_at)) / (1 + weight)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def found_errors(wanted: Looked, *, skip: int = 0, most: int, records: Records) -> tuple[FoundError, ...]:
    """The fields that were found wrong, the latest first."""
    looks = records.quality.looks(wanted, Found.WRONG, skip=skip, most=most)
    found = (_error(look, records) for look in looks)
    return tuple(its for its in found if its is not None)


def _error(look: Look, records: Records) -> FoundError | None:
    task = records.review.task(look.task)
    outcome = _outcome(look.page, records)
    field = None if outcome is None else outcome.field(look.field)
    if task is None or field is None:
        return None
    said = records.review.history(task.id)
    stands = standing_told(task, field, said, records.review).stands
    before = answer_read(field)
    if look.work is Work.PERSON:
        before = answer_of(finished_of(task, field, records.review).row, field)
    if stands is None:
        return None
    after = answer_of(stands, field)
    people = {row.who for row in said if answer_of(row, field) == after}
    return FoundError(look, task.statement, before, after, tuple(sorted(people)))


def _outcome(page: PageId, records: Records) -> PageOutcome | None:
    text = records.outcome(page)
    return None if text is None else kept_outcome(page, text)


def note_missing_looks(*, keeping: Keeping) -> int:
    """Note what samples came to that were decided before looks were recorded. Returns how many."""
    records, missing = keeping.records, keeping.records.quality.unnoted()
    looks = [look for task in missing if (look := _look(task, records)) is not None]
    if looks:
        with records.transaction() as change:
            for look in looks:
                change.quality.put(look)
    return len(looks)


def _look(task: Task, records: Records) -> Look | None:
    outcome = None if task.page is None else _outcome(task.page, records)
    field = None if outcome is None else outcome.field(task.field)
    return None if field is None else look_of(task, field, records.review.history(task.id), records.review)
