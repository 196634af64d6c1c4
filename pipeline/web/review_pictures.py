"""Makes the pictures of tasks. Whoever looks at a field will look at others of its page: theirs are made with it."""

from __future__ import annotations

import hashlib
import logging
from functools import partial

import numpy as np

from pipeline.custody.review import Subject, Task, TaskState
from pipeline.errors import IntegrityError, Unavailable
from pipeline.geometry import MM_PER_INCH, BoxMm
from pipeline.model import ColorImage, GrayImage, PageId, PageOutcome
from pipeline.screens.derivatives import CHROMA, REGISTERED
from pipeline.screens.pixels import lossless
from pipeline.templates.register import REGISTERED_DPI
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.browser_images import EDITION, jpeg
from pipeline.web.page_scan import PageScan, read_scan
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.review_marked import marked
from pipeline.web.review_places import MARGIN_MM, Place, place_of

_LOG = logging.getLogger("constat.web")
_HALVED_FROM_DPI = 250.0
"""From there on half of it is enough to read what stands beside a space; the space itself has all its pixels."""
MOST_PAGES_HELD = 6
"""Pages whose pixels wait to be made into pictures, some 25 MB each; of others they are read again then."""


def tag_of(task: Task, view: str, parts: WebParts) -> str:
    """Of a picture: another where the images of its page are others."""
    kept = parts.keeping.records.derivatives_of(PageId(str(task.page)))
    facts = "\n".join((str(EDITION), view, task.id, *(f"{ref.name} {ref.digest}" for ref in kept)))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def picture_of(task: Task, view: str, parts: WebParts) -> bytes:
    """A view of a task's space, encoded: `crop` with its neighbours, `alone` without, or `around` it.

    Raises:
        Refusal: no image in the layout's frame, one missing or altered, a store that cannot be reached.
    """
    tag, page = tag_of(task, view, parts), PageId(str(task.page))
    held = parts.images.get(tag)
    if held is not None:
        return held
    with parts.locks.holding(page):
        held = parts.images.get(tag)
        if held is not None:
            return held
        found = marked(task, parts)
        if found is not None:
            scan = PageScan(found.layered.scan, None, found.layered.dpi)
            data = _encoded(scan, found.place, view)
        else:
            outcome = _outcome(page, parts)
            scan = _scan(page, parts)
            data = _encoded(scan, _place(task, outcome, parts), view)
            alone = view == "alone"
            pixels = scan if parts.pictures.waiting < MOST_PAGES_HELD else None
            parts.pictures.add((page, alone), partial(_make_others, page, pixels, outcome, alone, parts))
    parts.images.put(tag, data)
    return data


def _make_others(page: PageId, held: PageScan | None, outcome: PageOutcome, alone: bool, parts: WebParts) -> None:
    """The pictures of the page's other open tasks, as far as they are not there.

    Args:
        held: its pixels; null: they are read again.
    """
    with parts.keeping.records.moment():
        waiting = parts.keeping.records.review.tasks(page=page, states=frozenset({TaskState.OPEN}))
        asked = [task for task in waiting if task.subject is Subject.FIELD and outcome.field(task.field) is not None]
        views = ("alone",) if alone else ("crop", "around")
        wanted = [(task, view, tag_of(task, view, parts)) for task in asked for view in views]
    missing = [(task, view, tag) for task, view, tag in wanted if parts.images.get(tag) is None]
    scan = held if held is not None or not missing else _scan(page, parts)
    for task, view, tag in missing:
        if scan is not None and parts.images.get(tag) is None:
            parts.images.put(tag, _encoded(scan, _place(task, outcome, parts), view))


def _outcome(page: PageId, parts: WebParts) -> PageOutcome:
    text = parts.keeping.records.outcome(page)
    if text is None:
        raise not_found()
    return kept_outcome(page, text)


def _place(task: Task, outcome: PageOutcome, parts: WebParts) -> Place:
    field = outcome.field(task.field)
    if field is None:
        raise not_found()
    return place_of(field, parts.layouts.get(outcome.layout) if outcome.layout else None)


def _scan(page: PageId, parts: WebParts) -> PageScan:
    kept = {ref.name: ref.digest for ref in parts.keeping.records.derivatives_of(page)}
    registered = kept.get(REGISTERED)
    if registered is None:
        raise not_found()
    held = parts.scans.get(registered)
    if held is not None:
        return held
    try:
        found = read_scan(registered, kept.get(CHROMA), dpi=REGISTERED_DPI, objects=parts.keeping.objects)
    except IntegrityError as error:
        _LOG.error("image_failed", extra={"page": page, "error": error})
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
    parts.scans.put(registered, found)
    return found


def _encoded(scan: PageScan, place: Place, view: str) -> bytes:
    if view == "around":
        return jpeg(strip(scan, place.around))
    return lossless(cut(scan, place, alone=view == "alone"))


def cut(scan: PageScan, place: Place, *, alone: bool = False) -> GrayImage | ColorImage:
    """The window of a place, every pixel as scanned; over the edge of the paper, the paper's own tone.

    Args:
        alone: what stands around the space is covered with the paper's tone.
    """
    scale, window = scan.dpi / MM_PER_INCH, place.window
    height, width = max(1, round(window.height * scale)), max(1, round(window.width * scale))
    left, top = round(window.x * scale), round(window.y * scale)
    shown = place.zone.grown(MARGIN_MM) if alone else window
    x0, x1 = max(0, left, round(shown.x * scale)), min(scan.size_px[0], left + width, round(shown.right * scale))
    y0, y1 = max(0, top, round(shown.y * scale)), min(scan.size_px[1], top + height, round(shown.bottom * scale))
    inside = scan.part(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else scan.light[:0, :0]
    if inside.shape[:2] == (height, width):
        return inside
    seen = np.empty((height, width, *inside.shape[2:]), np.uint8)
    seen[:] = np.median(inside.reshape(-1, *inside.shape[2:]), axis=0) if inside.size else 255
    if inside.size:
        seen[y0 - top : y1 - top, x0 - left : x1 - left] = inside
    return seen


def strip(scan: PageScan, box: BoxMm) -> GrayImage | ColorImage:
    """The rows of a box over the whole width of the paper; white where the paper ends above it."""
    scale = scan.dpi / MM_PER_INCH
    width, height = scan.size_px
    top, bottom = min(height, max(0, round(box.y * scale))), min(height, max(1, round(box.bottom * scale)))
    if bottom - top < 2:
        return np.full((max(1, round(box.height * scale)), width), 255, np.uint8)
    return scan.halved(top, bottom) if scan.dpi >= _HALVED_FROM_DPI else scan.part(0, top, width, bottom)
