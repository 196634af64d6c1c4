"""A small time-stamping authority (RFC 3161) on loopback, with certificates of its own; it can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, core, keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from pipeline.errors import PipelineError
from pipeline.model import Digest
from pipeline.ports import Clock

HANG_LIMIT_S = 30.0


class Mood(StrEnum):
    """How the authority answers."""

    HONEST = auto()
    WRONG_NONCE = auto()
    NO_NONCE = auto()
    WRONG_IMPRINT = auto()
    EXPIRED = auto()
    """Its certificate ran out long ago."""
    WRONG_PURPOSE = auto()
    """Its certificate is not for time stamps."""
    STRANGER = auto()
    """Its certificate is of another certification authority."""
    BROKEN_SIGNATURE = auto()
    SKEWED = auto()
    """Its clock is an hour ahead."""
    REFUSES = auto()
    ERROR_500 = auto()
    GARBAGE = auto()
    TRICKLES = auto()
    HANGS = auto()
    HANGS_UP = auto()


class TimeAuthority:
    """A running authority. `mood` may be changed at any time; `requests` counts what it was asked."""

    def __init__(self, url: str, closing: threading.Event) -> None:
        self.url = url
        self.mood = Mood.HONEST
        self.now: datetime | None = None
        self.requests = 0
        self.closing = closing

    @property
    def anchor(self) -> bytes:
        """The certificate (DER) to trust."""
        return _issued().anchor.public_bytes(Encoding.DER)

    @property
    def anchor_pem(self) -> bytes:
        return _issued().anchor.public_bytes(Encoding.PEM)

    def answer(self, body: bytes) -> bytes:
        """The reply to a request, both DER."""
        request = tsp.TimeStampReq.load(body)
        certificate = {
            Mood.EXPIRED: _issued().expired,
            Mood.WRONG_PURPOSE: _issued().purposeless,
            Mood.STRANGER: _issued().stranger,
        }.get(self.mood, _issued().honest)
        now = self.now or datetime.now(UTC)
        stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
            keys.PrivateKeyInfo.load(_issued().key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            fixed_dt=(now + timedelta(hours=1) if self.mood is Mood.SKEWED else now).replace(microsecond=0),
        )
        if self.mood is Mood.WRONG_NONCE:
            request["nonce"] = core.Integer(request["nonce"].native ^ 1)
        if self.mood is Mood.NO_NONCE:
            del request["nonce"]
        if self.mood is Mood.WRONG_IMPRINT:
            request["message_imprint"]["hashed_message"] = b"\x17" * 32
        reply = stamper.request_tsa_response(request).dump()
        return reply[:-1] + bytes([reply[-1] ^ 1]) if self.mood is Mood.BROKEN_SIGNATURE else bytes(reply)


@contextmanager
def time_authority() -> Iterator[TimeAuthority]:
    """An honest authority, served until the end of the block."""
    closing = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    authority = TimeAuthority(f"http://127.0.0.1:{server.server_port}/tsa", closing)
    server.RequestHandlerClass = _handler(authority)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto is not typed
    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012  (how asn1crypto declares fields)


def _handler(authority: TimeAuthority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.requests += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.mood is Mood.HANGS:
                authority.closing.wait(HANG_LIMIT_S)
                return
            if authority.mood is Mood.HANGS_UP:
                return
            if authority.mood is Mood.ERROR_500:
                self.send_error(500)
                return
            self._send(authority, body)

        def _send(self, authority: TimeAuthority, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            if authority.mood is Mood.TRICKLES:
                while not authority.closing.wait(0.02):
                    self.wfile.write(b"0")
            elif authority.mood is Mood.GARBAGE:
                self.wfile.write(b"<html>proxy</html>")
            elif authority.mood is Mood.REFUSES:
                status = {"status": "rejection", "status_string": ["not today"]}
                self.wfile.write(_Refusal({"status": status}).dump())
            else:
                self.wfile.write(authority.answer(body))

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    return Handler


class _Issued:
    """Certificates that all authorities of a test run share; making keys takes a while."""

    def __init__(self) -> None:
        self.key = generate_private_key(65537, 2048)
        authority_key = generate_private_key(65537, 2048)
        self.anchor = _certificate("Test CA", authority_key, authority_key, "Test CA", authority=True)
        self.honest = _certificate("Test TSA", self.key, authority_key, "Test CA")
        self.expired = _certificate("Test TSA", self.key, authority_key, "Test CA", days=(-30, -20))
        self.purposeless = _certificate("Test TSA", self.key, authority_key, "Test CA", purpose=False)
        other = generate_private_key(65537, 2048)
        self.stranger = _certificate("Test TSA", self.key, other, "Other CA")


@lru_cache(maxsize=1)
def _issued() -> _Issued:
    return _Issued()


def _certificate(
    name: str,
    key: RSAPrivateKey,
    issuer_key: RSAPrivateKey,
    issuer: str,
    *,
    authority: bool = False,
    purpose: bool = True,
    days: tuple[int, int] = (-3650, 3650),
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority and purpose:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


class LocalAuthority:
    """Fills the `TimeAuthority` port in place, by the clock given; `failure` is raised instead of stamping."""

    def __init__(self, clock: Clock) -> None:
        self._authority = TimeAuthority("", threading.Event())
        self._clock = clock
        self.failure: PipelineError | None = None

    @property
    def anchors(self) -> tuple[bytes, ...]:
        return (self._authority.anchor,)

    @property
    def anchor_pem(self) -> bytes:
        return self._authority.anchor_pem

    def stamp(self, digest: Digest, *, at: datetime | None = None) -> bytes:
        if self.failure is not None:
            raise self.failure
        self._authority.now = at or self._clock.now()
        imprint = {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": bytes.fromhex(digest),
        }
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
        reply = tsp.TimeStampResp.load(self._authority.answer(request.dump()))
        return bytes(reply["time_stamp_token"].dump())
