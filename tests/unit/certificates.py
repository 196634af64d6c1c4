"""A certificate authority of the tests, and certificates for signing PDF files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

PASSPHRASE = b"sesame"


@dataclass(frozen=True, slots=True)
class Issued:
    """A signing certificate and what it hangs on."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def root_der(self) -> bytes:
        return self.root.public_bytes(Encoding.DER)

    def write_pkcs12(self, path: Path) -> Path:
        lock = BestAvailableEncryption(PASSPHRASE)
        data = pkcs12.serialize_key_and_certificates(b"constat", self.key, self.certificate, [self.root], lock)
        return closed(path, data)

    def write_pem(self, path: Path, *, key: EllipticCurvePrivateKey | None = None) -> Path:
        text = (key or self.key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return closed(path, text + b"".join(each.public_bytes(Encoding.PEM) for each in (self.certificate, self.root)))


def closed(path: Path, data: bytes) -> Path:
    """A file for its owner alone."""
    path.touch(mode=0o600)
    path.write_bytes(data)
    return path


@lru_cache(maxsize=4)
def issued(*, days: tuple[int, int] = (-10, 3650)) -> Issued:
    """A certificate valid from and to so many days from now."""
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root = _certificate("Racine d'essai", root_key, root_key, "Racine d'essai", (-3650, 3650), authority=True)
    own = _certificate("Greffe d'essai", key, root_key, "Racine d'essai", days, authority=False)
    return Issued(root, own, key)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    issuer_key: EllipticCurvePrivateKey,
    issuer: str,
    days: tuple[int, int],
    *,
    authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                **usage,
            ),
            critical=True,
        )
        .sign(issuer_key, hashes.SHA256())
    )
