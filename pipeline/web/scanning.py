"""Scanning, for intake staff: a batch is opened, its paper is fed while its sheets come into view, and it is ended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Permission
from pipeline.custody.scanning import ColorMode, MailKind, PaperSource, Pass, ScannedSide, ScanWish, SessionState
from pipeline.errors import InputRefused, IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.model import BatchId, Reason
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.scanning import (
    ScannedSheet,
    SessionView,
    end_session,
    enter_header,
    looks_of,
    make_missing,
    open_session,
    session_view,
    silent_feedings,
)
from pipeline.usecases.scanning.course import BACK_PASSES
from pipeline.usecases.scanning.ending import Also
from pipeline.usecases.scanning.first_look import FirstLook
from pipeline.usecases.scanning.paper import waiting_for_backs
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.scan_forms import RESOLUTIONS_DPI, FeedForm, HeaderForm, header_form
from pipeline.web.scan_room import RoomState
from pipeline.web.viewing import note_view, sees_whole_pages

router = APIRouter()
NEWEST_SHOWN: Final = 60
_ENDED_SHOWN: Final = 10
_BLANK: Final = 0.5
_PICTURES: Final = "private, max-age=86400, immutable"


@dataclass(frozen=True, slots=True)
class SideShown:
    """A side as its small picture shows it: how the first look took it, by code (`blank`, `separator`...)."""

    row: ScannedSide
    page_index: int
    side: str
    seen: str


@dataclass(frozen=True, slots=True)
class SheetShown:
    """A sheet; `version` changes with anything shown of it; `alarmed`: an alarm is about it."""

    number: int
    sides: tuple[SideShown, ...]
    earlier: int
    imprint: str | None
    alarmed: bool
    version: str


@dataclass(frozen=True, slots=True)
class Now:
    """A session as it is now: what both its page and the renewal of that show.

    Attributes:
        room: what goes on with it in this server; `fed_elsewhere`: another program feeds it.
        sheets: the newest first, and those that an alarm is about; `hidden`: how many others there are.
        every: nothing is hidden.
        backs: sheets whose backs come next.
        images: small pictures may be seen.
    """

    view: SessionView
    room: RoomState
    fed_elsewhere: bool
    sheets: tuple[SheetShown, ...]
    hidden: int
    every: bool
    backs: tuple[int, ...]
    images: bool

    @property
    def fed_here(self) -> bool:
        return self.room.running


@dataclass(frozen=True, slots=True)
class Filled:
    """What was filled in and refused, and why; empty where nothing was."""

    reasons: tuple[Reason, ...] = ()
    feeding: FeedForm | None = None
    header: HeaderForm | None = None
    why: str = ""


@router.get("/scan", name="scan.list")
def sessions(request: Request, parts: Parts, who: Who) -> Response:
    note_view("scan", "scanning", who=who, parts=parts)
    return _list_page(request, parts, HeaderForm(received_on=_today(parts).isoformat()))


@router.post("/scan", name="scan.open")
def begin(request: Request, parts: Parts, who: Who, form: Annotated[HeaderForm, Form()]) -> Response:
    try:
        options = form.options(BatchOptions(issuer=parts.desk.issuer.id, operator=who.name))
        batch = open_session(options, form.header, who=who.name, keeping=parts.keeping)
    except PipelineError as error:
        return _list_page(request, parts, form, reasons=(reason_of(error),))
    note_view(batch, "scan_opened", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/scan/{batch}", status_code=303)


@router.get("/scan/{batch}", name="scan.show")
def session(request: Request, parts: Parts, who: Who, batch: str, all: str = "") -> Response:
    view = _view(batch, parts)
    if view.session.state is SessionState.ENDED:
        return RedirectResponse(f"/batches/{view.batch.id}", status_code=303)
    note_view(view.batch.id, "batch", who=who, parts=parts)
    return _session_page(request, parts, who, view, Filled(), every=bool(all))


@router.get("/scan/{batch}/live", name="scan.live")
def live(request: Request, parts: Parts, who: Who, batch: str, all: str = "") -> Response:
    view = _view(batch, parts)
    note_view(view.batch.id, "batch", who=who, parts=parts)
    return page(request, "scan_live.html", now=_now(view, parts, who, every=bool(all)))


@router.get("/scan/{batch}/pictures/{side}/{index}", name="scan.picture")
def picture(parts: Parts, who: Who, batch: str, side: str, index: int) -> Response:
    if not sees_whole_pages(who, parts):
        raise not_found()
    rows = parts.keeping.records.scans.sides(BatchId(batch))
    row = next((its for its in rows if its.id == side), None)
    if row is None:
        raise not_found()
    note_view(row.batch, "batch", who=who, parts=parts)
    tag = f"{row.digest} {index}"
    data = parts.scan_pictures.get(tag)
    if data is None:
        data = _picture(row, index, parts)
        parts.scan_pictures.put(tag, data)
    return Response(data, media_type="image/jpeg", headers={"cache-control": _PICTURES, "vary": "Cookie"})


@router.post("/scan/{batch}/feed", name="scan.feed")
def feed(request: Request, parts: Parts, who: Who, batch: str, form: Annotated[FeedForm, Form()]) -> Response:
    view = _view(batch, parts)
    try:
        parts.scan_room.start(view.batch.id, form.wanted(parts.scanner_list, who.name))
    except PipelineError as error:
        return _session_page(request, parts, who, view, Filled((reason_of(error),), feeding=form))
    note_view(view.batch.id, "scan_fed", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/scan/{view.batch.id}", status_code=303)


@router.post("/scan/{batch}/stop", name="scan.stop")
def stop(parts: Parts, batch: str) -> Response:
    view = _view(batch, parts)
    parts.scan_room.stop(view.batch.id)
    return RedirectResponse(f"/scan/{view.batch.id}", status_code=303)


@router.post("/scan/{batch}/header", name="scan.header")
def correct(request: Request, parts: Parts, who: Who, batch: str, form: Annotated[HeaderForm, Form()]) -> Response:
    view = _view(batch, parts)
    try:
        enter_header(view.batch.id, form.options(view.options), form.header, keeping=parts.keeping)
    except PipelineError as error:
        return _session_page(request, parts, who, view, Filled((reason_of(error),), header=form))
    note_view(view.batch.id, "scan_header", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/scan/{view.batch.id}", status_code=303)


@router.post("/scan/{batch}/end", name="scan.end")
def end(request: Request, parts: Parts, who: Who, batch: str, reason: Annotated[str, Form()] = "") -> Response:
    view = _view(batch, parts)
    try:
        if parts.scan_room.state(view.batch.id).running:
            raise Unavailable("session_busy", batch=view.batch.id, by=who.name)
        # What a killed feeding left out may hold an alarm.
        make_missing(view.batch.id, looker=FirstLook(parts.keeping.objects, parts.source), keeping=parts.keeping)
        end_session(
            view.batch.id,
            who=who.name,
            supervisor=who.may(Permission.CLOSE_BATCH),
            keeping=parts.keeping,
            reason=reason[:2000],
            also=_jobs(view, parts),
        )
    except PipelineError as error:
        return _session_page(request, parts, who, view, Filled((reason_of(error),), why=reason))
    note_view(view.batch.id, "scan_ended", who=who, parts=parts, act=Act.CHANGED)
    parts.scan_room.read(view.batch.id)
    return RedirectResponse(f"/batches/{view.batch.id}", status_code=303)


def _jobs(view: SessionView, parts: WebParts) -> Also | None:
    """Where workers read, they are asked to in the transaction that makes files of what was scanned."""
    if not parts.site.workers:
        return None
    from pipeline.usecases.jobs.making import ask_for_split

    return ask_for_split(view.batch)


def _view(batch: str, parts: WebParts) -> SessionView:
    now = parts.keeping.clock.now()
    try:
        view = session_view(BatchId(batch), keeping=parts.keeping, now=now)
        if view.silent:
            # Whatever fed it was killed: it waits for paper again.
            silent_feedings(keeping=parts.keeping)
            view = session_view(BatchId(batch), keeping=parts.keeping, now=now)
    except OperatorError as error:
        raise Refusal(404, error.code, error.params) from error
    return view


def _today(parts: WebParts) -> date:
    return parts.keeping.clock.now().astimezone().date()


def _list_page(request: Request, parts: WebParts, given: HeaderForm, *, reasons: Sequence[Reason] = ()) -> Response:
    scans = parts.keeping.records.scans
    return page(
        request,
        "scan.html",
        status=422 if reasons else 200,
        open=[_view(its.batch, parts) for its in scans.sessions(ended=False)],
        ended=scans.sessions(ended=True, most=_ENDED_SHOWN),
        given=given,
        kinds=tuple(MailKind),
        scanners=parts.scanner_list,
        reasons=reasons,
    )


def _session_page(
    request: Request, parts: WebParts, who: Visitor, view: SessionView, filled: Filled, *, every: bool = False
) -> Response:
    return page(
        request,
        "scan_session.html",
        status=422 if filled.reasons else 200,
        reasons=filled.reasons,
        given=filled.feeding or _usual(view, parts),
        header=filled.header or header_form(view.session, view.options),
        why=filled.why,
        kinds=tuple(MailKind),
        sources=tuple(PaperSource),
        modes=tuple(ColorMode),
        passes=tuple(Pass),
        resolutions=RESOLUTIONS_DPI,
        scanners=parts.scanner_list,
        supervisor=who.may(Permission.CLOSE_BATCH),
        now=_now(view, parts, who, every=every),
    )


def _usual(view: SessionView, parts: WebParts) -> FeedForm:
    """As the paper was fed last; else the first scanner, both sides in colour."""
    last = view.feedings[-1] if view.feedings else None
    wish = ScanWish() if last is None else last.wish
    names = [name for name, uri in parts.scanner_list if last is not None and uri == last.scanner]
    return FeedForm(
        scanner=next(iter((*names, *(name for name, _ in parts.scanner_list))), ""),
        source=wish.source.value,
        mode=wish.mode.value,
        dpi=str(wish.dpi),
        sides=_next_pass(view).value,
    )


def _next_pass(view: SessionView) -> Pass:
    """After a stop the same again; once the fronts are in, their backs, as they lie when the stack is turned over."""
    last = view.feedings[-1] if view.feedings else None
    if last is not None and last.stopped is not None and not last.again:
        return last.sides
    return Pass.BACKS_FROM_LAST if _backs(view) else Pass.BOTH


def _backs(view: SessionView) -> tuple[int, ...]:
    return waiting_for_backs(tuple(side for sheet in view.sheets for side in sheet.all), view.feedings)


def _now(view: SessionView, parts: WebParts, who: Visitor, *, every: bool) -> Now:
    alarmed = {number for its in view.alarms for number in its.sheets}
    newest = view.sheets if every else view.sheets[-NEWEST_SHOWN:]
    least = newest[0].number if newest else 0
    shown = [its for its in view.sheets if its.number >= least or its.number in alarmed]
    room = parts.scan_room.state(view.batch.id)
    return Now(
        view=view,
        room=room,
        fed_elsewhere=view.session.state is SessionState.FEEDING and not room.running and not view.silent,
        sheets=tuple(_sheet(its, alarmed) for its in reversed(shown)),
        hidden=len(view.sheets) - len(shown),
        every=every,
        backs=_backs(view) if _next_pass(view) in BACK_PASSES else (),
        images=sees_whole_pages(who, parts),
    )


def _sheet(its: ScannedSheet, alarmed: set[int]) -> SheetShown:
    sides = tuple(one for row in its.sides for one in _sides(row))
    is_alarmed = its.number in alarmed
    facts = repr((sides, len(its.earlier), its.imprint, is_alarmed))
    version = hashlib.sha256(facts.encode()).hexdigest()[:16]
    return SheetShown(its.number, sides, len(its.earlier), its.imprint, is_alarmed, version)


def _sides(row: ScannedSide) -> list[SideShown]:
    """The pages of a file: one mostly, front and back in turn where it holds both."""
    looks = looks_of(row)
    if row.side is not None:
        return [SideShown(row, 0, row.side, _seen(row, 0))]
    return [
        SideShown(row, index, ("front", "back")[index % 2], _seen(row, index))
        for index in range(max(len(looks), row.pages or 1))
    ]


def _seen(row: ScannedSide, index: int) -> str:
    looks = looks_of(row)
    if index >= len(looks):
        return "new"
    look = looks[index]
    if look.failed is not None:
        return "unreadable"
    if look.separator or look.doubtful:
        return "separator" if look.separator else "separator_doubtful"
    return "blank" if look.blank is not None and look.blank >= _BLANK else "content"


def _picture(row: ScannedSide, index: int, parts: WebParts) -> bytes:
    try:
        return FirstLook(parts.keeping.objects, parts.source).thumbnail(row, page_index=index)
    except (InputRefused, IntegrityError) as error:
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
