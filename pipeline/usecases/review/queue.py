"""Handing out tasks: the most urgent first, to one person at a time, for a limited time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.custody.review import Queue, Reviewer, Subject, Task, TaskId, TaskState, Wanted
from pipeline.model import BatchId, Reason
from pipeline.ports import RecordsTransaction, ReviewChange
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.results import Conflict, Refused

MOST_UPCOMING = 20


@dataclass(frozen=True, slots=True)
class Pile:
    """What a person works through: the tasks of a queue, of one batch or of all."""

    queue: Queue = Queue.REVIEWER
    batch: BatchId | None = None


def next_task(
    who: Reviewer,
    queue: Queue = Queue.REVIEWER,
    *,
    desk: Desk,
    batch: BatchId | None = None,
    after: TaskId | None = None,
) -> Task | None:
    """Hand out a task and keep it for this person; null when there is none for them.

    What they hold already comes first (a page loaded again), then tasks of the page and the statement of `after`, so
    that a person keeps the context; then the most urgent one, if possible of a page on which nobody else is at work.

    Args:
        after: the task that was just left; it is not handed out again unless nothing else is there.
    """
    with desk.keeping.records.transaction() as change:
        return next_within(change, who, queue, desk=desk, batch=batch, after=after)


def next_within(
    change: RecordsTransaction,
    who: Reviewer,
    queue: Queue,
    *,
    desk: Desk,
    batch: BatchId | None = None,
    after: TaskId | None = None,
) -> Task | None:
    """As `next_task`, in a transaction that is open."""
    if queue not in who.queues:
        return None
    now = desk.keeping.clock.now()
    task = _chosen(change.review, who.account, queue, now, batch=batch, after=after)
    return None if task is None else _kept(task, who.account, now, change, desk)


def set_aside(who: Reviewer, pile: Pile, *, after: TaskId, desk: Desk) -> Task | None:
    """The task that will be handed out once `after` is decided, kept for this person already; null without one. What
    they hold keeps its turn: its time is not lengthened."""
    if pile.queue not in who.queues:
        return None
    with desk.keeping.records.transaction() as change:
        now = desk.keeping.clock.now()
        task = _chosen(change.review, who.account, pile.queue, now, batch=pile.batch, after=after)
        held = task is not None and task.held_by == who.account
        return task if task is None or held else _kept(task, who.account, now, change, desk)


def take(task: TaskId, who: Reviewer, *, desk: Desk) -> Task | Refused:
    """Keep a certain task for this person, or keep it longer."""
    with desk.keeping.records.transaction() as change:
        now = desk.keeping.clock.now()
        found = change.review.task(task)
        refusal = Reason("unknown_task", (("task", task),)) if found is None else refusal_of(found, who, now)
        if found is None or refusal is not None:
            return Refused((refusal,) if refusal else ())
        return _kept(found, who.account, now, change, desk)


def keep(task: TaskId, version: int, who: Reviewer, *, desk: Desk) -> Task | Conflict | Refused:
    """Keep a task longer for the person who looks at it, as they saw it.

    Returns:
        `Conflict` when somebody has said something since; `Refused` when it is kept for somebody else by now, or is no
        more to be decided by this person.
    """
    with desk.keeping.records.transaction() as change:
        now = desk.keeping.clock.now()
        found = change.review.task(task)
        if found is None:
            return Refused((Reason("unknown_task", (("task", task),)),))
        refusal = refusal_of(found, who, now)
        if found.version != version:
            said = change.review.history(task)
            shown = not found.blind and version < len(said)
            return Conflict(found, said[version] if shown else None)
        return Refused((refusal,)) if refusal is not None else _kept(found, who.account, now, change, desk)


def release(task: TaskId, who: Reviewer, *, desk: Desk) -> None:
    """Give a task back undecided. Nothing happens where it is not kept for this person."""
    with desk.keeping.records.transaction() as change:
        found = change.review.task(task)
        if found is not None and found.held_by == who.account:
            change.review.put_task(replace(found, held_by=None, held_until=None))


def upcoming(
    who: Reviewer,
    queue: Queue = Queue.REVIEWER,
    *,
    desk: Desk,
    batch: BatchId | None = None,
    after: TaskId | None = None,
    most: int = 1,
) -> tuple[Task, ...]:
    """The tasks that `next_task` would hand out next, without keeping them: for loading their pictures ahead. Those
    that the person holds already come first, as they do there."""
    if queue not in who.queues:
        return ()
    review, now = desk.keeping.records.review, desk.keeping.clock.now()
    left = None if after is None else review.task(after)
    held = (its for its in review.held(who.account, queue) if _is_theirs(its, who.account, batch, after))
    found: dict[TaskId, Task] = {its.id: its for its in held}
    for wanted in _searches(who.account, queue, now, batch=batch, left=left):
        if len(found) >= most:
            break
        for task in review.free(wanted, most=min(most, MOST_UPCOMING) + 1):
            if task.id != after:
                found.setdefault(task.id, task)
    return tuple(found.values())[:most]


def open_tasks(*, desk: Desk, batch: BatchId | None = None, queue: Queue | None = None) -> tuple[Task, ...]:
    """All open tasks, the most urgent first."""
    found = desk.keeping.records.review.tasks(batch=batch, states=frozenset({TaskState.OPEN}))
    return tuple(its for its in found if queue is None or its.queue is queue)


def refusal_of(task: Task, who: Reviewer, now: datetime) -> Reason | None:
    """Why this person may not decide a task now; null when they may. A lease that ran out stops nobody."""
    if task.state is TaskState.CLOSED:
        return Reason("review_batch_closed", (("batch", task.batch),))
    if task.state is TaskState.WITHDRAWN:
        return Reason("task_withdrawn", (("task", task.id),))
    if task.state is TaskState.DECIDED:
        return Reason("task_decided", (("task", task.id),))
    if not is_for(task, who):
        return Reason("task_of_other_queue", (("queue", task.queue),))
    if who.account in task.excluded:
        return Reason("second_person_needed")
    if task.holder(now) not in (None, who.account):
        return Reason("task_held", (("task", task.id),))
    return None


def is_for(task: Task, who: Reviewer) -> bool:
    """Whether a task waits for somebody with this person's roles."""
    unreferred = task.subject is not Subject.FIELD and task.queue is not Queue.SUPERVISOR
    return task.queue in who.queues or (who.exceptions and unreferred)


