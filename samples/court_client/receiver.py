"""Takes messages: proved, fresh, once; answered when they are safe in the books."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from samples.court_client.books import Books, event_from, parsed
from samples.court_client.signatures import is_genuine

_MOST_BYTES = 1 << 16
_QUIET_S = 10


class Receiver(http.server.ThreadingHTTPServer):
    """Listens on this machine; `came` is set when there is something to do."""

    daemon_threads = True

    def __init__(self, port: int, books: Books, secret_file: Path, came: threading.Event) -> None:
        super().__init__(("127.0.0.1", port), _Message)
        self.books = books
        self.came = came
        self._secret_file = secret_file

    def with_tls(self, certificate: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def secrets(self) -> Sequence[str]:
        """Read with every message, so that a secret is replaced without a restart."""
        lines = self._secret_file.read_text(encoding="ascii").split()
        return [line for line in lines if line.startswith("whsec_")]

    def take(self, message: str, timestamp: str, signatures: str, body: bytes) -> HTTPStatus:
        if not is_genuine(message, timestamp, signatures, body, secrets=self.secrets(), now_s=time.time()):
            return HTTPStatus.UNAUTHORIZED
        try:
            told = parsed(body)
            if told.get("kind") == "test":
                return HTTPStatus.NO_CONTENT
            event = event_from(told)
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        if event.id != message:
            return HTTPStatus.BAD_REQUEST
        self.books.note_message(event)
        self.came.set()
        return HTTPStatus.NO_CONTENT


class _Message(http.server.BaseHTTPRequestHandler):
    timeout = _QUIET_S

    def do_POST(self) -> None:
        server = self.server
        length = self.headers.get("content-length", "")
        if not isinstance(server, Receiver) or not length.isdigit() or int(length) > _MOST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        message, timestamp, signatures = (self.headers.get(name, "") for name in names)
        self._answer(server.take(message, timestamp, signatures, body))

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return
