"""JSON documents of a server that is asked over HTTP: bounded in time and size, without redirections."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

import urllib3

from pipeline.errors import Unavailable
from pipeline.evidence.canonical import Json

MOST_ANSWER_BYTES = 1 << 20
_CHUNK_BYTES = 4096


class JsonServer:
    """A server that this program asks for JSON objects."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=timeout_s), retries=False)

    def get(self, url: str) -> Mapping[str, Json]:
        """The object at the address.

        Raises:
            Unavailable: `provider_unreachable`; `provider_answer` for any other answer than a JSON object.
        """
        return self._object("GET", url, {}, None)

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, Json]:
        """What a form is answered with. Raises as `get`."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._object("POST", url, sent, urlencode(form).encode("ascii"))

    def _object(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Mapping[str, Json]:
        try:
            status, data = self._asked(method, url, headers, body)
        except (urllib3.exceptions.HTTPError, TimeoutError) as error:
            raise Unavailable("provider_unreachable", url=url) from error
        if status != HTTPStatus.OK:
            raise Unavailable("provider_answer", url=url, detail=f"HTTP {status}")
        try:
            found = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Unavailable("provider_answer", url=url, detail="no JSON object") from error
        if not isinstance(found, dict):
            raise Unavailable("provider_answer", url=url, detail="no JSON object")
        return found

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        began_s = time.monotonic()
        sent = {"Accept": "application/json", **headers}
        response = self._pool.request(method, url, body=body, headers=sent, preload_content=False, redirect=False)
        data = b""
        try:
            while chunk := response.read1(_CHUNK_BYTES):
                data += chunk
                if len(data) > MOST_ANSWER_BYTES:
                    raise Unavailable("provider_answer", url=url, detail=f"> {MOST_ANSWER_BYTES} bytes")
                # The pool's limit is on each wait; an answer that trickles in would never meet it.
                if time.monotonic() - began_s > self._timeout_s:
                    raise TimeoutError
        finally:
            response.close()
        return response.status, data
