"""The first page after signing in: what there is to do for one's roles."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.custody.figures import BatchesWanted
from pipeline.custody.people import Permission
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts

router = APIRouter()
_LATEST = 5


@router.get("/", name="start")
def start(request: Request, parts: Parts, who: Who) -> Response:
    figures = parts.keeping.records.figures
    latest = figures.batches(BatchesWanted(most=_LATEST)) if who.may(Permission.VIEW_BATCHES) else ()
    return page(
        request,
        "start.html",
        latest=latest,
        waiting=_waiting(parts, who),
        returns=_returns(parts, who),
        review_path="/review",
    )


def _returns(parts: WebParts, who: Visitor) -> int:
    """Return documents that this person can look at."""
    if who.view is None or not who.may(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS):
        return 0
    return parts.keeping.records.figures.returns_waiting(issuer=who.view.account.issuer)


def _waiting(parts: WebParts, who: Visitor) -> int:
    """Tasks that wait for somebody like this person."""
    if not who.may(Permission.REVIEW_FIELDS):
        return 0
    waiting = parts.keeping.records.figures.waiting()
    return sum(its.tasks for its in waiting if its.queue in who.reviewer.queues)
