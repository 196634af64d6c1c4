"""The places of a page that are covered: a person adds one, or shows again what was covered by mistake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import PageRow
from pipeline.geometry import BoxPx
from pipeline.model import PageMask, Reason
from pipeline.usecases.assemble import is_card_suspected
from pipeline.usecases.review import Decided, MaskChange, Refused, mask_page
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.placed_reading import PageReading, ReadingState
from pipeline.web.refusal import Refusal
from pipeline.web.review_frame import Frame, MarkedPart, frame_of, part_of, part_shown
from pipeline.web.review_letters import Attempt
from pipeline.web.review_page_view import ShownPage, shown_page
from pipeline.web.review_scan import page_to_mark, scan_of, turns_of
from pipeline.web.viewing import note_view

router = APIRouter()


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_values)]


@router.get("/review/masks/{masks}", name="review.masks")
def masks_shown(request: Request, parts: Parts, who: Who, masks: str, turn: int | None = None) -> Response:
    row = page_to_mark(masks, who, parts)
    found = turns_of(row, parts)
    frame = Frame(turn if turn is not None and 0 <= turn <= 3 else found, found)
    return _screen(request, row, Attempt(frame), who, parts)


@router.post("/review/masks/{masks}", name="review.mask")
def mask(request: Request, parts: Parts, who: Who, masks: str, values: Values) -> Response:
    """One place more, or one less; the page is then read anew."""
    row = page_to_mark(masks, who, parts)
    frame = frame_of(values, turns_of(row, parts))
    version = values.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) <= 6):
        raise Refusal(422, "web.malformed")
    if values.get("do") == "read":
        parts.placing.start(row.id)
        return RedirectResponse(f"/review/masks/{row.id}", status_code=303)
    wanted = _wanted(row, frame, values, parts)
    done = mask_page(row.id, int(version), wanted, who.reviewer, reason=values.get("reason", ""), desk=parts.desk)
    if isinstance(done, Decided):
        parts.placing.start(row.id)
        return RedirectResponse(f"/review/masks/{row.id}", status_code=303)
    reasons = done.reasons if isinstance(done, Refused) else (Reason("web.pages.other_first"),)
    return _screen(request, row, Attempt(frame, values, reasons=reasons), who, parts)


def _wanted(row: PageRow, frame: Frame, values: Mapping[str, str], parts: WebParts) -> MaskChange:
    do = values.get("do", "")
    if do.startswith("show"):
        known = {str(number): group for number, group in enumerate(mask_groups(_masks(row, parts)), start=1)}
        return MaskChange(show=tuple(its.box_px for its in known.get(do.removeprefix("show"), ())))
    if do != "cover":
        raise Refusal(422, "web.malformed")
    meant = part_of(values, "")
    if meant is None or meant.is_empty:
        return MaskChange()
    return MaskChange(cover=(meant.on(scan_of(row, parts).turned(frame.turn)),))


def mask_groups(masks: Sequence[PageMask]) -> tuple[tuple[PageMask, ...], ...]:
    """Masks that touch each other, as people see them: one place, though it is put together from several boxes."""
    groups: list[list[PageMask]] = []
    for mask in masks:
        near = [group for group in groups if any(_touch(mask, its) for its in group)]
        joined = [its for group in near for its in group]
        groups = [group for group in groups if group not in near] + [[*joined, mask]]
    return tuple(tuple(group) for group in groups)


def _touch(one: PageMask, other: PageMask) -> bool:
    a, b = one.box_px, other.box_px
    return one.kind is other.kind and a.x <= b.right and b.x <= a.right and a.y <= b.bottom and b.y <= a.bottom


def _masks(row: PageRow, parts: WebParts) -> tuple[PageMask, ...]:
    text = parts.keeping.records.outcome(row.id)
    return () if text is None else kept_outcome(row.id, text).masks


def _places(row: PageRow, frame: Frame, parts: WebParts) -> list[tuple[str, MarkedPart]]:
    """What is covered, why and where on the page as it is shown."""
    groups = mask_groups(_masks(row, parts))
    scan = scan_of(row, parts).turned(frame.turn) if groups else None
    return [] if scan is None else [(group[0].kind, part_shown(_around(group), scan)) for group in groups]


def _around(group: Sequence[PageMask]) -> BoxPx:
    boxes = [mask.box_px for mask in group]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return BoxPx(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)


def _meant(sent: Mapping[str, str]) -> MarkedPart | None:
    return part_of(sent, "") if sent.get("do") == "cover" else None


def _reading(its: ShownPage, parts: WebParts) -> PageReading | None:
    """How far the page is; null where nothing is to be read."""
    if its.placed is None:
        return None
    found = parts.placing.state(its.row.id)
    if found.state is ReadingState.WAITING:
        # Asked for before the server was started, or of another one.
        parts.placing.start(its.row.id)
    return found


def _screen(
    request: Request,
    row: PageRow,
    at: Attempt,
    who: Visitor,
    parts: WebParts,
) -> Response:
    frame, sent, reasons = at.frame, at.sent, at.reasons
    its = shown_page(row, who, parts)
    note_view(row.id, "review_masks", who=who, parts=parts)
    return page(
        request,
        "review_masks.html",
        status=422 if reasons else 200,
        its=its,
        row=row,
        frame=frame,
        meant=_meant(sent),
        sent=defaultdict(str, sent),
        reasons=reasons,
        suspected=its.outcome is not None and is_card_suspected(its.outcome),
        places=_places(row, frame, parts),
        reading=_reading(its, parts),
    )
