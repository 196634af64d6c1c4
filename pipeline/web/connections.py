"""How long a connection may take to send a request's head, and to take an answer: slow ones would fill the server."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle, Transport
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_HEAD_S: Final = 20.0
"""From the first byte of a request, or from the connection's beginning, to the end of its headers."""
MOST_STALL_S: Final = 30.0
"""An answer of which nothing is taken for so long is given up, with what is held of it."""


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to waiting.

    Bodies need no limit here: `security.Guard` gives a whole request its time.
    """

    _head_due: TimerHandle | None = None
    _taken_due: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        assert isinstance(transport, Transport)
        super().connection_made(transport)
        self._head_due = self.loop.call_later(MOST_HEAD_S, self._given_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A request that is being answered has its time from the application; anything else is a head, or a body
        # that nobody waits for any more.
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._stop_head()
        elif self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(MOST_HEAD_S, self._given_up)

    def on_response_complete(self) -> None:
        self._stop_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._taken_due is None:
            self._taken_due = self.loop.call_later(MOST_STALL_S, self._given_up)

    def resume_writing(self) -> None:
        self._stop_taken()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head()
        self._stop_taken()
        super().connection_lost(exc)

    def _given_up(self) -> None:
        self.transport.abort()

    def _stop_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _stop_taken(self) -> None:
        if self._taken_due is not None:
            self._taken_due.cancel()
            self._taken_due = None
