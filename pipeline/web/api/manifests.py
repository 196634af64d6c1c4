"""The manifest of a statement for a machine, which hands it to a viewer: images and search stand under a pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from pipeline.custody.people import Act, Permission
from pipeline.screens.iiif.linked import Texts
from pipeline.screens.iiif.manifest import Addresses, Link
from pipeline.usecases.passes import viewing_pass
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.answering import address_of, named
from pipeline.web.api.finding import Report
from pipeline.web.api.problems import answers
from pipeline.web.iiif_answers import origin_of
from pipeline.web.manifest_answers import (
    ManifestDoor,
    Pages,
    PagesWanted,
    canvases_of,
    fronts_of,
    manifest_answer,
    manifest_link,
)
from pipeline.web.parts import WebParts
from pipeline.web.shown.admission import SHOWN

router = APIRouter(prefix="/v1/statements/{number}")
Language = Annotated[Literal["fr", "en"], Query(description="Of the texts of annotations; all else is told in both.")]
_MANIFEST: dict[int | str, dict[str, object]] = {
    200: {
        "description": "IIIF Presentation 3.0. The images in it can be had for 15 minutes at least, without a key.",
        "content": {kind: {"schema": {"type": "object"}} for kind in ("application/json", "application/ld+json")},
    },
    304: {"description": "The client has it already (If-None-Match)."},
}


@router.get(
    "/manifest", name="statements.manifest", response_class=Response, responses={**answers(404, 409), **_MANIFEST}
)
def manifest(
    request: Request, parts: Parts, who: Who, report: Report, pages: Pages = None, lang: Language = "fr"
) -> Response:
    """The statement for a viewer: canvases with their layers, readings as annotations, search within."""
    fronts = fronts_of(pages, front_first=_front_first(who))
    asked_for_backs = _front_first(who) and not fronts
    who.enter(Act.VIEWED, named(report), "manifest_all" if asked_for_backs else "manifest", parts)
    shown = f"{origin_of(request, parts)}{SHOWN}/{_pass(report, who, parts)}"
    form = "all" if asked_for_backs else ""
    addresses = Addresses(
        own=_own(request, report, parts, pages, lang),
        images=f"{shown}/iiif/3",
        canvases=canvases_of(parts.site.home),
        search=f"{shown}/search" + (f"/{form}" if form else ""),
        old_search=f"{shown}/search/1" + (f"-{form}" if form else ""),
        links=tuple(_links(request, report, parts, shown, lang, fronts=fronts)),
    )
    door = ManifestDoor(addresses, lang, fronts=fronts, vary="Authorization")
    return manifest_answer(request, report, door, parts)


def _front_first(who: Machine) -> bool:
    return who.client.issuer is not None


def _pass(report: StatementReport, who: Machine, parts: WebParts) -> str:
    return viewing_pass(
        report.statement.issuer,
        named(report),
        who=who.client.known_as,
        gate=parts.gate,
        front_first=_front_first(who),
        restricted=who.may(Permission.VIEW_RESTRICTED),
    )


def _own(request: Request, report: StatementReport, parts: WebParts, pages: PagesWanted | None, lang: str) -> str:
    asked = {**({"pages": str(pages)} if pages else {}), **({"lang": lang} if lang != "fr" else {})}
    return origin_of(request, parts) + address_of(named(report), report.statement.issuer, "/manifest", **asked)


def _links(
    request: Request, report: StatementReport, parts: WebParts, shown: str, lang: str, *, fronts: bool
) -> Iterator[Link]:
    origin, its = origin_of(request, parts), report.statement
    query = "".join(f"&{name}={value}" for name, value in (("lang", lang), ("pages", "" if fronts else "all")) if value)
    yield manifest_link(f"{shown}/manifest?{query[1:]}", "manifest.for_viewers")
    data = Texts.of("manifest.data")
    yield Link("seeAlso", origin + address_of(named(report), its.issuer), "Dataset", "application/json", data)
    if fronts:
        address = address_of(named(report), its.issuer, "/manifest", pages="all")
        yield manifest_link(origin + address, "manifest.all_pages")
