"""The outbox: what happened to statements, from a place on. Who waits is answered as soon as something does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pipeline.custody.events import Event, EventKind, EventsWanted
from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError
from pipeline.usecases.feed import Leaf, Listener, leaf
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.answering import address_of
from pipeline.web.api.problems import Declined, answers
from pipeline.web.parts import WebParts

router = APIRouter(prefix="/v1")
MOST_TOLD, USUAL_TOLD = 500, 100
LONGEST_WAIT_S: Final = 20
MOST_WAITING: Final = 64
"""Requests that may wait at once; one more is answered at once."""
_POLL_S = 0.25
_MOST_SEQUENCE = 2**53 - 1
"""What every reader of JSON can count up to."""


class Asked(BaseModel):
    """The query: all that is given must hold."""

    model_config = {"extra": "forbid"}

    after: Annotated[int, Query(ge=0, le=_MOST_SEQUENCE, description="From `next`; 0 for the beginning.")] = 0
    limit: Annotated[int, Query(ge=1, le=MOST_TOLD)] = USUAL_TOLD
    kind: Annotated[list[EventKind], Query(max_length=len(EventKind), description="May be repeated.")] = []
    statement: Annotated[
        str | None, Query(min_length=1, max_length=100, description="A statement's number, or `statement` of an event.")
    ] = None
    issuer: Annotated[str | None, Query(max_length=100)] = None
    wait_s: Annotated[int, Query(ge=0, le=LONGEST_WAIT_S, description="How long to wait for an event.")] = 0


class EventAnswer(BaseModel):
    """One thing that happened to a statement. The same event always has the same id."""

    sequence: int
    id: str
    kind: EventKind
    at: datetime
    issuer: str
    number: str | None = Field(description="Of the statement, as it stood then; null while none was sure.")
    statement: str = Field(description="What one batch brought of a statement; stays when its number is corrected.")
    batch: str
    received_on: date | None = Field(description="The day of the mail.")
    age_days: int | None = Field(description="From the day of the mail to `at`.")
    data: dict[str, str] = Field(description="As its kind says.")
    href: str | None = Field(description="Address of the statement; null without a number.")


class EventList(BaseModel):
    """Events by sequence."""

    events: list[EventAnswer]
    next: int = Field(description="To be sent as `after` next, also where there are no events.")
    more: bool = Field(description="Whether there is more at once.")


@router.get("/events", name="events.list", response_model=EventList, responses=answers(409))
async def events(request: Request, parts: Parts, who: Who, asked: Annotated[Asked, Query()]) -> Response:
    """What happened to statements. Each event is handed out at least once, those of a statement in their order."""
    found = await run_in_threadpool(_leaf, asked, who, parts)
    give_up = time.monotonic() + asked.wait_s
    with _waiting(request, wanted=asked.wait_s > 0 and not found.events) as waits:
        while waits and not found.events and time.monotonic() < give_up and not await request.is_disconnected():
            await asyncio.sleep(min(_POLL_S, max(0.0, give_up - time.monotonic())))
            if await run_in_threadpool(parts.keeping.records.events.last) > found.upto:
                found = await run_in_threadpool(_leaf, asked.model_copy(update={"after": found.upto}), who, parts)
    return await run_in_threadpool(_told, found, who, parts)


def _leaf(asked: Asked, who: Machine, parts: WebParts) -> Leaf:
    listener = Listener(who.client.issuer, restricted=who.may(Permission.VIEW_RESTRICTED))
    wanted = EventsWanted(asked.issuer, frozenset(asked.kind), asked.statement)
    try:
        return leaf(asked.after, wanted, listener, most=asked.limit, records=parts.keeping.records)
    except OperatorError as error:
        raise Declined(409, error.code, facts=error.params) from error


def _told(found: Leaf, who: Machine, parts: WebParts) -> Response:
    body = EventList(events=list(map(_answer, found.events)), next=found.upto, more=found.more)
    if found.events:
        # Which events it was shown; and so, which statements.
        why = f"events {found.events[0].sequence}-{found.events[-1].sequence}"
        who.enter(Act.VIEWED, "events", why, parts)
    return Response(body.model_dump_json(), media_type="application/json", headers={"cache-control": "no-store"})


def _answer(its: Event) -> EventAnswer:
    return EventAnswer(
        sequence=its.sequence,
        id=its.id,
        kind=its.kind,
        at=its.at,
        issuer=its.issuer,
        number=its.number,
        statement=its.statement,
        batch=its.batch,
        received_on=its.received_on,
        age_days=its.age_days,
        data=dict(its.data),
        href=None if its.number is None else address_of(its.number, its.issuer),
    )


@contextmanager
def _waiting(request: Request, *, wanted: bool) -> Iterator[bool]:
    """Whether this request may wait; the event loop runs one of them at a time."""
    state = request.app.state
    count = int(getattr(state, "waiting", 0))
    if not wanted or count >= MOST_WAITING:
        yield False
        return
    state.waiting = count + 1
    try:
        yield True
    finally:
        state.waiting -= 1
