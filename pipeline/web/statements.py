"""A statement as its page screens, the particulars beside them; its hard copy and its proof."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError
from pipeline.evidence.proof import Proof, proof_text
from pipeline.screens.hard_copy_terms import Audience
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.web.admission import Parts, Visitor, Who
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
        report = _found(wanted, issuer.strip() or None, who, parts)
    except (OperatorError, Refusal) as error:
        note_view(_searched(wanted), "not_found", who=who, parts=parts, act=Act.SEARCHED)
        sentence = words_for(request).facts(error.code, error.params)
        return page(request, "statement_search.html", status=404, number=number[:200], sentence=sentence)
    return RedirectResponse(_path(report), status_code=303)


def _searched(text: str) -> str:
    """What the log may say of a search: people type names and plates there, which have no place in it."""
    return text if _NUMBER.fullmatch(text) else "statements"


def _path(report: StatementReport) -> str:
    its = report.statement
    name = quote(its.number or its.designation or "", safe="")
    return f"/statements/{name}" + (f"?{urlencode({'issuer': its.issuer})}" if its.issuer else "")


@router.get("/statements/{number}", name="statements.show")
def statement(request: Request, parts: Parts, who: Who, number: str, issuer: str = "") -> Response:
    report = _found(number, issuer or None, who, parts)
    note_view(number, "statement", who=who, parts=parts)
    cover_pages((its.row.id for its in report.pages), who=who, parts=parts)
    words = words_for(request)
    return page(
        request,
        "statement.html",
        report=report,
        row=report.statement,
        shown=shown_pages(report, parts.layouts, words),
        path=_path(report),
        may_export=who.may(Permission.EXPORT),
    )


@router.get("/statements/{number}/hard-copy.pdf", name="statements.hard_copy")
def hard_copy(parts: Parts, who: Who, number: str, issuer: str = "", audience: str = "") -> Response:
    report = _found(number, issuer or None, who, parts)
    wanted = _audience(who, audience)
    note_view(number, f"hard_copy {wanted}", who=who, parts=parts, act=Act.EXPORTED)
    made = parts.hard_copy(report, wanted)
    return Response(made.data, media_type="application/pdf", headers=_download(number, "pdf"))


def _audience(who: Visitor, wanted: str) -> Audience:
    """The prosecutor is given what the prosecutor is due (s. 20), whatever is asked for."""
    if who.view is not None and who.view.account.issuer is not None:
        return Audience.PROSECUTOR
    return Audience(wanted) if wanted in set(Audience) else Audience.COURT


@router.get("/statements/{number}/proof", name="statements.proof")
def proof(request: Request, parts: Parts, who: Who, number: str, issuer: str = "") -> Response:
    report = _found(number, issuer or None, who, parts)
    note_view(number, "proof", who=who, parts=parts)
    its = _proof(report, parts)
    return page(
        request,
        "proof.html",
        report=report,
        row=report.statement,
        proof=its,
        path=_path(report),
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
def proof_file(parts: Parts, who: Who, number: str, issuer: str = "") -> Response:
    report = _found(number, issuer or None, who, parts)
    note_view(number, "proof", who=who, parts=parts, act=Act.EXPORTED)
    text = proof_text(statement_proof(report.parts, keeping=parts.keeping))
    return Response(text, media_type="application/json", headers=_download(number, "json"))


def _download(number: str, suffix: str) -> dict[str, str]:
    name = "".join(its if its.isascii() and its.isalnum() else "-" for its in number)[:60]
    return {"content-disposition": f'attachment; filename="{name}.{suffix}"'}


def _found(number: str, issuer: str | None, who: Visitor, parts: WebParts) -> StatementReport:
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
