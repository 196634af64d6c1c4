"""The sweep: what was received and has no end state goes on, whatever became of whoever was at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.custody.hooks import HookState
from pipeline.custody.queued import JobKind, JobState, QueuedJob, job_id
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.usecases.jobs.making import needed
from pipeline.usecases.keeping import Keeping


@dataclass(frozen=True, slots=True)
class SweepRules:
    """What a sweep looks for.

    Attributes:
        sent_s: a message that nobody took on for so long is sent again; a full queue may be slow.
        publishes: messages to webhooks are jobs, too.
        verifies: everything is recomputed once a day.
    """

    sent_s: float = 300.0
    publishes: bool = False
    verifies: bool = False


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found.

    Attributes:
        recalled: jobs whose claim had ended, or whose message was lost: they wait again.
        asked: jobs that were missing, or had ended without what they were for.
        stuck: batches that wait for a person: a job of theirs is dead.
    """

    recalled: int = 0
    asked: int = 0
    stuck: tuple[BatchId, ...] = ()


def sweep(*, keeping: Keeping, rules: SweepRules | None = None) -> Swept:
    """Have everything go on that does not; several at once do no harm. Processes nothing itself.

    Raises:
        Unavailable, OperatorError: the database cannot be written.
    """
    rules = rules or SweepRules()
    records, now = keeping.records, keeping.clock.now()
    recalled = records.jobs.recall(now=now, sent_before=now - timedelta(seconds=rules.sent_s))
    asked, stuck = 0, []
    for batch in _unattended(records):
        added, is_stuck = _asked_for(batch, keeping, now)
        asked += added
        if is_stuck:
            stuck.append(batch)
    asked += _added(_publishing(records, now, rules), keeping, now)
    asked += _added(_verifying(records, now, rules), keeping, now)
    return Swept(recalled, asked, tuple(stuck))


def _unattended(records: Records) -> Iterable[BatchId]:
    undocumented = (
        batch for batch in records.transfers.undocumented() if not records.jobs.counts(batch=batch).unfinished
    )
    untasked = (batch for batch in records.review.unmade() if not records.jobs.counts(batch=batch).unfinished)
    return dict.fromkeys((*records.jobs.left_alone(), *undocumented, *untasked))


def _asked_for(batch: BatchId, keeping: Keeping, now: datetime) -> tuple[int, bool]:
    """How many jobs were asked for, and whether none could be as those that are needed are dead."""
    row = keeping.records.batch(batch)
    jobs = () if row is None else needed(row, records=keeping.records, now=now)
    added = _added(jobs, keeping, now)
    dead = any(_is_dead(its, keeping.records) for its in jobs)
    return added, bool(jobs) and dead and not added


def _added(jobs: Iterable[QueuedJob], keeping: Keeping, now: datetime) -> int:
    """Add those that are not there, and begin those anew that are done: what they were for is not."""
    wanted = [its for its in jobs if not _is_dead(its, keeping.records)]
    if not wanted:
        return 0
    with keeping.records.transaction() as change:
        return change.jobs.add(wanted) + sum(change.jobs.revive(its.id, at=now) for its in wanted)


def _is_dead(job: QueuedJob, records: Records) -> bool:
    found = records.jobs.job(job.id)
    return found is not None and found.state is JobState.DEAD


def _publishing(records: Records, now: datetime, rules: SweepRules) -> Iterator[QueuedJob]:
    for hook in records.hooks.all() if rules.publishes else ():
        counts = records.hooks.counts(hook.id)
        if hook.state is HookState.RUNNING and (counts.behind or counts.waiting > counts.held):
            yield _apart(JobKind.PUBLISH, hook.id, now)


def _verifying(records: Records, now: datetime, rules: SweepRules) -> Iterator[QueuedJob]:
    job = _apart(JobKind.VERIFY, now.astimezone().date().isoformat(), now)
    if rules.verifies and records.jobs.job(job.id) is None:
        yield job


def _apart(kind: JobKind, subject: str, now: datetime) -> QueuedJob:
    return QueuedJob(job_id(kind, subject), kind, subject, None, now.astimezone().date(), now, now)
