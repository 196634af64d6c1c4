"""Quality samples: fields that the reader was sure of, and fields that persons decided, go blind to another person,
drawn so that nobody can choose them.

What is drawn follows from the hash of a ledger entry: the one that completed the batch, for fields that were read; one
that names all decided fields when the batch is to be closed, for those. It is not to be foreseen, and the same again
whenever it is worked out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from pipeline.custody.review import Queue, SiteRules, Subject, Task, TaskId, TaskState
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.model import BatchId, Decision, Digest, Field, LayoutId, PageId, PageOutcome
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.ports import Records
from pipeline.usecases.review.desk import task_id

COMPLETED = "batch_completed"
_CHECK = "check"
_DRAWS = 2**32


def seed_of(batch: BatchId, *, records: Records) -> str:
    """Hash of the entry that completed the batch; its id where there is none."""
    entries = [entry for entry in records.transfers.entries([batch]) if entry.kind == COMPLETED]
    return str(entries[-1].hash) if entries else str(batch)


def drawn_tasks(base: Task, outcome: PageOutcome, layout: LayoutId, site: SiteRules, seed: str) -> Iterator[Task]:
    """Tasks of a page's share of the sample: fields that a reader accepted and nobody looks at anyway."""
    for index, field in enumerate(outcome.fields, start=1):
        read = field.decision is Decision.ACCEPTED and field.reader not in (LAYOUT_READER, ELECTRONIC_READER)
        drawn = is_drawn(f"{base.id}/{field.name}", seed, site.sample_percent)
        if read and drawn and not is_for_a_person(field, site):
            # What is to be keyed blind is on no carpet.
            yield replace(field_task(base, field, layout, index), sample=True, blind=True, reading="null")


def is_drawn(task: str, seed: str, percent: float) -> bool:
    """Whether a field is in a share of `percent` of all, 0.0 to 100.0."""
    drawn = int(hashlib.sha256(f"{seed} {task}".encode()).hexdigest()[:8], 16)
    return drawn < percent / 100.0 * _DRAWS


def is_for_a_person(field: Field, site: SiteRules) -> bool:
    always = field.name in site.always_look and field.reader != ELECTRONIC_READER
    return field.decision is Decision.REVIEW or always


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


# Checks of finished work


def check_id(task: TaskId) -> TaskId:
    """`2026-11-22-001.0003.0012/offence_date/check`."""
    return TaskId(f"{task}/{_CHECK}")


def check_of(task: Task, people: tuple[str, ...], at: datetime) -> Task:
    """The check of a decided task.

    Args:
        people: who had a part in it.
    """
    return replace(
        task,
        id=check_id(task.id),
        made_at=at,
        # What is to be keyed blind is on no carpet.
        reading="null",
        queue=Queue.REVIEWER,
        state=TaskState.OPEN,
        version=0,
        excluded=people,
        blind=True,
        sample=False,
        checks=task.id,
        checks_version=task.version,
        held_by=None,
        held_until=None,
    )


def frame_digest(frame: Iterable[tuple[TaskId, int]]) -> Digest:
    """Of all fields that could be drawn, each with the version of its decision."""
    listed: Json = [[task, version] for task, version in sorted(frame)]
    return digest_of(canonical_json(listed))
