"""HEAD for everything that GET answers: the same headers, no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Asks for the whole, which costs as much and is noted as much as GET: its length is known once it is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        asked: Scope = {**scope, "method": "GET"}
        try:
            await self._app(asked, receive, without_body)
        finally:
            # Whoever counts requests outside of this wants to know which route it was.
            scope.update({name: asked[name] for name in ("route", "root_path") if name in asked})
