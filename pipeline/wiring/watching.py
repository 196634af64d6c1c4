"""What a server or worker is watched by: its log, and what it asks to know whether it can work."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from functools import partial

from pipeline.config import Settings
from pipeline.model import Digest
from pipeline.ports.tracing import RequestTracing, Tracing
from pipeline.usecases.readiness import Probe, Readiness
from pipeline.usecases.site_gauges import SiteGauges, site_gauges
from pipeline.usecases.traced import UNTRACED
from pipeline.wiring.app import App

_NO_OBJECT = Digest("0" * 64)


def begin_log(settings: Settings) -> None:
    """From now on this process writes its log as the settings say."""
    from pipeline.storage.logs import begin_log as begin

    begin(settings.log)


def tracing_of(settings: Settings, part: str) -> Tracing:
    """Tells the site's collector what this part of the program does; nobody where there is none."""
    if not settings.traces_url:
        return UNTRACED
    from pipeline.storage.traces import OtlpTraces

    return OtlpTraces(settings.traces_url, part=part)


def request_tracing_of(settings: Settings) -> RequestTracing | None:
    """Tells the site's collector of requests; null where there is none."""
    if not settings.traces_url:
        return None
    from pipeline.storage.traces import OtlpTraces

    return OtlpTraces(settings.traces_url, part="serve")


def readiness(app: App, more: Mapping[str, Probe] | None = None) -> Readiness:
    """Asks the database and the store, and what else is given."""
    probes: dict[str, Probe] = {
        "database": app.keeping.records.figures.ledger_entries,
        "objects": partial(_ask_store, app),
    }
    return Readiness({**probes, **(more or {})}, now_s=time.monotonic)


def gauges(app: App) -> SiteGauges:
    """How the site stands now. Raises as `Records`."""
    return site_gauges(app.keeping.records, now=app.keeping.clock.now())


def _ask_store(app: App) -> None:
    app.keeping.objects.exists(_NO_OBJECT)
    if app.settings.bucket_url:
        return
    from pipeline.storage.failures import storage_failure

    # A folder that is gone holds no object either.
    folder = app.settings.objects_dir
    try:
        os.listdir(folder / "incoming")
        if not os.access(folder / "incoming", os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise storage_failure(error, folder) from error
