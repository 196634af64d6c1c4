"""What holds for every request before it is looked at, and for every answer: hosts, origins, sizes, time, headers."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES
from pipeline.web.admission import SAFE_METHODS
from pipeline.web.api.problems import problem_of, problem_response
from pipeline.web.errors import refused_page
from pipeline.web.parts import Site
from pipeline.web.refusal import BodyTooLargeError, Refusal, not_found
from pipeline.web.routes import route_of

_LOG = logging.getLogger("constat.web")
MOST_BODY_BYTES = 256 * 1024
"""Of a form."""
_SCANS = re.compile(r"/layouts/new|/layouts/drafts/[^/]+/try|/scanners", re.ASCII)
"""Pages that take scans, as large as a layout may be drafted from."""
MOST_UPLOAD_BYTES = MOST_SCAN_BYTES + MOST_BODY_BYTES
# Filled forms are personal data: what is sent stays in memory and reaches no temporary folder.
MultiPartParser.spool_max_size = MOST_UPLOAD_BYTES
MOST_REQUEST_S = 60.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
API = "/api"
"""Machines ask below it: with a key, which no foreign page can make a browser send."""
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
_SHOWN_HEADERS: Mapping[str, str] = {
    # The address is the way in: it is told to no other page, and found by no search engine.
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}
_FOR_VIEWERS: Mapping[str, str] = {
    # Viewers stand on pages of other sites. Nothing here depends on cookies, so that they learn only what they hold.
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
_SHOWN = re.compile(r"/shown/[^/]*(?P<viewers>/(?:iiif/|manifest|search).*)?", re.ASCII | re.DOTALL)
"""What passes show; what of it viewers ask for."""
_ASKS_FIRST: Mapping[str, str] = {
    **_FOR_VIEWERS,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "Accept, If-None-Match",
    "access-control-max-age": "86400",
}
_STRICT_TRANSPORT = "max-age=31536000"


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
                _add_headers(message, self._site, scope["path"])
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is None and _asks_first(request):
            await Response(status_code=204, headers=_ASKS_FIRST)(scope, receive, marked)
        elif refusal is None:
            refusal = await self._answered(scope, receive, marked)
        if refusal is not None and not started:
            made = problem_response(problem_of(refusal)) if _is_api(scope) else refused_page(request, refusal)
            await made(scope, receive, marked)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        try:
            async with asyncio.timeout(MOST_REQUEST_S):
                await self._app(scope, _limited(receive, _most_bytes(scope)), send)
        except BodyTooLargeError:
            return Refusal(413, "web.body_too_large", {"most_bytes": _most_bytes(scope)})
        except TimeoutError:
            _LOG.error("request_given_up", extra={"limit_s": MOST_REQUEST_S, "route": route_of(scope)})
            return Refusal(503, "web.too_slow")
        except Exception:
            # The trace goes to whoever runs the server; the page says no more than that there was a fault.
            _LOG.exception("fault", extra={"route": route_of(scope)})
            return Refusal(500, "web.fault")
        return None

    def _refusal(self, request: Request) -> Refusal | None:
        headers = request.headers
        if headers.get("host", "") not in self._site.hosts:
            return Refusal(400, "web.unknown_host")
        if _is_api(request.scope) and _CONTROL.search(request.scope["path"]):
            # The router takes a line end for the end of the address.
            return not_found()
        believed = _is_api(request.scope) or _asks_first(request) or _from_here(headers, self._site)
        if request.method not in SAFE_METHODS and not believed:
            return Refusal(403, "web.foreign_form")
        length = headers.get("content-length", "0")
        most_bytes = _most_bytes(request.scope)
        if not length.isdecimal() or len(length) > 15 or int(length) > most_bytes:
            return Refusal(413, "web.body_too_large", {"most_bytes": most_bytes})
        return None


def _from_here(headers: Headers, site: Site) -> bool:
    """Whether the browser says that one of our pages sent it; a browser that says nothing is not believed."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site") == "same-origin" if origin is None else origin in site.origins


def _asks_first(request: Request) -> bool:
    """Whether a browser asks if a viewer on another site's page may ask for what a pass shows."""
    shown = _SHOWN.match(request.url.path)
    return request.method == "OPTIONS" and shown is not None and bool(shown["viewers"])


def _is_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith(f"{API}/")


def _most_bytes(scope: Scope) -> int:
    return MOST_UPLOAD_BYTES if _SCANS.fullmatch(scope["path"]) else MOST_BODY_BYTES


def _limited(receive: Receive, most_bytes: int) -> Receive:
    """Counts what comes in: a body may come without its length."""
    so_far = 0

    async def counted() -> Message:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > most_bytes:
            raise BodyTooLargeError
        return message

    return counted


def _add_headers(message: Message, site: Site, path: str) -> None:
    headers = MutableHeaders(scope=message)
    shown = _SHOWN.match(path)
    more = {} if shown is None else {**_SHOWN_HEADERS, **(_FOR_VIEWERS if shown["viewers"] else {})}
    for name, value in {**HEADERS, **more}.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-store")
    if site.secure:
        headers["strict-transport-security"] = _STRICT_TRANSPORT
