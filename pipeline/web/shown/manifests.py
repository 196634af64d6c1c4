"""The manifest of the one statement, and the search in it, for viewers of whatever site: the pass is in the address."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from fastapi import APIRouter, Request, Response

from pipeline.custody.passes import PassKind
from pipeline.messages import LANGUAGES
from pipeline.screens.iiif.manifest import Addresses, Link
from pipeline.usecases.passes import note_use
from pipeline.usecases.retrieve import StatementReport
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
from pipeline.web.pages import language_for
from pipeline.web.parts import WebParts
from pipeline.web.shown.admission import Holder, Parts, Shown, Who

router = APIRouter(prefix="/{text}")


class SearchForm(StrEnum):
    """How it is searched: by version 1.0, in all pages, or both."""

    OLD = "1"
    ALL = "all"
    OLD_ALL = "1-all"


@router.get("/manifest", name="shown.manifest")
def manifest(request: Request, parts: Parts, who: Who, report: Shown, lang: str = "", pages: Pages = None) -> Response:
    its = _door(request, who, parts, lang=lang, pages=pages)
    _note(who, parts, fronts=its.fronts)
    return manifest_answer(request, report, its, parts)


@router.get("/search", name="shown.search")
def search(request: Request, parts: Parts, who: Who, report: Shown, q: Searched = "") -> Response:
    """By version 2.0, in the pages that the manifest has unless all are asked for."""
    return _searched(request, report, who, parts, q)


@router.get("/search/{form}", name="shown.search_form")
def search_form(
    request: Request, parts: Parts, who: Who, report: Shown, form: SearchForm, q: Searched = ""
) -> Response:
    """The same by version 1.0, or in all pages: viewers write the query behind an address without one."""
    return _searched(request, report, who, parts, q, form)


def _searched(
    request: Request, report: StatementReport, who: Holder, parts: WebParts, query: str, form: SearchForm | None = None
) -> Response:
    pages = PagesWanted.ALL if form in (SearchForm.ALL, SearchForm.OLD_ALL) else None
    door = _door(request, who, parts, pages=pages)
    _note(who, parts, fronts=door.fronts)
    old = form in (SearchForm.OLD, SearchForm.OLD_ALL)
    return search_answer(request, report, door, parts, query=query, old=old)


def _note(who: Holder, parts: WebParts, *, fronts: bool) -> None:
    """The back, once it is asked for, is a look of its own."""
    statement = who.its.statement
    if fronts or not who.its.front_first:
        who.enter(statement, "manifest", parts)
        return
    if not parts.noted.knows(who.its.digest, backs_of(statement)):
        note_use(who.its, statement, "manifest_all", address=who.address, gate=parts.gate)
        parts.noted.add(who.its.digest, backs_of(statement))


def _door(
    request: Request, who: Holder, parts: WebParts, *, lang: str = "", pages: PagesWanted | None = None
) -> ManifestDoor:
    fronts = fronts_of(pages, front_first=who.its.front_first)
    asked = {"lang": lang if lang in LANGUAGES else "", "pages": pages or ""}
    query = "&".join(f"{name}={its}" for name, its in asked.items() if its)
    beyond = who.its.front_first and not fronts
    addresses = Addresses(
        own=f"{who.base}/manifest" + (f"?{query}" if query else ""),
        images=f"{who.base}/iiif/3",
        canvases=canvases_of(parts.site.home),
        search=f"{who.base}/search" + (f"/{SearchForm.ALL}" if beyond else ""),
        old_search=f"{who.base}/search/{SearchForm.OLD_ALL if beyond else SearchForm.OLD}",
        links=tuple(_links(who, fronts)),
    )
    return ManifestDoor(addresses, language_for(request), fronts=fronts, vary="Accept-Language", open=True)


def _links(who: Holder, fronts: bool) -> Iterator[Link]:
    if who.its.kind is PassKind.LINK:
        yield home_link(who.base)
        yield hard_copy_link(f"{who.base}/hard-copy")
    if fronts:
        yield manifest_link(f"{who.base}/manifest?pages=all", "manifest.all_pages")
