"""Ed25519 public keys, their fingerprints, and whether a signature is theirs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.custody.seals import KeyId

# RFC 8410: the header of every Ed25519 SubjectPublicKeyInfo; the 32 bytes of the key follow.
_SPKI_HEADER = bytes.fromhex("302a300506032b6570032100")
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key, 32 bytes."""

    raw: bytes

    @property
    def id(self) -> KeyId:
        """As `openssl pkey -pubin -outform DER | sha256sum` shows it."""
        return KeyId(hashlib.sha256(_SPKI_HEADER + self.raw).hexdigest())

    @property
    def text(self) -> str:
        """SubjectPublicKeyInfo in base64: the line of a PEM file between its marks."""
        return base64.b64encode(_SPKI_HEADER + self.raw).decode("ascii")


def public_key(text: str) -> PublicKey:
    """The key of `PublicKey.text`. Raises ValueError: it is not one."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if not data.startswith(_SPKI_HEADER) or len(data) != len(_SPKI_HEADER) + _KEY_BYTES:
        raise ValueError(text)
    return PublicKey(data[len(_SPKI_HEADER) :])


def signature_holds(key: PublicKey, text: str, signature: str) -> bool:
    """Whether the signature, in hexadecimal, is this key's over the text in UTF-8."""
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(bytes.fromhex(signature), text.encode("utf-8"))
    except (InvalidSignature, ValueError):
        return False
    return True
