"""What `constat worker` and `constat relay` work with."""

from __future__ import annotations

import logging
import os
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline.config import Settings
from pipeline.errors import OperatorError, Unavailable
from pipeline.wiring.app import App, checking, serving
from pipeline.wiring.hooks import hook_desk
from pipeline.wiring.signing import signer

if TYPE_CHECKING:
    from pipeline.model import Reason
    from pipeline.ports import JobRunner
    from pipeline.usecases.jobs import FrontDoor, JobDesk
    from pipeline.usecases.jobs.desk import Beating

_LOG = logging.getLogger("constat.relay")
_MOST_ROUNDS: Final = 100
"""Of messages to one webhook, a job; others may wait for the worker."""


def working_app(settings: Settings) -> App:
    """The application for jobs, whoever else is at work, with the key that seals.

    Raises:
        OperatorError: `broker_not_given`; as `signer`.
    """
    if not settings.broker_url:
        raise OperatorError("broker_not_given")
    key, app = signer(settings), serving(settings)
    return replace(app, keeping=replace(app.keeping, sealing=replace(app.keeping.sealing, signer=key)))


def job_desk(app: App, runner: JobRunner, beating: Beating) -> JobDesk:
    """What jobs are done with; threads may share it."""
    from pipeline.usecases.jobs import JobDesk, JobPatience

    settings = app.settings
    return JobDesk(
        keeping=app.keeping,
        runner=runner,
        worker=_name(),
        patience=JobPatience(lease_s=settings.worker_lease_s),
        beating=beating,
        publish=None if settings.hooks_key is None else _publisher(app),
        verify=partial(_verified, app, runner),
    )


def _verified(app: App, runner: JobRunner) -> Reason | None:
    """Recomputes everything while no batch is worked on: what is being stored then would be taken for strange.

    Raises Unavailable: `too_many_jobs` where there is something to be done; `scanner_at_work`.
    """
    from pipeline.model import Reason
    from pipeline.usecases.verify import verify_all

    _require_quiet(app)
    with checking(app.settings) as frozen:
        verdict = verify_all(keeping=frozen.keeping, runner=runner)
    if verdict.clean:
        return None
    _require_quiet(app)
    return Reason("verify_found", (("count", str(len(verdict.differences))),))


def _require_quiet(app: App) -> None:
    from pipeline.usecases.scanning import require_nobody_feeds

    # One is that which asks.
    unfinished = app.keeping.records.jobs.counts().unfinished - 1
    if unfinished > 0:
        raise Unavailable("too_many_jobs", jobs=unfinished, limit=0)
    if app.settings.on_server:
        require_nobody_feeds(app.keeping)


def sweeper(app: App) -> Callable[[], None]:
    """Has everything go on that does not, and webhooks be told."""
    from pipeline.usecases.jobs import SweepRules, sweep

    rules = SweepRules(publishes=app.settings.hooks_key is not None, verifies=app.settings.verify_daily)

    def swept() -> None:
        found = sweep(keeping=app.keeping, rules=rules)
        if found.asked or found.recalled:
            _LOG.info("swept", extra={"jobs": found.asked + found.recalled})

    return swept


def front_door(app: App, wait: Callable[[Reason | None], None], beating: Beating) -> FrontDoor:
    """What takes in for workers."""
    from pipeline.usecases.jobs import FrontDoor, JobPatience, Room

    settings = app.settings
    room = Room(settings.jobs_most, settings.least_free_bytes, partial(_free_bytes, settings))
    return FrontDoor(
        keeping=app.keeping,
        worker=_name(),
        room=room,
        wait=wait,
        beating=beating,
        patience=JobPatience(lease_s=settings.worker_lease_s),
    )


def machine(worker: str) -> str:
    """On which one a worker of this name is."""
    return worker.rpartition(":")[0]


def _name() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def _free_bytes(settings: Settings) -> int | None:
    """Of the fullest of the disks here that bytes are kept on; of a bucket nobody knows."""
    places = [settings.data_dir] if settings.bucket_url else [settings.data_dir, settings.objects_dir]
    try:
        return min(
            shutil.disk_usage(next(its for its in (place, *place.parents) if its.exists())).free for place in places
        )
    except OSError:
        return None


def _publisher(app: App) -> Callable[[str], None]:
    """Sends what is due to one webhook, named by its id. What fails is due later, and asked for again."""
    from pipeline.usecases.hooks_delivery import AT_ONCE, Rests, deliver_to

    desk, rests = hook_desk(app), Rests()

    def publish(hook: str) -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
            for _ in range(_MOST_ROUNDS):
                found = next((its for its in desk.records.hooks.all() if its.id == hook), None)
                if found is None or not deliver_to(found, desk, rests, pool.map):
                    return

    return publish
