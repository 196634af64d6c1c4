"""What of a statement is no JSON of its own making: page screens, its hard copy, its proof."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline.custody import PageRole
from pipeline.custody.people import Act
from pipeline.errors import IntegrityError
from pipeline.model import Side
from pipeline.screens.derivatives import OWNERS
from pipeline.screens.hard_copy_terms import Audience
from pipeline.usecases.page_screens import layered_scan
from pipeline.usecases.report import PageReport
from pipeline.web.api.admission import Parts, Who
from pipeline.web.api.answering import named, screen_page
from pipeline.web.api.finding import Report, is_known
from pipeline.web.api.problems import Declined, answers
from pipeline.web.browser_images import LAYERS, MEDIA_TYPES, View, encoded
from pipeline.web.copies import hard_copy_of, proof_of
from pipeline.web.images import tag_of
from pipeline.web.made_once import Made
from pipeline.web.parts import WebParts

router = APIRouter(prefix="/v1/statements/{number}")
_LOG = logging.getLogger("constat.api")
_MOST_POSITION = 10_000
_IMAGE: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The image.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(set(MEDIA_TYPES.values()))
        },
    },
    304: {"description": "The client has it already (If-None-Match)."},
}
_PDF: dict[int | str, dict[str, object]] = {
    200: {
        "description": "PDF/A-3, signed where the site has a certificate.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "The client has it already (If-None-Match)."},
}
_PROOF: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Ledger entries, seals and certificates: see docs/verify-offline.md.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "The client has it already (If-None-Match)."},
}


@dataclass(frozen=True, slots=True)
class Screen:
    """Which image of a statement."""

    document: PageRole
    side: Side
    position: int
    view: View


def _screen(
    document: PageRole,
    side: Side,
    position: Annotated[int, Query(ge=1, le=_MOST_POSITION, description="Among the pages of this kind.")] = 1,
    view: Annotated[View, Query(description="The whole, or one layer of it.")] = View.SCAN,
) -> Screen:
    return Screen(document, side, position, view)


Wanted = Annotated[Screen, Depends(_screen)]


@router.get(
    "/page-screens/{document}/{side}",
    name="statements.page_screen",
    response_class=Response,
    responses={**answers(404, 409), **_IMAGE},
)
def page_screen(request: Request, parts: Parts, who: Who, report: Report, wanted: Wanted) -> Response:
    """The image of one side of a document, or one of its layers."""
    page, view = screen_page(report, wanted.document, wanted.side, wanted.position), wanted.view
    who.enter(Act.VIEWED, named(report) if page is None else page.row.id, f"page_screen {view}", parts)
    if page is None or page.outcome is None or not page.derivatives:
        raise Declined(404, "unknown_page")
    if view in LAYERS and not any(ref.name == OWNERS for ref in page.derivatives):
        raise Declined(404, "page_without_layers")
    tag = tag_of(page.derivatives, view)
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", "vary": "Authorization"}
    if is_known(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    data = parts.images.get(tag)
    if data is None:
        data = _made(page, view, parts)
        parts.images.put(tag, data)
    return Response(data, media_type=MEDIA_TYPES[view], headers=headers)


def _made(page: PageReport, view: View, parts: WebParts) -> bytes:
    try:
        if view is not View.THUMBNAIL:
            return encoded(layered_scan(page, objects=parts.keeping.objects), view)
        ref = next((its for its in page.derivatives if its.name == "thumbnail.jpg"), None)
        if ref is None:
            raise Declined(404, "unknown_page")
        return parts.keeping.objects.get(ref.digest)
    except (IntegrityError, KeyError) as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("image_failed", extra={"page": page.row.id, "error": error})
        raise Declined(404, "object_missing") from error


@router.get("/hard-copy", name="statements.hard_copy", response_class=Response, responses={**answers(404, 409), **_PDF})
def hard_copy(
    request: Request, parts: Parts, who: Who, report: Report, audience: Audience = Audience.COURT
) -> Response:
    """The hard copy, the same bytes as long as nothing changes. A prosecutor's is the prosecutor's, whatever is asked
    for (s. 20)."""
    wanted = audience if who.client.issuer is None else Audience.PROSECUTOR
    who.enter(Act.EXPORTED, named(report), f"hard_copy {wanted}", parts)
    return once_made(request, hard_copy_of(report, wanted, parts), "application/pdf")


@router.get("/proof", name="statements.proof", response_class=Response, responses={**answers(404, 409), **_PROOF})
def proof(request: Request, parts: Parts, who: Who, report: Report) -> Response:
    """All that an outsider needs to verify the statement without this server; the same until something is added."""
    who.enter(Act.EXPORTED, named(report), "proof", parts)
    return once_made(request, proof_of(report, parts), "application/json")


def once_made(request: Request, made: Made, media_type: str) -> Response:
    """A document, or that the client has it already."""
    headers = {"etag": f'"{made.tag}"', "cache-control": "private, no-cache", "vary": "Authorization"}
    if is_known(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(made.data, media_type=media_type, headers=headers)
