"""Looks for eSCL scanners in the local network: what announces `_uscan._tcp` or `_uscans._tcp` by multicast DNS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import quote

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from pipeline.custody.scanning import FoundScanner
from pipeline.custody.transfer import plain_text
from pipeline.errors import OperatorError
from scanners.escl_http import address_of

_SCHEMES = {"_uscan._tcp.local.": "http", "_uscans._tcp.local.": "https"}
_MOST_FOUND = 200
"""Whoever floods the network with announcements does not hold us up for long."""
_ASKED_MS = 1000


def found_escl(*, wait_s: float = 3.0, interfaces: Sequence[str] | None = None) -> tuple[FoundScanner, ...]:
    """Scanners that announce themselves within the time, by name; one that offers TLS as well is there twice.

    Nobody vouches for an announcement: it is a proposal for somebody who knows the scanner. Without a network there
    are none.

    Args:
        interfaces: by their addresses; all where none are named.
    """
    announced: set[tuple[str, str]] = set()

    # Called with names; those of an announcement that is taken back are asked for in vain.
    def heard(*, service_type: str, name: str, **_: Zeroconf | ServiceStateChange) -> None:
        if len(announced) < _MOST_FOUND:
            announced.add((service_type, name))

    try:
        with Zeroconf(interfaces=InterfaceChoice.All if interfaces is None else list(interfaces)) as network:
            browser = ServiceBrowser(network, list(_SCHEMES), handlers=[heard])
            time.sleep(wait_s)
            browser.cancel()
            told = [network.get_service_info(kind, name, _ASKED_MS) for kind, name in sorted(announced)]
    except (OSError, Error):
        return ()
    found = {scanner for info in told if info is not None and (scanner := _scanner(info)) is not None}
    return tuple(sorted(found, key=lambda scanner: (scanner.name.casefold(), scanner.uri)))


def _scanner(info: ServiceInfo) -> FoundScanner | None:
    """What is announced, as an address; null when it makes none."""
    host = _host(info)
    if host is None or info.port is None:
        return None
    said = {key: value or "" for key, value in info.decoded_properties.items()}
    root = quote(said.get("rs", "eSCL").strip("/"), safe="/-._~")
    uri = f"escl:{_SCHEMES[info.type]}://{host}:{info.port}/{root}"
    try:
        address_of(uri)
    except OperatorError:
        return None
    own = info.name.removesuffix(f".{info.type}")
    return FoundScanner(uri, plain_text(said.get("ty", "")) or plain_text(own) or host)


def _host(info: ServiceInfo) -> str | None:
    """With TLS the name, which the certificate is for; else the number, as not every machine can resolve the name."""
    if _SCHEMES[info.type] == "https":
        return (info.server or "").rstrip(".") or None
    for version in (IPVersion.V4Only, IPVersion.V6Only):
        for text in info.parsed_addresses(version):
            address = ip_address(text)
            if not address.is_link_local or address.version == 4:
                return text if address.version == 4 else f"[{text}]"
    return None
