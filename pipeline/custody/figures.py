"""The frozen values of figures: counts as the records give them, before anything is worked out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from pipeline.custody.events import EventKind
from pipeline.custody.review import Queue
from pipeline.custody.rows import BatchState
from pipeline.custody.scanning import ScanTotals
from pipeline.model import BatchId, LayoutId

WORK_GAP_S: Final = 300.0
"""Between two decisions of a person: a longer time was no work at them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days of the place, both included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    @property
    def begins_at(self) -> datetime:
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer of it."""
        return _midnight(self.last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone().astimezone(UTC)


class BatchOrder(StrEnum):
    """The last begun first; the nearest deadline first, those without one last; the longest here first."""

    NEWEST = "newest"
    DEADLINE = "deadline"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class BatchesWanted:
    """Which batches, in which order.

    Attributes:
        is_open: whether it is not closed; null: either.
        received: days on which the paper came in.
        first, most: the part of the list; `most` null: all from `first` on.
    """

    batch: BatchId | None = None
    is_open: bool | None = None
    received: Span | None = None
    issuer: str | None = None
    order: BatchOrder = BatchOrder.NEWEST
    first: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """All that is counted of a batch.

    Attributes:
        received: the day its paper came in; the day of its scan where nobody said.
        stated: somebody said when it came in.
        first_file_at: when its first file was stored.
        open_files: neither taken apart nor refused nor a duplicate; `refused` are the latter two.
        file_pages: pages that the files were found to hold.
        single_sided: sheets with one image.
        end_states: pages in an end state, of which `exceptions` are set aside.
        made: its tasks were made.
        nearest: the day that orders the most urgent open task; null without an open one.
        last_said_at: when somebody last said something about it.
        scanned: of a batch that was scanned in a session, once that has ended.
    """

    id: BatchId
    name: str | None
    issuer: str | None
    state: BatchState
    received: date
    stated: bool
    started_at: datetime
    finished_at: datetime | None
    expected_sheets: int | None
    files: int = 0
    open_files: int = 0
    refused: int = 0
    file_pages: int = 0
    first_file_at: datetime | None = None
    sheets: int = 0
    single_sided: int = 0
    images: int = 0
    end_states: int = 0
    exceptions: int = 0
    statements: int = 0
    made: bool = False
    open_tasks: int = 0
    decided_tasks: int = 0
    nearest: date | None = None
    last_said_at: datetime | None = None
    closed_at: datetime | None = None
    scanned: ScanTotals | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """A batch that was closed, and how many statements it has."""

    batch: BatchId
    at: datetime
    statements: int


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Fields of the pages of one batch and edition, as they were read; those that the form itself prints are not read.

    Attributes:
        accepted, doubtful, empty: as the reader decided.
        for_persons: fields that a person was asked about, whatever the reader decided.
    """

    batch: BatchId
    layout: LayoutId
    received: date
    accepted: int = 0
    doubtful: int = 0
    empty: int = 0
    for_persons: int = 0


@dataclass(frozen=True, slots=True)
class ReadingCounts:
    """Readings that persons have judged.

    Attributes:
        percent: confidence in the reading, rounded down to hundredths, 0 to 100.
        sample: drawn at random from those that the reader was sure of; else somebody had to look.
        right: those of `judged` that stand as they were read.
    """

    percent: int
    sample: bool
    judged: int
    right: int


@dataclass(frozen=True, slots=True)
class DecidedCounts:
    """Fields of an edition that were decided for the last time in one hour; `hour` is aware UTC, whole."""

    hour: datetime
    layout: LayoutId
    decided: int
    right: int


@dataclass(frozen=True, slots=True)
class WorkHour:
    """What a person said in one hour.

    Attributes:
        hour: aware UTC, whole.
        said: decisions, of which `undone` were taken back (counted when they were).
        working_s: time between decisions less than `WORK_GAP_S` apart, counted in the hour of the later one.
    """

    who: str
    hour: datetime
    said: int
    undone: int
    working_s: float


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """Open tasks of a queue and batch."""

    queue: Queue
    batch: BatchId
    received: date
    tasks: int


@dataclass(frozen=True, slots=True)
class DueCount:
    """Statements with an open task whose last day is this one; a page of no statement counts for itself."""

    day: date
    statements: int


@dataclass(frozen=True, slots=True)
class AgeCount:
    """Events of a kind that were told so many whole days after the day of the mail."""

    kind: EventKind
    days: int
    events: int
