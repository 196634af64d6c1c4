"""Has each request told to whoever collects traces: by its route, method and status."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.ports import Clock
from pipeline.ports.tracing import Answered, RequestTracing
from pipeline.web.meters import METHODS
from pipeline.web.routes import route_of

_OTHER: Final = "_OTHER"


class Traced:
    """Around the whole application, where a site has a collector."""

    def __init__(self, app: ASGIApp, tracing: RequestTracing, clock: Clock) -> None:
        self._app = app
        self._tracing = tracing
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_at, status = self._clock.now(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            method = scope["method"] if scope["method"] in METHODS else _OTHER
            parent = Headers(scope=scope).get("traceparent", "")
            ended_at = self._clock.now()
            self._tracing.answered(Answered(route_of(scope), method, status, began_at, ended_at, parent))
