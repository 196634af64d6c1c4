"""What the office did and what waits: volumes, ages, how much goes through alone, how right sure readings are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from pipeline.custody.figures import (
    BatchCounts,
    BatchesWanted,
    Closing,
    DecidedCounts,
    FieldCounts,
    ReadingCounts,
    Span,
    WaitingCount,
    WorkHour,
)
from pipeline.custody.quality import By, Looked, Work
from pipeline.custody.review import SYSTEM
from pipeline.model import BatchId, LayoutId
from pipeline.ports import Records
from pipeline.usecases.figures_told import ToldAge, told_ages
from pipeline.usecases.review.quality import ErrorRate, error_rates, wilson

SOON_DAYS: Final = 5
AGE_EDGES_DAYS: Final = (0, 1, 2, 3, 5, 8, 15, 31)
"""Where each class of ages begins."""
BIN_EDGES_PERCENT: Final = (0, 50, 60, 70, 80, 90, 95, 98, 99)
"""Where each class of confidence begins: finer where readings are accepted."""
LEAST_WORK_S: Final = 600.0
"""Shorter work says nothing of how many fields an hour has."""
STEPS: Final = ("received", "readable", "reviewed", "closed")


@dataclass(frozen=True, slots=True)
class Question:
    """Whose figures: of which days, as seen on which day; of one issuer's batches, or of all."""

    span: Span
    today: date
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The four figures that matter.

    Attributes:
        sheets, statements: that came in today.
        waiting: open tasks; `oldest` is the batch of the one that has been here longest, `since` when it came in.
        soon: statements with an open task whose last day is within `SOON_DAYS`, of which `late` are past it.
        alone, read: fields of the span that no person was asked about, of those that had something to read.
    """

    sheets: int
    statements: int
    waiting: int
    oldest: BatchId | None
    since: date | None
    soon: int
    late: int
    alone: int
    read: int


@dataclass(frozen=True, slots=True)
class Volume:
    """One day: what came in, and statements of batches that were closed."""

    day: date
    batches: int = 0
    sheets: int = 0
    images: int = 0
    statements: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Age:
    """Open tasks whose paper came in that many days ago; `high_days` is null for the oldest class."""

    low_days: int
    high_days: int | None
    tasks: int


@dataclass(frozen=True, slots=True)
class Through:
    """Fields of one day of receipt that had something to read, and those of them that no person was asked about."""

    day: date
    read: int
    alone: int


@dataclass(frozen=True, slots=True)
class Edition:
    """Fields of one layout: `read` and `alone` as of `Through`, and what persons made of those they decided."""

    layout: LayoutId
    read: int
    alone: int
    decided: int
    changed: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Readings of a class of confidence that a person judged.

    Attributes:
        sample: drawn at random from what the reader was sure of; the others are those that it doubted, which is no
            random choice.
        predicted: mean confidence, to half a hundredth.
        low, high: 95 % confidence interval of the share that is right.
    """

    sample: bool
    low_percent: int
    predicted: float
    judged: int
    right: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Decisions less those taken back, and the time they took.

    Attributes:
        name: of a person, or a day as ISO 8601.
        days: on which something was decided.
    """

    name: str
    days: int
    decisions: int
    working_s: float

    @property
    def an_hour(self) -> float | None:
        """Null where the work was too short to say."""
        return None if self.working_s < LEAST_WORK_S else self.decisions / self.working_s * 3600.0


@dataclass(frozen=True, slots=True)
class Duration:
    """Days from the mail to a step, of the batches that reached it; the fastest, the middle one, nine in ten, the
    slowest. All 0.0 where there are none."""

    step: str
    batches: int
    least: float = 0.0
    middle: float = 0.0
    nine_in_ten: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A step on a batch's way, null while it has not been reached; days since the mail and since the step before."""

    step: str
    at: datetime | None
    days: float | None
    step_days: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a question.

    Attributes:
        errors: of readers where they were sure, by kind of field; of all issuers, whichever was asked for.
        speeds, persons: the same work by day and by person.
    """

    question: Question
    today: Today
    volumes: tuple[Volume, ...]
    ages: tuple[Age, ...]
    through: tuple[Through, ...]
    editions: tuple[Edition, ...]
    errors: tuple[ErrorRate, ...]
    reliability: tuple[Reliability, ...]
    speeds: tuple[Speed, ...]
    persons: tuple[Speed, ...]
    durations: tuple[Duration, ...]
    told: tuple[ToldAge, ...]
    batches: tuple[BatchCounts, ...]


def figures_of(question: Question, *, records: Records) -> Figures:
    """Counted now."""
    kept, span, issuer = records.figures, question.span, question.issuer
    batches = kept.batches(BatchesWanted(received=span, issuer=issuer))
    fields = kept.fields(span, issuer=issuer)
    hours = kept.work(span)
    return Figures(
        question=question,
        today=_today(question, fields, records=records),
        volumes=volumes_of(span, batches, kept.closings(span, issuer=issuer)),
        ages=ages_of(kept.waiting(issuer=issuer), question.today),
        through=through_of(span, fields),
        editions=editions_of(fields, kept.decided(span, issuer=issuer)),
        errors=error_rates(Looked(Work.READER, span.begins_at, span.ends_at), By.KIND, records=records),
        reliability=reliability_of(kept.readings(span, issuer=issuer)),
        speeds=speeds_of(hours),
        persons=persons_of(hours),
        durations=durations_of(batches),
        told=told_ages(kept.told(span, issuer=issuer)),
        batches=batches,
    )


def _today(question: Question, fields: Sequence[FieldCounts], *, records: Records) -> Today:
    kept, issuer, today = records.figures, question.issuer, question.today
    came = kept.batches(BatchesWanted(received=Span(today, today), issuer=issuer))
    waiting = kept.waiting(issuer=issuer)
    due = kept.due(today + timedelta(days=SOON_DAYS), issuer=issuer)
    return Today(
        sheets=sum(its.sheets for its in came),
        statements=sum(its.statements for its in came),
        waiting=sum(its.tasks for its in waiting),
        oldest=waiting[0].batch if waiting else None,
        since=waiting[0].received if waiting else None,
        soon=sum(its.statements for its in due),
        late=sum(its.statements for its in due if its.day < today),
        alone=sum(map(alone, fields)),
        read=sum(its.accepted + its.doubtful for its in fields),
    )


def alone(its: FieldCounts) -> int:
    """Fields with something to read that no person was asked about.

    Doubtful ones are always asked about; persons were asked about accepted ones too as far as there are more questions
    than doubts.
    """
    return max(0, its.accepted - max(0, its.for_persons - its.doubtful))


def volumes_of(span: Span, received: Iterable[BatchCounts], closed: Iterable[Closing]) -> tuple[Volume, ...]:
    """Every day of the span in order, also those on which nothing came in."""
    counts: dict[date, Counter[str]] = {day: Counter() for day in span.days}
    for its in received:
        day = counts[its.received]
        day.update(batches=1, sheets=its.sheets, images=its.images, statements=its.statements)
    for closing in closed:
        counts[closing.at.astimezone().date()].update(closed=closing.statements)
    return tuple(Volume(day, **count) for day, count in counts.items())


def ages_of(waiting: Iterable[WaitingCount], today: date) -> tuple[Age, ...]:
    """Every class in order; what came in after today counts as of today."""
    counts: Counter[int] = Counter()
    for its in waiting:
        counts[_class_of(max(0, (today - its.received).days), AGE_EDGES_DAYS)] += its.tasks
    ends = (*(edge - 1 for edge in AGE_EDGES_DAYS[1:]), None)
    return tuple(Age(low, high, counts[low]) for low, high in zip(AGE_EDGES_DAYS, ends, strict=True))


def _class_of(value: int, edges: Sequence[int]) -> int:
    return max(edge for edge in edges if edge <= value)


def through_of(span: Span, fields: Iterable[FieldCounts]) -> tuple[Through, ...]:
    """Days on which something to read came in, in order."""
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for its in fields:
        found[its.received][0] += its.accepted + its.doubtful
        found[its.received][1] += alone(its)
    return tuple(Through(day, *found[day]) for day in span.days if day in found and found[day][0])


def editions_of(fields: Iterable[FieldCounts], decided: Iterable[DecidedCounts]) -> tuple[Edition, ...]:
    """By layout, those of which most was read first."""
    found: dict[LayoutId, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for its in fields:
        found[its.layout][0] += its.accepted + its.doubtful
        found[its.layout][1] += alone(its)
    for each in decided:
        found[each.layout][2] += each.decided
        found[each.layout][3] += each.decided - each.right
    lines = (Edition(layout, *counts) for layout, counts in found.items())
    return tuple(sorted(lines, key=lambda its: (-its.read, its.layout)))


def reliability_of(readings: Iterable[ReadingCounts]) -> tuple[Reliability, ...]:
    """Classes in which something was judged: what the reader doubted first, then the samples, each by confidence."""
    found: dict[tuple[bool, int], list[ReadingCounts]] = defaultdict(list)
    for its in readings:
        found[its.sample, _class_of(its.percent, BIN_EDGES_PERCENT)].append(its)
    return tuple(_reliability(sample, low, found[sample, low]) for sample, low in sorted(found))


def _reliability(sample: bool, low_percent: int, counts: Sequence[ReadingCounts]) -> Reliability:
    judged, right = sum(its.judged for its in counts), sum(its.right for its in counts)
    middle = sum(min(1.0, (its.percent + 0.5) / 100.0) * its.judged for its in counts) / judged
    return Reliability(sample, low_percent, middle, judged, right, *wilson(right, judged))


def speeds_of(hours: Iterable[WorkHour]) -> tuple[Speed, ...]:
    """By day; what the program decides by itself is nobody's work."""
    return _speeds((its.hour.astimezone().date().isoformat(), its) for its in hours if its.who != SYSTEM)


