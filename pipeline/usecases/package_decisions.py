"""What persons decided on a page, in its archive package: every row of history, which the ledger has the digest of, and
that the decided values follow from the reading and these rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.custody.review import Said, Subject, Task, TaskId, TaskState
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.claims import decision_subject
from pipeline.evidence.declared import decoded, encoded
from pipeline.evidence.packing import DECIDED_NAME, DECISIONS_NAME, OUTCOME_NAME
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Digest, Kind, PageId, PageOutcome
from pipeline.ports import BagFiles, Records
from pipeline.usecases.review.recording import said_digest
from pipeline.usecases.reviewed import laid_over
from pipeline.usecases.stored_outcome import outcome_from, outcome_text


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that persons were asked about. What of it stands depends on these facts, and the ledger has none of them:
    they can hold a decision back, and give no value of their own."""

    field: str
    kind: Kind | None
    critical: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class PageDecisions:
    """`decisions.json`: fields by name, and rows by task and number."""

    asked: tuple[Asked, ...]
    rows: tuple[Said, ...]


def decisions_of(page: PageId, *, records: Records) -> PageDecisions:
    # An error that a check found is in the history of the field itself.
    fields = (its for its in records.review.tasks(page=page) if its.subject is Subject.FIELD)
    tasks = {its.id: its for its in fields if its.checks is None and its.state is not TaskState.WITHDRAWN}
    asked = (Asked(its.field, its.kind, its.critical, its.sample) for its in tasks.values())
    histories = records.review.histories(page=page)
    rows = (row for task in sorted(histories) if task in tasks for row in histories[task])
    return PageDecisions(tuple(sorted(asked, key=lambda its: its.field)), tuple(rows))


def decisions_text(decisions: PageDecisions) -> str:
    return canonical_json(encoded(decisions, PageDecisions))


def decisions_from(text: str | bytes) -> PageDecisions:
    """Raises ValueError: the text is none, or its rows are not all of fields that were asked, each in its order."""
    try:
        found = decoded(json.loads(text), PageDecisions)
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("no decisions") from error
    numbers: dict[str, list[int]] = {}
    for row in found.rows:
        numbers.setdefault(row.task, []).append(row.number)
    # A row that is left out between others leaves a gap.
    if any(its != list(range(1, len(its) + 1)) for its in numbers.values()):
        raise ValueError("rows out of order")
    return found


def decided(page: PageId, outcome: PageOutcome, decisions: PageDecisions) -> PageOutcome:
    """The reading with what stands of the decisions laid over it."""
    histories: dict[TaskId, tuple[Said, ...]] = {}
    for row in decisions.rows:
        histories[row.task] = (*histories.get(row.task, ()), row)
    return laid_over(page, outcome, [_task(page, its) for its in decisions.asked], histories).effective


def _task(page: PageId, asked: Asked) -> Task:
    """As far as it counts for what stands."""
    return Task(
        id=TaskId(f"{page}/{asked.field}"),
        subject=Subject.FIELD,
        batch=BatchId(page.partition(".")[0]),
        page=page,
        statement=None,
        position=0,
        urgent_on=date.min,
        made_at=datetime.min.replace(tzinfo=UTC),
        field=asked.field,
        kind=asked.kind,
        critical=asked.critical,
        sample=asked.sample,
    )


def row_digests(text: bytes) -> Mapping[str, Digest]:
    """Digests of rows, by the subject of the claim that a proof makes of them; empty where they cannot be read."""
    try:
        return {decision_subject(row.task, row.number): said_digest(row) for row in decisions_from(text).rows}
    except ValueError:
        return {}


def differing_decisions(
    page: PageId, claimed: Collection[str], files: BagFiles, there: Collection[str]
) -> Iterator[Difference]:
    """Decisions of a page that do not follow from what is proven.

    Args:
        claimed: subjects of the rows that the proof has.
        there: paths of all files of the package.

    Returns:
        `package_decision_not_proven`: a row that the proof has not; `package_decisions_differ`: rows that cannot be
        understood, or values that do not follow from them.
    """
    reading, rows, values = (f"data/pages/{page}/{name}" for name in (OUTCOME_NAME, DECISIONS_NAME, DECIDED_NAME))
    if reading not in there:
        if rows in there or values in there:
            yield Difference("package_decisions_differ", values if values in there else rows)
        return
    try:
        decisions = decisions_from(files.read(rows)) if rows in there else PageDecisions((), ())
        asked = {f"{page}/{its.field}" for its in decisions.asked}
        if not {row.task for row in decisions.rows} <= asked:
            raise ValueError("a row of a field that nobody was asked about")
    except (KeyError, ValueError):
        yield Difference("package_decisions_differ", rows)
        return
    for row in decisions.rows:
        if decision_subject(row.task, row.number) not in claimed:
            yield Difference("package_decision_not_proven", decision_subject(row.task, row.number))
    if not _follow(page, decisions, files.read(reading), files.read(values) if values in there else None):
        yield Difference("package_decisions_differ", values)


def _follow(page: PageId, decisions: PageDecisions, reading: bytes, values: bytes | None) -> bool:
    """Whether the values, null where there are none, are those that the reading and the rows come to."""
    try:
        outcome = outcome_from(reading.decode("utf-8", "surrogatepass"))
        expected = decided(page, outcome, decisions)
    except (ValueError, TypeError, AttributeError):
        # That it is not the reading that was recorded is told by its digest.
        return False
    if expected == outcome:
        return values is None
    return values == outcome_text(expected).encode("utf-8", "surrogatepass")
