"""Finished work is drawn for checks when its batch is to be closed: only then is it finished, all of it at once, and
nobody decides a field again because they saw it drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.custody.review import ReviewBatch, Reviewer, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.model import PageId, PageOutcome
from pipeline.ports import RecordsTransaction
from pipeline.statements.checking import Finished, decided_before
from pipeline.usecases.review.checking import note_look, standing_told
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.sampling import check_of, frame_digest, is_drawn
from pipeline.usecases.review.states import settle_page, settle_statement
from pipeline.usecases.stored_outcome import kept_outcomes

CHECKS_DRAWN = "checks_drawn"
CHECK_ASKED = "check_asked"


def draw_checks(made: ReviewBatch, change: RecordsTransaction, desk: Desk) -> tuple[Task, ...]:
    """Draw the site's share of the fields that persons decided in a batch, once. Returns their checks; none as well
    where the site asks for none and where it was drawn before.

    An entry of the ledger names all that could be drawn before anything is: its hash draws.
    """
    percent = desk.site.check_percent
    if percent == 0.0 or made.drawn_at is not None:
        return ()
    review = desk.keeping.records.review
    outcomes = kept_outcomes(desk.keeping.records.outcomes(made.batch))
    tasks = review.tasks(batch=made.batch, states=frozenset({TaskState.DECIDED}))
    frame = dict(frame_of(tasks, outcomes, review.histories(batch=made.batch)))
    versions = {task.id: task.version for task in tasks if task.id in frame}
    body: Json = {"percent": f"{percent:g}", "of": len(frame), "frame": frame_digest(versions.items())}
    seed = change.append(CHECKS_DRAWN, made.batch, canonical_json(body)).hash
    now = desk.keeping.clock.now()
    change.review.put_batch(replace(made, drawn_at=now))
    drawn = [its for its in tasks if its.id in frame and is_drawn(its.id, seed, percent)]
    checks = tuple(check_of(task, frame[task.id].people, now) for task in drawn)
    for check in checks:
        change.review.put_task(check)
        change.append(CHECK_ASKED, check.id, canonical_json({"version": check.checks_version}))
    _settle(checks, change)
    return checks


def _settle(drawn: Sequence[Task], change: RecordsTransaction) -> None:
    for page in dict.fromkeys(its.page for its in drawn if its.page is not None):
        settle_page(page, change)
    for statement in dict.fromkeys(its.statement for its in drawn if its.statement is not None):
        settle_statement(statement, change)


def frame_of(
    tasks: Sequence[Task],
    outcomes: Mapping[PageId, PageOutcome],
    histories: Mapping[TaskId, Sequence[Said]],
    *,
    versions: Mapping[str, int] | None = None,
) -> Iterator[tuple[TaskId, Finished]]:
    """The decided fields of a batch that can be drawn: those with a space of their own whose value a person gave.

    Args:
        versions: how many rows of each task count; null: all.
    """
    for task in tasks:
        if task.subject is not Subject.FIELD or task.checks is not None or task.layout is None or task.page is None:
            continue
        outcome = outcomes.get(task.page)
        field = None if outcome is None else outcome.field(task.field)
        said = histories.get(task.id, ())
        version = len(said) if versions is None else versions.get(task.id, 0)
        found = None if field is None else decided_before(task, field, said, version)
        if found is not None:
            yield task.id, found


def leave_check(task: Task, who: Reviewer, reason: str, change: RecordsTransaction, desk: Desk) -> None:
    """Leave an open check as it is: it counts as not made."""
    row = new_row(task, Verb.AS_IS, who.account, desk=desk, reason=reason)
    page = None if task.page is None else page_of(PageId(task.page), change.review, desk)
    field = None if page is None else page.field(task.field)
    if field is not None:
        rows = (*change.review.history(task.id), row)
        note_look(record(task, row, standing_told(task, field, rows, change.review), change), change, desk)
