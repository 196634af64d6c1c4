"""Images of pages, by the page's id and the name of a view: nothing in an address is ever a path."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from pipeline.custody import DerivativeRef
from pipeline.errors import IntegrityError, Unavailable
from pipeline.model import PageId
from pipeline.screens.derivatives import OWNERS
from pipeline.usecases.page_screens import layered_scan
from pipeline.usecases.report import PageReport
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Parts, Who
from pipeline.web.browser_images import EDITION, LAYERS, MEDIA_TYPES, View, encoded
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.viewing import note_view, require_page

router = APIRouter()
_LOG = logging.getLogger("constat.web")
_PAGE_ID = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3,9}\.\d{4,9}\.\d{4,9}(?:\.p\d{1,2})?", re.ASCII)
"""Of a page, or of a part of its image."""
_THUMBNAIL = "thumbnail.jpg"


@router.get("/pages/{page}/{view}", name="images.page")
def page_image(request: Request, parts: Parts, who: Who, page: str, view: str) -> Response:
    its, wanted = named_image(page, view)
    require_page(its, who, parts)
    _note(its, wanted, who, parts)
    return image_answer(request, its, wanted, parts, vary="Cookie")


def named_image(page: str, view: str) -> tuple[PageId, View]:
    """What an address names. Raises Refusal: not found."""
    if not _PAGE_ID.fullmatch(page) or view not in set(View):
        raise not_found()
    return PageId(page), View(view)


def image_answer(request: Request, its: PageId, wanted: View, parts: WebParts, *, vary: str) -> Response:
    """The image of a page that may be seen, once the look is in the log."""
    kept = parts.keeping.records.derivatives_of(its)
    if wanted in LAYERS and not any(ref.name == OWNERS for ref in kept):
        raise not_found()
    tag = tag_of(kept, wanted)
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", "vary": vary}
    if f'"{tag}"' in re.split(r"\s*,\s*", request.headers.get("if-none-match", "").replace("W/", "")):
        return Response(status_code=304, headers=headers)
    data = parts.images.get(tag)
    if data is None:
        data = _made(its, wanted, kept, parts)
        parts.images.put(tag, data)
    return Response(data, media_type=MEDIA_TYPES[wanted], headers=headers)


def tag_of(kept: Sequence[DerivativeRef], view: View) -> str:
    """Changes when the page's images do."""
    facts = "\n".join((str(EDITION), view, *(f"{ref.name} {ref.digest}" for ref in kept)))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def _note(page: PageId, view: View, who: Who, parts: WebParts) -> None:
    """A thumbnail is covered by the look at its batch; anything larger is a look at the page."""
    batch = page.partition(".")[0]
    if view is View.THUMBNAIL and who.view is not None and parts.noted.knows(who.view.session.token_digest, batch):
        return
    note_view(page, "image", who=who, parts=parts)


def _made(page: PageId, view: View, kept: Sequence[DerivativeRef], parts: WebParts) -> bytes:
    try:
        if view is View.THUMBNAIL:
            return _thumbnail(kept, parts)
        row, text = parts.keeping.records.page(page), parts.keeping.records.outcome(page)
        if row is None or text is None:
            raise not_found()
        report = PageReport(row, "", "", None, kept_outcome(page, text), tuple(kept))
        return encoded(layered_scan(report, objects=parts.keeping.objects), view)
    except IntegrityError as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("image_failed", extra={"page": page, "error": error})
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error


def _thumbnail(kept: Sequence[DerivativeRef], parts: WebParts) -> bytes:
    """Stored as it is shown: encoded by this program from pixels, as all derivatives are."""
    ref = next((ref for ref in kept if ref.name == _THUMBNAIL), None)
    if ref is None:
        raise not_found()
    try:
        return parts.keeping.objects.get(ref.digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=ref.digest) from None
