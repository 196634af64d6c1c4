"""Does one job: claimed, done, recorded as done in the transaction that records its result."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from pipeline.custody.queued import SENT_KINDS, JobId, JobKind, QueuedJob
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.model import Reason
from pipeline.usecases.jobs.desk import JobDesk, Performed
from pipeline.usecases.jobs.steps import do, give_up
from pipeline.usecases.keeping import reason_of

_BEATS = 3
"""Within a lease: two of them may be missed."""
_LOST = Reason("worker_lost")
_ONCE = frozenset({JobKind.VERIFY})
"""What these found is there the next time too."""


def perform(job: JobId, *, desk: JobDesk) -> Performed:
    """Do a job that somebody says is to be done; twice, late or in another order does no harm.

    A service that is away puts the job off. What ends this from outside (a signal) gives it back and goes on upwards;
    so does a fault of the program, which counts as an attempt.

    Raises:
        Unavailable, OperatorError, IntegrityError: the records cannot be written, not even that it was put off. Its
            claim ends by itself, and somebody begins it again.
    """
    now = desk.keeping.clock.now()
    claimed = desk.keeping.records.jobs.claim(job, by=desk.worker, now=now, until=_leased(now, desk))
    return Performed.NOTHING if claimed is None else _performed(claimed, desk)


def perform_next(*, desk: JobDesk, kinds: Collection[JobKind] = SENT_KINDS) -> Performed:
    """Do the most urgent job that is due, without being told of it. Raises as `perform`."""
    now = desk.keeping.clock.now()
    until = _leased(now, desk)
    claimed = desk.keeping.records.jobs.take(by=desk.worker, now=now, until=until, kinds=kinds)
    return Performed.NOTHING if claimed is None else _performed(claimed, desk)


def _performed(claimed: QueuedJob, desk: JobDesk) -> Performed:
    if claimed.attempts > desk.patience.tries:
        # Whoever had it last did not live to say so.
        give_up(claimed, claimed.reason or _LOST, desk)
        return Performed.GAVE_UP
    try:
        with desk.beating(partial(_prolong, claimed, desk), desk.patience.lease_s / _BEATS):
            again = do(claimed, desk)
    except (Unavailable, OperatorError, IntegrityError) as error:
        return _later(claimed, reason_of(error), desk)
    except BaseException as error:
        _let_go(claimed, error, desk)
        raise
    if again is None:
        return Performed.DONE
    if claimed.attempts < desk.patience.tries and claimed.kind not in _ONCE:
        return _later(claimed, again, desk, counts=True)
    give_up(claimed, again, desk)
    return Performed.GAVE_UP


def _later(claimed: QueuedJob, reason: Reason, desk: JobDesk, *, counts: bool = False) -> Performed:
    until = desk.keeping.clock.now() + timedelta(seconds=desk.patience.wait_s(claimed))
    desk.keeping.records.jobs.put_off(claimed, until=until, reason=reason, counts=counts)
    return Performed.PUT_OFF


def _let_go(claimed: QueuedJob, error: BaseException, desk: JobDesk) -> None:
    if isinstance(error, Exception):
        _later(claimed, Reason("job_failed", (("kind", type(error).__name__),)), desk, counts=True)
    else:
        desk.keeping.records.jobs.give_back(claimed)


def _prolong(claimed: QueuedJob, desk: JobDesk) -> bool:
    return desk.keeping.records.jobs.renew(claimed, until=_leased(desk.keeping.clock.now(), desk))


def _leased(now: datetime, desk: JobDesk) -> datetime:
    return now + timedelta(seconds=desk.patience.lease_s)
