"""How the whole site stands, in numbers that a watcher compares from one minute to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.custody.figures import BatchesWanted, Span
from pipeline.custody.queued import UNFINISHED, JobState
from pipeline.custody.review import Queue
from pipeline.ports import Records
from pipeline.usecases.intake import local_day


@dataclass(frozen=True, slots=True)
class SiteGauges:
    """Names are of the program: no number of a statement, no name of a person or batch.

    Attributes:
        jobs: of workers, by state, but for those that are done.
        oldest_job_s: since the oldest one that is not finished was made.
        images: of batches that are not closed, by `ended`, `exception` and `open`.
        tasks: open ones, by queue.
        fields_today: of batches whose paper came in today, as the reader decided.
        webhooks: deliveries by state; `behind` are events that nobody has queued.
        oldest_webhook_s: since the oldest one waiting was queued.
    """

    ledger_entries: int
    open_batches: int
    jobs: Mapping[str, int] = field(default_factory=dict)
    oldest_job_s: float = 0.0
    images: Mapping[str, int] = field(default_factory=dict)
    tasks: Mapping[str, int] = field(default_factory=dict)
    fields_today: Mapping[str, int] = field(default_factory=dict)
    webhooks: Mapping[str, int] = field(default_factory=dict)
    oldest_webhook_s: float = 0.0


def site_gauges(records: Records, *, now: datetime) -> SiteGauges:
    """As of one moment. Raises as `Records`."""
    with records.moment():
        batches = records.figures.batches(BatchesWanted(is_open=True))
        jobs = records.jobs.counts()
        hooks = [records.hooks.counts(its.id) for its in records.hooks.all()]
        images: Counter[str] = Counter(ended=0, exception=0, open=0)
        for its in batches:
            images.update(
                ended=its.end_states - its.exceptions, exception=its.exceptions, open=its.images - its.end_states
            )
        return SiteGauges(
            ledger_entries=records.figures.ledger_entries(),
            open_batches=len(batches),
            # Those that are done are never counted: they only become more.
            jobs={str(state): jobs.states.get(state, 0) for state in (*UNFINISHED, JobState.DEAD)},
            oldest_job_s=_since(jobs.oldest, now),
            images=images,
            tasks=_tasks(records),
            fields_today=_fields(records, now),
            webhooks={
                "waiting": sum(its.waiting for its in hooks),
                "dead": sum(its.dead for its in hooks),
                "behind": sum(its.behind for its in hooks),
            },
            oldest_webhook_s=max((_since(its.oldest_waiting, now) for its in hooks), default=0.0),
        )


def _since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


def _tasks(records: Records) -> Mapping[str, int]:
    tasks: Counter[str] = Counter({str(queue): 0 for queue in Queue})
    for its in records.figures.waiting():
        tasks[str(its.queue)] += its.tasks
    return tasks


def _fields(records: Records, now: datetime) -> Mapping[str, int]:
    today = datetime.fromisoformat(local_day(now)).date()
    found = records.figures.fields(Span(today, today))
    return {
        "accepted": sum(its.accepted for its in found),
        "doubtful": sum(its.doubtful for its in found),
        "empty": sum(its.empty for its in found),
        "for_persons": sum(its.for_persons for its in found),
    }
