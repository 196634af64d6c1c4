"""A proxy between a client and an HTTP server that spoils what passes: one fault a request, in the order given."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

_CHUNK_BYTES = 1 << 16


class Fault(Enum):
    """What happens to a request."""

    TORN = auto()
    """The connection breaks in the middle of the request's body."""
    BUSY = auto()
    """The server says 503."""
    FLIPPED = auto()
    """A bit of the request's body arrives changed."""
    SILENT = auto()
    """The server gets nothing and nobody answers."""
    ANSWER_LOST = auto()
    """The server does it; its answer does not arrive."""
    ANSWER_TORN = auto()
    """The answer breaks off in the middle."""
    OTHER_ETAG = auto()
    """The server says that it has other bytes."""
    ANSWER_FLIPPED = auto()
    """The last byte of the answer arrives with a bit changed."""


@dataclass
class FaultyProxy:
    """Attributes:
    host: where to connect.
    faults: what happens to the next requests with this method; when none is left, they pass.
    spoilt: how many were spoilt.
    """

    host: str
    target: tuple[str, int]
    method: str = "PUT"
    faults: list[Fault] = field(default_factory=list)
    spoilt: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def spoil(self, method: str, *faults: Fault) -> None:
        self.method, self.faults, self.spoilt = method, list(faults), 0

    def serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head, body, size_bytes = _request(client)
            if not head:
                return
            fault = None
            if self.faults and head.startswith(self.method.encode()):
                fault, self.spoilt = self.faults.pop(0), self.spoilt + 1
            self._pass(client, head, body, size_bytes, fault)

    def _pass(self, client: socket.socket, head: bytes, body: bytes, size_bytes: int, fault: Fault | None) -> None:
        if fault is Fault.SILENT:
            self.closing.wait()
            return
        if fault is Fault.BUSY:
            _drained(client, size_bytes - len(body))
            client.sendall(_busy())
            return
        with socket.create_connection(self.target) as server:
            server.sendall(head)
            if fault is Fault.FLIPPED:
                body = bytes([body[0] ^ 1]) + body[1:] if body else body
            if fault is Fault.TORN:
                server.sendall(body[: size_bytes // 2])
                return
            server.sendall(body)
            left = size_bytes - len(body)
            while left > 0 and (chunk := client.recv(_CHUNK_BYTES)):
                server.sendall(chunk)
                left -= len(chunk)
            _answer(server, client, fault)


def _request(client: socket.socket) -> tuple[bytes, bytes, int]:
    """Head, what has come of the body (of a small one all, of a large one its beginning), and the body's size."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(_CHUNK_BYTES)
        if not chunk:
            return b"", b"", 0
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    sizes = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
    size_bytes = sizes[0] if sizes else 0
    while len(body) < min(size_bytes, _CHUNK_BYTES) and (chunk := client.recv(_CHUNK_BYTES)):
        body += chunk
    # One request a connection, so that each can be spoilt by itself.
    return head + b"\r\nConnection: close\r\n\r\n", body, size_bytes


def _answer(server: socket.socket, client: socket.socket, fault: Fault | None) -> None:
    answer = b""
    while chunk := server.recv(_CHUNK_BYTES):
        answer += chunk
    if fault is Fault.ANSWER_LOST:
        return
    if fault is Fault.ANSWER_TORN:
        answer = answer[: (answer.index(b"\r\n\r\n") + 4 + len(answer)) // 2]
    if fault is Fault.OTHER_ETAG:
        answer = re.sub(rb'(?i)(\r\netag: *"?)[0-9a-f]{8}', rb"\g<1>00000000", answer)
    if fault is Fault.ANSWER_FLIPPED:
        answer = answer[:-1] + bytes([answer[-1] ^ 1])
    client.sendall(answer)


def _drained(client: socket.socket, left: int) -> None:
    while left > 0 and (chunk := client.recv(_CHUNK_BYTES)):
        left -= len(chunk)


def _busy() -> bytes:
    body = (
        b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    )
    head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """A proxy before `host:port` that lets everything pass until it is told otherwise."""
    host, _, port = target.partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = FaultyProxy(f"127.0.0.1:{listening.getsockname()[1]}", (host, int(port)))

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.closing.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
