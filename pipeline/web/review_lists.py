"""Batches that are to be closed; the whole page of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.people import Act
from pipeline.custody.review import Task, TaskId
from pipeline.model import BatchId
from pipeline.screens.derivatives import OWNERS
from pipeline.usecases.review import Closed, NotClosed, Progress, close_batch, open_tasks, progress, task_view
from pipeline.usecases.review.blanks import waiting_blanks
from pipeline.usecases.review.checking import blind_fields
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.usecases.transfer_moves import document_moves
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.review_images import sees_around, task_to_see
from pipeline.web.review_marked import marked
from pipeline.web.review_places import Place, joined_box, place_of
from pipeline.web.viewing import note_view
from pipeline.web.words import Words

router = APIRouter()


@dataclass(frozen=True, slots=True)
class OpenLine:
    """What keeps a batch from being closed."""

    task: TaskId
    label: str
    queue: str
    held_by: str | None


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


@router.get("/review/page/{task:path}", name="review.page")
def whole_page(request: Request, parts: Parts, who: Who, task: str) -> Response:
    """The page of a task with its layers, its particulars and their places: where the site lets reviewers see it."""
    found = task_to_see(task, who, parts)
    if not sees_around(found, who, parts) or found.page is None:
        raise not_found()
    view = task_view(found.id, desk=parts.desk)
    if view is None or view.field is None:
        raise not_found()
    note_view(found.page, f"review_{found.queue}", who=who, parts=parts)
    layout = parts.layouts.get(view.layout) if view.layout else None
    kept = {ref.name for ref in parts.keeping.records.derivatives_of(found.page)}
    found_by_person = marked(found, parts)
    place: Place = place_of(view.field, layout) if found_by_person is None else found_by_person.place
    template = "review_page.html" if "x-fragment" in request.headers else "review_whole.html"
    return page(
        request,
        template,
        task=found,
        place=place,
        layered=OWNERS in kept,
        scan="" if found_by_person is None else f"/review/scan/{found.page}?turn={found_by_person.turn}",
        zones=[(its, joined_box(its)) for its in layout.zones] if layout is not None else [],
        texts=_texts(found, parts),
    )


def _texts(task: Task, parts: WebParts) -> Mapping[str, str]:
    """What was read, by particular; not of fields that are keyed twice without seeing each other."""
    text = None if task.page is None else parts.keeping.records.outcome(task.page)
    if task.page is None or text is None or task.blind:
        return {}
    hidden = blind_fields(parts.keeping.records.review.tasks(page=task.page))
    fields = kept_outcome(task.page, text).fields
    return {field.name: field.text for field in fields if field.text and field.name not in hidden}


@router.get("/review/closing", name="review.closing")
def closing(request: Request, parts: Parts) -> Response:
    """Batches that are not closed yet, with what is open."""
    rows = parts.keeping.records.batches()
    found = [progress(row.id, desk=parts.desk) for row in rows]
    return page(request, "review_closing.html", batches=[its for its in found if its.made and its.closed_at is None])


@router.get("/review/closing/{batch}", name="review.closing_one")
def closing_one(request: Request, parts: Parts, batch: str) -> Response:
    return _closing_page(request, progress(BatchId(batch), desk=parts.desk), parts)


@router.post("/review/closing/{batch}", name="review.close")
def close(
    request: Request, parts: Parts, who: Who, batch: str, sent: Annotated[Mapping[str, str], Depends(_values)]
) -> Response:
    reason, leave = sent.get("reason", "")[:1000], sent.get("leave_checks") == "yes"
    document_moves(BatchId(batch), keeping=parts.keeping, holding=parts.holding)
    done = close_batch(BatchId(batch), who.reviewer, desk=parts.desk, reason=reason, leave_checks=leave)
    if isinstance(done, Closed):
        note_view(batch, "closed", who=who, parts=parts, act=Act.CHANGED)
        return RedirectResponse(f"/review/closing/{done.batch}", status_code=303)
    return _closing_page(request, progress(BatchId(batch), desk=parts.desk), parts, refused=done)


def _label(task: Task, words: Words) -> str:
    if not task.field:
        return words(f"web.review.subject.{task.subject}")
    name = words.particular(task.field)
    return name if task.checks is None else words("web.review.closing.check", field=name)


def _closing_page(request: Request, its: Progress, parts: WebParts, *, refused: NotClosed | None = None) -> Response:
    words, open_ = words_for(request), open_tasks(desk=parts.desk, batch=its.batch)
    waiting = [
        OpenLine(
            task.id,
            _label(task, words),
            words(f"web.queue.{task.queue}"),
            task.holder(parts.keeping.clock.now()),
        )
        for task in open_
    ]
    return page(
        request,
        "review_closing_one.html",
        status=409 if refused is not None else 200,
        its=its,
        waiting=waiting,
        blanks=waiting_blanks(its.batch, desk=parts.desk) if its.made else 0,
        checks=sum(task.checks is not None for task in open_),
        reasons=[words.reason(each) for each in refused.reasons] if refused is not None else [],
    )
