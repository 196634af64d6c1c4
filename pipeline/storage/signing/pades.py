"""Signatures in PDF files, PAdES B-B, or B-T with a time stamp of an authority (ETSI EN 319 142-1)."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms, x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name as _name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pipeline.errors import InvariantBroken, OperatorError
from pipeline.model import Digest
from pipeline.ports import Clock
from pipeline.ports.sealing import TimeAuthority
from pipeline.storage.signing.keys import closed_file

FIELD_NAME = "constat"
_DIGEST = "sha256"
_RESERVED_DIGITS = 49152
"""Hexadecimal digits kept free for the signature: 24 kB hold a chain of certificates and a token with another."""
_PEM = b"-----BEGIN"
# pyHanko reports to its logger what it raises.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())


class PadesSigner:
    """Fills the `PdfSigner` port with a key in memory."""

    def __init__(self, signer: SimpleSigner, *, clock: Clock, authority: TimeAuthority | None = None) -> None:
        self._signer = signer
        self._clock = clock
        self._stamper = None if authority is None else _Stamper(authority)

    @property
    def stamped(self) -> bool:
        return self._stamper is not None

    def sign(self, pdf: bytes, *, reason: str) -> bytes:
        self._require_valid()
        metadata = PdfSignatureMetadata(
            field_name=FIELD_NAME,
            md_algorithm=_DIGEST,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            reason=reason,
        )
        writer = _Appending(BytesIO(pdf))
        _add_field(writer)
        made = PdfSigner(metadata, self._signer, timestamper=self._stamper)
        try:
            signed = made.sign_pdf(writer, existing_fields_only=True, bytes_reserved=_RESERVED_DIGITS)
        except SigningError as error:
            raise OperatorError("signing_cert_unusable", why=str(error)[:200]) from error
        return bytes(signed.getvalue())

    def _require_valid(self) -> None:
        certificate, now = self._certificate(), self._clock.now()
        if not certificate.not_valid_before <= now <= certificate.not_valid_after:
            raise OperatorError(
                "signing_cert_expired",
                subject=certificate.subject.human_friendly,
                first=f"{certificate.not_valid_before.astimezone(UTC):%Y-%m-%d}",
                last=f"{certificate.not_valid_after.astimezone(UTC):%Y-%m-%d}",
            )

    def _certificate(self) -> x509.Certificate:
        certificate = self._signer.signing_cert
        if certificate is None:
            raise InvariantBroken("signer_without_certificate")
        return certificate


def _add_field(writer: IncrementalPdfFileWriter) -> None:
    """A field for the signature, of no size and with an empty appearance: PDF/A-1 wants one of every field."""
    append_signature_field(writer, SigFieldSpec(FIELD_NAME))
    field = writer.root["/AcroForm"]["/Fields"][-1]
    # pyHanko types the makers of its objects not.
    bounds = generic.ArrayObject([generic.NumberObject(0)] * 4)  # type: ignore[no-untyped-call]
    resources = generic.DictionaryObject()  # type: ignore[no-untyped-call]
    made = {"/Type": _name("/XObject"), "/Subtype": _name("/Form"), "/BBox": bounds, "/Resources": resources}
    empty = generic.StreamObject({_name(key): value for key, value in made.items()}, stream_data=b"")
    shown = {_name("/N"): writer.add_object(empty)}
    field[_name("/AP")] = generic.DictionaryObject(shown)  # type: ignore[no-untyped-call]
    writer.update_container(field)


class _Appending(IncrementalPdfFileWriter):
    """Leaves the metadata as they were written: pyHanko would put another producer into Info than into XMP."""

    def _update_meta(self) -> None:
        pass


class _Stamper(TimeStamper):
    """The authority that seals are stamped by, which checks what it is sent."""

    def __init__(self, authority: TimeAuthority) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko types it not
        self._authority = authority

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:  # asn1crypto is not typed
        if md_algorithm != _DIGEST:
            raise SigningError(f"time stamps are of {_DIGEST}, not of {md_algorithm}")
        # In a thread of its own: the authority waits, and checks what it is sent in an event loop.
        token = await asyncio.to_thread(self._authority.stamp, Digest(message_digest.hex()))
        return cms.ContentInfo.load(token)


def open_pdf_signer(
    path: Path,
    *,
    data_dir: Path,
    clock: Clock,
    passphrase: bytes | None = None,
    authority: TimeAuthority | None = None,
) -> PadesSigner:
    """A key with its certificate and those of its issuers.

    Args:
        path: PKCS #12; or PEM with the private key and the certificates, the signer's own first.
        data_dir: where the file must not be: whoever copies the data folder would have the key too.
        passphrase: unlocks the key; null for one that is not locked.

    Raises:
        OperatorError: `signing_key_inside_data`, `signing_key_exposed`, `signing_key_missing`;
            `signing_cert_unreadable` for another kind of file, or when the passphrase is not its own;
            `signing_cert_mismatch` when the first certificate is another key's.
    """
    data = closed_file(path, data_dir)
    try:
        signer = _pem_signer(data, passphrase) if _PEM in data else _pkcs12_signer(data, passphrase)
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        # What is damaged, locked otherwise or lacks its key meets whichever of these comes first.
        raise OperatorError("signing_cert_unreadable", path=str(path)) from error
    if not _belongs(signer):
        raise OperatorError("signing_cert_mismatch", path=str(path))
    return PadesSigner(signer, clock=clock, authority=authority)


def _belongs(signer: SimpleSigner) -> bool:
    """Whether the certificate is the key's own; a signature would otherwise fail wherever it is verified."""
    if signer.signing_cert is None:
        return False
    key = load_der_private_key(signer.signing_key.dump(), None).public_key()
    shown = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return bool(shown == signer.signing_cert.public_key.dump())


def _pkcs12_signer(data: bytes, passphrase: bytes | None) -> SimpleSigner:
    signer: SimpleSigner = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=passphrase)
    return signer


def _pem_signer(data: bytes, passphrase: bytes | None) -> SimpleSigner:
    own, *issuers = load_certs_from_pemder_data(_only(data, b"CERTIFICATE"))
    key = load_private_key_from_pemder_data(_only(data, b"PRIVATE KEY"), passphrase=passphrase)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko types it not
    store.register_multiple(issuers)
    return SimpleSigner(signing_cert=own, signing_key=key, cert_registry=store)


def _only(data: bytes, kind: bytes) -> bytes:
    """The blocks of a PEM file whose name ends so."""
    blocks = []
    for block in data.split(_PEM)[1:]:
        name = block.split(b"-----")[0].strip()
        if name.endswith(kind):
            blocks.append(_PEM + block)
    return b"".join(blocks)
