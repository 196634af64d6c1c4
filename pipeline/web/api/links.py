"""Links for defendants, made, told and revoked by the court's machines; the text of one is told once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from pipeline.custody.passes import Pass
from pipeline.custody.people import Act, Permission
from pipeline.usecases.passes import DEFAULT_LINK_DAYS, MOST_LINK_DAYS, NewLink, link_state, make_link, revoke_link
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.finding import Report
from pipeline.web.api.problems import Declined, answers
from pipeline.web.parts import WebParts
from pipeline.web.shown.admission import SHOWN

router = APIRouter(prefix="/v1/statements/{number}/links")
MOST_REASON_CHARACTERS = 200


class LinkWish(BaseModel):
    """A link that is to be made."""

    model_config = {"extra": "forbid"}

    days: int = Field(default=DEFAULT_LINK_DAYS, ge=1, le=MOST_LINK_DAYS, description="Until it ends.")
    reason: str = Field(
        min_length=1, max_length=MOST_REASON_CHARACTERS, pattern=r"\S", description="Why; for the access log."
    )


class LinkAnswer(BaseModel):
    """A link, without the address that it had when it was made."""

    id: str
    state: Literal["open", "expired", "revoked"]
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None
    uses: int = Field(description="Looks that the access log has of it.")


class LinkMade(LinkAnswer):
    """A link that was made now."""

    address: str = Field(description="For the defendant; told this once, and kept nowhere.")


class LinkList(BaseModel):
    """All links that were ever made for a statement, oldest first."""

    links: list[LinkAnswer]


@router.get("", name="links.list", response_model=LinkList, responses=answers(404, 409))
def list_links(parts: Parts, who: Who, report: Report) -> Response:
    """The links of the statement, also those that have ended."""
    issuer, number = _identity(report)
    who.enter(Act.VIEWED, number, "links", parts)
    links = [_told(its, parts) for its in parts.gate.records.passes.links(issuer, number)]
    return _answer(LinkList(links=links))


@router.post("", name="links.make", status_code=201, response_model=LinkMade, responses=answers(404, 409))
def make(parts: Parts, who: Who, report: Report, wish: LinkWish) -> Response:
    """Make a link that opens this statement without an account, and is told this once."""
    issuer, number = _identity(report)
    new = NewLink(issuer, number, wish.days, wish.reason, who.may(Permission.VIEW_RESTRICTED))
    made = make_link(new, by=who.client.known_as, address=who.address, gate=parts.gate)
    address = f"{parts.site.home}{SHOWN}/{made.text}"
    return _answer(LinkMade(**_told(made.link, parts).model_dump(), address=address), status=201)


@router.delete("/{link}", name="links.revoke", response_model=LinkAnswer, responses=answers(404, 409))
def revoke(parts: Parts, who: Who, report: Report, link: Annotated[str, Path(max_length=40)]) -> Response:
    """Let nobody in by this link any more; revoking it again changes nothing."""
    _own(link, report, who, parts)
    ended = revoke_link(link, by=who.client.known_as, address=who.address, gate=parts.gate)
    return _answer(_told(ended, parts))


def _own(link: str, report: StatementReport, who: Machine, parts: WebParts) -> None:
    """Raises Declined: it is no link of this statement."""
    if all(its.id != link for its in parts.gate.records.passes.links(*_identity(report))):
        who.enter(Act.SEARCHED, "links", "unknown_link", parts)
        raise Declined(404, "unknown_link")


def _identity(report: StatementReport) -> tuple[str, str]:
    """Issuer and number. Raises Declined: a designation may be that of several defendants."""
    its = report.statement
    if its.number is None:
        raise Declined(409, "statement_without_number")
    return its.issuer, its.number


def _told(its: Pass, parts: WebParts) -> LinkAnswer:
    return LinkAnswer(
        id=its.id,
        state=_STATES[link_state(its, at=parts.gate.clock.now())],
        made_at=its.made_at,
        made_by=its.made_by,
        expires_at=its.expires_at,
        revoked_at=its.revoked_at,
        uses=its.uses,
    )


_STATES: dict[str, Literal["open", "expired", "revoked"]] = {
    "open": "open",
    "expired": "expired",
    "revoked": "revoked",
}


def _answer(body: BaseModel, *, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(body.model_dump_json(), status, media_type="application/json", headers=headers)
