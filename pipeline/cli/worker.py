"""`constat worker` and `constat relay`: work divided among processes and machines."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import click

from pipeline.cli.intake import MOST_WORKERS, usable_cores
from pipeline.cli.localised import option, say, words
from pipeline.cli.watched import watched
from pipeline.config import Settings, load_settings
from pipeline.errors import OperatorError
from pipeline.usecases.jobs import perform
from pipeline.usecases.readiness import Readiness
from pipeline.usecases.traced import traced_jobs
from pipeline.wiring import App, worker_factory
from pipeline.wiring.watching import begin_log, readiness, tracing_of
from pipeline.wiring.workers import job_desk, sweeper, working_app
from pipeline.worker.actors import Performer, new_worker
from pipeline.worker.broker import BrokerQueues, open_broker
from pipeline.worker.pool import ONE_THREAD, ProcessPool
from pipeline.worker.queues import QUEUES
from pipeline.worker.relay import Relay
from pipeline.worker.seats import Seats, beating

if TYPE_CHECKING:
    from dramatiq import Broker

_LOG = logging.getLogger("constat.worker")
_GRACE_S = 20.0
"""What is in hand may end within; then it is given back. Service managers kill after 90."""
_SWEEP_S = 10.0
_LAST_S = 15.0
"""Giving back takes a moment, and the database may be away."""
LONGEST_END_S = _GRACE_S + _LAST_S


@click.command("worker", help=words("help.worker"))
@option("--processes", help_code="help.worker.processes", type=click.IntRange(1, MOST_WORKERS), metavar="N")
@option("--queues", help_code="help.worker.queues", default=",".join(QUEUES), show_default=True, metavar="Q,Q")
@option(
    "--grace-s",
    help_code="help.worker.grace_s",
    type=click.FloatRange(0.0, 3600.0),
    default=_GRACE_S,
    show_default=True,
    metavar="S",
)
def worker(processes: int | None, queues: str, grace_s: float) -> None:
    from pipeline.worker.meters import WorkerMeter

    settings = load_settings()
    wanted = _known(queues)
    app = working_app(settings)
    broker = _reached(settings)
    begin_log(settings)
    count = processes or usable_cores()
    # Set once for all that is started: threads that start processes would undo each other's.
    os.environ.update(ONE_THREAD)
    seats = Seats(_pools(settings, count))
    meter, tracing = WorkerMeter(), tracing_of(settings, "worker")
    doing = meter.performing(partial(perform, desk=job_desk(app, meter.running(seats), beating)))
    performer = Performer(
        traced_jobs(doing, records=app.keeping.records, clock=app.keeping.clock, tracing=tracing),
    )
    consumer = new_worker(broker, performer, threads=count, queues=wanted)
    ready = _ready_with(app)
    with watched(app, ready, meter.registry), _asked_to_end(ready.end) as ending:
        consumer.start()
        say("worker.ready", processes=count, queues=", ".join(wanted))
        _LOG.info("worker_ready", extra={"workers": count})
        ending.wait()
        _LOG.info("worker_ends")
        performer.close()
        late = threading.Timer(grace_s, seats.stop)
        late.daemon = True
        late.start()
        consumer.stop(timeout=int(1000 * (grace_s + _LAST_S)))
        late.cancel()
    seats.close()
    broker.close()
    _LOG.info("worker_ended")


@click.command("relay", help=words("help.relay"))
def relay() -> None:
    settings = load_settings()
    app = working_app(settings)
    broker = _reached(settings)
    begin_log(settings)
    queues = BrokerQueues(broker)
    its = Relay(app.keeping.records.jobs, queues, app.keeping.clock)
    its.every(_SWEEP_S, sweeper(app))
    with watched(app, _ready_with(app), site=True), _asked_to_end(its.close):
        say("relay.ready")
        its.work()
    queues.close()


def _ready_with(app: App) -> Readiness:
    """Asks for the queue besides what all need."""
    return readiness(app, {"broker": partial(_ask_broker, app.settings)})


def _ask_broker(settings: Settings) -> None:
    """On a connection of its own. Raises as `BrokerQueues`."""
    queues = BrokerQueues(open_broker(settings.broker_url))
    try:
        queues.waiting(QUEUES[0])
    finally:
        queues.close()


def _pools(settings: Settings, count: int) -> Iterator[ProcessPool]:
    factory = worker_factory(settings)
    for _ in range(count):
        yield ProcessPool(
            factory,
            workers=1,
            timeout_s=settings.worker_timeout_s,
            memory_limit_bytes=settings.worker_memory_bytes,
            jobs_each=settings.worker_sheets,
        )


def _known(queues: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in queues.split(",") if name.strip()))
    unknown = [name for name in wanted if name not in QUEUES]
    if unknown or not wanted:
        raise OperatorError("unknown_queue", found=", ".join(unknown) or queues, known=", ".join(QUEUES))
    return wanted


def _reached(settings: Settings) -> Broker:
    """A broker whose server answered. Later on it may go away and come back; at the start a wrong address is told.

    Raises Unavailable `broker_unreachable`, `broker_error`, OperatorError `broker_refused`.
    """
    _ask_broker(settings)
    return open_broker(settings.broker_url)


@contextmanager
def _asked_to_end(and_then: Callable[[], None] | None = None) -> Iterator[threading.Event]:
    """An event that a signal sets; a second signal ends the process as if it had not been asked."""
    ending = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in signals}

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()
        if and_then is not None:
            and_then()
        for number in signals:
            signal.signal(number, signal.SIG_DFL)

    for number in signals:
        signal.signal(number, end)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
