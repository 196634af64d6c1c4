"""What review answers: a task as a person sees it, and what became of what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.custody import PageRow
from pipeline.custody.review import Queue, Said, Task, TaskId, Verb
from pipeline.model import Alternative, BatchId, Field, FieldValue, LayoutId, Reason, RuleResult


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person said before, without their name."""

    verb: Verb
    value: FieldValue
    reason: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task and all that is to be seen of it.

    Attributes:
        field: as read, whatever was said since; null for a page or statement.
        value: what the value is now: the reader's, or what stands of persons'.
        candidates: in the order of their keys from 1: the value as read where there is one, then the alternatives.
        choices: for a mark `true` and `false`, for a choice the names of its marks, for a signature `present` and
            `absent`; else none.
        reasons: why a person should look.
        verdicts: rules of the page as its fields stand.
        proposals: what others said that this person is to confirm or settle; none where they are to key blind.
        number: of the statement; null where it is not known.
        crops_only: the page around the space is not to be shown.
    """

    task: Task
    page: PageRow | None
    layout: LayoutId | None
    field: Field | None
    value: FieldValue
    candidates: tuple[Alternative, ...]
    choices: tuple[str, ...]
    reasons: tuple[Reason, ...]
    verdicts: tuple[RuleResult, ...]
    proposals: tuple[Proposal, ...]
    number: str | None
    crops_only: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a verdict would be taken as.

    Attributes:
        value: normalised.
        verdicts: rules of the page with it; `broken` are those that the field takes part in.
        warnings: what else needs a reason, such as a check digit that does not hold.
    """

    value: FieldValue
    verdicts: tuple[RuleResult, ...] = ()
    broken: tuple[RuleResult, ...] = ()
    warnings: tuple[Reason, ...] = ()

    @property
    def needs_reason(self) -> bool:
        return bool(self.broken or self.warnings)


@dataclass(frozen=True, slots=True)
class Decided:
    """It is recorded. `task.state` says whether that settles it or another person is needed; `again` that the same
    had been recorded already (a form sent twice)."""

    task: Task
    said: Said
    again: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody was faster; nothing was recorded. `first` is what they said, null where it must not be shown."""

    task: Task
    first: Said | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was recorded, and why."""

    reasons: tuple[Reason, ...]
    verdicts: tuple[RuleResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a value's history, the reader's first.

    Attributes:
        who: null for the reader.
        undone: taken back later.
    """

    number: int
    at: datetime | None
    who: str | None
    verb: Verb | None
    value: FieldValue
    reason: str
    reader: str = ""
    confidence: float | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that keeps its batch from being closed."""

    task: TaskId
    queue: Queue
    held_by: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        made: its tasks were made; else all counts are 0.
        waiting: open tasks by queue.
        exceptions: pages set aside.
    """

    batch: BatchId
    made: bool
    closed_at: datetime | None
    waiting: tuple[tuple[Queue, int], ...]
    decided: int
    total: int
    exceptions: int

    @property
    def open(self) -> int:
        return sum(count for _, count in self.waiting)


@dataclass(frozen=True, slots=True)
class Closed:
    """A batch is closed: pages and statements archived; exceptions stay what they are."""

    batch: BatchId
    archived: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class NotClosed:
    """A batch is not closed: what waits, and why it is refused."""

    batch: BatchId
    reasons: tuple[Reason, ...]
    waiting: tuple[OpenTask, ...] = ()