def persons_of(hours: Iterable[WorkHour]) -> tuple[Speed, ...]:
    """By person, by name: nobody is ranked."""
    return _speeds((its.who, its) for its in hours if its.who != SYSTEM)


def _speeds(named: Iterable[tuple[str, WorkHour]]) -> tuple[Speed, ...]:
    found: dict[str, list[WorkHour]] = defaultdict(list)
    for name, hour in named:
        found[name].append(hour)
    return tuple(_speed(name, found[name]) for name in sorted(found))


def _speed(name: str, hours: Sequence[WorkHour]) -> Speed:
    days = {its.hour.astimezone().date() for its in hours}
    decisions = max(0, sum(its.said - its.undone for its in hours))
    return Speed(name, len(days), decisions, sum(its.working_s for its in hours))


# From mail to record


def way_of(batch: BatchCounts) -> tuple[Moment, ...]:
    """The steps of a batch: stored, readable, looked at by persons as far as needed, closed.

    Days count from the morning of the day on which the mail came in; where nobody said, from the start of the intake.
    """
    begin = Span(batch.received, batch.received).begins_at if batch.stated else batch.started_at
    moments, before = [], begin
    for step, at in zip(STEPS, _steps(batch), strict=True):
        days = None if at is None else _days(begin, at)
        moments.append(Moment(step, at, days, None if at is None else _days(before, at)))
        before = at or before
    return tuple(moments)


def _steps(batch: BatchCounts) -> tuple[datetime | None, ...]:
    done = batch.made and not batch.open_tasks
    reviewed = (batch.last_said_at or batch.finished_at) if done else None
    return batch.first_file_at, batch.finished_at, reviewed, batch.closed_at


def _days(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin).total_seconds() / 86_400.0)


def durations_of(batches: Iterable[BatchCounts]) -> tuple[Duration, ...]:
    """One for each step."""
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    for batch in batches:
        for its in way_of(batch):
            if its.days is not None:
                found[its.step].append(its.days)
    return tuple(_duration(step, sorted(days)) for step, days in found.items())


def _duration(step: str, days: Sequence[float]) -> Duration:
    if not days:
        return Duration(step, 0)
    nine_in_ten = days[-(-9 * len(days) // 10) - 1]
    return Duration(step, len(days), days[0], median(days), nine_in_ten, days[-1])
