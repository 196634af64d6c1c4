"""`constat intake` where workers do the work: stores and records what comes in, then follows what becomes of it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from pipeline.cli.localised import say, sentence_of
from pipeline.cli.progress import TerminalProgress
from pipeline.config import Settings
from pipeline.custody import BatchOptions, ScanProfile
from pipeline.model import BatchId, Reason
from pipeline.ports import Listing
from pipeline.usecases.jobs import follow, take_in_for_workers
from pipeline.usecases.report import BatchReport, batch_report
from pipeline.usecases.sealing import waiting
from pipeline.usecases.traced import intake_told
from pipeline.usecases.transfer import keep_profile
from pipeline.wiring import App
from pipeline.wiring.watching import tracing_of
from pipeline.wiring.workers import front_door, working_app
from pipeline.worker.seats import beating

_LOOK_S = 0.2


def intake_for_workers(
    listing: Listing, options: BatchOptions, profile: ScanProfile | None, settings: Settings, *, waits: bool
) -> BatchReport:
    """Take in the files listed; with `waits` until workers have come to the end of the batch.

    Raises:
        Unavailable, OperatorError: as `take_in_for_workers`.
    """
    app = working_app(settings)
    door = front_door(app, _wait, beating)
    with TerminalProgress() as progress:
        if profile is not None:
            options = replace(options, scan_profile=keep_profile(profile, keeping=app.keeping))
        began_at = app.keeping.clock.now()
        batch = take_in_for_workers(listing, options, door=door, progress=progress)
        ended = not waits or follow(batch, door=door, progress=progress)
    return _told(batch, app, began_at=began_at, ended=ended, waits=waits)


def follow_batch(batch: BatchId, settings: Settings, *, waits: bool) -> BatchReport:
    """The same for a batch whose files are all recorded and whose jobs are asked for.

    Raises:
        Unavailable, OperatorError: as `follow`.
    """
    app = working_app(settings)
    door = front_door(app, _wait, beating)
    began_at = app.keeping.clock.now()
    with TerminalProgress() as progress:
        ended = not waits or follow(batch, door=door, progress=progress)
    return _told(batch, app, began_at=began_at, ended=ended, waits=waits)


def _told(batch: BatchId, app: App, *, began_at: datetime, ended: bool, waits: bool) -> BatchReport:
    ended_at = app.keeping.clock.now()
    intake_told(batch, began_at=began_at, ended_at=ended_at, tracing=tracing_of(app.settings, "intake"))
    if not ended:
        say("intake.stuck", batch=batch)
    for left in waiting(keeping=app.keeping) if waits else ():
        say("seal.waiting", why=sentence_of(left.code, dict(left.params)), id=left.code)
    return batch_report(batch, records=app.keeping.records)


def _wait(why: Reason | None) -> None:
    if why is not None:
        say("intake.waits", why=sentence_of(why.code, dict(why.params)), id=why.code)
    time.sleep(_LOOK_S)
