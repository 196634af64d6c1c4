"""Who the eSCL client speaks to: addresses, places that a device names, certificates, scanners that are looked for."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from zeroconf import ServiceInfo, Zeroconf

from pipeline.custody.scanning import ScanWish
from pipeline.errors import OperatorError, Unavailable
from scanners.escl import EsclScanner
from scanners.escl_found import found_escl
from tests.servers.escl import EsclServer, Faults, escl_server
from tests.servers.escl_paper import Sheet
from tests.unit.escl_runs import HASTY, QUICK, into, paper, scanned, whole

__all__ = ["into", "paper"]


@pytest.mark.parametrize(
    "location", ["http://203.0.113.9:9{path}", "{address}{path}", "ScanJobs/1", "//203.0.113.9{path}"]
)
def test_wherever_a_job_is_said_to_be_only_the_scanner_itself_is_asked(
    location: str, paper: list[Sheet], into: Path
) -> None:
    with escl_server(paper, faults=Faults(location=location)) as server:
        got, _ = scanned(server, into)

    assert len(got) == 6


def test_a_job_without_a_place_is_a_failure(paper: list[Sheet], into: Path) -> None:
    with (
        escl_server(paper, faults=Faults(location="")) as server,
        pytest.raises(Unavailable, match="scanner_failed"),
        EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into),
    ):
        pass


@pytest.mark.parametrize(
    "uri",
    [
        "escl:",
        "escl:ftp://scanner/eSCL",
        "http://scanner/eSCL",
        "escl:http://",
        "escl:http://scanner:port/eSCL",
        "escl:http://user:word@scanner/eSCL",
        "escl:http://scanner/eSCL#part",
        "escl:http://scanner/../eSCL",
        "escl:http://scanner/e SCL",
        "escl:http://scanner/eSCL?ca=/x.pem",
        "escl:https://scanner/eSCL?other=1",
        "escl:https://scanner/eSCL?ca=/nowhere/at/all.pem",
    ],
)
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(OperatorError) as refused:
        EsclScanner(uri)

    assert refused.value.code == "scanner_uri"


def test_nobody_there_nothing_spoken_and_all_too_busy_are_told_apart(into: Path) -> None:
    with escl_server() as server:
        wrong = server.uri.replace("/eSCL", "/other")
        with pytest.raises(OperatorError, match="scanner_not_found"):
            EsclScanner(wrong, patience=QUICK).abilities()
        server.faults.jobs_refused = 1000
        server.feeder = [Sheet(into)]
        with (
            pytest.raises(Unavailable, match="scanner_busy"),
            EsclScanner(server.uri, patience=HASTY).run(ScanWish(), into=into),
        ):
            pass
        gone = EsclScanner(server.uri, patience=HASTY)
        server.vanish()
        with pytest.raises(Unavailable, match="scanner_unreachable"):
            gone.abilities()


# TLS and looking for scanners


@contextmanager
def _with_tls(folder: Path, paper: list[Sheet]) -> Iterator[tuple[EsclServer, Path]]:
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scanner")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "scanner.pem", folder / "scanner.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    with escl_server(paper, tls=context) as server:
        yield server, certificate


def test_by_tls_only_the_certificate_that_was_named_is_trusted(paper: list[Sheet], into: Path, tmp_path: Path) -> None:
    with _with_tls(tmp_path, paper) as (server, certificate):
        with pytest.raises(Unavailable, match="scanner_unreachable") as refused:
            EsclScanner(server.uri, patience=HASTY).abilities()
        with EsclScanner(f"{server.uri}?ca={certificate}", patience=QUICK).run(ScanWish(), into=into) as run:
            got = list(run)

    assert "certificate" in str(refused.value.params["detail"]).lower()
    assert len(got) == 6
    assert whole(got, paper)


def test_a_certificate_for_another_name_is_not_taken(paper: list[Sheet], tmp_path: Path) -> None:
    with _with_tls(tmp_path, paper) as (server, certificate):
        other = server.uri.replace("127.0.0.1", "localhost")

        with pytest.raises(Unavailable, match="scanner_unreachable"):
            EsclScanner(f"{other}?ca={certificate}", patience=HASTY).abilities()


def test_scanners_that_announce_themselves_are_found(tmp_path: Path) -> None:
    kind, secure = "_uscan._tcp.local.", "_uscans._tcp.local."
    told = {"rs": "eSCL", "ty": "Example\nMFP"}
    announced = [
        ServiceInfo(
            kind, f"constat-one.{kind}", 8080, 0, 0, told, "constat-one.local.", parsed_addresses=["127.0.0.1"]
        ),
        ServiceInfo(
            secure, f"constat-two.{secure}", 8443, 0, 0, {}, "constat-two.local.", parsed_addresses=["127.0.0.1"]
        ),
        ServiceInfo(
            kind, f"constat-bad.{kind}", 8081, 0, 0, {"rs": "../.."}, "b.local.", parsed_addresses=["127.0.0.1"]
        ),
    ]
    with Zeroconf(interfaces=["127.0.0.1"]) as network:
        for info in announced:
            network.register_service(info, cooperating_responders=True)

        found = found_escl(wait_s=0.5, interfaces=["127.0.0.1"])

    assert [(each.uri, each.name) for each in found] == [
        ("escl:https://constat-two.local:8443/eSCL", "constat-two"),
        ("escl:http://127.0.0.1:8080/eSCL", "Example MFP"),
    ]


def test_without_a_network_nothing_is_found() -> None:
    assert found_escl(wait_s=0.0, interfaces=["203.0.113.77"]) == ()
