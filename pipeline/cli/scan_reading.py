"""What was scanned is read as what was taken in from files is: here, or by workers where there is a broker."""

from __future__ import annotations

from pipeline.cli.intake import usable_cores
from pipeline.cli.localised import say, sentence_of
from pipeline.cli.progress import TerminalProgress
from pipeline.config import Settings
from pipeline.model import BatchId
from pipeline.usecases.intake import carry_on
from pipeline.usecases.report import BatchReport, batch_report
from pipeline.usecases.sealing import waiting
from pipeline.usecases.traced import TracedRunner, intake_told
from pipeline.wiring import App, worker_factory
from pipeline.wiring.watching import tracing_of
from pipeline.worker.pool import ProcessPool


def read_by_workers(batch: BatchId, settings: Settings, *, waits: bool) -> BatchReport:
    """Follow a batch whose session has ended; not `waits`: leave it to the workers. Raises as `follow`."""
    from pipeline.cli.intake_workers import follow_batch

    return follow_batch(batch, settings, waits=waits)


def read_here(batch: BatchId, app: App, workers: int | None) -> BatchReport:
    """Read a batch whose session has ended, in processes of this command.

    Raises:
        Unavailable, OperatorError: as `carry_on`; what is left to do is done by `constat reconcile`.
    """
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
