"""`constat serve`: the pages that people work with."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.localised import option, say, words
from pipeline.cli.scan_serving import scan_room
from pipeline.cli.tls import ENDS_SOON_DAYS, Tls, context_factory, now_utc, tls_of
from pipeline.cli.watched import watched
from pipeline.config import Settings, load_settings
from pipeline.errors import OperatorError, Unavailable
from pipeline.model import PageId
from pipeline.usecases.hooks_delivery import Rests, deliver_due
from pipeline.usecases.review import pages_to_read, read_placed
from pipeline.web.hook_worker import HookWorker
from pipeline.web.parts import Site, WebParts, web_parts
from pipeline.web.placed_reading import PlacedReader
from pipeline.web.while_serving import WhileServing
from pipeline.wiring import begin_log, hook_desk, serving, worker_factory
from pipeline.worker.pool import ProcessPool

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_CONNECTIONS = 400
_TURN_S = 0.001
"""A request asks the database some dozens of times, and waits up to so long after each answer while others compute."""
_QUIET_S = 65
"""A browser's connection without a request is closed after so long."""
_LAST_ANSWERS_S = 10
LONGEST_END_S = _LAST_ANSWERS_S + 30
"""Without the time for others to learn of it. After the answers webhooks, scanners and readings have some seconds."""


@click.command("serve", help=words("help.serve"))
@option("--host", help_code="help.serve.host", default="127.0.0.1", show_default=True, metavar=words("metavar.address"))
@option(
    "--port",
    help_code="help.serve.port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    metavar="N",
)
@option("--tls-cert", help_code="help.serve.tls_cert", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--tls-key", help_code="help.serve.tls_key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option(
    "--drain-s",
    help_code="help.serve.drain_s",
    type=click.FloatRange(0.0, 600.0),
    default=0.0,
    show_default=True,
    metavar="S",
)
def serve(host: str, port: int, tls_cert: Path | None, tls_key: Path | None, drain_s: float) -> None:
    from pipeline.cli.draining import DrainingServer
    from pipeline.web.app import create_app

    settings = load_settings()
    if (tls_cert is None) is not (tls_key is None):
        raise OperatorError("serve_tls_needs_both")
    tls = None if tls_cert is None or tls_key is None else tls_of(tls_cert, tls_key, now=now_utc())
    if host not in _LOOPBACK and not (tls and settings.public_url):
        raise OperatorError("serve_needs_tls", host=host)
    site = site_of(settings, host, port, tls=tls is not None)
    served = serving(settings)
    worker = HookWorker(partial(deliver_due, hook_desk(served), Rests()))
    parts = replace(with_reader(web_parts(served, site), settings), scan_room=scan_room(served))
    app = create_app(parts)
    sys.setswitchinterval(_TURN_S)
    # What the program is made of stays: looking through it for garbage would hold up whoever is being answered.
    gc.collect()
    gc.freeze()
    begin_log(settings)
    config = _config(app, host, port, tls, proxied=bool(settings.public_url))
    for line in _told(settings, host, port, tls):
        say(line[0], **line[1])
    worker.start()
    try:
        with watched(served, parts.readiness, parts.meter.registry, site=True):
            DrainingServer(config, parts.readiness, drain_s=drain_s).run()
    except SystemExit as error:
        raise Unavailable("port_in_use", host=host, port=port) from error
    finally:
        worker.close()
        parts.scan_room.close()
        parts.placing.close()


def _config(app: FastAPI, host: str, port: int, tls: Tls | None, *, proxied: bool) -> uvicorn.Config:
    import uvicorn

    from pipeline.web.connections import BoundedProtocol

    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        host=host,
        port=port,
        ssl_context_factory=None if tls is None else context_factory(tls),
        # Addresses of clients are taken from a proxy only where there is one: the access log names them.
        proxy_headers=proxied and host in _LOOPBACK,
        forwarded_allow_ips="127.0.0.1",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_QUIET_S,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
        server_header=False,
        access_log=False,
        log_config=None,
    )


def with_reader(parts: WebParts, settings: Settings) -> WebParts:
    """The parts with a worker that reads placed pages: begun with the first page, and with what an earlier run of the
    server left."""
    pools: list[ProcessPool] = []

    def read(page: PageId) -> None:
        with parts.holding():
            if not pools:
                limit_bytes = settings.worker_memory_bytes
                pools.append(ProcessPool(worker_factory(settings), workers=1, memory_limit_bytes=limit_bytes))
            read_placed((page,), desk=parts.desk, runner=WhileServing(pools[0], lambda: reader.closed))

    def rest() -> None:
        while pools:
            pools.pop().close()

    reader = PlacedReader(read, rest=rest)
    for page in pages_to_read(records=parts.keeping.records):
        reader.start(page)
    return replace(parts, placing=reader)


def _told(settings: Settings, host: str, port: int, tls: Tls | None) -> list[tuple[str, dict[str, str]]]:
    address = settings.public_url or f"{'https' if tls else 'http'}://{_bracketed(host)}:{port}"
    told: list[tuple[str, dict[str, str]]] = [("serve.at", {"address": address})]
    if tls is None:
        told.append(("serve.loopback_only", {}))
    elif (days := tls.days_left(now_utc())) < ENDS_SOON_DAYS:
        told.append(("serve.tls_ends", {"days": str(days)}))
    return told


def site_of(settings: Settings, host: str, port: int, *, tls: bool) -> Site:
    """How browsers reach the server; another name than these in a request is refused."""
    scheme = "https" if tls else "http"
    names = {host} | (_LOOPBACK if host in _LOOPBACK else set())
    origins = {_origin(scheme, name, port) for name in names}
    if settings.public_url:
        origins.add(settings.public_url)
    home = settings.public_url or _origin(scheme, host, port)
    secure = tls or bool(settings.public_url)
    return Site(frozenset(origins), home, secure=secure, workers=bool(settings.broker_url))


def _origin(scheme: str, host: str, port: int) -> str:
    """As browsers write it: without the port where it is the scheme's own."""
    return f"{scheme}://{_bracketed(host)}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
