"""The quality sample: fields that the reader was sure of go blind to a person, drawn so that nobody can choose them.

What is drawn follows from the hash of the ledger entry that completed the batch: not to be foreseen while the batch is
read, and the same again whenever it is worked out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.custody.review import SiteRules, Subject, Task, TaskState
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, Decision, Field, Kind, LayoutId, PageId, PageOutcome
from pipeline.ocr.judge import LAYOUT_READER
from pipeline.ports import Records
from pipeline.statements.review import answer_of, answer_read, standing_for
from pipeline.usecases.review.desk import task_id
from pipeline.usecases.stored_outcome import kept_outcome

COMPLETED = "batch_completed"
_DRAWS = 2**32
_Z_95 = 1.96


def seed_of(batch: BatchId, *, records: Records) -> str:
    """Hash of the entry that completed the batch; its id where there is none."""
    entries = [entry for entry in records.transfers.entries([batch]) if entry.kind == COMPLETED]
    return str(entries[-1].hash) if entries else str(batch)


def drawn_tasks(base: Task, outcome: PageOutcome, layout: LayoutId, site: SiteRules, seed: str) -> Iterator[Task]:
    """Tasks of a page's share of the sample: fields that a reader accepted and nobody looks at anyway."""
    for index, field in enumerate(outcome.fields, start=1):
        read = field.decision is Decision.ACCEPTED and field.reader != LAYOUT_READER
        if read and not is_for_a_person(field, site) and _is_drawn(f"{base.id}/{field.name}", seed, site):
            # What is to be keyed blind is on no carpet.
            yield replace(field_task(base, field, layout, index), sample=True, blind=True, reading="null")


def _is_drawn(task: str, seed: str, site: SiteRules) -> bool:
    drawn = int(hashlib.sha256(f"{seed} {task}".encode()).hexdigest()[:8], 16)
    return drawn < site.sample_percent / 100.0 * _DRAWS


def is_for_a_person(field: Field, site: SiteRules) -> bool:
    return field.decision is Decision.REVIEW or field.name in site.always_look


def field_task(base: Task, field: Field, layout: LayoutId, index: int) -> Task:
    """The task of a field.

    Args:
        base: of its page.
        index: of the field on the page, from 1.
    """
    return replace(
        base,
        id=task_id(PageId(base.id), field.name),
        subject=Subject.FIELD,
        position=base.position + index,
        field=field.name,
        kind=field.kind,
        layout=layout,
        critical=field.critical,
        reading=canonical_json(field.value),
    )


# Figures


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often a reader was sure and wrong, as far as the samples tell.

    Attributes:
        looked_at, wrong: decided fields of samples, and those of them whose value a person changed.
        low, high: 95 % confidence interval of the share that is wrong (Wilson), 0.0 to 1.0.
    """

    kind: Kind
    layout: LayoutId
    reader: str
    looked_at: int
    wrong: int
    low: float
    high: float


def error_rates(*, records: Records) -> tuple[ErrorRate, ...]:
    """By kind of field, edition and reader; those with the most wrong first."""
    counts: dict[tuple[Kind, LayoutId, str], list[int]] = {}
    for task in records.review.tasks(states=frozenset({TaskState.DECIDED, TaskState.CLOSED})):
        found = _sampled_field(task, records) if task.sample else None
        if found is None or task.kind is None or task.layout is None:
            continue
        count = counts.setdefault((task.kind, task.layout, found.reader), [0, 0])
        count[0] += 1
        count[1] += was_wrong(task, found, records)
    rates = [
        ErrorRate(kind, layout, reader, looked_at, wrong, *wilson(wrong, looked_at))
        for (kind, layout, reader), (looked_at, wrong) in counts.items()
    ]
    return tuple(sorted(rates, key=lambda its: (-its.wrong, its.kind, its.layout, its.reader)))


def was_wrong(task: Task, field: Field, records: Records) -> bool:
    """Whether what stands of a field is not what was read."""
    stands = standing_for(task, field, records.review.history(task.id)).stands
    return stands is not None and answer_of(stands, field) != answer_read(field)


def _sampled_field(task: Task, records: Records) -> Field | None:
    text = None if task.page is None else records.outcome(task.page)
    return None if task.page is None or text is None else kept_outcome(task.page, text).field(task.field)


def wilson(wrong: int, looked_at: int) -> tuple[float, float]:
    """95 % confidence interval of a share; all of 0.0 to 1.0 where nothing was looked at."""
    if looked_at == 0:
        return 0.0, 1.0
    share, weight = wrong / looked_at, _Z_95**2 / looked_at
    middle = (share + weight / 2) / (1 + weight)
    reach = _Z_95 * math.sqrt(share * (1 - share) / looked_at + weight / (4 * looked_at)) / (1 + weight)
    return max(0.0, middle - reach), min(1.0, middle + reach)
