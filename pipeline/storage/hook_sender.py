"""Messages to other systems over HTTP: bounded in time, never redirected, into no network that they do not go to."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from pipeline.custody.hooks import Obstacle
from pipeline.errors import OperatorError
from pipeline.ports.hooks import Told

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
_RESOLVER_S = 15
"""What the system's resolver may take besides; nothing here can shorten it."""
_TRANSLATED = tuple(
    ipaddress.ip_network(each)
    for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10")
)
"""IPv6 addresses that lead to IPv4 ones (RFC 6052, 8215, 3056, 4380, 4291, 2765): of whatever network; and those that
sites once had for themselves (RFC 3879)."""
_PORTS = {"https": 443, "http": 80}
_LONGEST_ASKED_S = 86_400


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a message goes: the address that was looked at, so that no second look-up leads elsewhere."""

    secure: bool
    host: str
    port: int
    address: str
    path: str

    @property
    def named(self) -> str:
        """As `Host` says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class HttpHookSender:
    """Fills `HookSender`; it may be shared by threads."""

    def __init__(
        self, *, timeout_s: float, allowed: Sequence[Network] = (), ca_certs: Path | None = None, agent: str = "constat"
    ) -> None:
        """Args:
        timeout_s: for a whole try, the look-up of the name left out.
        allowed: networks that are private or this machine's own and may be reached all the same.
        ca_certs: PEM file of the authorities to trust; null: the system's.

        Raises:
            OperatorError: `certificates_unreadable`.
        """
        self._timeout_s = timeout_s
        self._allowed = tuple(allowed)
        try:
            self._tls = ssl.create_default_context(cafile=None if ca_certs is None else str(ca_certs))
        except OSError as error:
            raise OperatorError("certificates_unreadable", path=str(ca_certs)) from error
        self._agent = agent

    @property
    def longest_s(self) -> float:
        return self._timeout_s + _RESOLVER_S

    def obstacle(self, url: str) -> Obstacle | None:
        found = self._target(url)
        return found if isinstance(found, Obstacle) else None

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        target = self._target(url)
        if isinstance(target, Obstacle):
            return Told(None, target)
        late = threading.Event()
        try:
            told = self._posted(target, headers, body, late)
            # An answer that was cut off there may look whole.
            return Told(None, Obstacle.TOO_SLOW) if late.is_set() else told
        except ssl.SSLCertVerificationError:
            return Told(None, Obstacle.CERTIFICATE)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A socket that was shut from outside fails in many ways.
            if late.is_set() or isinstance(error, TimeoutError):
                return Told(None, Obstacle.TOO_SLOW)
            malformed = isinstance(error, (http.client.HTTPException, ValueError))
            gone = isinstance(error, http.client.RemoteDisconnected)
            return Told(None, Obstacle.ANSWER_MALFORMED if malformed and not gone else Obstacle.UNREACHABLE)

    def _posted(self, target: _Target, headers: Mapping[str, str], body: bytes, late: threading.Event) -> Told:
        """Raises OSError, HTTPException and, on a socket that was shut meanwhile, ValueError."""
        raw = socket.create_connection((target.address, target.port), self._timeout_s)
        # The same connection under another handle: a limit on each wait does not end an answer that trickles in.
        handle = raw.dup()
        watch = threading.Timer(self._timeout_s, _end, (handle, late))
        watch.daemon = True
        watch.start()
        try:
            with closing(raw), closing(self._wrapped(raw, target)) as talk:
                connection = http.client.HTTPConnection(target.host, target.port)
                connection.sock = talk
                sent = {"Host": target.named, "User-Agent": self._agent, "Connection": "close", **headers}
                connection.request("POST", target.path, body=body, headers=sent)
                return _told(connection.getresponse())
        finally:
            watch.cancel()
            handle.close()

    def _wrapped(self, raw: socket.socket, target: _Target) -> socket.socket:
        return self._tls.wrap_socket(raw, server_hostname=target.host) if target.secure else raw

    def _target(self, url: str) -> _Target | Obstacle:
        parts = _parts(url)
        if parts is None:
            return Obstacle.ADDRESS_MALFORMED
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or _PORTS[parts.scheme]
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return Obstacle.ADDRESS_UNKNOWN
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        if not addresses:
            return Obstacle.ADDRESS_UNKNOWN
        # All of them: whoever owns the name chooses which one is asked.
        if not all(self._may_be_reached(each) for each in addresses):
            return Obstacle.ADDRESS_PRIVATE
        if not secure and not all(_plain(each).is_loopback for each in addresses):
            return Obstacle.ADDRESS_OPEN
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _Target(secure, host, port, str(addresses[0]), path)

    def _may_be_reached(self, address: Address) -> bool:
        plain = _plain(address)
        if any(plain.version == each.version and plain in each for each in self._allowed):
            return True
        translated = any(plain.version == 6 and plain in each for each in _TRANSLATED)
        return plain.is_global and not plain.is_multicast and not translated


def networks(text: str) -> tuple[Network, ...]:
    """`10.2.0.0/16, 127.0.0.0/8` and the like. Raises ValueError."""
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def _parts(url: str) -> SplitResult | None:
    """Null unless it is the address of something that may be asked by HTTP."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')
    odd = parts.username is not None or parts.password is not None or "#" in url or port == 0
    return parts if parts.scheme in _PORTS and parts.hostname and plain and not odd else None


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one merely writes in another way."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _told(answer: http.client.HTTPResponse) -> Told:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Told(status)
    moved = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    asked = answer.headers.get("retry-after", "")
    wait_s = min(int(asked), _LONGEST_ASKED_S) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    return Told(status, Obstacle.REDIRECTED if moved else Obstacle.STATUS, wait_s)


def _end(handle: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)
