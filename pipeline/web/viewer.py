"""A statement in the viewer of these pages, its manifest for it, and an address for viewers of other sites."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Act, Permission
from pipeline.model import Side
from pipeline.screens.iiif.manifest import Addresses, Link
from pipeline.usecases.access import note_access
from pipeline.usecases.manifest import face_of
from pipeline.usecases.passes import viewing_pass
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.iiif_answers import origin_of
from pipeline.web.manifest_answers import (
    ManifestDoor,
    Pages,
    PagesWanted,
    Searched,
    backs_of,
    canvases_of,
    fronts_of,
    hard_copy_link,
    home_link,
    manifest_answer,
    manifest_link,
    search_answer,
)
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.shown.admission import SHOWN
from pipeline.web.statements import keyed_blind, path_of, require_nothing_blind, seen_statement
from pipeline.web.viewing import cover_pages, note_view

router = APIRouter(prefix="/statements/{number}")


@router.get("/manifest", name="statements.manifest")
def manifest(request: Request, parts: Parts, who: Who, number: str, issuer: str = "", pages: Pages = None) -> Response:
    """For a viewer of these pages: the session opens its images."""
    report, door = _asked(request, parts, who, number, issuer, pages)
    _note(number, report, who, parts, fronts=door.fronts)
    return manifest_answer(request, report, door, parts)


@router.get("/search", name="statements.manifest_search")
def search(  # noqa: PLR0913 - the parts of a request
    request: Request, parts: Parts, who: Who, number: str, issuer: str = "", pages: Pages = None, q: Searched = ""
) -> Response:
    """Search within, by version 2.0."""
    report, door = _asked(request, parts, who, number, issuer, pages)
    _note(number, report, who, parts, fronts=door.fronts)
    return search_answer(request, report, door, parts, query=q)


@router.get("/viewer", name="statements.viewer")
def viewer(request: Request, parts: Parts, who: Who, number: str, issuer: str = "", pages: Pages = None) -> Response:
    report, door = _asked(request, parts, who, number, issuer, pages)
    _note(number, report, who, parts, fronts=door.fronts)
    return _shown(request, report, door, who, address="")


@router.post("/viewer", name="statements.viewer_address")
def viewer_address(
    request: Request, parts: Parts, who: Who, number: str, issuer: str = "", pages: Pages = None
) -> Response:
    """The address of a manifest that opens without a session, for some minutes; shown to whoever asked for it."""
    report, door = _asked(request, parts, who, number, issuer, pages)
    require_nothing_blind(door.hidden)
    its = report.statement
    note_access(who.name, Act.EXPORTED, number, "viewer_address", address=who.address, records=parts.gate.records)
    text = viewing_pass(
        its.issuer,
        its.number or its.designation or "",
        who=who.name,
        gate=parts.gate,
        front_first=_front_first(who),
        restricted=who.may(Permission.VIEW_RESTRICTED),
    )
    query = "?pages=all" if _front_first(who) and not door.fronts else ""
    return _shown(request, report, door, who, address=f"{origin_of(request, parts)}{SHOWN}/{text}/manifest{query}")


def _shown(request: Request, report: StatementReport, door: ManifestDoor, who: Visitor, *, address: str) -> Response:
    whole = _front_first(who) and door.fronts
    return page(
        request,
        "viewer.html",
        report=report,
        row=report.statement,
        path=path_of(report),
        manifest=_below(report, "manifest", pages=None if door.fronts is _front_first(who) else PagesWanted.ALL),
        whole=_below(report, "viewer", pages=PagesWanted.ALL) if whole else "",
        own=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        address=address,
        may_export=who.may(Permission.EXPORT),
    )


def _asked(
    request: Request, parts: WebParts, who: Visitor, number: str, issuer: str, pages: PagesWanted | None
) -> tuple[StatementReport, ManifestDoor]:
    """Raises as `seen_statement`."""
    report = seen_statement(number, issuer or None, who, parts)
    fronts = fronts_of(pages, front_first=_front_first(who))
    origin = origin_of(request, parts)
    addresses = Addresses(
        own=origin + _below(report, "manifest", pages=pages),
        images=f"{origin}/iiif/3",
        canvases=canvases_of(parts.site.home),
        search=origin + _below(report, "search", pages=pages),
        links=tuple(_links(report, origin, who, fronts=fronts)),
    )
    hidden = keyed_blind(report, who, parts)
    return report, ManifestDoor(addresses, who.language, fronts=fronts, vary="Cookie, Accept-Language", hidden=hidden)


def _links(report: StatementReport, origin: str, who: Visitor, *, fronts: bool) -> Iterator[Link]:
    yield home_link(origin + path_of(report))
    if who.may(Permission.EXPORT):
        yield hard_copy_link(origin + _below(report, "hard-copy.pdf"))
    if fronts:
        yield manifest_link(origin + _below(report, "manifest", pages=PagesWanted.ALL), "manifest.all_pages")


def _front_first(who: Visitor) -> bool:
    return who.view is not None and who.view.account.issuer is not None


def _below(report: StatementReport, part: str, *, pages: PagesWanted | None = None) -> str:
    """The path of something that stands below the statement."""
    its = report.statement
    asked = {"issuer": its.issuer, "pages": str(pages or "")}
    query = urlencode({name: value for name, value in asked.items() if value})
    name = quote(its.number or its.designation or "", safe="")
    return f"/statements/{name}/{part}" + (f"?{query}" if query else "")


def _note(number: str, report: StatementReport, who: Visitor, parts: WebParts, *, fronts: bool) -> None:
    """Enter the look; for a prosecutor that at the backs, once they are asked for, is one of its own."""
    note_view(number, "manifest", who=who, parts=parts)
    if _front_first(who) and not fronts and who.view is not None:
        session = who.view.session.token_digest
        if not parts.noted.knows(session, backs_of(number)):
            note_access(who.name, Act.VIEWED, number, "manifest_all", address=who.address, records=parts.gate.records)
            parts.noted.add(session, backs_of(number))
    shown = (its.row.id for its in report.pages if not fronts or face_of(its) is Side.FRONT)
    cover_pages(shown, who=who, parts=parts)
