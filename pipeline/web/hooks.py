"""Webhooks, for whoever runs the server: how the sending stands, what was given up, and sending it again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from pipeline.custody.hooks import DeliveryState, HookState
from pipeline.custody.people import ACCOUNT_NAME, Act
from pipeline.errors import OperatorError
from pipeline.model import Reason
from pipeline.usecases.hooks import (
    HookReport,
    hook_named,
    hook_reports,
    replay_dead,
    replay_from,
    set_paused,
    skip_dead,
)
from pipeline.usecases.keeping import reason_of
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.viewing import note_view

router = APIRouter()
_SHOWN, _DEAD_SHOWN = 50, 100
_MOST_DIGITS = 15


class ActForm(BaseModel):
    """One act; `do` says which, `sequence` on or from which event."""

    do: str = ""
    sequence: str = ""


Filled = Annotated[ActForm, Form()]


@router.get("/hooks", name="hooks.list")
def hooks(request: Request, parts: Parts, who: Who) -> Response:
    note_view("hooks", "administration", who=who, parts=parts)
    reports = hook_reports(records=parts.gate.records)
    return page(request, "hooks.html", reports=reports, host_of=host_of)


@router.get("/hooks/of/{name}", name="hooks.show")
def show(
    request: Request, parts: Parts, who: Who, name: str, before: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    note_view(f"hook:{_known(name)}", "administration", who=who, parts=parts)
    return _hook_page(request, parts, name, before=before)


@router.post("/hooks/of/{name}", name="hooks.act")
def act(request: Request, parts: Parts, who: Who, name: str, form: Filled) -> Response:
    """Raises Refusal: no such act."""
    try:
        _do(name, form, who.name, parts)
    except OperatorError as error:
        return _hook_page(request, parts, name, reasons=(reason_of(error),))
    note_view(f"hook:{_known(name)}", f"hook_{form.do}", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/hooks/of/{name}?done={form.do}", status_code=303)


def host_of(url: str) -> str:
    """Of the whole address only what is told to everybody who watches: the rest may be what lets messages in."""
    return urlsplit(url).netloc


def _do(name: str, form: ActForm, by: str, parts: WebParts) -> None:
    gate = parts.gate
    match form.do:
        case "pause" | "resume":
            set_paused(name, form.do == "pause", by=by, gate=gate)
        case "replay_dead":
            replay_dead(name, by=by, gate=gate)
        case "replay":
            replay_from(name, _sequence(form), by=by, gate=gate)
        case "skip":
            skip_dead(name, _sequence(form), by=by, gate=gate)
        case _:
            raise not_found()


def _sequence(form: ActForm) -> int:
    text = form.sequence.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise OperatorError("web.hooks.no_sequence")
    return int(text)


def _hook_page(
    request: Request, parts: WebParts, name: str, *, before: int | None = None, reasons: tuple[Reason, ...] = ()
) -> Response:
    records = parts.gate.records
    try:
        hook = hook_named(name, records=records)
    except OperatorError as error:
        raise not_found() from error
    rows = records.hooks.deliveries(hook.id, before=before, most=_SHOWN + 1)
    return page(
        request,
        "hook_of.html",
        status=422 if reasons else 200,
        report=HookReport(hook, records.hooks.counts(hook.id)),
        host=host_of(hook.url),
        terms=hook.terms(parts.gate.clock.now()),
        dead=records.hooks.deliveries(hook.id, state=DeliveryState.DEAD, most=_DEAD_SHOWN),
        rows=rows[:_SHOWN],
        earlier=rows[_SHOWN - 1].sequence if len(rows) > _SHOWN else None,
        revoked=hook.state is HookState.REVOKED,
        reasons=reasons,
        done=request.query_params.get("done", ""),
    )


def _known(name: str) -> str:
    """For the log: what was typed may be anything."""
    return name if ACCOUNT_NAME.fullmatch(name) else "?"
