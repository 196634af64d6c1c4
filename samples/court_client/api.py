"""Asks the court API."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from samples.court_client.books import parsed

_MOST_BYTES = 256 << 20


class NotNowError(Exception):
    """The server is away, busy or at fault: to be tried again later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, errors of the client's own making too."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def code(self) -> str:
        """Of a problem document; empty for anything else."""
        try:
            return str(parsed(self.body).get("code", ""))
        except ValueError:
            return ""


class _Stays(urllib.request.HTTPRedirectHandler):
    """A key is not carried to where somebody else sends it."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class CourtApi:
    """`base` is the address of the server, as `https://constat.example`."""

    def __init__(self, base: str, key: str, *, ca_file: str | None = None, timeout_s: float = 30.0) -> None:
        self._base = base.rstrip("/")
        self._key = key
        self._timeout_s = timeout_s
        tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), tls, _Stays())

    def get(self, path: str, **headers: str) -> Answer:
        """Raises NotNowError."""
        return self._asked(urllib.request.Request(self._base + path, headers=headers))

    def put(self, path: str, body: Mapping[str, str], **headers: str) -> Answer:
        """Raises NotNowError."""
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        data = json.dumps(body).encode()
        return self._asked(urllib.request.Request(self._base + path, data=data, headers=sent, method="PUT"))

    def _asked(self, request: urllib.request.Request) -> Answer:
        request.add_header("Authorization", f"Bearer {self._key}")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as found:
                return _whole(found.status, found)
        except urllib.error.HTTPError as error:
            with error:
                if (
                    error.code == http.HTTPStatus.TOO_MANY_REQUESTS
                    or error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
                ):
                    raise NotNowError(f"HTTP {error.code}") from error
                return _whole(error.code, error)
        except (OSError, http.client.HTTPException) as error:
            raise NotNowError(str(error)) from error


def _whole(status: int, found: http.client.HTTPResponse | urllib.error.HTTPError) -> Answer:
    """Raises NotNowError unless all of it came."""
    headers = {name.lower(): text for name, text in found.headers.items()}
    body = found.read(_MOST_BYTES)
    if headers.get("content-length", str(len(body))) != str(len(body)):
        raise NotNowError("cut off")
    return Answer(status, headers, body)
