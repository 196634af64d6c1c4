"""Who did and saw what, for auditors."""

from __future__ import annotations

from collections import deque
from datetime import UTC, date, datetime, time

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Act
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page
from pipeline.web.viewing import note_view

router = APIRouter()
MOST_LINES = 500


@router.get("/access-log", name="access_log")
def access_log(
    request: Request, parts: Parts, who: Who, person: str = "", subject: str = "", since: str = ""
) -> Response:
    note_view("access_log", "audit", who=who, parts=parts, act=Act.SEARCHED)
    day = _day(since)
    start = None if day is None else datetime.combine(day, time()).astimezone().astimezone(UTC)
    entries = parts.keeping.records.access.entries(who=person or None, subject=subject or None, since=start)
    latest = deque(entries, maxlen=MOST_LINES + 1)
    return page(
        request,
        "access_log.html",
        entries=list(reversed(latest))[:MOST_LINES],
        more=len(latest) > MOST_LINES,
        most=MOST_LINES,
        person=person,
        subject=subject,
        since="" if day is None else day.isoformat(),
        bad_day=bool(since) and day is None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
