"""What was scanned is read as what was taken in from files is: here, or by workers where there is a broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from pipeline.cli.intake import usable_cores
from pipeline.cli.localised import say, sentence_of
from pipeline.cli.progress import TerminalProgress
from pipeline.config import Settings
from pipeline.errors import Unavailable
from pipeline.model import BatchId
from pipeline.usecases.intake import carry_on
from pipeline.usecases.report import BatchReport, batch_report
from pipeline.usecases.sealing import waiting
from pipeline.usecases.traced import TracedRunner, intake_told
from pipeline.wiring import App, worker_factory, writing
from pipeline.wiring.watching import tracing_of
from pipeline.worker.pool import ProcessPool

_LOOK_S: Final = 1.0


def read_by_workers(batch: BatchId, settings: Settings, *, waits: bool) -> BatchReport:
    """Follow a batch whose session has ended; not `waits`: leave it to the workers. Raises as `follow`."""
    from pipeline.cli.intake_workers import follow_batch

    return follow_batch(batch, settings, waits=waits)


def read_here(batch: BatchId, settings: Settings, workers: int | None) -> BatchReport:
    """Read a batch whose session has ended, in processes of this command, after others that are being read.

    Raises:
        Unavailable, OperatorError: as `carry_on`; what is left to do is done by `constat reconcile`.
    """
    with in_turn(settings) as app:
        return _read(batch, app, workers)


@contextmanager
def in_turn(settings: Settings, *, wait: Callable[[], None] | None = None) -> Iterator[App]:
    """The application with the data folder held for writing, once others are done with it.

    Args:
        wait: takes a moment, between two looks; null: by the clock.

    Raises:
        Unavailable, OperatorError: as `writing`, but not `data_dir_busy`.
    """
    told = False
    with ExitStack() as stack:
        while True:
            try:
                app = stack.enter_context(writing(settings))
                break
            except Unavailable as error:
                if error.code != "data_dir_busy":
                    raise
            if not told:
                say("scan.waits_to_read")
                told = True
            (wait or _a_moment)()
        yield app


def _a_moment() -> None:
    time.sleep(_LOOK_S)


def _read(batch: BatchId, app: App, workers: int | None) -> BatchReport:
    settings, keeping = app.settings, app.keeping
    pool = ProcessPool(
        worker_factory(settings), workers=workers or usable_cores(), memory_limit_bytes=settings.worker_memory_bytes
    )
    clock, tracing = keeping.clock, tracing_of(settings, "intake")
    with pool as runner, TerminalProgress() as progress:
        began_at = clock.now()
        carry_on(batch, keeping=keeping, runner=TracedRunner(runner, clock, tracing), progress=progress)
        intake_told(batch, began_at=began_at, ended_at=clock.now(), tracing=tracing)
    for left in waiting(keeping=keeping):
        say("seal.waiting", why=sentence_of(left.code, dict(left.params)), id=left.code)
    return batch_report(batch, records=keeping.records)
