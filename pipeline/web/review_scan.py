"""Scans as they were received, to mark places on and to turn; and the blank forms they are compared with."""

from __future__ import annotations

import hashlib
import logging
import re

from fastapi import APIRouter, Request, Response

from pipeline.custody import PageRow
from pipeline.errors import InputRefused, IntegrityError, Unavailable
from pipeline.model import LayoutId, PageId
from pipeline.templates.render import render_image
from pipeline.usecases.received_scan import ReceivedScan, received_scan
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.browser_images import EDITION, View, jpeg, sized
from pipeline.web.masked import boxes_shut
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.viewing import note_view, require_page, sees_whole_pages
from pipeline.wiring import fonts

router = APIRouter()
_LOG = logging.getLogger("constat.web")
PAGE_ID = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3,9}\.\d{4,9}\.\d{4,9}(?:\.p\d{1,2})?", re.ASCII)
_FORM_DPI = 100.0
"""Of a blank form beside a scan: print of 6 points can be told."""


@router.get("/review/scan/{page}", name="review.scan")
def scan_image(request: Request, parts: Parts, who: Who, page: str, turn: int = 0, full: bool = False) -> Response:
    """`turn`: clockwise quarter turns of the page as its file shows it."""
    row = page_to_mark(page, who, parts)
    if not 0 <= turn <= 3:
        raise not_found()
    note_view(row.id, "image", who=who, parts=parts)
    facts = f"{EDITION} received {row.id} {row.sha256} {boxes_shut(row, parts)} {turn} {full}"
    tag = hashlib.sha256(facts.encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", "vary": "Cookie"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    data = parts.images.get(tag)
    if data is None:
        image = scan_of(row, parts).turned(turn).image
        data = jpeg(sized(image, View.SCAN_FULL if full else View.SCAN))
        parts.images.put(tag, data)
    return Response(data, media_type="image/jpeg", headers=headers)


@router.get("/review/forms/{layout}", name="review.form")
def blank_form(request: Request, parts: Parts, layout: str) -> Response:
    """The blank form as its layout draws it; no data of anybody."""
    known = parts.layouts.get(LayoutId(layout))
    if known is None:
        raise not_found()
    tag = hashlib.sha256(f"{EDITION} form {known!r}".encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, max-age=600", "vary": "Cookie"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    data = parts.images.get(tag)
    if data is None:
        data = jpeg(render_image(known, fonts(), dpi=_FORM_DPI))
        parts.images.put(tag, data)
    return Response(data, media_type="image/jpeg", headers=headers)


def page_to_mark(page: str, who: Visitor, parts: WebParts) -> PageRow:
    """A page that this person may see whole.

    Raises:
        Refusal: not found; restricted; the site shows this person no whole pages.
    """
    row = parts.keeping.records.page(PageId(page)) if PAGE_ID.fullmatch(page) else None
    if row is None or who.view is None:
        raise not_found()
    require_page(row.id, who, parts)
    if not sees_whole_pages(who, parts):
        raise Refusal(403, "web.images_not_for_you")
    return row


def turns_of(row: PageRow, parts: WebParts) -> int:
    """Clockwise quarter turns by which the reader took the page to be upright; 0 where it found none."""
    text = parts.keeping.records.outcome(row.id)
    return 0 if text is None else kept_outcome(row.id, text).rotation_deg // 90 % 4


def scan_of(row: PageRow, parts: WebParts) -> ReceivedScan:
    """The page as its file shows it.

    Raises:
        Refusal: it is missing or altered, cannot be decoded, or its store cannot be reached.
    """
    key = f"{row.id} {row.sha256} {boxes_shut(row, parts)}"
    held = parts.received.get(key)
    if held is not None:
        return held
    try:
        found = received_scan(row, records=parts.keeping.records, objects=parts.keeping.objects, source=parts.source)
    except (IntegrityError, InputRefused) as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("scan_failed", extra={"page": row.id, "error": error})
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
    parts.received.put(key, found)
    return found
