"""HTTP with an eSCL scanner: answers bounded in size and time, no redirect followed, nothing but its own origin asked.

A document goes into a file that appears under its name only when it has come whole.
"""

from __future__ import annotations

import errno
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from pipeline.custody.transfer import plain_text
from pipeline.errors import OperatorError, Unavailable
from scanners.escl_xml import JPEG, PDF
from scanners.whole import whole_file

_SCHEME = "escl:"
_MOST_TEXT_BYTES = 1 << 20
_MOST_PATH_CHARACTERS = 500
_IDLE_S = 2.0
"""A connection that was idle for longer is not used again: a device that closes it meanwhile cannot be told from one
that is lost."""
_SUFFIXES = {JPEG: ".jpg", PDF: ".pdf"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a scanner is waited for, and how much it may send.

    Attributes:
        connect_s: for a connection.
        answer_s: for an answer that takes no scanning.
        silence_s: without a byte while a page is due; also how long it may say that a page is not ready yet.
        document_s: for one document, from its first byte.
        back_s: for a device that is gone, before its job is given up.
        busy_s: for a device that says that it is busy, before a job is begun.
        settle_s: for its counts to follow what it has sent.
        pause_s: between two questions, where the device does not say.
        longest_pause_s: whatever it says.
        document_bytes: of one document.
    """

    connect_s: float = 5.0
    answer_s: float = 30.0
    silence_s: float = 120.0
    document_s: float = 900.0
    back_s: float = 30.0
    busy_s: float = 15.0
    settle_s: float = 3.0
    pause_s: float = 0.5
    longest_pause_s: float = 10.0
    document_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Address:
    """Attributes:
    origin: scheme, host and port.
    root: path below which eSCL is spoken, without a slash at its end.
    trusted: certificates that are trusted in place of those of the system; null for these.
    """

    origin: str
    root: str
    trusted: Path | None


def address_of(uri: str) -> Address:
    """The address in `escl:http://HOST[:PORT][/PATH]` or `escl:https://...[?ca=FILE]`; the path is `/eSCL` by default.

    Raises:
        OperatorError: `scanner_uri`.
    """
    try:
        parts = urlsplit(uri.removeprefix(_SCHEME))
        port = parts.port
        asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise OperatorError("scanner_uri", uri=uri) from error
    with_tls = parts.scheme == "https"
    of_kind = uri.startswith(_SCHEME) and (with_tls or parts.scheme == "http")
    foreign = parts.username is not None or bool(parts.fragment) or set(asked) - ({"ca"} if with_tls else set())
    clean = _is_clean(parts.path or "/") and parts.hostname is not None and uri.isascii() and uri.isprintable()
    if not of_kind or foreign or not clean or len(asked.get("ca", [])) > 1:
        raise OperatorError("scanner_uri", uri=uri)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    origin = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    trusted = Path(asked["ca"][0]) if "ca" in asked else None
    return Address(origin, parts.path.rstrip("/") or "/eSCL", trusted)


def _is_clean(path: str) -> bool:
    """An absolute path of printable ASCII that stays where it points to."""
    steps = path.split("/")
    printable = path.isascii() and path.isprintable() and not set(path) & set(" ?#\\")
    return path.startswith("/") and printable and ".." not in steps and len(path) <= _MOST_PATH_CHARACTERS


@dataclass(frozen=True, slots=True)
class Answer:
    """Attributes:
    retry_after_s: how long the device asks to wait; null where it does not.
    location: path of what was made, on the device's own origin; null where it says none that is usable.
    document: the file that came, for a request for one that was answered with it.
    """

    status: int
    body: bytes = b""
    retry_after_s: float | None = None
    location: str | None = None
    document: Path | None = None
    media_type: str = ""


class Link:
    """The requests to one scanner, over one connection that is opened when it is needed. For one thread."""

    def __init__(self, scanner: str, address: Address, patience: Patience) -> None:
        """Raises OperatorError `scanner_uri` when its file of certificates cannot be used."""
        self.scanner, self.patience = scanner, patience
        self._address = address
        trust = _trust(scanner, address)
        self._client = httpx2.Client(
            verify=trust,
            # What the environment says of proxies is not meant for a device in the same room.
            trust_env=False,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "constat"},
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_S),
        )

    def __enter__(self) -> Link:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, name: str) -> Answer:
        """What stands below the root under a name, such as `ScannerStatus`.

        Raises:
            Unavailable: `scanner_unreachable` when no connection came about, and so nothing was asked; `scanner_lost`
                when it broke off or took too long after that; `scanner_failed` for an answer without end.
        """
        return self._short("GET", f"{self._address.root}/{name}")

    def begin(self, settings: bytes) -> Answer:
        """Ask for a job. Raises as `get`."""
        return self._short("POST", f"{self._address.root}/ScanJobs", settings)

    def cancel(self, job: str) -> Answer:
        """Raises as `get`."""
        return self._short("DELETE", job)

    def next_document(self, job: str, into: Path, stem: str) -> Answer:
        """The next document of a job, byte for byte as sent, as a file of that stem.

        Raises:
            Unavailable: as `get`; `scanner_lost` also for a document that lacks its end.
        """
        patience = self.patience
        with self._asked("GET", f"{job.rstrip('/')}/NextDocument", None, patience.silence_s) as response:
            if response.status_code != 200:
                return self._answer(response)
            media_type = plain_text(response.headers.get("content-type", "").partition(";")[0].strip().lower())
            if media_type not in _SUFFIXES or response.headers.get("content-encoding", "identity") != "identity":
                raise Unavailable("scanner_failed", scanner=self.scanner, detail="it sends pages in no known format")
            part = into / f"{stem}.part"
            try:
                self._write(response, part)
                self._require_whole(part, media_type)
                path = part.with_suffix(_SUFFIXES[media_type])
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)
        return Answer(200, document=path, media_type=media_type)

    def _short(self, method: str, path: str, body: bytes | None = None) -> Answer:
        with self._asked(method, path, body, self.patience.answer_s) as response:
            return self._answer(response)

    @contextmanager
    def _asked(self, method: str, path: str, body: bytes | None, answer_s: float) -> Iterator[httpx2.Response]:
        patience = self.patience
        timeout = httpx2.Timeout(answer_s, connect=patience.connect_s)
        headers = {} if body is None else {"Content-Type": "text/xml"}
        try:
            url = self._address.origin + path
            with self._client.stream(method, url, content=body, headers=headers, timeout=timeout) as response:
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Unavailable("scanner_unreachable", scanner=self.scanner, detail=_said(error)) from error
        except httpx2.TransportError as error:
            raise Unavailable("scanner_lost", scanner=self.scanner, detail=_said(error)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unavailable("scanner_failed", scanner=self.scanner, detail=_said(error)) from error

    def _chunks(self, response: httpx2.Response, most_bytes: int, most_s: float) -> Iterator[bytes]:
        begun_s, size_bytes = time.monotonic(), 0
        for chunk in response.iter_raw():
            size_bytes += len(chunk)
            if size_bytes > most_bytes or time.monotonic() - begun_s > most_s:
                raise Unavailable("scanner_failed", scanner=self.scanner, detail="what it sends has no end")
            yield chunk

    def _write(self, response: httpx2.Response, path: Path) -> None:
        chunks = self._chunks(response, self.patience.document_bytes, self.patience.document_s)
        try:
            with path.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Unavailable("disk_full", path=str(path.parent)) from error
            raise Unavailable("storage_error", path=str(path.parent), detail=error.strerror or str(error)) from error

    def _require_whole(self, path: Path, media_type: str) -> None:
        """A device that breaks off while it scans may well end its answer properly."""
        found = whole_file(path)
        if found.media_type != media_type:
            raise Unavailable("scanner_failed", scanner=self.scanner, detail="it sends pages in no known format")
        if not found.whole:
            raise Unavailable("scanner_lost", scanner=self.scanner, detail="the page lacks its end")

    def _answer(self, response: httpx2.Response) -> Answer:
        body = b"".join(self._chunks(response, _MOST_TEXT_BYTES, self.patience.answer_s))
        after = response.headers.get("retry-after", "")
        return Answer(
            response.status_code,
            body,
            float(after) if after.isascii() and after.isdecimal() and len(after) < 6 else None,
            self._path(response.headers.get("location", "")),
        )

    def _path(self, location: str) -> str | None:
        """The path alone, wherever the address points to: a device that is asked by its name may call itself by its
        number, and none can have another host asked."""
        try:
            path = urlsplit(urljoin(f"{self._address.origin}{self._address.root}/ScanJobs", location)).path
        except ValueError:
            return None
        return path if location and _is_clean(path) else None


def _trust(scanner: str, address: Address) -> ssl.SSLContext:
    """Raises OperatorError `scanner_uri`."""
    if not address.origin.startswith("https:"):
        # Nothing speaks TLS then; this one trusts nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        trust = ssl.create_default_context(cafile=None if address.trusted is None else str(address.trusted))
    except (OSError, ValueError) as error:
        raise OperatorError("scanner_uri", uri=scanner) from error
    # The certificate of the device itself is enough, whoever signed it.
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return trust


def _said(error: Exception) -> str:
    return plain_text(str(error)) or type(error).__name__
