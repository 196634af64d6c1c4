"""`constat serve` with a certificate, and without one: who is served, by which protocol, on which addresses."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipeline.cli import run
from tests.servers.pages import serving, take_in_lines


def _certificate(folder: Path, key: EllipticCurvePrivateKey, *, days: tuple[int, int] = (-1, 90)) -> Path:
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cert.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


def _key(folder: Path, key: EllipticCurvePrivateKey, *, password: bytes | None = None) -> Path:
    lock = NoEncryption() if password is None else BestAvailableEncryption(password)
    path = folder / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return path


@pytest.fixture
def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def _data(folder: Path) -> Path:
    take_in_lines(folder / "kept", folder / "in", {"mail.pdf": "form number=812345!"})
    return folder / "kept"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_with_a_certificate_the_pages_are_served_by_tls_1_2_and_newer_alone(
    tmp_path: Path, key: EllipticCurvePrivateKey
) -> None:
    pair = _certificate(tmp_path, key), _key(tmp_path, key)
    trusted = ssl.create_default_context(cafile=str(pair[0]))
    with serving(_data(tmp_path), tmp_path / "log", tls=pair) as address:
        port = urlsplit(address).port
        assert port is not None
        with httpx2.Client(verify=trusted, base_url=f"https://localhost:{port}") as client:
            answer = client.get("/sign-in")
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert "Secure" in answer.headers["set-cookie"]
        assert "__Host-" in answer.headers["set-cookie"]

        assert _handshake(port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        assert _handshake(port, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _handshake(port, ssl.TLSVersion.TLSv1_1)
        # Nothing is told to whoever comes without TLS.
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{port}/health")


def _handshake(port: int, version: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # OpenSSL itself offers the old ones at the lowest level alone.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain, context.wrap_socket(plain) as secured:
        return secured.version()


def _listening(port: int) -> set[str]:
    """Addresses on which this machine listens at the port, as the kernel writes them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                found.add(local.partition(":")[0])
    return found


def test_without_tls_only_this_machine_is_served_and_the_server_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(_data(tmp_path), log, CONSTAT_LANGUAGE="en") as address:
        port = urlsplit(address).port
        assert port is not None
        # 127.0.0.1, in the order of the machine's bytes.
        assert _listening(port) == {socket.inet_aton("127.0.0.1")[::-1].hex().upper()}
        answer = httpx2.get(f"{address}/sign-in")
        assert answer.status_code == 200
        assert "strict-transport-security" not in answer.headers
        assert httpx2.get(f"{address}/sign-in", headers={"host": "example.org"}).status_code == 400

    assert "on this machine only" in log.read_text()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("expired", "tls_expired"),
        ("early", "tls_not_yet"),
        ("no certificate", "tls_no_certificate"),
        ("no key", "tls_no_key"),
        ("locked key", "tls_no_key"),
        ("another key", "tls_key_of_another"),
        ("folder", "tls_unreadable"),
    ],
)
def test_a_certificate_that_browsers_would_refuse_is_refused_at_the_start(
    fault: str,
    code: str,
    tmp_path: Path,
    key: EllipticCurvePrivateKey,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    days = {"expired": (-90, -1), "early": (1, 90)}.get(fault, (-1, 90))
    cert, own = _certificate(tmp_path, key, days=days), _key(tmp_path, key)
    if fault == "no certificate":
        cert.write_bytes(own.read_bytes())
    elif fault == "no key":
        own.write_bytes(cert.read_bytes())
    elif fault == "locked key":
        _key(tmp_path, key, password=b"sesame")
    elif fault == "another key":
        _key(tmp_path, generate_private_key(SECP256R1()))
    elif fault == "folder":
        own = Path("/proc/self/mem")

    assert run(["serve", "--tls-cert", str(cert), "--tls-key", str(own)]) == 2
    assert code in capsys.readouterr().err
    assert not (tmp_path / "kept").exists()
