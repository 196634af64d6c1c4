"""A statement as its page screens, the particulars beside them; its hard copy and its proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError
from pipeline.evidence.proof import Proof
from pipeline.model import PageId, Side
from pipeline.screens.hard_copy_terms import Audience
from pipeline.usecases.manifest import face_of
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.usecases.review.checking import blind_fields
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.copies import hard_copy_of, proof_of
from pipeline.web.made_once import Made
from pipeline.web.manifest_answers import Pages, backs_of, fronts_of
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.statement_view import shown_pages
from pipeline.web.viewing import cover_pages, note_view, require_statement

router = APIRouter()
MOST_NUMBER_CHARACTERS = 100
_NUMBER = re.compile(r"[A-Z0-9-]{0,4}\d{5}[A-Z0-9-]{2,30}", re.ASCII)
"""Five digits in a row and seven characters: more than a plate has."""


@router.get("/statements", name="statements.search")
def search(request: Request) -> Response:
    return page(request, "statement_search.html", number="", sentence="")


@router.get("/statements/find", name="statements.find")
def find(request: Request, parts: Parts, who: Who, number: str = "") -> Response:
    """What is typed into the search: `[ISSUER:]NUMBER`, in any case, with blanks."""
    issuer, _, plain = number.rpartition(":")
    wanted = "".join(plain.split()).upper()[:MOST_NUMBER_CHARACTERS]
    if not wanted:
        return RedirectResponse("/statements", status_code=303)
    try:
        report = seen_statement(wanted, issuer.strip() or None, who, parts)
    except (OperatorError, Refusal) as error:
        note_view(_searched(wanted), "not_found", who=who, parts=parts, act=Act.SEARCHED)
        sentence = words_for(request).facts(error.code, error.params)
        return page(request, "statement_search.html", status=404, number=number[:200], sentence=sentence)
    return RedirectResponse(path_of(report), status_code=303)


def _searched(text: str) -> str:
    """What the log may say of a search: people type names and plates there, which have no place in it."""
    return text if _NUMBER.fullmatch(text) else "statements"


def path_of(report: StatementReport) -> str:
    """The address of its page."""
    its = report.statement
    name = quote(its.number or its.designation or "", safe="")
    return f"/statements/{name}" + (f"?{urlencode({'issuer': its.issuer})}" if its.issuer else "")


def part_of(path: str, part: str) -> str:
    """The address of a part of a statement, by that of its page."""
    before, asks, query = path.partition("?")
    return f"{before}/{part}{asks}{query}"


@router.get("/statements/{number}", name="statements.show")
def statement(request: Request, parts: Parts, who: Who, number: str, issuer: str = "", pages: Pages = None) -> Response:
    report = seen_statement(number, issuer or None, who, parts)
    fronts = fronts_of(pages, front_first=is_shown_fronts(who))
    note_pages(number, who=who, parts=parts, fronts=fronts)
    words = words_for(request)
    shown = shown_pages(report, parts.layouts, words, hidden=keyed_blind(report, who, parts))
    shown = tuple(its for its in shown if not fronts or face_of(its.report) is Side.FRONT)
    cover_pages((its.report.row.id for its in shown), who=who, parts=parts)
    return page(
        request,
        "statement.html",
        report=report,
        row=report.statement,
        shown=shown,
        path=path_of(report),
        part=partial(part_of, path_of(report)),
        may_export=who.may(Permission.EXPORT),
        may_link=who.may(Permission.MAKE_LINKS) and report.statement.number is not None,
        all_pages=_with_all_pages(path_of(report)) if fronts else "",
    )


def is_shown_fronts(who: Visitor) -> bool:
    """Whether the person is shown fronts until they ask for backs: a prosecutor (s. 20)."""
    return who.view is not None and who.view.account.issuer is not None


def note_pages(number: str, *, who: Visitor, parts: WebParts, fronts: bool) -> None:
    """Enter a look; to a prosecutor the back, once it is asked for, is a look of its own."""
    if fronts or not is_shown_fronts(who):
        note_view(number, "statement", who=who, parts=parts)
    else:
        note_view(number, "statement_all", who=who, parts=parts, as_known=backs_of(number))


def _with_all_pages(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}pages=all"


def keyed_blind(report: StatementReport, who: Visitor, parts: WebParts) -> dict[PageId, frozenset[str]]:
    """Fields that are being keyed blind, for those who may have to key them."""
    if not who.reviewer.queues:
        return {}
    tasks = parts.keeping.records.review.tasks
    return {page.row.id: blind_fields(tasks(page=page.row.id)) for page in report.pages}


def require_nothing_blind(hidden: Mapping[PageId, frozenset[str]]) -> None:
    """Raises Refusal: what is handed out has the readings in it, and this person may have to key one of them blind."""
    if any(hidden.values()):
        raise Refusal(403, "keyed_blind")


@router.get("/statements/{number}/hard-copy.pdf", name="statements.hard_copy")
def hard_copy(request: Request, parts: Parts, who: Who, number: str, issuer: str = "", audience: str = "") -> Response:
    report = seen_statement(number, issuer or None, who, parts)
    wanted = _audience(who, audience)
    require_nothing_blind(keyed_blind(report, who, parts))
    note_view(number, f"hard_copy {wanted}", who=who, parts=parts, act=Act.EXPORTED)
    return _once_made(request, hard_copy_of(report, wanted, parts), "application/pdf", download(number, "pdf"))


def _audience(who: Visitor, wanted: str) -> Audience:
    """The prosecutor is given what the prosecutor is due (s. 20), whatever is asked for."""
    if who.view is not None and who.view.account.issuer is not None:
        return Audience.PROSECUTOR
    return Audience(wanted) if wanted in set(Audience) else Audience.COURT


@router.get("/statements/{number}/proof", name="statements.proof")
def proof(request: Request, parts: Parts, who: Who, number: str, issuer: str = "") -> Response:
    report = seen_statement(number, issuer or None, who, parts)
    note_view(number, "proof", who=who, parts=parts)
    its = _proof(report, parts)
    return page(
        request,
        "proof.html",
        report=report,
        row=report.statement,
        proof=its,
        path=path_of(report),
        may_export=who.may(Permission.EXPORT),
    )


def _proof(report: StatementReport, parts: WebParts) -> Proof | None:
    """Null while an entry is not sealed."""
    try:
        return statement_proof(report.parts, keeping=parts.keeping)
    except OperatorError as error:
        if error.code != "not_sealed_yet":
            raise
        return None


@router.get("/statements/{number}/proof.json", name="statements.proof_file")
def proof_file(request: Request, parts: Parts, who: Who, number: str, issuer: str = "") -> Response:
    report = seen_statement(number, issuer or None, who, parts)
    note_view(number, "proof", who=who, parts=parts, act=Act.EXPORTED)
    return _once_made(request, proof_of(report, parts), "application/json", download(number, "json"))


def _once_made(request: Request, made: Made, media_type: str, headers: Mapping[str, str]) -> Response:
    """A document to be kept, or that the browser has it already."""
    told = {**headers, "etag": f'"{made.tag}"', "cache-control": "private, no-cache", "vary": "Cookie"}
    if told["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    return Response(made.data, media_type=media_type, headers=told)


def download(number: str, suffix: str) -> dict[str, str]:
    """Headers of a file to be kept, under a statement's number."""
    name = "".join(its if its.isascii() and its.isalnum() else "-" for its in number)[:60]
    return {"content-disposition": f'attachment; filename="{name}.{suffix}"'}


def seen_statement(number: str, issuer: str | None, who: Visitor, parts: WebParts) -> StatementReport:
    """The statement, all parts and forms of which this person may see.

    Raises:
        OperatorError: as `find_statement`.
        Refusal: not found, restricted.
    """
    own = who.view.account.issuer if who.view is not None else None
    if len(number) > MOST_NUMBER_CHARACTERS:
        raise OperatorError("unknown_statement", number=f"{number[:20]}…")
    report = find_statement(number, own or issuer, records=parts.keeping.records)
    for each in (report, *report.others):
        for row in each.parts:
            require_statement(row, who)
    return report
