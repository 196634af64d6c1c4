"""What is told of jobs to people, and what they may have begun anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipeline.custody.queued import UNFINISHED, JobCounts, JobId, JobKind, JobState, QueuedJob
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.ports import Records
from pipeline.usecases.keeping import Keeping

RETRIED: Final = "job_retried"
"""The ledger's word for a job that somebody had begun anew."""
MOST_LISTED: Final = 200
_WITH_PAPER = (JobKind.SPLIT, JobKind.SHEET)
"""Given up, their file or pages have an end state; how these go on is for the people who look after exceptions."""


@dataclass(frozen=True, slots=True)
class JobsTold:
    """Jobs at a moment.

    Attributes:
        jobs: most urgent first, no more than were asked for.
        now: when it was looked.
    """

    counts: JobCounts
    jobs: tuple[QueuedJob, ...]
    now: datetime


def jobs_told(*, keeping: Keeping, dead: bool = False, most: int = MOST_LISTED) -> JobsTold:
    """What is not finished, or what was given up."""
    jobs = keeping.records.jobs
    states = (JobState.DEAD,) if dead else UNFINISHED
    return JobsTold(jobs.counts(), jobs.listed(states, most=most), keeping.clock.now())


def job_document(its: QueuedJob) -> Json:
    """As `constat jobs --json` prints it."""
    return {
        "id": its.id,
        "kind": its.kind,
        "batch": its.batch,
        "state": its.state,
        "urgent_on": its.urgent_on.isoformat(),
        "made_at": its.made_at.isoformat(),
        "not_before": its.not_before.isoformat(),
        "attempts": its.attempts,
        "put_off": its.put_off,
        "worker": its.claimed_by if its.state is JobState.CLAIMED else None,
        "reason": None if its.reason is None else its.reason.code,
    }


def may_be_retried(job: QueuedJob) -> bool:
    return job.state is JobState.DEAD and job.kind not in _WITH_PAPER


def retry(job: str, *, by: str, keeping: Keeping) -> QueuedJob:
    """Have a job that was given up begun anew, its attempts at zero.

    Raises:
        OperatorError: `unknown_job`; `job_not_dead`; `job_has_ended` for a file or sheet: its pages are in exception,
            and a person has them read anew from there.
    """
    records: Records = keeping.records
    found = records.jobs.job(JobId(job))
    if found is None:
        raise OperatorError("unknown_job", job=job)
    if found.state is not JobState.DEAD:
        raise OperatorError("job_not_dead", job=job)
    if not may_be_retried(found):
        raise OperatorError("job_has_ended", job=job)
    with records.transaction() as change:
        if change.jobs.revive(found.id, at=keeping.clock.now()):
            change.append(RETRIED, found.id, canonical_json({"by": by}))
    return found
