"""What is sent to receivers, and where nothing is."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.custody.hooks import Obstacle
from pipeline.ports.hooks import Told
from pipeline.storage.hook_sender import HttpHookSender, networks

HERE = networks("127.0.0.0/8, ::1")
SENDER = HttpHookSender(timeout_s=60, allowed=HERE, agent="constat/test")


@dataclass
class Receiver:
    """What a receiver got, and what it answers."""

    raw: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    trickle_s: float = 0
    got: list[bytes] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.getsockname()[1]}/in?a=1"

    def _serve(self, server: socket.socket) -> None:
        try:
            talk, _ = server.accept()
            with talk:
                data = talk.recv(1 << 16)
                while not data.endswith(b"}"):
                    data += talk.recv(1 << 16)
                self.got.append(data)
                if not self.trickle_s:
                    talk.sendall(self.raw)
                    return
                for byte in self.raw:
                    talk.sendall(bytes([byte]))
                    time.sleep(self.trickle_s)
        except OSError:
            return


def _sent(receiver: Receiver, sender: HttpHookSender = SENDER) -> Told:
    with receiver.listening() as url:
        return sender.send(url, {"webhook-id": "e1"}, b'{"a":1}')


def test_a_message_arrives_as_it_is() -> None:
    receiver = Receiver()

    assert _sent(receiver) == Told(204)

    head, _, body = receiver.got[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?a=1 HTTP/1.1\r\n")
    assert b"webhook-id: e1" in head
    assert b"User-Agent: constat/test" in head
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nfine", Told(200)),
        (b"HTTP/1.1 500 Oh\r\n\r\n", Told(500, Obstacle.STATUS)),
        (b"HTTP/1.1 400 No\r\n\r\n", Told(400, Obstacle.STATUS)),
        (b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n\r\n", Told(302, Obstacle.REDIRECTED)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n", Told(503, Obstacle.STATUS, 7)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: -7\r\n\r\n", Told(503, Obstacle.STATUS)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", Told(503, Obstacle.STATUS)),
        (b"SSH-2.0-OpenSSH\r\n", Told(None, Obstacle.ANSWER_MALFORMED)),
        (b"HTTP/1.1 204 " + b"x" * 70_000, Told(None, Obstacle.ANSWER_MALFORMED)),
        (b"", Told(None, Obstacle.UNREACHABLE)),
    ],
)
def test_what_a_receiver_says_is_told(raw: bytes, told: Told) -> None:
    assert _sent(Receiver(raw)) == told


def test_an_answer_that_trickles_in_ends_with_the_time() -> None:
    began_s = time.monotonic()

    told = _sent(Receiver(trickle_s=0.2), HttpHookSender(timeout_s=0.6, allowed=HERE))

    assert told == Told(None, Obstacle.TOO_SLOW)
    assert time.monotonic() - began_s < 3


def test_a_receiver_that_says_nothing_ends_with_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        told = HttpHookSender(timeout_s=0.3, allowed=HERE).send(url, {}, b"{}")

    assert told == Told(None, Obstacle.TOO_SLOW)


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert SENDER.send(f"http://127.0.0.1:{port}/", {}, b"{}") == Told(None, Obstacle.UNREACHABLE)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "::10.0.0.1",
        "::ffff:0:a00:1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_no_public_network_are_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address

    assert HttpHookSender(timeout_s=1).obstacle(f"https://{host}/in") is Obstacle.ADDRESS_PRIVATE


def test_a_name_of_which_one_address_is_private_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (each, 443)) for each in ("198.41.0.4", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)

    assert HttpHookSender(timeout_s=1).obstacle("https://court.example/") is Obstacle.ADDRESS_PRIVATE
    assert HttpHookSender(timeout_s=1, allowed=networks("10.0.0.0/24")).obstacle("https://court.example/") is None


@pytest.mark.parametrize(
    ("url", "obstacle"),
    [
        ("ftp://127.0.0.1/", Obstacle.ADDRESS_MALFORMED),
        ("https://", Obstacle.ADDRESS_MALFORMED),
        ("https://a:b@127.0.0.1/", Obstacle.ADDRESS_MALFORMED),
        ("https://127.0.0.1:99999/", Obstacle.ADDRESS_MALFORMED),
        ("https://127.0.0.1/#x", Obstacle.ADDRESS_MALFORMED),
        ("https://127.0.0.1/a b", Obstacle.ADDRESS_MALFORMED),
        ("https://127.0.0.1/\r\nX: y", Obstacle.ADDRESS_MALFORMED),
        ("https://[::1/", Obstacle.ADDRESS_MALFORMED),
        ("https://cour.québec/", Obstacle.ADDRESS_MALFORMED),
        ("https://nowhere.invalid/", Obstacle.ADDRESS_UNKNOWN),
        ("http://198.41.0.4/", Obstacle.ADDRESS_OPEN),
        ("http://127.0.0.1:8000/in", None),
        ("https://198.41.0.4/in", None),
    ],
)
def test_addresses_are_judged_before_anything_is_sent(url: str, obstacle: Obstacle | None) -> None:
    assert SENDER.obstacle(url) is obstacle


def test_a_certificate_that_nobody_vouches_for_gets_no_message(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ("-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{server.server_port}/"
        assert SENDER.send(url, {}, b"1") == Told(None, Obstacle.CERTIFICATE)
        trusting = HttpHookSender(timeout_s=5, allowed=HERE, ca_certs=certificate)
        assert trusting.send(url, {}, b"2") == Told(204)
        other = f"https://localhost:{server.server_port}/"
        assert trusting.send(other, {}, b"3") == Told(None, Obstacle.CERTIFICATE)
        server.shutdown()

    assert got == [b"2"]
