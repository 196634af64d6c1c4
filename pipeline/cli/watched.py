"""Where a server or worker answers those who watch it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pipeline.cli.localised import say
from pipeline.usecases.readiness import Readiness
from pipeline.wiring import App
from pipeline.wiring.watching import gauges

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


@contextmanager
def watched(app: App, readiness: Readiness, *meters: CollectorRegistry, site: bool = False) -> Iterator[None]:
    """Within it `/health`, `/ready` and `/metrics` are answered at `CONSTAT_WATCH_ADDRESS`, where one is given.

    Args:
        site: tell of the whole site too: of servers and relays, not of each of many workers.

    Raises:
        Unavailable: `port_in_use`.
    """
    address = app.settings.watch_address
    if not address:
        yield
        return
    from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

    from pipeline.web.meters import SiteMeter
    from pipeline.web.watch import WatchServer

    own = CollectorRegistry()
    ProcessCollector(registry=own)
    PlatformCollector(registry=own)
    if site:
        own.register(SiteMeter(partial(gauges, app)))
    server = WatchServer(address, readiness=readiness, meters=(own, *meters))
    server.start()
    say("watch.at", address=address)
    try:
        yield
    finally:
        server.close()