def _chosen(
    review: ReviewChange, who: str, queue: Queue, now: datetime, *, batch: BatchId | None, after: TaskId | None
) -> Task | None:
    left = None if after is None else review.task(after)
    for held in review.held(who, queue):
        if _is_theirs(held, who, batch, after):
            return held
    for wanted in _searches(who, queue, now, batch=batch, left=left):
        for task in review.free(wanted, most=2):
            if task.id != after:
                return task
    waits = left is not None and left.state is TaskState.OPEN and left.queue is queue and who not in left.excluded
    return left if waits and left is not None and left.holder(now) in (None, who) else None


def _is_theirs(held: Task, who: str, batch: BatchId | None, after: TaskId | None) -> bool:
    """Whether a task that was kept for this person is the next for them."""
    return held.id != after and who not in held.excluded and batch in (None, held.batch)


def _searches(who: str, queue: Queue, now: datetime, *, batch: BatchId | None, left: Task | None) -> Iterator[Wanted]:
    any_ = Wanted(who, queue, now, batch=batch)
    if left is not None and left.subject is not Subject.STATEMENT and left.page is not None:
        yield replace(any_, page=left.page)
    if left is not None and left.statement is not None:
        yield replace(any_, statement=left.statement)
    yield replace(any_, apart=True)
    yield any_


def _kept(task: Task, who: str, now: datetime, change: RecordsTransaction, desk: Desk) -> Task:
    kept = replace(task, held_by=who, held_until=now + timedelta(seconds=desk.site.lease_s))
    change.review.put_task(kept)
    return kept
