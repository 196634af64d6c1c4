"""The first page after signing in: what there is to do for one's roles."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Permission
from pipeline.custody.review import TaskState
from pipeline.usecases.review import progress
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.review_returns import waiting_count

router = APIRouter()
_LATEST = 5


@router.get("/", name="start")
def start(request: Request, parts: Parts, who: Who) -> Response:
    latest = _latest_batches(parts) if who.may(Permission.VIEW_BATCHES) else []
    return page(
        request,
        "start.html",
        latest=latest,
        waiting=_waiting(parts, who),
        returns=waiting_count(who, parts),
        review_path="/review",
    )


def _latest_batches(parts: WebParts) -> list[object]:
    rows = parts.keeping.records.batches()[-_LATEST:]
    return [(row, progress(row.id, desk=parts.desk)) for row in reversed(rows)]


def _waiting(parts: WebParts, who: Visitor) -> int:
    """Tasks that wait for somebody like this person."""
    if not who.may(Permission.REVIEW_FIELDS):
        return 0
    counts = parts.keeping.records.review.counts()
    return sum(counts.get((queue, TaskState.OPEN), 0) for queue in who.reviewer.queues)
