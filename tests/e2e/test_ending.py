"""A server that is asked to end: balancers learn of it first, and whoever has asked something is answered."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from tests.e2e.workers import wait_until
from tests.servers.collector import collecting
from tests.servers.pages import begun
from tests.servers.seaweed import free_ports

PATIENCE_S = 120.0
ENDING = (503, {"ready": False, "parts": {"process": "ending"}})
BODY = b"name=nobody&password=unknown"


def test_a_server_says_that_it_ends_goes_on_until_a_second_signal_and_answers_what_is_under_way(tmp_path: Path) -> None:
    watch = f"127.0.0.1:{free_ports(1)[0]}"
    with collecting() as collector:
        settings = {"CONSTAT_WATCH_ADDRESS": watch, "CONSTAT_TRACES_URL": collector.url}
        with begun(tmp_path / "data", tmp_path / "log", "--drain-s", "600", **settings) as (address, process):
            assert _ready(address)[0] == 200
            with closing(_half_asked(address)) as asking:
                process.terminate()
                wait_until(lambda: _ready(address) == ENDING, PATIENCE_S)
                taken = httpx2.get(f"{address}/sign-in", timeout=PATIENCE_S).status_code, _health(address)
                process.terminate()
                wait_until(lambda: _is_refused(address), PATIENCE_S)
                last = _ready(f"http://{watch}"), _health(f"http://{watch}")
                asking.sendall(BODY[10:])
                answer = asking.recv(1 << 16)

            assert process.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()
            assert taken == (200, 200)
            assert last == (ENDING, 200)
            assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
        assert "POST /sign-in" in {its.name for its in collector.spans()}


def _half_asked(address: str) -> socket.socket:
    """A connection with a request whose body is not whole yet."""
    host = urlsplit(address).netloc
    asking = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=PATIENCE_S)
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: {address}\r\nContent-Length: {len(BODY)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    asking.sendall(head.encode() + BODY[:10])
    return asking


def _ready(address: str) -> tuple[int, object]:
    answer = httpx2.get(f"{address}/ready", timeout=PATIENCE_S)
    return answer.status_code, answer.json()


def _health(address: str) -> int:
    return httpx2.get(f"{address}/health", timeout=PATIENCE_S).status_code


def _is_refused(address: str) -> bool:
    try:
        _health(address)
    except httpx2.TransportError:
        return True
    return False
