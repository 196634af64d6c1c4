"""Pictures of one task: its space enlarged without loss, and the part of the page around it. By task, never by path."""

from __future__ import annotations

import hashlib
import logging

import numpy as np
from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Permission
from pipeline.custody.review import Subject, Task, TaskId, TaskState
from pipeline.errors import IntegrityError, Unavailable
from pipeline.geometry import MM_PER_INCH, BoxMm
from pipeline.model import ColorImage, GrayImage, PageId, PageOutcome
from pipeline.screens.derivatives import REGISTERED
from pipeline.screens.page_screen import LayeredScan
from pipeline.screens.pixels import lossless
from pipeline.usecases.page_screens import layered_scan
from pipeline.usecases.report import PageReport
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.browser_images import EDITION, jpeg
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.review_form import MOST_TASK_CHARACTERS
from pipeline.web.review_places import MARGIN_MM, Place, place_of
from pipeline.web.viewing import is_restricted, note_view, sees_whole_pages

router = APIRouter()
_LOG = logging.getLogger("constat.web")
_AROUND_DPI = 150.0
"""Enough to read what stands beside a space; the space itself is shown with all its pixels."""


@router.get("/review/crop/{task:path}", name="review.crop")
def crop(request: Request, parts: Parts, who: Who, task: str, alone: bool = False) -> Response:
    """`alone`: without its neighbours, also for whoever may see them."""
    found = task_to_see(task, who, parts)
    covered = alone or not sees_around(found, who, parts)
    return _answer(request, found, "alone" if covered else "crop", who, parts)


@router.get("/review/around/{task:path}", name="review.around")
def around(request: Request, parts: Parts, who: Who, task: str) -> Response:
    found = task_to_see(task, who, parts)
    if not sees_around(found, who, parts):
        raise not_found()
    return _answer(request, found, "around", who, parts)


def task_to_see(task: str, who: Visitor, parts: WebParts) -> Task:
    """A task of a field that this person may look at: one that waits for somebody like them, or any where they may see
    the whole page anyhow.

    Raises:
        Refusal: not found; also for what is there and not to be seen.
    """
    found = parts.keeping.records.review.task(TaskId(task)) if 0 < len(task) <= MOST_TASK_CHARACTERS else None
    if found is None or found.subject is not Subject.FIELD or found.page is None:
        raise not_found()
    mine = found.state is TaskState.OPEN and found.queue in who.reviewer.queues and who.name not in found.excluded
    if not mine and not sees_around(found, who, parts):
        raise not_found()
    return found


def sees_around(task: Task, who: Visitor, parts: WebParts) -> bool:
    """Whether more than the space of a task is shown: not where the site keeps to crops, not of a restricted file."""
    if not sees_whole_pages(who, parts):
        return False
    owner = None if task.statement is None else parts.keeping.records.statement_row(task.statement)
    return owner is None or not is_restricted(owner) or who.may(Permission.VIEW_RESTRICTED)


def _answer(request: Request, task: Task, view: str, who: Visitor, parts: WebParts) -> Response:
    page = PageId(str(task.page))
    note_view(page, f"review_{task.queue}", who=who, parts=parts)
    kept = parts.keeping.records.derivatives_of(page)
    facts = "\n".join((str(EDITION), view, task.id, *(f"{ref.name} {ref.digest}" for ref in kept)))
    tag = hashlib.sha256(facts.encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, max-age=600", "vary": "Cookie"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    data = parts.images.get(tag)
    if data is None:
        data = _made(task, page, view, parts)
        parts.images.put(tag, data)
    return Response(data, media_type="image/jpeg" if view == "around" else "image/png", headers=headers)


def _made(task: Task, page: PageId, view: str, parts: WebParts) -> bytes:
    text = parts.keeping.records.outcome(page)
    outcome = None if text is None else kept_outcome(page, text)
    field = None if outcome is None else outcome.field(task.field)
    if outcome is None or field is None:
        raise not_found()
    place = place_of(field, parts.layouts.get(outcome.layout) if outcome.layout else None)
    layered = _scan(page, outcome, parts)
    if view == "around":
        return _around_jpeg(layered, place.around)
    return lossless(cut(layered, place, alone=view == "alone"))


def _scan(page: PageId, outcome: PageOutcome, parts: WebParts) -> LayeredScan:
    """Raises Refusal: no image in the layout's frame, one missing or altered, a store that cannot be reached."""
    kept = parts.keeping.records.derivatives_of(page)
    registered = next((ref for ref in kept if ref.name == REGISTERED), None)
    row = parts.keeping.records.page(page)
    if registered is None or row is None:
        raise not_found()
    held = parts.scans.get(registered.digest)
    if held is not None:
        return held
    try:
        found = layered_scan(PageReport(row, "", "", None, outcome, tuple(kept)), objects=parts.keeping.objects)
    except IntegrityError as error:
        _LOG.error("image of page %s: %s", page, error)
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
    parts.scans.put(registered.digest, found)
    return found


def cut(layered: LayeredScan, place: Place, *, alone: bool = False) -> GrayImage | ColorImage:
    """The window of a place, every pixel as scanned; over the edge of the paper, the paper's own tone.

    Args:
        alone: what stands around the space is covered with the paper's tone.
    """
    scan, window = layered.scan, place.window
    scale = layered.dpi / MM_PER_INCH
    height, width = max(1, round(window.height * scale)), max(1, round(window.width * scale))
    seen = np.empty((height, width, *scan.shape[2:]), np.uint8)
    left, top = round(window.x * scale), round(window.y * scale)
    shown = place.zone.grown(MARGIN_MM) if alone else window
    x0, x1 = max(0, left, round(shown.x * scale)), min(scan.shape[1], left + width, round(shown.right * scale))
    y0, y1 = max(0, top, round(shown.y * scale)), min(scan.shape[0], top + height, round(shown.bottom * scale))
    inside = scan[y0:y1, x0:x1] if x0 < x1 and y0 < y1 else scan[:0, :0]
    seen[:] = np.median(inside.reshape(-1, *scan.shape[2:]), axis=0) if inside.size else 255
    if inside.size:
        seen[y0 - top : y1 - top, x0 - left : x1 - left] = inside
    return seen


def _around_jpeg(layered: LayeredScan, box: BoxMm) -> bytes:
    scale = layered.dpi / MM_PER_INCH
    rows = slice(max(0, round(box.y * scale)), max(1, round(box.bottom * scale)))
    part = layered.scan[rows]
    if not part.size:
        # The paper ends above it: torn off, or of another length.
        return jpeg(np.full((max(1, round(box.height * scale)), layered.scan.shape[1]), 255, np.uint8))
    step = max(1, round(layered.dpi / _AROUND_DPI))
    height, width = part.shape[0] // step * step, part.shape[1] // step * step
    if step == 1 or not height or not width:
        return jpeg(part)
    blocks = part[:height, :width].reshape(height // step, step, width // step, step, *part.shape[2:])
    return jpeg(blocks.mean(axis=(1, 3)).astype(np.uint8))
