"""Figures counted row by row over any records, as slowly as they are defined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

from pipeline.custody import FILE_END_STATES, BatchRow, FileState
from pipeline.custody.figures import (
    WORK_GAP_S,
    AgeCount,
    BatchCounts,
    BatchesWanted,
    BatchOrder,
    Closing,
    DecidedCounts,
    DueCount,
    FieldCounts,
    ReadingCounts,
    Span,
    WaitingCount,
    WorkHour,
)
from pipeline.custody.review import Said, Subject, Task, TaskState, Verb
from pipeline.model import END_STATES, BatchId, Decision, Field, LayoutId, PageId, PageLabel, PageOutcome, PageState
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.ports import Records
from pipeline.statements.review import Standing, answer_of, answer_read, standing_for
from pipeline.usecases.returns import receipt_of
from pipeline.usecases.review.desk import task_id
from pipeline.usecases.standing import returns_to_decide
from pipeline.usecases.stored_outcome import kept_outcome

_NEVER = date.max
_NOT_READ = frozenset({LAYOUT_READER, ELECTRONIC_READER})
_COUNT_WITH_OTHERS = (PageLabel.DIVIDED, PageLabel.SUPERSEDED)


class MemoryFigures:
    """Fills `FigureRecords`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def batches(self, wanted: BatchesWanted) -> tuple[BatchCounts, ...]:
        found = [self._batch(row) for row in self._records.batches()]
        found = [its for its in found if _is_wanted(its, wanted)]
        if wanted.order is BatchOrder.NEWEST:
            found.sort(key=lambda its: (its.started_at, its.id), reverse=True)
        elif wanted.order is BatchOrder.AGE:
            found.sort(key=lambda its: (its.received, its.id))
        else:
            found.sort(key=lambda its: (its.nearest or _NEVER, its.received, its.id))
        end = None if wanted.most is None else wanted.first + wanted.most
        return tuple(found[wanted.first : end])

    def batch_count(self, wanted: BatchesWanted) -> int:
        return sum(_is_wanted(self._batch(row), wanted) for row in self._records.batches())

    def _batch(self, row: BatchRow) -> BatchCounts:
        records, receipt = self._records, receipt_of(row)
        pages = [page for page in records.pages(row.id) if page.part_of is None]
        files = records.files(row.id)
        tasks, made = records.review.tasks(batch=row.id), records.review.batch(row.id)
        session = records.scans.session(row.id)
        sides = Counter(page.sheet for page in pages if page.sheet)
        open_ones = [its for its in tasks if its.state is TaskState.OPEN]
        said = [each.at for its in tasks for each in records.review.history(its.id)]
        return BatchCounts(
            id=row.id,
            name=row.options.name,
            issuer=row.options.issuer,
            state=row.state,
            received=receipt.day,
            stated=receipt.stated,
            started_at=row.started_at,
            finished_at=row.finished_at,
            expected_sheets=row.options.expected_sheets,
            files=len(files),
            open_files=sum(file.state not in FILE_END_STATES for file in files),
            refused=sum(file.state in (FileState.REFUSED, FileState.DUPLICATE) for file in files),
            file_pages=sum(file.page_count or 0 for file in files),
            first_file_at=min((file.received_at for file in files if file.received_at), default=None),
            sheets=len(sides),
            single_sided=sum(count == 1 for count in sides.values()),
            images=len(pages),
            end_states=sum(page.state in END_STATES for page in pages),
            exceptions=sum(page.state is PageState.EXCEPTION for page in pages),
            statements=sum(its.counts for its in records.statements(row.id)),
            made=made is not None,
            open_tasks=len(open_ones),
            decided_tasks=sum(its.state in (TaskState.DECIDED, TaskState.CLOSED) for its in tasks),
            nearest=min((its.urgent_on for its in open_ones), default=None),
            last_said_at=max(said, default=None),
            closed_at=None if made is None else made.closed_at,
            scanned=None if session is None else session.totals,
        )

    def closings(self, days: Span, *, issuer: str | None = None) -> tuple[Closing, ...]:
        rows = (self._batch(row) for row in self._records.batches())
        found = (
            Closing(row.id, row.closed_at, row.statements)
            for row in rows
            if row.closed_at and issuer in (None, row.issuer)
        )
        inside = (its for its in found if days.begins_at <= its.at < days.ends_at)
        return tuple(sorted(inside, key=lambda its: (its.at, its.batch)))

    def fields(self, received: Span, *, issuer: str | None = None) -> tuple[FieldCounts, ...]:
        found = []
        for row in self._records.batches():
            day = receipt_of(row).day
            if received.first <= day <= received.last and issuer in (None, row.options.issuer):
                found += list(self._fields_of(row.id, day))
        return tuple(sorted(found, key=lambda its: (its.batch, its.layout)))

    def _fields_of(self, batch: BatchId, day: date) -> Iterator[FieldCounts]:
        read: dict[LayoutId, Counter[Decision]] = {}
        counted = {page.id for page in self._records.pages(batch) if page.label not in _COUNT_WITH_OTHERS}
        for page, text in self._records.outcomes(batch):
            outcome = kept_outcome(page, text)
            if outcome.layout is not None and page in counted:
                own = (field.decision for field in outcome.fields if field.reader not in _NOT_READ)
                read.setdefault(outcome.layout, Counter()).update(own)
        tasks = self._records.review.tasks(batch=batch)
        fields = (its for its in tasks if its.subject is Subject.FIELD and its.checks is None)
        asked = Counter(its.layout for its in fields if its.state is not TaskState.WITHDRAWN)
        for layout, count in read.items():
            yield FieldCounts(
                batch,
                layout,
                day,
                count[Decision.ACCEPTED],
                count[Decision.REVIEW],
                count[Decision.EMPTY],
                asked[layout],
            )

    def _judged(self, days: Span, issuer: str | None) -> Iterator[tuple[Task, Field, Said]]:
        for task in self._records.review.tasks():
            batch = self._records.batch(task.batch)
            field = self._field(task)
            if field is None or batch is None or issuer not in (None, batch.options.issuer):
                continue
            if field.reader == ELECTRONIC_READER:
                continue
            standing: Standing = standing_for(task, field, self._records.review.history(task.id))
            if task.state is TaskState.OPEN or standing.stands is None:
                continue
            if days.begins_at <= standing.stands.at < days.ends_at:
                yield task, field, standing.stands

    def _field(self, task: Task) -> Field | None:
        if task.subject is not Subject.FIELD or task.page is None or task.id != task_id(task.page, task.field):
            return None
        outcome = self._outcome(task.page)
        return None if outcome is None or task.layout is None else outcome.field(task.field)

    def _outcome(self, page: PageId) -> PageOutcome | None:
        text = self._records.outcome(page)
        return None if text is None else kept_outcome(page, text)

    def readings(self, decided: Span, *, issuer: str | None = None) -> tuple[ReadingCounts, ...]:
        judged: Counter[tuple[int, bool]] = Counter()
        right: Counter[tuple[int, bool]] = Counter()
        for task, field, said in self._judged(decided, issuer):
            key = int(field.confidence * 100 + 1e-9), task.sample
            judged[key] += 1
            right[key] += answer_of(said, field) == answer_read(field)
        return tuple(ReadingCounts(*key, judged[key], right[key]) for key in sorted(judged))

    def decided(self, decided: Span, *, issuer: str | None = None) -> tuple[DecidedCounts, ...]:
        judged: Counter[tuple[datetime, LayoutId]] = Counter()
        right: Counter[tuple[datetime, LayoutId]] = Counter()
        for task, field, said in self._judged(decided, issuer):
            assert task.layout is not None
            key = _hour(said.at), task.layout
            judged[key] += 1
            right[key] += answer_of(said, field) == answer_read(field)
        return tuple(DecidedCounts(*key, judged[key], right[key]) for key in sorted(judged))

    def told(self, days: Span, *, issuer: str | None = None) -> tuple[AgeCount, ...]:
        inside = [its for its in self._records.events.all() if days.begins_at <= its.at < days.ends_at]
        wanted = [its for its in inside if issuer in (None, its.issuer)]
        ages = Counter((its.kind, its.age_days) for its in wanted if its.age_days is not None)
        return tuple(AgeCount(kind, age, ages[kind, age]) for kind, age in sorted(ages))

    def work(self, days: Span) -> tuple[WorkHour, ...]:
        rows = [row for task in self._records.review.tasks() for row in self._records.review.history(task.id)]
        said, undone = Counter[tuple[datetime, str]](), Counter[tuple[datetime, str]]()
        working, last = dict[tuple[datetime, str], float](), dict[str, datetime]()
        for row in sorted(rows, key=lambda its: its.at):
            key = _hour(row.at), row.who
            said[key] += row.verb is not Verb.UNDO
            undone[key] += row.verb is Verb.UNDO
            gap_s = (row.at - last[row.who]).total_seconds() if row.who in last else 0.0
            working[key] = working.get(key, 0.0) + (gap_s if gap_s < WORK_GAP_S else 0.0)
            last[row.who] = row.at
        hours = [key for key in sorted(said) if days.begins_at <= key[0] < days.ends_at]
        return tuple(WorkHour(who, hour, said[hour, who], undone[hour, who], working[hour, who]) for hour, who in hours)

    def waiting(self, *, issuer: str | None = None) -> tuple[WaitingCount, ...]:
        found: Counter[tuple[date, BatchId, str]] = Counter()
        queues = {}
        for task, day in self._open(issuer):
            found[day, task.batch, task.queue] += 1
            queues[task.queue.value] = task.queue
        return tuple(
            WaitingCount(queues[queue], batch, day, found[day, batch, queue]) for day, batch, queue in sorted(found)
        )

    def _open(self, issuer: str | None) -> Iterator[tuple[Task, date]]:
        for task in self._records.review.tasks(states=frozenset({TaskState.OPEN})):
            batch = self._records.batch(task.batch)
            if batch is not None and issuer in (None, batch.options.issuer):
                yield task, receipt_of(batch).day

    def due(self, until: date, *, issuer: str | None = None) -> tuple[DueCount, ...]:
        found: dict[date, set[str]] = {}
        for task, _ in self._open(issuer):
            if task.urgent_on <= until:
                found.setdefault(task.urgent_on, set()).add(task.statement or task.page or task.id)
        return tuple(DueCount(day, len(found[day])) for day in sorted(found))

    def returns_waiting(self, *, issuer: str | None = None) -> int:
        found = returns_to_decide(records=self._records)
        return sum(issuer in (None, its.row.issuer) for its in found)

    def ledger_entries(self) -> int:
        return sum(1 for _ in self._records.ledger())

    def issuers(self) -> tuple[str, ...]:
        named = {row.options.issuer for row in self._records.batches()}
        return tuple(sorted(each for each in named if each is not None))


def _is_wanted(its: BatchCounts, wanted: BatchesWanted) -> bool:
    if wanted.batch not in (None, its.id) or wanted.issuer not in (None, its.issuer):
        return False
    if wanted.is_open is not None and wanted.is_open != (its.closed_at is None):
        return False
    return wanted.received is None or wanted.received.first <= its.received <= wanted.received.last


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
