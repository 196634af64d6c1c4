"""`constat reconcile` where workers do the work: what is lost or missing goes on, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.config import Settings
from pipeline.custody import Job, JobResult
from pipeline.custody.queued import JobKind, JobState
from pipeline.errors import InvariantBroken
from pipeline.usecases.jobs import perform, sweep
from pipeline.usecases.reconcile import Reconciliation, reconciled_beside
from pipeline.wiring.workers import job_desk, machine, working_app
from pipeline.worker.seats import beating

_MOST_LOOKED_AT = 10_000


def reconciled_with_workers(settings: Settings) -> Reconciliation:
    """Sweep; and receive on what a killed `constat intake` left on this machine.

    Raises:
        Unavailable, OperatorError: the database cannot be written, the broker is not named.
    """
    app = working_app(settings)
    swept = sweep(keeping=app.keeping)
    desk = job_desk(app, _Nobody(), beating)
    for job in app.keeping.records.jobs.listed((JobState.WAITING,), most=_MOST_LOOKED_AT):
        # Elsewhere the files cannot be read, and would be refused for that.
        if job.kind is JobKind.RECEIVE and (job.claimed_by is None or machine(job.claimed_by) == machine(desk.worker)):
            perform(job.id, desk=desk)
    return reconciled_beside(swept, keeping=app.keeping)


class _Nobody:
    """Receiving reads nothing."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        raise InvariantBroken("unexpected_result", jobs=len(tuple(jobs)))
