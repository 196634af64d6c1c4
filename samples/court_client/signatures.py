"""Whether a message is constat's own, and fresh."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

TOLERANCE_S = 300


def is_genuine(
    message: str, timestamp: str, signatures: str, body: bytes, *, secrets: Sequence[str], now_s: float
) -> bool:
    """Whether any of the signatures was made with any of the secrets, within the last five minutes.

    Args:
        message, timestamp, signatures: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.
        body: as it came, before anything is read out of it.
        secrets: `whsec_...`; two while one is replaced by another.
    """
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now_s - int(timestamp)) > TOLERANCE_S:
        return False
    signed = f"{message}.{timestamp}.".encode() + body
    made = [hmac.new(base64.b64decode(its.removeprefix("whsec_")), signed, hashlib.sha256).digest() for its in secrets]
    wanted = [b"v1," + base64.b64encode(its) for its in made]
    return any(hmac.compare_digest(given.encode(), its) for given in signatures.split() for its in wanted)
