"""Pictures of one task: its space enlarged without loss, and the part of the page around it. By task, never by path."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Permission
from pipeline.custody.review import Subject, Task, TaskId, TaskState
from pipeline.model import PageId
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.review_form import MOST_TASK_CHARACTERS
from pipeline.web.review_pictures import picture_of, tag_of
from pipeline.web.viewing import is_restricted, note_view, sees_whole_pages

router = APIRouter()


@router.get("/review/crop/{task:path}", name="review.crop")
def crop(request: Request, parts: Parts, who: Who, task: str, alone: bool = False) -> Response:
    """`alone`: without its neighbours, also for whoever may see them."""
    with parts.keeping.records.moment():
        found = task_to_see(task, who, parts)
        covered = alone or not sees_around(found, who, parts)
        return picture(request, found, "alone" if covered else "crop", who, parts)


@router.get("/review/around/{task:path}", name="review.around")
def around(request: Request, parts: Parts, who: Who, task: str) -> Response:
    with parts.keeping.records.moment():
        found = task_to_see(task, who, parts)
        if not sees_around(found, who, parts):
            raise not_found()
        return picture(request, found, "around", who, parts)


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
    return sees_whole_pages(who, parts) and not is_kept_from(task, who, parts)


def is_kept_from(task: Task, who: Visitor, parts: WebParts) -> bool:
    """Whether a task is of a restricted file, which this person may not see: they are shown its space and no more."""
    owner = None if task.statement is None else parts.keeping.records.statement_row(task.statement)
    return owner is not None and is_restricted(owner) and not who.may(Permission.VIEW_RESTRICTED)


def picture(request: Request, task: Task, view: str, who: Visitor, parts: WebParts) -> Response:
    """A view of a task's space, for whoever may see it: `crop`, `alone` or `around`. The look is in the access log."""
    note_view(PageId(str(task.page)), f"review_{task.queue}", who=who, parts=parts)
    tag = tag_of(task, view, parts)
    headers = {"etag": f'"{tag}"', "cache-control": "private, max-age=600", "vary": "Cookie"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    data = picture_of(task, view, parts)
    return Response(data, media_type="image/jpeg" if view == "around" else "image/png", headers=headers)
