"""Pages set aside: a person says what each is. A form, turned or divided, is then read; nothing is ever removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import PageRow, Placement
from pipeline.custody.placing import LEAST_PARTS, MOST_PARTS
from pipeline.custody.review import TaskId, Verb, Verdict
from pipeline.model import BatchId, LayoutId, PageId, Reason
from pipeline.usecases.review import Conflict, Decided, Refused, decide, place_page, reopen, take, undo
from pipeline.usecases.review.superseding import supersede_page
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.placed_reading import ReadingState
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.review_cut import proposed_cut
from pipeline.web.review_form import Desktop, desktop_of
from pipeline.web.review_frame import Frame, MarkedPart, frame_of, halves, number_of, part_of
from pipeline.web.review_page_view import (
    Form,
    ShownPage,
    choices,
    later_batches,
    layout_name,
    shown_page,
    starts_with,
    why_aside,
)
from pipeline.web.review_scan import PAGE_ID, scan_of, turns_of
from pipeline.web.viewing import note_view, owners_of
from pipeline.web.words import Words

router = APIRouter()
_VERBS = frozenset({Verb.ENCLOSURE, Verb.BLANK, Verb.SEPARATOR, Verb.RESCAN, Verb.AS_IS, Verb.REFER})
_SPLITS = ("", "across", "down", "boxes")
Answer = Decided | Conflict | Refused


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_values)]


@router.get("/review/pages/{aside}", name="review.page_aside")
def page_aside(request: Request, parts: Parts, who: Who, aside: str, turn: int | None = None) -> Response:
    row = _required(aside, who, parts)
    if turn not in (None, 0, 1, 2, 3):
        raise not_found()
    found = turns_of(row, parts)
    frame = Frame(found if turn is None else turn, found)
    values = {**starts_with(frame, turned=turn is not None), **proposed_cut(row, frame, parts)}
    return _screen(request, row, Form(values), who, parts)


@router.get("/review/pages/{aside}/reading", name="review.page_reading")
def reading(request: Request, parts: Parts, who: Who, aside: str) -> Response:
    """How far the reading of a placed page is; once it is done the whole page is to be shown again."""
    row = _required(aside, who, parts)
    its = shown_page(row, who, parts)
    answer = page(request, "page_reading.html", its=its, reading=_reading(its, parts))
    if its.placed is None:
        answer.headers["hx-refresh"] = "true"
    return answer


@router.post("/review/pages/{aside}", name="review.page_decide")
def decide_page(request: Request, parts: Parts, who: Who, aside: str, values: Values) -> Response:
    row = _required(aside, who, parts)
    version = values.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) <= 6):
        raise Refusal(422, "web.malformed")
    at, do = _desktop(values), values.get("do", "")
    if do == "read":
        # It was said how; reading it failed for a reason that may be gone.
        parts.placing.start(row.id)
        return RedirectResponse(f"/review/pages/{row.id}", status_code=303)
    done = _done(row, do, int(version), values, who, parts)
    if isinstance(done, Decided):
        if do == "place":
            parts.placing.start(row.id)
        return RedirectResponse(_onward(row, do, done, at), status_code=303)
    reasons = done.reasons if isinstance(done, Refused) else (Reason("web.pages.other_first"),)
    status = 409 if isinstance(done, Conflict) else 422
    return _screen(request, row, Form(values, reasons), who, parts, status=status)


def _done(row: PageRow, do: str, version: int, values: Mapping[str, str], who: Visitor, parts: WebParts) -> Answer:
    """Raises Refusal: no such act; one that needs eyes, where this person is shown no pages."""
    its, reason, task = shown_page(row, who, parts), values.get("reason", ""), TaskId(row.id)
    if do != Verb.REFER and not its.image:
        raise Refusal(403, "web.images_not_for_you")
    if do == "place":
        wanted = _placement(row, values, parts)
        return place_page(row.id, version, wanted, who.reviewer, reason=reason, desk=parts.desk)
    if do == "undo":
        return undo(task, version, who.reviewer, desk=parts.desk)
    if do == "reopen":
        return reopen(task, who.reviewer, reason=reason, desk=parts.desk)
    if do == "supersede":
        return supersede_page(row.id, version, _named(values, parts), who.reviewer, reason=reason, desk=parts.desk)
    if do not in _VERBS:
        raise Refusal(422, "web.malformed")
    return decide(task, version, Verdict(Verb(do), reason=reason), who.reviewer, desk=parts.desk)


def _named(values: Mapping[str, str], parts: WebParts) -> PageId:
    """The page that a form names by batch, sheet and side; what is no page is told by whoever looks for it."""
    batch, sheet, side = (values.get(f"new_{part}", "").strip()[:40] for part in ("batch", "sheet", "side"))
    pages = parts.keeping.records.pages(BatchId(batch))
    named = (its.id for its in pages if (str(its.sheet), its.side) == (sheet, side) and its.part_of is None)
    return next(named, PageId(f"{batch}/{sheet}"))


def _placement(row: PageRow, values: Mapping[str, str], parts: WebParts) -> Placement:
    """Raises Refusal: malformed, or the scan cannot be read."""
    frame = frame_of(values, 0)
    named = values.get("layout", "")[:200]
    marked = _marked(values)
    scan = scan_of(row, parts).turned(frame.turn) if marked else None
    boxes = () if scan is None else tuple(each.on(scan) for each in marked)
    turns = frame.turn if values.get("turned") == "1" else None
    return Placement(LayoutId(named) if named else None, turns, boxes)


def _marked(values: Mapping[str, str]) -> tuple[MarkedPart, ...]:
    split = values.get("split", "")
    if split not in _SPLITS:
        raise Refusal(422, "web.malformed")
    if split == "across" or split == "down":
        return halves("across" if split == "across" else "down", number_of(values.get("cut", "")))
    if not split:
        return ()
    found = (part_of(values, f"part{number}") for number in range(1, MOST_PARTS + 1))
    boxes = tuple(its for its in found if its is not None)
    # One box alone is said to be too few by whoever looks at placements; none at all must not pass for no division.
    return boxes or (MarkedPart(0.0, 0.0, 0.0, 0.0),)


def _required(aside: str, who: Visitor, parts: WebParts) -> PageRow:
    """A page that this person may be asked about; that they may see its image is another question: of a restricted
    file a queue may still bring them a page, which they refer.

    Raises:
        Refusal: not found, also of another issuer.
    """
    row = parts.keeping.records.page(PageId(aside)) if PAGE_ID.fullmatch(aside) else None
    if row is None or who.view is None:
        raise not_found()
    if not all(who.view.sees(owner.issuer) for owner in owners_of(row.id, parts)):
        raise not_found()
    return row


def _desktop(values: Mapping[str, str]) -> Desktop | None:
    """Where in a queue the person works; null for whoever came by another way."""
    return desktop_of(values) if values.get("queue") else None


def _onward(row: PageRow, do: str, done: Decided, at: Desktop | None) -> str:
    """In a queue the next task; else what became of this page."""
    if at is None or do in ("undo", "reopen"):
        return f"/review/pages/{row.id}" + (f"?{queue_query(at)}" if at is not None else "")
    return f"/review/queue/{at.queue}?{queue_query(at.after(done.task.id, done.task.version), after=done.task.id)}"


def queue_query(at: Desktop, *, after: str = "") -> str:
    facts = {"queue": at.queue.value, "batch": at.batch or "", "trail": at.trail_text, "after": after}
    return urlencode({name: value for name, value in facts.items() if value})


def page_path(row: PageId, at: Desktop) -> str:
    """Where the page of a task is placed, by somebody who works through a queue."""
    return f"/review/pages/{row}?{queue_query(at)}"


def _reading(its: ShownPage, parts: WebParts) -> Mapping[str, object]:
    found = parts.placing.state(its.row.id)
    if its.placed is not None and found.state is ReadingState.WAITING:
        # Asked for before the server was started, or of another one.
        parts.placing.start(its.row.id)
    return {"state": found.state, "reason": found.reason}


def _screen(
    request: Request, row: PageRow, form: Form, who: Visitor, parts: WebParts, *, status: int = 200
) -> Response:
    words, its = words_for(request), shown_page(row, who, parts)
    note_view(row.id, "review_pages", who=who, parts=parts)
    if its.is_open and its.refusal is None:
        take(TaskId(row.id), who.reviewer, desk=parts.desk)
    sent = request.query_params if request.method == "GET" else form.values
    at, found = _desktop(sent), turns_of(row, parts)
    return page(
        request,
        "page_aside.html",
        status=status,
        its=its,
        at=at,
        kept="" if at is None else queue_query(at),
        frame=frame_of(form.values, found),
        form=defaultdict(str, form.values),
        problems=form.reasons,
        why=why_aside(its, words),
        choices=choices(its, parts, words),
        form_name=_form_name(its, parts, words),
        placed_name=_placed_name(its, parts, words),
        reading=_reading(its, parts) if its.placed is not None else None,
        later=later_batches(its, parts),
        most_parts=MOST_PARTS,
        least_parts=LEAST_PARTS,
    )


def _form_name(its: ShownPage, parts: WebParts, words: Words) -> str:
    layout = None if its.outcome is None else its.outcome.layout
    return "" if layout is None else layout_name(layout, parts, words)


def _placed_name(its: ShownPage, parts: WebParts, words: Words) -> str:
    layout = None if its.placed is None else its.placed.layout
    return "" if layout is None else layout_name(layout, parts, words)
