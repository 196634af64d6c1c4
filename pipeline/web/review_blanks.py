"""Blank sides of a batch side by side with what is on their backs: the odd ones are taken out, the rest confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from pipeline.custody.people import Permission
from pipeline.errors import OperatorError
from pipeline.model import BatchId, PageId
from pipeline.usecases.review.blanks import BlankSide, blank_sides, confirm_blanks
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.viewing import note_view, require_page

router = APIRouter()
SHOWN_AT_ONCE = 60
"""As many as a person looks over at once."""


async def _pairs(request: Request) -> Sequence[tuple[str, str]]:
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]


@router.get("/review/blanks/{batch}", name="review.blanks")
def blanks(request: Request, parts: Parts, who: Who, batch: str) -> Response:
    sides = _sides(batch, who, parts)
    waiting = [its for its in sides if its.open]
    shown = waiting[:SHOWN_AT_ONCE]
    if shown:
        note_view(batch[:40], "review_blanks", who=who, parts=parts)
    return page(
        request,
        "review_blanks.html",
        batch=batch,
        sides=shown,
        waiting=len(waiting),
        confirmed=sum(not (its.open or its.is_asked) for its in sides),
        may_decide=_may_decide(who),
    )


@router.post("/review/blanks/{batch}", name="review.blanks_confirm")
def confirm(
    request: Request, parts: Parts, who: Who, batch: str, sent: Annotated[Sequence[tuple[str, str]], Depends(_pairs)]
) -> Response:
    versions: dict[PageId, int] = {}
    for name, text in sent:
        if name == "one":
            side, _, version = text.rpartition("@")
            if not side or not (version.isascii() and version.isdecimal()) or len(version) > 6:
                raise Refusal(422, "web.malformed")
            versions[PageId(side)] = int(version)
    seen = {its.page.id for its in _sides(batch, who, parts)}
    if not versions or not versions.keys() <= seen or not _may_decide(who):
        raise not_found()
    out = frozenset(PageId(value) for name, value in sent if name == "out")
    done = confirm_blanks(BatchId(batch), versions, who.reviewer, thrown_out=out, desk=parts.desk)
    words = words_for(request)
    left = [(its, [words.reason(each) for each in reasons]) for its, reasons in done.left]
    return page(request, "review_blanks_done.html", batch=batch, done=done, left=left)


def _may_decide(who: Visitor) -> bool:
    return who.may(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS) and bool(who.reviewer.queues)


def _sides(batch: str, who: Visitor, parts: WebParts) -> list[BlankSide]:
    """Those of which this person may see both sides."""
    try:
        found = blank_sides(BatchId(batch[:40]), desk=parts.desk)
    except OperatorError:
        raise not_found() from None
    return [its for its in found if _sees(its, who, parts)]


def _sees(side: BlankSide, who: Visitor, parts: WebParts) -> bool:
    try:
        for its in (side.page.id, side.other):
            if its is not None:
                require_page(its, who, parts)
    except Refusal:
        return False
    return True
