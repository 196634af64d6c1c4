"""A task as a person sees it, the history of a value, how far a batch is."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.review import ASKED, Queue, Said, SiteRules, Subject, Task, TaskId, TaskState, Verb
from pipeline.errors import OperatorError
from pipeline.model import (
    MARK_KINDS,
    PRESENCE_KINDS,
    BatchId,
    Decision,
    Field,
    Kind,
    PageId,
    PageOutcome,
    PageState,
    Reason,
    Zone,
)
from pipeline.statements.review import in_force, verdicts
from pipeline.usecases.review.checking import FOUND_BY_CHECK, said_to_see
from pipeline.usecases.review.desk import Desk, page_of, task_id, verdicts_of
from pipeline.usecases.review.looking import candidates_of, proposals_of
from pipeline.usecases.review.results import Event, Progress, Proposal, TaskView
from pipeline.usecases.review.siblings import SIBLING_OF_ERROR
from pipeline.usecases.reviewed import ReviewedPage

OWN_REASONS = frozenset({FOUND_BY_CHECK, SIBLING_OF_ERROR})
"""Codes that stand in a history where the program opened a field again."""


def task_view(task: TaskId, *, desk: Desk) -> TaskView | None:
    """All that is to be seen of a task; null when there is none with this id."""
    records = desk.keeping.records
    found = records.review.task(task)
    if found is None:
        return None
    row = None if found.page is None else records.page(found.page)
    page = None if found.page is None else page_of(found.page, records.review, desk)
    owner = None if found.statement is None else records.statement_row(found.statement)
    said = records.review.history(task)
    if page is not None and found.checks is not None:
        said = said_to_see(found, page.field(found.field), said, records.review)
    shown = TaskView(
        task=found,
        page=row,
        layout=found.layout,
        field=None,
        value=None,
        candidates=(),
        choices=(),
        reasons=() if row is None else row.reasons,
        verdicts=() if page is None else verdicts(page.effective.fields),
        proposals=tuple(Proposal(each.verb, each.value, each.reason) for each in proposals_of(found, said)),
        number=None if owner is None else owner.number,
        crops_only=desk.site.crops_only,
    )
    if found.subject is Subject.STATEMENT:
        return replace(shown, reasons=() if owner is None else owner.reasons)
    return shown if page is None or found.subject is Subject.PAGE else _of_field(shown, page, desk)


def _of_field(shown: TaskView, page: ReviewedPage, desk: Desk) -> TaskView:
    field = page.field(shown.task.field)
    if shown.task.unseen:
        return _blind(shown, field, page, desk)
    now = next(each for each in page.effective.fields if each.name == field.name)
    return replace(
        shown,
        layout=page.outcome.layout,
        field=field,
        value=field.value if shown.task.blind else now.value,
        candidates=candidates_of(field),
        choices=choices_of(desk.zone(page.outcome, field)),
        reasons=(*_brought_up(shown.task, desk), *reasons_of(field, desk.site)),
        verdicts=verdicts_of(page.effective, shown.task, desk.keeping.records.review, desk),
    )


def _blind(shown: TaskView, field: Field, page: ReviewedPage, desk: Desk) -> TaskView:
    """A field of a quality sample or check without anything of its reading."""
    unread = replace(field, value=None, text="", confidence=0.0, reader="", alternatives=(), reasons=())
    return replace(
        shown,
        layout=page.outcome.layout,
        field=unread,
        choices=choices_of(desk.zone(page.outcome, field)),
        reasons=(Reason("quality_sample" if shown.task.sample else "quality_check"),),
        verdicts=(),
    )


def _brought_up(task: Task, desk: Desk) -> tuple[Reason, ...]:
    """Why a field is looked at once more, where that was no person's doubt."""
    if task.checks is not None:
        return (Reason("check_differs"),)
    opened = [row for row in in_force(desk.keeping.records.review.history(task.id)) if row.verb is Verb.REOPEN]
    return (Reason(opened[-1].reason),) if opened and opened[-1].reason in OWN_REASONS else ()


def reasons_of(field: Field, site: SiteRules) -> tuple[Reason, ...]:
    """Why a person should look at a field."""
    if field.decision is Decision.REVIEW:
        return field.reasons
    code = "always_look" if field.name in site.always_look else "looked_at_again"
    return (*field.reasons, Reason(code))


def choices_of(zone: Zone) -> tuple[str, ...]:
    """What can be said of a mark, a choice, a signature; nothing for what is typed."""
    if zone.kind is Kind.MARK:
        return ("true", "false")
    if zone.kind in MARK_KINDS:
        return tuple(mark.name for mark in zone.marks)
    return ("present", "absent") if zone.kind in PRESENCE_KINDS else ()


def history(page: PageId, field: str, *, desk: Desk) -> tuple[Event, ...]:
    """Every value a field had: the reader's first, then what persons said, in order; what was taken back too.

    Raises:
        OperatorError: `unknown_field` when the page has no such field.
    """
    reviewed = page_of(page, desk.keeping.records.review, desk)
    found = None if reviewed is None else reviewed.outcome.field(field)
    if found is None:
        raise OperatorError("unknown_field", page=page, field=field)
    said = desk.keeping.records.review.history(task_id(page, field))
    return (_read(found), *events_of(said))


def exception_history(task: TaskId, *, desk: Desk) -> tuple[Event, ...]:
    """What persons said of a page or statement."""
    return events_of(desk.keeping.records.review.history(task))


def events_of(said: tuple[Said, ...]) -> tuple[Event, ...]:
    kept = {row.number for row in in_force(said)}
    return tuple(
        Event(
            number=row.number,
            at=row.at,
            who=row.who,
            verb=row.verb,
            value=row.value,
            reason=row.reason,
            undone=row.verb is not Verb.UNDO and row.number not in kept,
        )
        for row in said
    )


def _read(field: Field) -> Event:
    reasons = ", ".join(reason.code for reason in field.reasons)
    return Event(0, None, None, None, field.value, reasons, reader=field.reader, confidence=field.confidence)


def progress(batch: BatchId, *, desk: Desk) -> Progress:
    """How far a batch is.

    Raises:
        OperatorError: `unknown_batch`.
    """
    records = desk.keeping.records
    if records.batch(batch) is None:
        raise OperatorError("unknown_batch", batch=batch)
    made = records.review.batch(batch)
    counts = {key: count for key, count in records.review.counts(batch).items() if key[1] in ASKED}
    waiting = tuple((queue, counts.get((queue, TaskState.OPEN), 0)) for queue in Queue)
    return Progress(
        batch=batch,
        made=made is not None,
        closed_at=None if made is None else made.closed_at,
        waiting=waiting,
        decided=sum(count for (_, state), count in counts.items() if state is not TaskState.OPEN),
        total=sum(counts.values()),
        exceptions=sum(row.state is PageState.EXCEPTION for row in records.pages(batch)),
    )


def effective_outcome(page: PageId, *, desk: Desk) -> PageOutcome | None:
    """A page's outcome with what stands of persons' decisions; null without an outcome."""
    found = page_of(page, desk.keeping.records.review, desk)
    return None if found is None else found.effective
