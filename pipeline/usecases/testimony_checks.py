"""What the ledger says of checks of finished work, and the tasks, draws and looks of a batch compared with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.custody import LedgerEntry
from pipeline.custody.review import Said, Task, TaskId, TaskState
from pipeline.errors import InvariantBroken
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Field, PageId, PageOutcome
from pipeline.ports import Records
from pipeline.usecases.review.checking import look_of, standing_told
from pipeline.usecases.review.drawing import CHECK_ASKED, CHECKS_DRAWN, frame_of
from pipeline.usecases.review.sampling import check_id, frame_digest, is_drawn
from pipeline.usecases.stored_outcome import readable_outcomes

CHECK_ENTRIES = frozenset({CHECKS_DRAWN, CHECK_ASKED})


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as the ledger tells it.

    Attributes:
        seed: hash of the entry.
        frame: digest of all that could be drawn, `of` how many.
        versions: how many rows each history had.
    """

    seed: str
    percent: float
    of: int
    frame: str
    versions: Mapping[str, int]


@dataclass(slots=True)
class CheckTestimony:
    """Draws by batch; by check, the version of the decision that it is about."""

    draws: dict[str, Draw] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)


def hear_check(told: CheckTestimony, entry: LedgerEntry, said: Mapping[str, Mapping[int, str]]) -> None:
    """Take an entry in.

    Args:
        said: rows of history that the ledger has told so far, by task and number.

    Raises:
        ValueError, KeyError, TypeError: the entry cannot be understood.
    """
    facts = json.loads(entry.body)
    if entry.kind == CHECK_ASKED:
        told.asked[entry.subject] = int(facts["version"])
        return
    within = (task for task in said if task.startswith(f"{entry.subject}."))
    versions = {task: max(said[task]) for task in within}
    told.draws[entry.subject] = Draw(
        str(entry.hash), float(facts["percent"]), int(facts["of"]), str(facts["frame"]), versions
    )


def compare_checks(batch: BatchId, told: CheckTestimony, *, records: Records) -> Iterator[Difference]:
    """Checks against the entries that asked for them, each draw made again, and looks against the histories that they
    follow from.

    Returns:
        `review_task_missing`, `review_task_altered`, `checks_differ` where others were drawn than the ledger's hash
        draws, `look_altered`.
    """
    tasks = records.review.tasks(batch=batch)
    outcomes = readable_outcomes(records.outcomes(batch))
    histories = records.review.histories(batch=batch)
    checks = {its.id: its for its in tasks if its.checks is not None}
    for check, version in told.asked.items():
        if check.startswith(f"{batch}.") and check not in checks:
            yield Difference("review_task_missing", check)
        elif check in checks and not _is_asked(checks[TaskId(check)], version):
            yield Difference("review_task_altered", check)
    for its in checks.values():
        if its.id not in told.asked or not _agrees(its, histories.get(its.id, ()), outcomes, records):
            yield Difference("review_task_altered", its.id)
    yield from _compare_draw(batch, told, tasks, outcomes, histories, records)
    yield from _compare_looks(batch, tasks, outcomes, histories, records)


def _is_asked(check: Task, version: int) -> bool:
    return check.checks is not None and check_id(check.checks) == check.id and check.checks_version == version


def _agrees(check: Task, said: Sequence[Said], outcomes: Mapping[PageId, PageOutcome], records: Records) -> bool:
    """Whether a check is where its history brings it."""
    if check.state is TaskState.WITHDRAWN:
        # Its page was read anew: whether it was is compared with all tasks that were withdrawn.
        return True
    its = _field(check, outcomes)
    if its is None or check.version != len(said):
        return False
    try:
        standing = standing_told(check, its, said, records.review)
    except InvariantBroken:
        return False
    made = records.review.batch(check.batch)
    if made is not None and made.closed_at is not None:
        return check.state is TaskState.CLOSED and standing.state is TaskState.DECIDED
    return (check.state, check.queue, check.blind) == (standing.state, standing.queue, standing.blind)


def _compare_draw(
    batch: BatchId,
    told: CheckTestimony,
    tasks: Sequence[Task],
    outcomes: Mapping[PageId, PageOutcome],
    histories: Mapping[TaskId, Sequence[Said]],
    records: Records,
) -> Iterator[Difference]:
    draw, made = told.draws.get(batch), records.review.batch(batch)
    if (draw is not None) != (made is not None and made.drawn_at is not None):
        yield Difference("batch_record_altered", batch)
    if draw is None:
        return
    before = {**outcomes, **_read_then(batch, draw, records)}
    frame = dict(frame_of(tasks, before, histories, versions=draw.versions))
    drawn = {check_id(task) for task in frame if is_drawn(task, draw.seed, draw.percent)}
    asked = {check for check in told.asked if check.startswith(f"{batch}.")}
    found = frame_digest((task, draw.versions[task]) for task in frame)
    if (len(frame), found, drawn) != (draw.of, draw.frame, asked):
        yield Difference("checks_differ", batch)


def _read_then(batch: BatchId, draw: Draw, records: Records) -> dict[PageId, PageOutcome]:
    """Pages that were read anew since a draw, as they had been read before."""
    kept = records.placing.versions_of(batch)
    texts = (
        (page, its.outcome)
        for page, versions in kept.items()
        for its in sorted(versions, key=lambda its: its.number, reverse=True)
        if its.said > draw.versions.get(page, 0) and its.outcome is not None
    )
    return readable_outcomes(texts)


def _compare_looks(
    batch: BatchId,
    tasks: Sequence[Task],
    outcomes: Mapping[PageId, PageOutcome],
    histories: Mapping[TaskId, Sequence[Said]],
    records: Records,
) -> Iterator[Difference]:
    kept = {look.task: look for look in records.quality.of_batch(batch)}
    for task in tasks:
        its = _field(task, outcomes) if task.sample or task.checks is not None else None
        try:
            expected = None if its is None else look_of(task, its, histories.get(task.id, ()), records.review)
        except InvariantBroken:
            expected = None
        if kept.pop(task.id, None) != expected:
            yield Difference("look_altered", task.id)
    for stray in kept:
        yield Difference("look_altered", stray)


def _field(task: Task, outcomes: Mapping[PageId, PageOutcome]) -> Field | None:
    outcome = None if task.page is None else outcomes.get(task.page)
    return None if outcome is None else outcome.field(task.field)
