"""What the pages of `constat serve` scan with: a room in which scanners run, and where batches are read."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from pipeline.custody import BatchState
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.usecases.intake import carry_on
from pipeline.usecases.scanning import feed, silent_feedings
from pipeline.web.scan_room import ScanRoom, Wanted
from pipeline.web.while_serving import WhileServing
from pipeline.wiring import App, feeding, holding, worker_factory
from pipeline.wiring.scan_station import first_look, scan_folder, scanner_rules
from pipeline.wiring.scanning import scanners
from pipeline.worker.pool import ProcessPool

_UNREAD = frozenset({BatchState.RECEIVING, BatchState.PROCESSING})


def scan_room(app: App) -> ScanRoom:
    """A room whose scanners are those of this machine and its network; batches are read here too, unless workers read.
    It goes on with what an earlier server left unread."""
    settings = app.settings
    pools: list[ProcessPool] = []
    # Pages are answered meanwhile.
    cores = max(1, len(os.sched_getaffinity(0)) - 1)

    def scan(batch: BatchId, wanted: Wanted, stop: threading.Event) -> None:
        with feeding(settings), scan_folder(settings) as into:
            feed(
                batch,
                scanners(settings).at(wanted.scanner),
                wanted.wish,
                who=wanted.who,
                keeping=app.keeping,
                into=into,
                rules=scanner_rules(settings),
                looker=first_look(app),
                sides=wanted.sides,
                again=wanted.again,
                begin_with=wanted.begin_with,
                stop=stop,
            )

    def read(batch: BatchId) -> None:
        with holding(app) as keeping:
            if not pools:
                limit_bytes = settings.worker_memory_bytes
                pools.append(ProcessPool(worker_factory(settings), workers=cores, memory_limit_bytes=limit_bytes))
            carry_on(batch, keeping=keeping, runner=WhileServing(pools[0], lambda: room.closed))

    def rest() -> None:
        while pools:
            pools.pop().close()

    silent_feedings(keeping=app.keeping)
    room = ScanRoom(scan, None if settings.broker_url else read, rest=rest)
    for batch in unread(app.keeping.records):
        room.read(batch)
    return room


def unread(records: Records) -> Iterator[BatchId]:
    """Batches that came from scanners and are not read to their end."""
    for row in records.batches():
        if row.state in _UNREAD and records.scans.session(row.id) is not None:
            yield row.id
