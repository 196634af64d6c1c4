"""`constat serve`: the pages that people work with."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pipeline.cli.localised import option, say, words
from pipeline.config import Settings, load_settings
from pipeline.errors import OperatorError, Unavailable
from pipeline.web.parts import Site, web_parts
from pipeline.wiring import serving

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_CONNECTIONS = 400
_QUIET_S = 65
"""A browser's connection without a request is closed after so long."""


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
def serve(host: str, port: int, tls_cert: Path | None, tls_key: Path | None) -> None:
    import uvicorn

    from pipeline.web.app import create_app

    settings = load_settings()
    tls = tls_cert is not None and tls_key is not None
    if (tls_cert is None) is not (tls_key is None):
        raise OperatorError("serve_tls_needs_both")
    if host not in _LOOPBACK and not (tls and settings.public_url):
        raise OperatorError("serve_needs_tls", host=host)
    site = site_of(settings, host, port, tls=tls)
    app = create_app(web_parts(serving(settings), site))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=None if tls_cert is None else str(tls_cert),
        ssl_keyfile=None if tls_key is None else str(tls_key),
        # Addresses of clients are taken from a proxy only where there is one: the access log names them.
        proxy_headers=bool(settings.public_url) and host in _LOOPBACK,
        forwarded_allow_ips="127.0.0.1",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_QUIET_S,
        timeout_graceful_shutdown=10,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    for line in _told(settings, host, port, tls=tls):
        say(line[0], **line[1])
    try:
        uvicorn.Server(config).run()
    except SystemExit as error:
        raise Unavailable("port_in_use", host=host, port=port) from error


def _told(settings: Settings, host: str, port: int, *, tls: bool) -> list[tuple[str, dict[str, str]]]:
    address = settings.public_url or f"{'https' if tls else 'http'}://{_bracketed(host)}:{port}"
    told: list[tuple[str, dict[str, str]]] = [("serve.at", {"address": address})]
    if not tls:
        told.append(("serve.loopback_only", {}))
    return told


def site_of(settings: Settings, host: str, port: int, *, tls: bool) -> Site:
    """How browsers reach the server; another name than these in a request is refused."""
    scheme = "https" if tls else "http"
    names = {host} | (_LOOPBACK if host in _LOOPBACK else set())
    origins = {_origin(scheme, name, port) for name in names}
    if settings.public_url:
        origins.add(settings.public_url)
    home = settings.public_url or _origin(scheme, host, port)
    return Site(frozenset(origins), home, secure=tls or bool(settings.public_url))


def _origin(scheme: str, host: str, port: int) -> str:
    """As browsers write it: without the port where it is the scheme's own."""
    return f"{scheme}://{_bracketed(host)}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
