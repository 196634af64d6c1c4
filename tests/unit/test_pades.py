from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from pipeline.errors import OperatorError, Unavailable
from pipeline.storage.clock import SystemClock
from pipeline.storage.signing.pades import PadesSigner, open_pdf_signer
from pipeline.storage.signing.time_stamps import HttpTimeAuthority
from tests.fakes import FakeClock
from tests.time_authority import Mood, time_authority
from tests.unit.certificates import PASSPHRASE, Issued, closed, issued
from tests.unit.images import saved_pdf


def a_pdf() -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(300, 600))
    return saved_pdf(pdf)


def signer(folder: Path, its: Issued | None = None, *, authority: HttpTimeAuthority | None = None) -> PadesSigner:
    path = (its or issued()).write_pkcs12(folder / "greffe.p12")
    return open_pdf_signer(
        path, data_dir=folder / "data", clock=SystemClock(), passphrase=PASSPHRASE, authority=authority
    )


def status_of(signed: bytes, *roots: bytes) -> PdfSignatureStatus:
    trusted: Sequence[x509.Certificate] = [x509.Certificate.load(root) for root in roots]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False)
    embedded = PdfFileReader(BytesIO(signed)).embedded_signatures[0]
    return validate_pdf_signature(embedded, context, context)


def test_a_signature_is_intact_valid_and_trusted_with_its_root(tmp_path: Path) -> None:
    signed = signer(tmp_path).sign(a_pdf(), reason="essai")

    status = status_of(signed, issued().root_der)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.bottom_line
    reader = PdfFileReader(BytesIO(signed))
    field = reader.embedded_signatures[0].sig_object
    assert (field["/SubFilter"], field["/Reason"]) == ("/ETSI.CAdES.detached", "essai")


def test_a_signature_is_not_trusted_with_another_root(tmp_path: Path) -> None:
    signed = signer(tmp_path).sign(a_pdf(), reason="essai")

    assert not status_of(signed, issued(days=(-11, 3650)).root_der).trusted


def test_an_altered_byte_breaks_the_signature(tmp_path: Path) -> None:
    signed = bytearray(signer(tmp_path).sign(a_pdf(), reason="essai"))
    at = signed.index(b"/MediaBox") + 15
    signed[at] ^= 1

    assert not status_of(bytes(signed), issued().root_der).intact


def test_a_change_after_the_signature_is_told(tmp_path: Path) -> None:
    signed = signer(tmp_path).sign(a_pdf(), reason="essai")
    with pikepdf.open(BytesIO(signed)) as pdf:
        pdf.add_blank_page()
        changed = saved_pdf(pdf)

    embedded = PdfFileReader(BytesIO(changed)).embedded_signatures
    assert not embedded or not status_of(changed, issued().root_der).bottom_line


def test_pem_files_serve_too(tmp_path: Path) -> None:
    path = issued().write_pem(tmp_path / "greffe.pem")
    its = open_pdf_signer(path, data_dir=tmp_path / "data", clock=SystemClock())

    assert status_of(its.sign(a_pdf(), reason="essai"), issued().root_der).bottom_line


def test_a_time_stamp_of_the_authority_goes_with_the_signature(tmp_path: Path) -> None:
    with time_authority() as server:
        authority = HttpTimeAuthority(server.url, anchors=[server.anchor], clock=SystemClock())
        its = signer(tmp_path, authority=authority)
        signed = its.sign(a_pdf(), reason="essai")

        assert its.stamped
        status = status_of(signed, issued().root_der, server.anchor)
    stamp = status.timestamp_validity
    assert stamp is not None
    assert (stamp.intact, stamp.valid, stamp.trusted) == (True, True, True)
    assert abs(stamp.timestamp - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("mood", [Mood.REFUSES, Mood.WRONG_IMPRINT, Mood.STRANGER])
def test_nothing_is_signed_without_a_time_stamp_that_holds(tmp_path: Path, mood: Mood) -> None:
    with time_authority() as server:
        server.mood = mood
        authority = HttpTimeAuthority(server.url, anchors=[server.anchor], clock=SystemClock())

        with pytest.raises(Unavailable):
            signer(tmp_path, authority=authority).sign(a_pdf(), reason="essai")


def test_an_expired_certificate_signs_nothing(tmp_path: Path) -> None:
    path = issued(days=(-30, -20)).write_pkcs12(tmp_path / "old.p12")
    its = open_pdf_signer(path, data_dir=tmp_path / "data", clock=FakeClock(datetime.now(UTC)), passphrase=PASSPHRASE)

    with pytest.raises(OperatorError) as caught:
        its.sign(a_pdf(), reason="essai")
    assert caught.value.code == "signing_cert_expired"


@pytest.mark.parametrize(
    ("passphrase", "data", "code"),
    [
        (b"wrong", None, "signing_cert_unreadable"),
        (None, None, "signing_cert_unreadable"),
        (PASSPHRASE, b"no certificate", "signing_cert_unreadable"),
        (None, b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "signing_cert_unreadable"),
    ],
)
def test_a_file_that_cannot_be_opened_is_named(
    tmp_path: Path, passphrase: bytes | None, data: bytes | None, code: str
) -> None:
    path = issued().write_pkcs12(tmp_path / "greffe.p12") if data is None else closed(tmp_path / "greffe", data)

    with pytest.raises(OperatorError) as caught:
        open_pdf_signer(path, data_dir=tmp_path / "data", clock=SystemClock(), passphrase=passphrase)
    assert (caught.value.code, caught.value.params["path"]) == (code, str(path))


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    path = issued().write_pem(tmp_path / "greffe.pem", key=generate_private_key(SECP256R1()))

    with pytest.raises(OperatorError) as caught:
        open_pdf_signer(path, data_dir=tmp_path / "data", clock=SystemClock())
    assert caught.value.code == "signing_cert_mismatch"


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = issued().write_pem(tmp_path / "greffe.pem")
    path.chmod(0o644)

    with pytest.raises(OperatorError) as caught:
        open_pdf_signer(path, data_dir=tmp_path / "data", clock=SystemClock())
    assert caught.value.code == "signing_key_exposed"
