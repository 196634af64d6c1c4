"""Links for the defendant of one statement: made by the court's people with a reason, told once, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.passes import Pass
from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError
from pipeline.model import Reason
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.passes import (
    DEFAULT_LINK_DAYS,
    MOST_LINK_DAYS,
    MadeLink,
    NewLink,
    link_state,
    make_link,
    revoke_link,
)
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.shown.admission import SHOWN
from pipeline.web.statements import part_of, path_of, seen_statement
from pipeline.web.viewing import note_view

router = APIRouter()
MOST_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A line of the list; `state` is the code of its words."""

    its: Pass
    state: str


@dataclass(frozen=True, slots=True)
class LinkForm:
    """What is filled in for a new link, as it was sent."""

    days: str = str(DEFAULT_LINK_DAYS)
    reason: str = ""

    @property
    def days_wanted(self) -> int:
        """0, which is refused, for what is no number."""
        return int(self.days) if self.days.isascii() and self.days.isdecimal() and len(self.days) < 5 else 0


def filled(days: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "") -> LinkForm:
    return LinkForm(days.strip(), reason.strip()[:MOST_REASON_CHARACTERS])


Filled = Annotated[LinkForm, Depends(filled)]


def numbered(parts: Parts, who: Who, number: str, issuer: str = "") -> StatementReport:
    """The statement by its own number: a designation may be that of several defendants. Raises as `seen_statement`."""
    report = seen_statement(number, issuer or None, who, parts)
    if report.statement.number is None:
        raise OperatorError("unknown_statement", number=number)
    return report


Numbered = Annotated[StatementReport, Depends(numbered)]


@router.get("/statements/{number}/links", name="links.list")
def links(request: Request, parts: Parts, who: Who, report: Numbered) -> Response:
    note_view(report.statement.number or "", "links", who=who, parts=parts)
    return _page(request, report, parts, LinkForm())


@router.post("/statements/{number}/links", name="links.make")
def make(request: Request, parts: Parts, who: Who, report: Numbered, form: Filled) -> Response:
    its = report.statement
    restricted = who.may(Permission.VIEW_RESTRICTED)
    new = NewLink(its.issuer, its.number or "", form.days_wanted, form.reason, restricted)
    try:
        made = make_link(new, by=who.name, address=who.address, gate=parts.gate)
    except OperatorError as error:
        return _page(request, report, parts, form, reasons=(reason_of(error),))
    # Told to the one who asked, and to nobody again.
    return _page(request, report, parts, LinkForm(), made=made)


@router.post("/statements/{number}/links/{link}/revoke", name="links.revoke")
def revoke(parts: Parts, who: Who, report: Numbered, link: str) -> Response:
    its = report.statement
    if all(each.id != link for each in parts.gate.records.passes.links(its.issuer, its.number)):
        note_view(its.number or "", "unknown_link", who=who, parts=parts, act=Act.SEARCHED)
        raise not_found()
    revoke_link(link, by=who.name, address=who.address, gate=parts.gate)
    return RedirectResponse(part_of(path_of(report), "links"), status_code=303)


def _page(
    request: Request,
    report: StatementReport,
    parts: WebParts,
    form: LinkForm,
    *,
    reasons: tuple[Reason, ...] = (),
    made: MadeLink | None = None,
) -> Response:
    its, now = report.statement, parts.gate.clock.now()
    found = parts.gate.records.passes.links(its.issuer, its.number)
    return page(
        request,
        "links.html",
        status=422 if reasons else 200,
        row=its,
        path=path_of(report),
        links=[ShownLink(each, link_state(each, at=now)) for each in reversed(found)],
        form=form,
        reasons=reasons,
        made=None if made is None else made.link,
        address="" if made is None else f"{parts.site.home}{SHOWN}/{made.text}",
        most_days=MOST_LINK_DAYS,
        part=partial(part_of, path_of(report)),
    )
