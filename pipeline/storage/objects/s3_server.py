"""One S3 bucket and how to reach it: its address, the client, and signed requests that the client has no call for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit
from xml.etree import ElementTree

import minio.time
import urllib3
from minio import Minio
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from urllib3.exceptions import HTTPError

from pipeline.storage.objects.patience import Patience
from pipeline.storage.objects.s3_failures import broken_connection, refusal
from pipeline.storage.objects.spool import Seekable

NO_BYTES_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket: `host` with its port, TLS or not, and the credentials."""

    host: str
    bucket: str
    secure: bool
    region: str
    access_key: str
    secret_key: str = field(repr=False)


def s3_address(url: str, *, region: str, access_key: str, secret_key: str) -> S3Address:
    """`s3://host:port/bucket?secure=true|false`; secure when not said. Raises ValueError."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    bucket = parts.path.strip("/")
    secure = options.pop("secure", ["true"])
    if parts.scheme != "s3" or not parts.netloc or not bucket or "/" in bucket or options or "@" in parts.netloc:
        raise ValueError(url)
    if secure not in (["true"], ["false"]):
        raise ValueError(url)
    return S3Address(parts.netloc, bucket, secure == ["true"], region, access_key, secret_key)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request sends: `size_bytes` of `source` from `start`, with their SHA-256 in hexadecimal digits."""

    source: Seekable
    start: int
    size_bytes: int
    sha256: str

    @staticmethod
    def of(data: bytes) -> Body:
        return Body(BytesIO(data), 0, len(data), hashlib.sha256(data).hexdigest())

    def chunks(self) -> Iterator[bytes]:
        self.source.seek(self.start)
        left = self.size_bytes
        while left > 0:
            chunk = self.source.read(min(left, 1 << 20))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered, read to its end."""

    headers: Mapping[str, str]
    data: bytes


class S3Server:
    """The client, and requests signed with its own signer. None of them is retried here."""

    def __init__(self, address: S3Address, patience: Patience) -> None:
        self.address = address
        timeout = urllib3.Timeout(connect=patience.connect_s, read=patience.read_s)
        # Without a bundle of its own it takes the system's certificates, or those of SSL_CERT_FILE.
        self._http = urllib3.PoolManager(timeout=timeout, retries=False, maxsize=10, cert_reqs="CERT_REQUIRED")
        self.client = Minio(
            address.host,
            access_key=address.access_key,
            secret_key=address.secret_key,
            secure=address.secure,
            region=address.region,
            http_client=self._http,
        )

    def send(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer:
        """One signed request; every header is signed.

        Raises:
            KeyError: no such key.
            PreconditionError: the server answered 412.
            PipelineError: as `s3_failures`.
        """
        url = self._url(key, query or {})
        signed = self._signed(method, url, headers or {}, body)
        try:
            with self._open(method, url, signed, body) as response:
                answer = Answer(response.headers, response.read())
                status = response.status
        except HTTPError as error:
            raise broken_connection(error, self.address.host) from error
        if status == 412:
            raise PreconditionError
        if status >= 300:
            code, detail = _told(answer.data)
            raise refusal(code, status, self.address.host, detail)
        return answer

    def _url(self, key: str, query: Mapping[str, str]) -> SplitResult:
        scheme = "https" if self.address.secure else "http"
        path = f"/{self.address.bucket}/{quote(key)}" if key else f"/{self.address.bucket}"
        return SplitResult(scheme, self.address.host, path, urlencode(query, quote_via=quote), "")

    def _signed(self, method: str, url: SplitResult, given: Mapping[str, str], body: Body | None) -> dict[str, str]:
        now = minio.time.utcnow()
        sha256 = NO_BYTES_SHA256 if body is None else body.sha256
        headers: dict[str, str | list[str] | tuple[str]] = {
            **given,
            "Host": self.address.host,
            "Content-Length": str(0 if body is None else body.size_bytes),
            "x-amz-content-sha256": sha256,
            "x-amz-date": minio.time.to_amz_date(now),
        }
        signed = sign_v4_s3(
            method=method,
            url=url,
            region=self.address.region,
            headers=headers,
            credentials=Credentials(self.address.access_key, self.address.secret_key),
            content_sha256=sha256,
            date=now,
        )
        return {name: str(value) for name, value in signed.items()}

    @contextmanager
    def _open(
        self, method: str, url: SplitResult, headers: dict[str, str], body: Body | None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        chunks = None if body is None else body.chunks()
        response = self._http.urlopen(method, url.geturl(), body=chunks, headers=headers, preload_content=False)
        try:
            yield response
        finally:
            response.close() if response.length_remaining else response.release_conn()


class PreconditionError(Exception):
    """The key is taken. Never leaves the adapter."""


def _told(data: bytes) -> tuple[str, str]:
    """Code and message of an S3 error document; empty when it is none."""
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return "", data[:200].decode("utf-8", "replace")
    return _text(root, "Code"), _text(root, "Message")


def _text(root: ElementTree.Element, name: str) -> str:
    found = root.find(f"{{*}}{name}")
    return "" if found is None else found.text or ""
