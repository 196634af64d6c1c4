"""A draft tried on filled forms: sent for the purpose, or pages that are kept. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.people import Permission
from pipeline.errors import InputRefused, PipelineError
from pipeline.model import BatchId, Decision, PageId
from pipeline.usecases.batch_sheets import SheetSide, batch_sheets
from pipeline.usecases.layouts import Refused, Tried, try_draft
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, MOST_TRIED_PAGES
from pipeline.usecases.layouts.results import TriedPage, TriedZone
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.layout_editor import png_size, viewed
from pipeline.web.layouts import Form, error_sentences, failed, onward, reason_sentences, text_of, uploads_of, working
from pipeline.web.layouts import refusal_sentences as sentences_of
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.viewing import is_restricted, note_view, require_page, sees_whole_pages
from pipeline.web.words import Words

router = APIRouter()
MOST_PICTURED = 120
"""Pages of a batch to choose from; samples are among the first."""
_LATEST = 20
_MM_PER_INCH = 25.4
_MARGIN_MM = 1.0
_CROP_PX = (176, 64)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ShownZone:
    """A space as a sample was read.

    Attributes:
        view: of the picture, in millimetres: x, y, width, height with a margin around the space.
        size_px: at which it is shown: within the column, its proportions kept.
    """

    its: TriedZone
    label: str
    value: str
    view: tuple[float, float, float, float]
    size_px: tuple[int, int]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A sample page; `size_mm` is of its picture, as far as it is known."""

    its: TriedPage
    number: int
    reasons: tuple[str, ...]
    size_mm: tuple[float, float]
    zones: tuple[ShownZone, ...]
    tally: tuple[tuple[str, int], ...]


@router.get("/layouts/drafts/{draft}/try", name="layouts.try")
def try_page(request: Request, parts: Parts, who: Who, draft: str, batch: str = "") -> Response:
    return _choice(request, draft, parts, who, batch=batch)


def _choice(
    request: Request, draft: str, parts: WebParts, who: Visitor, *, batch: str = "", problems: Sequence[str] = ()
) -> Response:
    its = viewed(draft, parts)
    whole = sees_whole_pages(who, parts)
    rows = parts.keeping.records.batches()[-_LATEST:] if whole else ()
    sides = _sides(batch, parts, who) if batch and whole else []
    return page(
        request,
        "layouts_try.html",
        status=422 if problems else 200,
        its=its,
        batches=list(reversed(rows)),
        batch=batch if sides else "",
        sides=sides[:MOST_PICTURED],
        problems=problems,
        most_pages=MOST_TRIED_PAGES,
        most_mib=MOST_SCAN_BYTES // _MIB,
    )


def _sides(batch: str, parts: WebParts, who: Visitor) -> list[SheetSide]:
    """Pages of a batch with a picture, that this person may see; noted as a look at the batch."""
    its = batch_sheets(BatchId(batch), records=parts.keeping.records)
    note_view(its.batch.id, "layout_try", who=who, parts=parts)
    hidden = not who.may(Permission.VIEW_RESTRICTED)
    sides = (side for sheet in its.sheets for side in sheet.sides)
    return [side for side in sides if side.pictured and not (hidden and any(map(is_restricted, side.owners)))]


@router.post("/layouts/drafts/{draft}/try", name="layouts.try_out")
def try_out(request: Request, parts: Parts, who: Who, draft: str, form: Form) -> Response:
    """Reads beside the pages; the answer leads to where the progress is shown."""
    its = viewed(draft, parts)
    uploads = uploads_of(form, "samples", MOST_TRIED_PAGES)
    chosen = [PageId(name) for name in form.getlist("page") if isinstance(name, str) and name][:MOST_TRIED_PAGES]
    for each in chosen:
        require_page(each, who, parts)
        note_view(each, "layout_try", who=who, parts=parts)

    def act() -> Tried | Refused:
        return try_draft(its.draft.id, uploads=uploads, pages=chosen, desk=parts.drafting)

    try:
        if not uploads and not chosen:
            raise InputRefused("nothing_to_try")
        work = parts.trials.begin(who.name, its.draft.id, act)
    except PipelineError as error:
        problems = error_sentences(error, words_for(request))
        return _choice(request, draft, parts, who, batch=text_of(form, "batch"), problems=problems)
    return RedirectResponse(f"/layouts/tried/{work.token}", status_code=303)


@router.get("/layouts/tried/{token}", name="layouts.tried")
def tried(request: Request, parts: Parts, who: Who, token: str) -> Response:
    work = parts.trials.of(token, who.name)
    if work is None:
        raise not_found()
    if not work.done:
        return working(request, work, "try", parts.trials.seconds_of(work))
    again = f"/layouts/drafts/{work.subject}/try"
    if work.result is None:
        return failed(request, work, again)
    if "hx-request" in request.headers:
        return onward(request, request.url.path)
    words = words_for(request)
    if isinstance(work.result, Refused):
        problems = sentences_of(work.result, words)
        return page(request, "layouts_failed.html", status=422, problems=problems, again=again)
    shown = [_shown(number, its, words) for number, its in enumerate(work.result.pages, start=1)]
    its = viewed(work.subject, parts)
    return page(
        request, "layouts_tried.html", its=its, tried=work.result, shown=shown, token=token, layout=its.draft.layout
    )


@router.get("/layouts/tried/{token}/{number}.png", name="layouts.tried_picture")
def tried_picture(parts: Parts, who: Who, token: str, number: int) -> Response:
    work = parts.trials.of(token, who.name)
    pages = work.result.pages if work is not None and isinstance(work.result, Tried) else ()
    if not 1 <= number <= len(pages) or not pages[number - 1].picture:
        raise not_found()
    headers = {"cache-control": "private, max-age=600", "vary": "Cookie"}
    return Response(pages[number - 1].picture, media_type="image/png", headers=headers)


def _shown(number: int, its: TriedPage, words: Words) -> ShownPage:
    reasons = its.reasons if its.failure is None else (its.failure,)
    count = _counter(its.zones)
    return ShownPage(
        its,
        number,
        tuple(reason_sentences(reasons, words)),
        _size_mm(its),
        tuple(_zone(zone, words) for zone in its.zones),
        tuple((decision.value, count(decision)) for decision in Decision),
    )


def _counter(zones: Sequence[TriedZone]) -> Callable[[Decision], int]:
    return lambda decision: sum(zone.decision is decision for zone in zones)


def _size_mm(its: TriedPage) -> tuple[float, float]:
    """Of a picture without known resolution, its pixels: only proportions count then."""
    if not its.picture:
        return (1.0, 1.0)
    width, height = png_size(its.picture)
    scale = _MM_PER_INCH / its.picture_dpi if its.picture_dpi else 1.0
    return round(width * scale, 2), round(height * scale, 2)


def _zone(its: TriedZone, words: Words) -> ShownZone:
    seen = its.box_mm.grown(_MARGIN_MM)
    scale = min(_CROP_PX[0] / seen.width, _CROP_PX[1] / seen.height)
    return ShownZone(
        its,
        words.particular(its.name),
        words.value(its.value, its.kind),
        (round(seen.x, 2), round(seen.y, 2), round(seen.width, 2), round(seen.height, 2)),
        (max(1, round(seen.width * scale)), max(1, round(seen.height * scale))),
        tuple(reason_sentences(its.reasons, words)),
    )
