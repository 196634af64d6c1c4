"""A proxy between programs and a server of any protocol, that cuts, tears, slows and holds what passes."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK_BYTES = 1 << 14
_RESET = struct.pack("ii", 1, 0)
"""A socket that does not linger is closed with a reset: the other side meets an error and no orderly end."""


@dataclass
class CuttingProxy:
    """Lets everything pass until it is told otherwise.

    Attributes:
        port: where to connect, on 127.0.0.1.
        target: the server's port.
        delay_s: every piece that passes waits so long.
        open: whether new connections are taken.
    """

    port: int
    target: int
    delay_s: float = 0.0
    open: bool = True
    _flows: threading.Event = field(default_factory=threading.Event)
    _tear_after_bytes: int | None = None
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)
    _held: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._flows.set()

    def cut(self) -> int:
        """Reset every connection; returns how many there were."""
        with self._held:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for each in pair:
                _reset(each)
        return len(pairs)

    def tear(self, size_bytes: int) -> None:
        """Let so many bytes more go towards the server, then cut, in the middle of whatever is being said."""
        self._tear_after_bytes = size_bytes

    def hold(self) -> None:
        """Nothing passes, and nobody is told."""
        self._flows.clear()

    def go_on(self) -> None:
        """As in the beginning."""
        self.delay_s, self.open, self._tear_after_bytes = 0.0, True, None
        self._flows.set()

    def serve(self, client: socket.socket) -> None:
        """Take a connection: two threads carry its bytes until one side ends."""
        if not self.open:
            _reset(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5.0)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        with self._held:
            self._pairs.append((client, server))
        for source, sink, inward in ((client, server, True), (server, client, False)):
            threading.Thread(target=self._carry, args=(source, sink, inward), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, inward: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                self._flows.wait()
                if self.delay_s:
                    time.sleep(self.delay_s)
                if inward and (left := self._tear_after_bytes) is not None:
                    self._tear_after_bytes = max(0, left - len(chunk))
                    if len(chunk) >= left:
                        self._tear_after_bytes = None
                        sink.sendall(chunk[: max(0, left)])
                        self.cut()
                        return
                sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # The thread that waits for bytes is woken; a mere close would leave it waiting. Nothing is said to the other side.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def cutting_proxy(target: int) -> Iterator[CuttingProxy]:
    """A proxy before a server's port on 127.0.0.1; gone, with its connections, when the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = CuttingProxy(int(listening.getsockname()[1]), target)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.go_on()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            proxy.cut()
