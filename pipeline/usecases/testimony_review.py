"""What the ledger says of review, and history, tasks and changed rows compared with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Said, Subject, Task, TaskId, TaskState
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Decision, Digest, PageId, PageLabel, PageOutcome, PageState
from pipeline.ports import Records
from pipeline.statements.review import Standing, standing_for, standing_of_exception
from pipeline.usecases.review.closing import BATCH_CLOSED
from pipeline.usecases.review.recording import EXCEPTION_DECIDED, FIELD_DECIDED, said_digest
from pipeline.usecases.review.reopening import BATCH_REOPENED
from pipeline.usecases.review.states import PAGE_REVIEWED, STATEMENT_REVIEWED, is_blank, page_facts, row_from, row_text
from pipeline.usecases.reviewed import field_of
from pipeline.usecases.stored_outcome import readable_outcomes
from pipeline.usecases.testimony_tasks import compare_repeated

_DECISIONS = frozenset({FIELD_DECIDED, EXCEPTION_DECIDED})


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a row that the ledger tells: canonical JSON, or its digest, before and after."""

    before: str
    after: str
    version: int = 0


@dataclass(slots=True)
class ReviewTestimony:
    """All that the ledger says of review, by id.

    Attributes:
        said: digest of each row of history, by task and number.
        pages, statements: changes since the batch was completed or closed; the ledger has a digest of all before.
        versions: digest of what a statement was before its first, second... change.
        closed: batches whose review has ended.
    """

    said: dict[str, dict[int, str]] = field(default_factory=dict)
    pages: dict[str, list[Move]] = field(default_factory=dict)
    statements: dict[str, list[Move]] = field(default_factory=dict)
    versions: dict[str, dict[int, str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)


def hear_review(told: ReviewTestimony, kind: str, subject: str, facts: Mapping[str, Json]) -> str | None:
    """Take an entry in. Returns the completion that it states anew, for the batch in `subject`.

    Raises:
        ValueError, KeyError, TypeError: the entry cannot be understood.
    """
    if kind in _DECISIONS:
        told.said.setdefault(subject, {})[int(str(facts["number"]))] = str(facts["digest"])
    elif kind == PAGE_REVIEWED:
        move = Move(canonical_json(facts["from"]), canonical_json(facts["to"]))
        told.pages.setdefault(subject, []).append(move)
    elif kind == STATEMENT_REVIEWED:
        number = int(str(facts["version"]))
        told.versions.setdefault(subject, {})[number] = str(facts["from"])
        told.statements.setdefault(subject, []).append(Move(str(facts["from"]), str(facts["to"]), number))
    elif kind == BATCH_REOPENED:
        told.closed.discard(subject)
    elif kind == BATCH_CLOSED:
        told.closed.add(subject)
        for moves in (told.pages, told.statements):
            for its in [key for key in moves if key.startswith(f"{subject}.")]:
                del moves[its]
        return canonical_json(facts["completion"])
    return None


def pages_as_completed(pages: Sequence[PageRow], told: ReviewTestimony) -> tuple[PageRow, ...]:
    """The pages as they were when the ledger last had a digest of them all."""
    return tuple(_page_before(row, told.pages[row.id][0]) if row.id in told.pages else row for row in pages)


def _page_before(row: PageRow, move: Move) -> PageRow:
    facts = json.loads(move.before)
    label, outcome = facts["label"], facts["outcome"]
    return replace(
        row,
        state=PageState(facts["state"]),
        label=None if label is None else PageLabel(label),
        outcome_digest=None if outcome is None else Digest(outcome),
    )


def statements_as_completed(
    rows: Sequence[StatementRow], told: ReviewTestimony, *, records: Records
) -> tuple[StatementRow, ...]:
    """The statements as they were when the ledger last had a digest of them all, without those added since."""
    before = ((row.id in told.statements, _row_before(row, told, records)) for row in rows)
    return tuple(row for changed, row in before if not (changed and is_blank(row)))


def _row_before(row: StatementRow, told: ReviewTestimony, records: Records) -> StatementRow:
    moves = told.statements.get(row.id)
    kept = records.review.versions(row.id)
    number = moves[0].version if moves else 0
    try:
        return row_from(kept[number - 1]) if 0 < number <= len(kept) else row
    except ValueError:
        # The version is named as altered by its own digest.
        return row


def compare_review(
    batch: BatchId,
    pages: Sequence[PageRow],
    statements: Sequence[StatementRow],
    told: ReviewTestimony,
    *,
    records: Records,
) -> Iterator[Difference]:
    """Rows of history against their entries, tasks against histories and readings, rows against their last change."""
    yield from _compare_rows(batch, pages, statements, told, records)
    tasks = {its.id: its for its in records.review.tasks(batch=batch)}
    histories = records.review.histories(batch=batch)
    for task, rows in told.said.items():
        if task.startswith(f"{batch}."):
            yield from _compare_history(TaskId(task), rows, histories.get(TaskId(task), ()))
    for task in histories:
        if task not in told.said:
            yield Difference("review_history_altered", task)
    for task in told.said:
        if task.startswith(f"{batch}.") and task not in tasks:
            yield Difference("review_task_missing", task)
    outcomes = readable_outcomes(records.outcomes(batch))
    yield from _compare_reasons(pages, outcomes)
    made, closed = records.review.batch(batch), batch in told.closed
    standing, withdrawn = _told_apart(tasks.values())
    yield from compare_repeated(tasks.values(), statements, outcomes)
    yield from _compare_withdrawn(withdrawn, pages, outcomes, records.placing.versions_of(batch))
    for its in standing:
        # Closed by hand, a doubtful field would be shown to nobody any more.
        if closed != (its.state is TaskState.CLOSED) or not _agrees(its, histories.get(its.id, ()), outcomes):
            yield Difference("review_task_altered", its.id)
    if closed != (made is not None and made.closed_at is not None):
        yield Difference("batch_record_altered", batch)
    if made is not None:
        yield from _missing(outcomes, tasks)


def _compare_reasons(pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> Iterator[Difference]:
    """Why a page was set aside stands in its outcome too, of which the ledger has the digest."""
    for page in pages:
        outcome = outcomes.get(page.id)
        if outcome is not None and page.reasons != outcome.reasons:
            yield Difference("page_record_altered", page.id)


def _compare_rows(
    batch: BatchId,
    pages: Sequence[PageRow],
    statements: Sequence[StatementRow],
    told: ReviewTestimony,
    records: Records,
) -> Iterator[Difference]:
    for page in pages:
        moves = told.pages.get(page.id)
        if moves and moves[-1].after != canonical_json(page_facts(page)):
            yield Difference("page_record_altered", page.id)
    for subject in told.versions.keys() - {row.id for row in statements}:
        if subject.startswith(f"{batch}."):
            yield Difference("record_missing", subject)
    for row in statements:
        changes = told.statements.get(row.id)
        if changes and changes[-1].after != digest_of(row_text(row)):
            yield Difference("statement_record_altered", row.id)
        kept = {number: digest_of(text) for number, text in enumerate(records.review.versions(row.id), start=1)}
        if kept != told.versions.get(row.id, {}):
            yield Difference("statement_record_altered", row.id)


def _compare_history(task: TaskId, told: Mapping[int, str], rows: Sequence[Said]) -> Iterator[Difference]:
    if {row.number: str(said_digest(row)) for row in rows} != told:
        yield Difference("review_history_altered", task)


def _told_apart(tasks: Collection[Task]) -> tuple[list[Task], list[Task]]:
    """Those that follow from histories, and those that were withdrawn. Checks of finished work are compared apart."""
    found = [task for task in tasks if task.checks is None]
    withdrawn = [task for task in tasks if task.state is TaskState.WITHDRAWN]
    return [task for task in found if task.state is not TaskState.WITHDRAWN], withdrawn


def _compare_withdrawn(
    tasks: Iterable[Task],
    pages: Sequence[PageRow],
    outcomes: Mapping[PageId, PageOutcome],
    reread: Collection[PageId],
) -> Iterator[Difference]:
    rows = {page.id: page for page in pages}
    for its in tasks:
        page = None if its.page is None else rows.get(its.page)
        if not _is_withdrawn(its, page, outcomes, anew=its.page in reread):
            yield Difference("review_task_altered", its.id)


def _is_withdrawn(task: Task, page: PageRow | None, outcomes: Mapping[PageId, PageOutcome], *, anew: bool) -> bool:
    """Whether nobody needs to be asked any more, and nobody had answered: another reading stands, or another page."""
    if task.version > 0 or page is None:
        return False
    if page.label in (PageLabel.SUPERSEDED, PageLabel.DIVIDED):
        return True
    outcome = outcomes.get(page.id)
    its = None if outcome is None else outcome.field(task.field)
    return anew and task.subject is Subject.FIELD and (its is None or its.decision is not Decision.REVIEW)


def _agrees(task: Task, said: Sequence[Said], outcomes: Mapping[PageId, PageOutcome]) -> bool:
    """Whether a task is where its history brings it."""
    if task.version != len(said):
        return False
    standing = _standing(task, said, outcomes)
    if standing is None or task.state is TaskState.CLOSED:
        return standing is not None
    whom = set(task.excluded), task.blind
    return (task.state, task.queue, *whom) == (standing.state, standing.queue, set(standing.excluded), standing.blind)


def _standing(task: Task, said: Sequence[Said], outcomes: Mapping[PageId, PageOutcome]) -> Standing | None:
    if task.subject is not Subject.FIELD:
        return standing_of_exception(said)
    outcome = None if task.page is None else outcomes.get(task.page)
    found = None if outcome is None else field_of(task, outcome, said)
    return None if found is None else standing_for(task, found, said)


def _missing(outcomes: Mapping[PageId, PageOutcome], tasks: Mapping[TaskId, Task]) -> Iterator[Difference]:
    """Doubtful fields that nobody is asked about."""
    for page, outcome in outcomes.items():
        for each in outcome.fields:
            if each.decision is Decision.REVIEW and TaskId(f"{page}/{each.name}") not in tasks:
                yield Difference("review_task_missing", f"{page}/{each.name}")
