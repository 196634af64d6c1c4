"""Tasks of a batch that is complete: its doubtful fields, its pages set aside, statements that need a look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from pipeline.custody import BatchRow, BatchState, PageRow, StatementRow
from pipeline.custody.review import ReviewBatch, SiteRules, Subject, Task, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import BatchId, LayoutId, PageId, PageOutcome, PageState
from pipeline.ports import RecordsTransaction
from pipeline.statements.deadlines import DAYS_TO_PLEA, due_on
from pipeline.statements.review import standing_of_exception
from pipeline.statements.rules import day_of, settled
from pipeline.usecases.assemble import is_card_suspected, is_duplicate, is_plain
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.returns import receipt_of
from pipeline.usecases.review.recording import record, system_row
from pipeline.usecases.review.sampling import drawn_tasks, field_task, is_for_a_person, seed_of
from pipeline.usecases.review.states import settle_page, settle_statement
from pipeline.usecases.same_number import PROPOSED, asked_as_one, twins_of
from pipeline.usecases.stored_outcome import kept_outcomes

FIELDS_A_PAGE = 1000
_SOLVED_BY_FIELDS = frozenset({"statement_number_unsure", "return_number_unsure", "designation_unsure"})
"""Reasons that go when the fields behind them are decided."""


def make_tasks(batch: BatchId, *, keeping: Keeping) -> int:
    """Make the tasks of a complete batch, all or none. Returns how many; 0 when they were made before.

    Raises:
        InvariantBroken: the batch is not complete.
    """
    row = keeping.records.batch(batch)
    if row is None or row.state is not BatchState.COMPLETE:
        raise InvariantBroken("batch_not_assembled", batch=batch)
    if keeping.records.review.batch(batch) is not None:
        return 0
    tasks = tuple(tasks_of(row, keeping=keeping))
    with keeping.records.transaction() as change:
        if change.review.batch(batch) is not None:
            return 0
        for task in tasks:
            # Somebody may have doubted a field before: its history stays.
            if change.review.task(task.id) is None:
                change.review.put_task(task)
                _refer_minor(task, change, keeping)
        change.review.put_batch(ReviewBatch(batch, keeping.clock.now()))
        # A field that is looked at although it was read surely keeps its page and statement from being ready.
        for page in dict.fromkeys(its.page for its in tasks if its.page is not None):
            settle_page(page, change)
        for statement in dict.fromkeys(its.statement for its in tasks if its.statement is not None):
            settle_statement(statement, change)
    return len(tasks)


def _refer_minor(task: Task, change: RecordsTransaction, keeping: Keeping) -> None:
    row = change.statement_row(task.id) if task.subject is Subject.STATEMENT else None
    if row is not None and for_a_supervisor(row):
        said = system_row(task, Verb.REFER, keeping=keeping, reason="defendant_minor")
        record(task, said, standing_of_exception((said,)), change)


def make_missing_tasks(*, keeping: Keeping) -> tuple[BatchId, ...]:
    """Make the tasks of complete batches that have none: of before there were tasks, and of killed runs."""
    missing = keeping.records.review.unmade()
    for batch in missing:
        make_tasks(batch, keeping=keeping)
    return missing


def tasks_of(batch: BatchRow, *, keeping: Keeping, site: SiteRules | None = None) -> Iterator[Task]:
    """The tasks of a batch, as its records and the rules of the site say; or as if other rules were in force."""
    rules = keeping.site if site is None else site
    seed = seed_of(batch.id, records=keeping.records)
    outcomes = kept_outcomes(keeping.records.outcomes(batch.id))
    statements = keeping.records.statements(batch.id)
    asked = _asked_as_one(statements, outcomes, keeping)
    for base, page in tasks_of_pages(batch, outcomes, keeping=keeping):
        yield from page_tasks(base, page, outcomes.get(page.id), rules, seed, asked=page.id in asked)
    now = keeping.clock.now()
    for index, row in enumerate(statements):
        if asks_for_a_look(row):
            yield statement_task(row, batch, outcomes, position=index, now=now)


def tasks_of_pages(
    batch: BatchRow, outcomes: Mapping[PageId, PageOutcome], *, keeping: Keeping
) -> Iterator[tuple[Task, PageRow]]:
    """A task of each page itself, after which those of its fields are made, in the order of the paper."""
    statements = keeping.records.statements(batch.id)
    owners = {page: row for row in statements for page in (*row.pages, *row.returns, *row.enclosures)}
    pages = sorted(keeping.records.pages(batch.id), key=lambda row: (row.sheet, row.side == "back", row.id))
    now = keeping.clock.now()
    for index, page in enumerate(pages):
        owner = owners.get(page.id)
        yield _base(batch, page, owner, outcomes, position=index * FIELDS_A_PAGE, now=now), page


def _asked_as_one(
    statements: Iterable[StatementRow], outcomes: Mapping[PageId, PageOutcome], keeping: Keeping
) -> frozenset[PageId]:
    """Pages of which the task of their statement asks whether they were scanned twice."""
    twins = twins_of({page: outcome.reasons for page, outcome in outcomes.items()})
    doubled = (row for row in statements if any(reason.code == PROPOSED for reason in row.reasons))
    found = (asked_as_one(row, keeping.records.statements_numbered(row.number or ""), twins) for row in doubled)
    return frozenset(page for pages in found for page in pages)


def page_tasks(
    base: Task, page: PageRow, outcome: PageOutcome | None, site: SiteRules, seed: str, *, asked: bool = False
) -> Iterator[Task]:
    """Of one page: its fields for review; the page itself when it is set aside, or in review without such a field.

    Args:
        asked: the task of its statement asks already whether its sheet was scanned twice.
    """
    found: tuple[Task, ...] = ()
    if outcome is not None and outcome.layout is not None:
        doubtful = _field_tasks(base, outcome, outcome.layout, site)
        found = (*doubtful, *drawn_tasks(base, outcome, outcome.layout, site, seed))
    yield from found
    alone = page.state is PageState.IN_REVIEW and not found
    doubtful_whole = outcome is not None and (is_card_suspected(outcome) or (is_duplicate(outcome) and not asked))
    if page.state is PageState.EXCEPTION or alone or doubtful_whole:
        yield base


def _field_tasks(base: Task, outcome: PageOutcome, layout: LayoutId, site: SiteRules) -> Iterator[Task]:
    for index, field in enumerate(outcome.fields, start=1):
        if is_for_a_person(field, site):
            yield field_task(base, field, layout, index)


def asks_for_a_look(row: StatementRow) -> bool:
    """Whether a statement has reasons that deciding its fields does not remove."""
    return any(not is_plain(reason) and reason.code not in _SOLVED_BY_FIELDS for reason in row.reasons)


def for_a_supervisor(row: StatementRow) -> bool:
    """Whether a file is restricted: who may see such files decides what is to be decided of it."""
    return any(reason.code == "defendant_minor" for reason in row.reasons)


def statement_task(
    row: StatementRow, batch: BatchRow, outcomes: Mapping[PageId, PageOutcome], *, position: int, now: datetime
) -> Task:
    due, urgent = deadline(row, batch, outcomes)
    return Task(
        id=TaskId(row.id),
        subject=Subject.STATEMENT,
        batch=row.batch,
        page=None,
        statement=row.id,
        position=position * FIELDS_A_PAGE,
        urgent_on=urgent,
        made_at=now,
        due_on=due,
    )


def _base(
    batch: BatchRow,
    page: PageRow,
    owner: StatementRow | None,
    outcomes: Mapping[PageId, PageOutcome],
    *,
    position: int,
    now: datetime,
) -> Task:
    """The task of a page itself, after which those of its fields are made."""
    due, urgent = deadline(owner, batch, outcomes)
    return Task(
        id=TaskId(page.id),
        subject=Subject.PAGE,
        batch=batch.id,
        page=page.id,
        statement=None if owner is None else owner.id,
        position=position,
        urgent_on=urgent,
        made_at=now,
        due_on=due,
        state=TaskState.OPEN,
    )


def deadline(
    row: StatementRow | None, batch: BatchRow, outcomes: Mapping[PageId, PageOutcome]
) -> tuple[date | None, date]:
    """The last day for the plea, null while the date of service is not sure; and the day that orders the work.

    A date of service is before the receipt of the paper: without one, 30 days after the receipt is late enough.
    """
    latest = receipt_of(batch).day + timedelta(days=DAYS_TO_PLEA)
    pages = () if row is None else (*row.pages, *row.returns)
    fields = (outcomes[page].field("service_date") for page in pages if page in outcomes)
    services = [day for field in fields if (day := day_of(settled(field))) is not None]
    if not services:
        return None, latest
    due = due_on(min(services))
    return due, min(due, latest)
