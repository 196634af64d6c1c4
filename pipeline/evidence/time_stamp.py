"""RFC 3161 time-stamp tokens: what they say, and whether they hold. Needs no network; revocation is not looked up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from asn1crypto import cms, pem, tsp, x509

from pipeline.model import Digest

IMPRINT_ALGORITHM = "sha256"
_PURPOSE = "time_stamping"
# pyHanko reports to its logger what is returned here as a value.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())


class StampProblem(StrEnum):
    """Why a token proves nothing."""

    UNREADABLE = "unreadable"
    OTHER_CONTENT = "other_content"
    WRONG_NONCE = "wrong_nonce"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_PURPOSE = "wrong_purpose"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says and whether it may be believed.

    Attributes:
        at: the authority's time, aware UTC; null for an unreadable token.
        authority: subject of the signer's certificate, as it names itself.
        problem: null when the token holds.
    """

    at: datetime | None = None
    authority: str = ""
    problem: StampProblem | None = None


def anchors_from(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) of a PEM or DER file, one or more. Raises ValueError: it holds something else."""
    found = tuple(der for _, _, der in pem.unarmor(data, multiple=True)) if pem.detect(data) else (data,)
    try:
        # Parsed lazily: asking for the subject reads it.
        names = [x509.Certificate.load(der, strict=True).subject.native for der in found]
    except (TypeError, KeyError) as error:
        raise ValueError from error
    if not names:
        raise ValueError
    return found


def stamp_of(token: bytes, *, imprint: Digest, anchors: Sequence[bytes] | None, nonce: int | None = None) -> Stamp:
    """Check a token at the time that it states itself.

    Args:
        token: DER.
        imprint: SHA-256 of what was stamped.
        anchors: certificates (DER) that its chain may end in; null to leave the chain out, an empty one trusts nobody.
        nonce: as sent with the request; null when it is not known any more.
    """
    try:
        signed, info = _opened(token)
        certificate = _signer(signed)
        stamp = Stamp(info["gen_time"].native, certificate.subject.human_friendly)
        problem = _said_wrong(info, imprint, nonce) or _signed_wrong(signed, certificate, anchors, stamp)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        # asn1crypto reads lazily and meets damage with whichever of these comes first.
        return Stamp(problem=StampProblem.UNREADABLE)
    return replace(stamp, problem=problem)


def _opened(token: bytes) -> tuple[Any, Any]:
    """SignedData and TSTInfo; asn1crypto's values are not typed."""
    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError
    signed = content["content"]
    info = signed["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise ValueError
    return signed, info


def _signer(signed: Any) -> Any:
    """The signer's certificate, which the token must bring along."""
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

    try:
        return extract_certs_for_validation(signed).signer_cert
    except SignatureValidationError as error:
        raise ValueError from error


def _said_wrong(info: Any, imprint: Digest, nonce: int | None) -> StampProblem | None:
    stamped = info["message_imprint"]
    if stamped["hash_algorithm"]["algorithm"].native != IMPRINT_ALGORITHM:
        return StampProblem.OTHER_CONTENT
    if stamped["hashed_message"].native.hex() != imprint:
        return StampProblem.OTHER_CONTENT
    if nonce is not None and info["nonce"].native != nonce:
        return StampProblem.WRONG_NONCE
    return None


def _signed_wrong(signed: Any, certificate: Any, anchors: Sequence[bytes] | None, stamp: Stamp) -> StampProblem | None:
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko_certvalidator import ValidationContext

    roots = [x509.Certificate.load(der) for der in anchors or ()]
    context = ValidationContext(trust_roots=roots, moment=stamp.at, best_signature_time=stamp.at)
    imprint = signed["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"].native
    try:
        # The imprint was compared already; here it is its signature that counts.
        found = asyncio.run(validate_tst_signed_data(signed, context, lambda _: imprint))
    except SignatureValidationError:
        return StampProblem.WRONG_SIGNATURE
    if not (found["intact"] and found["valid"]):
        return StampProblem.WRONG_SIGNATURE
    # pyHanko leaves the purpose of a certificate open when it is itself an anchor.
    purposes = certificate.extended_key_usage_value
    if purposes is None or purposes.native != [_PURPOSE]:
        return StampProblem.WRONG_PURPOSE
    return StampProblem.UNTRUSTED if anchors is not None and found["trust_problem_indic"] else None
