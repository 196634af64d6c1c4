"""The page of the one statement, for the defendant: what the court's page shows, and the hard copy."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Act
from pipeline.screens.hard_copy_terms import Audience
from pipeline.web.pages import page, words_for
from pipeline.web.shown.admission import Parts, Shown, Who
from pipeline.web.statement_view import shown_pages
from pipeline.web.statements import download

router = APIRouter(prefix="/{text}")


@router.get("", name="shown.statement")
def statement(request: Request, parts: Parts, who: Who, report: Shown) -> Response:
    who.enter(who.its.statement, "statement", parts)
    for its in report.pages:
        # Images of its pages are part of that look.
        parts.noted.add(who.its.digest, its.row.id)
    return page(
        request,
        "shown.html",
        report=report,
        row=report.statement,
        shown=shown_pages(report, parts.layouts, words_for(request)),
        base=who.base,
        until=who.its.expires_at,
    )


@router.get("/hard-copy", name="shown.hard_copy")
def hard_copy(parts: Parts, who: Who, report: Shown) -> Response:
    who.enter(who.its.statement, f"hard_copy {Audience.DEFENDANT}", parts, Act.EXPORTED)
    made = parts.hard_copy(report, Audience.DEFENDANT)
    return Response(made.data, media_type="application/pdf", headers=download(who.its.statement, "pdf"))
