"""The certificate and key that `constat serve` speaks TLS with: read and judged before anything is opened."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from pipeline.errors import OperatorError

ENDS_SOON_DAYS = 21


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate in force with its key.

    Attributes:
        ends_at: from then on browsers refuse it.
    """

    cert: Path
    key: Path
    ends_at: datetime

    def days_left(self, now: datetime) -> int:
        return (self.ends_at - now).days


def tls_of(cert: Path, key: Path, *, now: datetime) -> Tls:
    """Certificate and key, if browsers can be served with them.

    Raises:
        OperatorError: `tls_unreadable`, `tls_no_certificate`, `tls_no_key`, `tls_key_of_another`, `tls_not_yet`,
            `tls_expired`.
    """
    certificate = _certificate(cert)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= end:
        raise OperatorError("tls_expired", path=str(cert), day=end.date().isoformat())
    if now < start:
        raise OperatorError("tls_not_yet", path=str(cert), day=start.date().isoformat())
    try:
        own = load_pem_private_key(_bytes(key), password=None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # TypeError: the key is locked by a password, which nobody could give at each start.
        raise OperatorError("tls_no_key", path=str(key)) from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise OperatorError("tls_key_of_another", cert=str(cert), key=str(key))
    _context(cert, key)
    return Tls(cert, key, end)


def context_factory(tls: Tls) -> Callable[[object, object], ssl.SSLContext]:
    """As uvicorn asks for it."""
    return lambda _config, _default: _context(tls.cert, tls.key)


def _context(cert: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer, with what the system's OpenSSL holds to be secure."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise OperatorError("tls_no_certificate", path=str(cert)) from error
    return context


def _certificate(path: Path) -> x509.Certificate:
    """The first of the file: the server's own, before those that it hangs on."""
    try:
        return x509.load_pem_x509_certificates(_bytes(path))[0]
    except (ValueError, IndexError) as error:
        raise OperatorError("tls_no_certificate", path=str(path)) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError("tls_unreadable", path=str(path), detail=error.strerror or "") from error


def now_utc() -> datetime:
    return datetime.now(UTC)
