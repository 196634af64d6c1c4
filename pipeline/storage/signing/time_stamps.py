"""Time stamps from an authority (RFC 3161) over HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import urllib3
from asn1crypto import algos, cms, core, tsp

from pipeline.errors import Unavailable
from pipeline.evidence.time_stamp import IMPRINT_ALGORITHM, stamp_of
from pipeline.model import Digest
from pipeline.ports import Clock

TIMEOUT_S = 5.0
ATTEMPTS = 2
MOST_ANSWER_BYTES = 1 << 20
CLOCK_SKEW_LIMIT = timedelta(minutes=5)
_CHUNK_BYTES = 4096
_NONCE_BITS = 64
_GRANTED = frozenset({"granted", "granted_with_mods"})


class _Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto is not typed
    """TimeStampResp; asn1crypto's own wants a token in a refusal too."""

    _fields = [  # noqa: RUF012  (how asn1crypto declares fields)
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class HttpTimeAuthority:
    """Fills the `TimeAuthority` port."""

    def __init__(self, url: str, *, anchors: Sequence[bytes], clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        """`timeout_s`: for an answer; a request that gets none is sent once more."""
        self._url = url
        self._anchors = tuple(anchors)
        self._clock = clock
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=timeout_s), retries=False)

    @property
    def anchors(self) -> Sequence[bytes]:
        return self._anchors

    def stamp(self, digest: Digest) -> bytes:
        nonce = secrets.randbits(_NONCE_BITS)
        token = self._token(self._answer(_request(digest, nonce)))
        stamp = stamp_of(token, imprint=digest, anchors=self._anchors, nonce=nonce)
        if stamp.problem is not None or stamp.at is None:
            raise Unavailable("time_stamp_refused", url=self._url, why=f"stamp.{stamp.problem}")
        skew = stamp.at - self._clock.now()
        if abs(skew) > CLOCK_SKEW_LIMIT:
            raise Unavailable("time_authority_skewed", url=self._url, seconds=round(skew.total_seconds()))
        return token

    def _answer(self, request: bytes) -> bytes:
        """What the authority sends; asked again where it gave none."""
        for _ in range(ATTEMPTS - 1):
            with suppress(Unavailable):
                return self._asked(request)
        return self._asked(request)

    def _asked(self, request: bytes) -> bytes:
        try:
            return self._post(request)
        except urllib3.exceptions.NewConnectionError as error:
            raise Unavailable("time_authority_unreachable", url=self._url) from error
        except (urllib3.exceptions.TimeoutError, TimeoutError) as error:
            raise Unavailable("time_authority_slow", url=self._url) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable("time_authority_unreachable", url=self._url) from error

    def _post(self, request: bytes) -> bytes:
        began_s = time.monotonic()
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        response = self._pool.request(
            "POST", self._url, body=request, headers=headers, preload_content=False, redirect=False
        )
        data = b""
        try:
            if response.status != HTTPStatus.OK:
                raise Unavailable("time_authority_refused", url=self._url, detail=f"HTTP {response.status}")
            while chunk := response.read1(_CHUNK_BYTES):
                data += chunk
                if len(data) > MOST_ANSWER_BYTES:
                    raise Unavailable("time_authority_refused", url=self._url, detail=f"> {MOST_ANSWER_BYTES} bytes")
                # The pool's limit is on each wait; an answer that trickles in would never meet it.
                if time.monotonic() - began_s > self._timeout_s:
                    raise TimeoutError
        finally:
            response.close()
        return data

    def _token(self, answer: bytes) -> bytes:
        try:
            reply = _Reply.load(answer, strict=True)
            status = reply["status"]["status"].native
            if status in _GRANTED:
                return bytes(reply["time_stamp_token"].dump())
            said = "; ".join(reply["status"]["status_string"].native or [])
        except (ValueError, TypeError, KeyError) as error:
            raise Unavailable("time_stamp_refused", url=self._url, why="stamp.unreadable") from error
        raise Unavailable("time_authority_refused", url=self._url, detail=f"{status} {said}".strip())


def _request(digest: Digest, nonce: int) -> bytes:
    imprint = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": IMPRINT_ALGORITHM}),
        "hashed_message": bytes.fromhex(digest),
    }
    request = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": core.Integer(nonce), "cert_req": True}
    )
    return bytes(request.dump())
