"""What holds for every request before it is looked at, and for every answer: hosts, origins, sizes, time, headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.admission import SAFE_METHODS
from pipeline.web.errors import refused_page
from pipeline.web.parts import Site
from pipeline.web.refusal import Refusal

_LOG = logging.getLogger("constat.web")
MOST_BODY_BYTES = 256 * 1024
"""Of a form. Scans come in by other ways."""
MOST_REQUEST_S = 60.0
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: browsers would then send `Origin: null` with forms, which is what a foreign form looks like.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STRICT_TRANSPORT = "max-age=31536000"


class BodyTooLargeError(Exception):
    """Raised where the body is read."""


class Guard:
    """Outermost layer of the application."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        started = False

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, self._site)
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is None:
            refusal = await self._answered(scope, _limited(receive), marked)
        if refusal is not None and not started:
            await refused_page(request, refusal)(scope, receive, marked)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        try:
            async with asyncio.timeout(MOST_REQUEST_S):
                await self._app(scope, receive, send)
        except BodyTooLargeError:
            return Refusal(413, "web.body_too_large", {"most_bytes": MOST_BODY_BYTES})
        except TimeoutError:
            _LOG.error("given up after %s s: %s", MOST_REQUEST_S, scope["path"])
            return Refusal(503, "web.too_slow")
        except Exception:
            # The trace goes to whoever runs the server; the page says no more than that there was a fault.
            _LOG.exception("fault")
            return Refusal(500, "web.fault")
        return None

    def _refusal(self, request: Request) -> Refusal | None:
        headers = request.headers
        if headers.get("host", "") not in self._site.hosts:
            return Refusal(400, "web.unknown_host")
        if request.method not in SAFE_METHODS and not _from_here(headers, self._site):
            return Refusal(403, "web.foreign_form")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > MOST_BODY_BYTES:
            return Refusal(413, "web.body_too_large", {"most_bytes": MOST_BODY_BYTES})
        return None


def _from_here(headers: Headers, site: Site) -> bool:
    """Whether the browser says that one of our pages sent it; a browser that says nothing is not believed."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site") == "same-origin" if origin is None else origin in site.origins


def _limited(receive: Receive) -> Receive:
    """Counts what comes in: a body may come without its length."""
    so_far = 0

    async def counted() -> Message:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > MOST_BODY_BYTES:
            raise BodyTooLargeError
        return message

    return counted


def _add_headers(message: Message, site: Site) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-store")
    if site.secure:
        headers["strict-transport-security"] = _STRICT_TRANSPORT
