"""Scans with nothing covered: for whoever may see restricted files and has said why, for a quarter of an hour."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import PageRow
from pipeline.custody.people import Act
from pipeline.errors import InputRefused, IntegrityError, Unavailable
from pipeline.model import Digest, PageId, Reason
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.grammar.characters import tidy
from pipeline.usecases.access import note_access
from pipeline.usecases.received_scan import received_scan
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.browser_images import View, jpeg, sized
from pipeline.web.masked import boxes_shut
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.review_scan import PAGE_ID, turns_of
from pipeline.web.viewing import require_page

router = APIRouter()
_LOG = logging.getLogger("constat.web")
SHOWN_FOR: Final = timedelta(minutes=15)
MOST_REASON: Final = 200
LEAST_REASON: Final = 5
_MOST_GRANTS: Final = 10_000


class Grants:
    """Who has said why they look at which original, and until when that is good. Shared by threads; a server that is
    started anew has forgotten it, and asks again."""

    def __init__(self) -> None:
        self._until: dict[tuple[Digest, PageId], datetime] = {}
        self._turn = threading.Lock()

    def give(self, session: Digest, page: PageId, now: datetime) -> None:
        """To be called once it is in the access log."""
        with self._turn:
            if len(self._until) >= _MOST_GRANTS:
                self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[session, page] = now + SHOWN_FOR

    def until(self, session: Digest, page: PageId, now: datetime) -> datetime | None:
        """When it ends; null where it has, or was never given."""
        with self._turn:
            found = self._until.get((session, page))
        return found if found is not None and now < found else None


_GRANTS: Final = Grants()


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_values)]


@router.get("/review/original/{original}", name="original.ask")
def ask(request: Request, parts: Parts, who: Who, original: str) -> Response:
    return _screen(request, _required(original, who, parts), who, parts)


@router.post("/review/original/{original}", name="original.show")
def show(request: Request, parts: Parts, who: Who, original: str, values: Values) -> Response:
    """The reason, which is in the access log before anything is shown."""
    row = _required(original, who, parts)
    reason = redacted(tidy(values.get("reason", "")))
    if len(reason) < LEAST_REASON:
        return _screen(request, row, who, parts, reasons=(Reason("reason_missing"),), sent=reason)
    if len(reason) > MOST_REASON:
        long = Reason("reason_too_long", (("most", str(MOST_REASON)),))
        return _screen(request, row, who, parts, reasons=(long,), sent=reason)
    note_access(who.name, Act.VIEWED, row.id, f"original: {reason}", address=who.address, records=parts.gate.records)
    _GRANTS.give(_session(who), row.id, parts.keeping.clock.now())
    return RedirectResponse(f"/review/original/{row.id}", status_code=303)


@router.get("/review/original/{original}/image", name="original.image")
def image(parts: Parts, who: Who, original: str, full: bool = False) -> Response:
    row = _required(original, who, parts)
    if _until(row, who, parts) is None:
        raise Refusal(403, "web.original_not_asked")
    records, objects = parts.keeping.records, parts.keeping.objects
    try:
        scan = received_scan(row, records=records, objects=objects, source=parts.source, bare=True)
    except (IntegrityError, InputRefused) as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("original_failed", extra={"page": row.id, "error": error})
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
    data = jpeg(sized(scan.turned(turns_of(row, parts)).image, View.SCAN_FULL if full else View.SCAN))
    return Response(data, media_type="image/jpeg", headers={"cache-control": "no-store"})


def _screen(
    request: Request,
    row: PageRow,
    who: Visitor,
    parts: WebParts,
    *,
    reasons: tuple[Reason, ...] = (),
    sent: str = "",
) -> Response:
    until = _until(row, who, parts)
    answer = page(
        request,
        "original.html",
        status=422 if reasons else 200,
        row=row,
        masked=bool(boxes_shut(row, parts)),
        until=None if until is None else until.astimezone().strftime("%H:%M"),
        reasons=reasons,
        sent=sent,
        most=MOST_REASON,
        least=LEAST_REASON,
        minutes=int(SHOWN_FOR.total_seconds()) // 60,
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def _required(original: str, who: Visitor, parts: WebParts) -> PageRow:
    """Raises Refusal: not found; of a file that this person may not see."""
    row = parts.keeping.records.page(PageId(original)) if PAGE_ID.fullmatch(original) else None
    if row is None or who.view is None or row.sha256 is None:
        raise not_found()
    require_page(row.id, who, parts)
    return row


def _until(row: PageRow, who: Visitor, parts: WebParts) -> datetime | None:
    return _GRANTS.until(_session(who), row.id, parts.keeping.clock.now())


def _session(who: Visitor) -> Digest:
    if who.view is None:
        raise not_found()
    return who.view.session.token_digest
