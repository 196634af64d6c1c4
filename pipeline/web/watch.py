"""A small server of its own for whoever watches a process: `/health`, `/ready` and `/metrics`, without accounts.

Beside the pages and not among them: probes and Prometheus reach it where browsers do not, and it answers while the
pages are busy. Nothing it says is of a person or a statement.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from pipeline.errors import Unavailable
from pipeline.usecases.readiness import Readiness, Ready

ALIVE: Final = "ok\n"
_QUIET_S: Final = 5.0
_JSON: Final = "application/json"


def ready_document(found: Ready) -> str:
    """`{"ready": false, "parts": {"database": "database_unreachable", "objects": "ok"}}`."""
    codes = {its.part: its.code for its in found.obstacles}
    return json.dumps({"ready": found.ready, "parts": {part: codes.get(part, "ok") for part in found.parts}})


class WatchServer:
    """Answers from `start` to `close`, in threads of its own."""

    def __init__(self, address: str, *, readiness: Readiness, meters: tuple[CollectorRegistry, ...]) -> None:
        """Args:
        address: `HOST:PORT`.

        Raises:
            Unavailable: `port_in_use`.
        """
        host, _, port = address.rpartition(":")
        host = host.strip("[]")
        made = partial(_Handler, readiness, partial(_exposed, meters))
        try:
            self._server = _Server(host, int(port), made)
        except OSError as error:
            raise Unavailable("port_in_use", host=host, port=int(port)) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="watch", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def _exposed(meters: tuple[CollectorRegistry, ...]) -> bytes:
    return b"".join(generate_latest(each) for each in meters)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, made: Callable[..., BaseHTTPRequestHandler]) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        super().__init__((host, port), made)

    def handle_error(self, request: object, client_address: object) -> None:
        """A watcher that went away is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _QUIET_S
    server_version, sys_version = "constat", ""

    def __init__(self, readiness: Readiness, metrics: Callable[[], bytes], *arguments: object) -> None:
        self._readiness = readiness
        self._metrics = metrics
        super().__init__(*arguments)  # type: ignore[arg-type]  # what the server hands on: request, address, server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._say(HTTPStatus.OK, "text/plain", ALIVE.encode())
        elif path == "/ready":
            found = self._readiness.look()
            status = HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE
            self._say(status, _JSON, ready_document(found).encode())
        elif path == "/metrics":
            self._say(HTTPStatus.OK, CONTENT_TYPE_LATEST, self._metrics())
        else:
            self._say(HTTPStatus.NOT_FOUND, "text/plain", b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _say(self, status: HTTPStatus, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Each look would be a line."""
