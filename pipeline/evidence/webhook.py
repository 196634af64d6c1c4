"""How messages to other systems are signed: the scheme of Standard Webhooks, and where secrets come from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.custody.hooks import HookId, HookSecret

PREFIX = "whsec_"
LEAST_KEY_BYTES = 32


def secret_of(key: bytes, hook: HookId, salt: str) -> HookSecret:
    """The secret of a hook: 256 bits that follow from the site's key, the hook's id and a salt.

    Nothing kept makes it without the key, and with the key nothing else has to be kept.
    """
    made = hmac.new(key, f"constat webhook\n{hook}\n{salt}".encode(), hashlib.sha256).digest()
    return HookSecret(PREFIX + base64.b64encode(made).decode("ascii"))


def signature_of(secret: HookSecret, message: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64, under the bytes that the secret stands for."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def signed_headers(secrets: Sequence[HookSecret], message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """What a message is sent with.

    Args:
        secrets: at least one; with several, as while one is replaced, either is enough for the receiver.
        message: its id, the same at every try.
    """
    timestamp = int(at.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature_of(each, message, timestamp, body) for each in secrets),
    }
