"""The review screen: one task at a time; a decision takes one request, and its answer is the next task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.people import Permission
from pipeline.custody.review import Queue, Subject, Task, TaskId
from pipeline.model import Reason
from pipeline.usecases.review import (
    Conflict,
    Decided,
    Pile,
    Preview,
    Refused,
    decide_and_next,
    keep,
    next_task,
    open_tasks,
    preview,
    set_aside,
    take,
    task_view,
    undo,
)
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.review_form import MOST_TASK_CHARACTERS, Desktop, Sent, desktop_of, sent_of
from pipeline.web.review_pages import page_path
from pipeline.web.review_returns import waiting_count
from pipeline.web.review_scan import PAGE_ID
from pipeline.web.review_statements import case_path
from pipeline.web.review_view import said_text, shown_rules, shown_task
from pipeline.web.viewing import note_view, sees_whole_pages

router = APIRouter()
FRAGMENT_HEADER = "x-fragment"
"""Of a script's request: the answer is the part of the page that changes."""
_GONE = frozenset(
    {
        "unknown_task",
        "review_batch_closed",
        "task_decided",
        "task_of_other_queue",
        "second_person_needed",
        "task_held",
    }
)
"""Refusals that nothing typed can mend: one goes on with the next task."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A form that was not taken as it came, and why."""

    sent: Sent
    reasons: tuple[Reason, ...]


async def _form_values(request: Request) -> Mapping[str, str]:
    """Texts of the form; a field given twice counts once, files do not count."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_form_values)]


@router.get("/review", name="review.start")
def start(request: Request, parts: Parts, who: Who) -> Response:
    """The queues that this person's roles open, and how much waits in each."""
    mine = who.reviewer
    waiting = [task for task in open_tasks(desk=parts.desk) if task.queue in mine.queues]
    free = [task for task in waiting if mine.account not in task.excluded]
    queues = [(queue, [its for its in free if its.queue is queue]) for queue in Queue if queue in mine.queues]
    exceptions = sum(its.subject is not Subject.FIELD for its in free)
    batches = sorted({task.batch for task in waiting})
    return page(
        request,
        "review_start.html",
        queues=queues,
        exceptions=exceptions,
        returns=waiting_count(who, parts),
        batches=batches,
    )


@router.get("/review/queue/{queue}", name="review.queue")
def queue(request: Request, parts: Parts, who: Who, queue: str) -> Response:
    """The next task of a queue, kept for this person; loaded again, the same one."""
    at = desktop_of({**request.query_params, "queue": queue})
    if at.queue not in who.reviewer.queues:
        raise not_found()
    return _next(request, at, who, parts, after=request.query_params.get("after", ""))


@router.get("/review/ahead/{after:path}", name="review.ahead")
def ahead(request: Request, parts: Parts, who: Who, after: str) -> Response:
    """The field that follows a task, kept for this person too, so that the page has it before that task is decided.
    Nothing where no field follows."""
    at, left = desktop_of(request.query_params), TaskId(after[:MOST_TASK_CHARACTERS])
    task = set_aside(who.reviewer, Pile(at.queue, at.batch), after=left, desk=parts.desk)
    if task is None or task.id == left or task.subject is not Subject.FIELD:
        return Response(status_code=204)
    return _screen(request, task, at, who, parts)


@router.get("/review/task/{task:path}", name="review.task")
def one_task(request: Request, parts: Parts, who: Who, task: str) -> Response:
    """A certain task, from a list or to be looked at again."""
    found = parts.keeping.records.review.task(TaskId(task[:200]))
    if found is None or not who.reviewer.queues:
        raise not_found()
    if found.subject is Subject.PAGE and found.page is not None:
        return RedirectResponse(f"/review/pages/{found.page}", status_code=303)
    if found.subject is Subject.STATEMENT and sees_whole_pages(who, parts):
        return RedirectResponse(f"/review/statements/{quote(found.id)}", status_code=303)
    at = desktop_of({**request.query_params, "queue": found.queue})
    taken = take(found.id, who.reviewer, desk=parts.desk)
    if isinstance(taken, Refused):
        return _notice(request, found, at, taken.reasons)
    return _screen(request, taken, at, who, parts)


@router.post("/review/decide", name="review.decide")
def decide_task(request: Request, parts: Parts, who: Who, values: Values) -> Response:
    sent = sent_of(values)
    if PAGE_ID.fullmatch(sent.task):
        # A page is decided on its own screen, by whoever is shown it.
        raise not_found()
    done, following = _decided(sent, who, parts)
    if isinstance(done, Decided):
        at = sent.at.after(done.task.id, done.task.version)
        if following is not None and _is_fragment(request):
            return _screen(request, following, at, who, parts)
        return _onward(request, at, who, parts, after=done.task.id)
    if isinstance(done, Refused) and not any(its.code in _GONE for its in done.reasons):
        return _not_yet(request, sent, done, who, parts)
    found = parts.keeping.records.review.task(sent.task)
    if isinstance(done, Refused):
        return _notice(request, found, sent.at, done.reasons)
    return _overtaken(request, done, sent.at, who)


def _decided(sent: Sent, who: Visitor, parts: WebParts) -> tuple[Decided | Conflict | Refused, Task | None]:
    """What became of it, and the next task."""
    pile = Pile(sent.at.queue, sent.at.batch)
    return decide_and_next(sent.task, sent.version, sent.verdict, who.reviewer, pile, desk=parts.desk)


@router.post("/review/undo", name="review.undo")
def undo_last(request: Request, parts: Parts, who: Who, values: Values) -> Response:
    """Take back one's own last decision, and show its task again."""
    at = desktop_of(values)
    if not at.trail:
        return _next(request, at, who, parts)
    last = at.trail[-1]
    done = undo(last.task, last.version, who.reviewer, desk=parts.desk)
    found = parts.keeping.records.review.task(last.task)
    if isinstance(done, Refused):
        return _notice(request, found, at.back(), done.reasons)
    if isinstance(done, Conflict):
        return _overtaken(request, done, at.back(), who)
    taken = take(last.task, who.reviewer, desk=parts.desk)
    if isinstance(taken, Refused):
        return _notice(request, found, at.back(), taken.reasons)
    if not _is_fragment(request):
        return RedirectResponse(_queue_path(at.back()), status_code=303)
    return _screen(request, taken, at.back(), who, parts)


@router.post("/review/preview", name="review.preview")
def preview_task(request: Request, parts: Parts, who: Who, values: Values) -> Response:
    """What a value would come to: its kept form, its rules, why it is none. Nothing is recorded."""
    sent = sent_of(values)
    found = parts.keeping.records.review.task(sent.task)
    if found is None or found.queue not in who.reviewer.queues or who.name in found.excluded:
        raise not_found()
    return _check(request, sent, preview(sent.task, sent.verdict, desk=parts.desk))


@router.post("/review/keep", name="review.keep")
def keep_task(request: Request, parts: Parts, who: Who, values: Values) -> Response:
    """Keep the task longer, asked for by the page while somebody is at it. Says in a sentence why it cannot be."""
    sent = sent_of(values)
    kept = keep(sent.task, sent.version, who.reviewer, desk=parts.desk)
    if isinstance(kept, Task):
        return Response(status_code=204)
    reason = kept.reasons[0] if isinstance(kept, Refused) else Reason("web.review.kept_no_more")
    return Response(words_for(request).reason(reason), status_code=409, media_type="text/plain; charset=utf-8")


def _check(request: Request, sent: Sent, seen: Preview | Refused, *, status: int = 200) -> Response:
    words = words_for(request)
    field = sent.task.partition("/")[2]
    refused = isinstance(seen, Refused)
    rules = () if refused and not seen.verdicts else shown_rules(seen.verdicts, field, words)
    reasons = seen.reasons if isinstance(seen, Refused) else seen.warnings
    return page(
        request,
        "review_check.html",
        status=status,
        refused=refused,
        reasons=[words.reason(its) for its in reasons],
        needs_reason=not isinstance(seen, Refused) and seen.needs_reason,
        value="" if isinstance(seen, Refused) or seen.value is None else str(seen.value),
        typed=sent.verdict.text,
        rules=rules,
    )


def _not_yet(request: Request, sent: Sent, refused: Refused, who: Visitor, parts: WebParts) -> Response:
    """The value is none, or breaks a rule without a reason: the same task again, with what was typed."""
    if _is_fragment(request):
        answer = _check(request, sent, refused, status=422)
        answer.headers["x-needs-reason"] = str(any(its.code == "reason_missing" for its in refused.reasons)).lower()
        return answer
    taken = take(sent.task, who.reviewer, desk=parts.desk)
    if isinstance(taken, Refused):
        return _notice(request, parts.keeping.records.review.task(sent.task), sent.at, taken.reasons)
    return _screen(request, taken, sent.at, who, parts, rejected=Rejected(sent, refused.reasons))


def _onward(request: Request, at: Desktop, who: Visitor, parts: WebParts, *, after: TaskId) -> Response:
    if _is_fragment(request):
        return _next(request, at, who, parts, after=after)
    return RedirectResponse(_queue_path(at, after), status_code=303)


def _queue_path(at: Desktop, after: str = "") -> str:
    facts = {"batch": at.batch or "", "after": after, "trail": at.trail_text}
    query = urlencode({name: value for name, value in facts.items() if value})
    return f"/review/queue/{at.queue}" + (f"?{query}" if query else "")


def _next(request: Request, at: Desktop, who: Visitor, parts: WebParts, *, after: str = "") -> Response:
    task = next_task(
        who.reviewer, at.queue, desk=parts.desk, batch=at.batch, after=TaskId(after[:200]) if after else None
    )
    if task is not None:
        return _screen(request, task, at, who, parts)
    others = [
        (queue, count)
        for queue in Queue
        if queue in who.reviewer.queues and (count := _waiting(queue, who, parts)) and (queue != at.queue or at.batch)
    ]
    template = "review_end.html" if _is_fragment(request) else "review.html"
    may_close = who.may(Permission.CLOSE_BATCH)
    return page(request, template, part="review_end.html", at=at, others=others, may_close=may_close)


def _waiting(queue: Queue, who: Visitor, parts: WebParts) -> int:
    return sum(who.name not in its.excluded for its in open_tasks(desk=parts.desk, queue=queue))


def _screen(
    request: Request,
    task: Task,
    at: Desktop,
    who: Visitor,
    parts: WebParts,
    *,
    rejected: Rejected | None = None,
) -> Response:
    if task.subject is Subject.PAGE and task.page is not None:
        return _elsewhere(request, page_path(task.page, at))
    if task.subject is Subject.STATEMENT and sees_whole_pages(who, parts):
        return _elsewhere(request, case_path(task.id, at))
    words = words_for(request)
    with parts.keeping.records.moment():
        view = task_view(task.id, desk=parts.desk)
        if view is None:
            raise not_found()
        note_view(task.page or task.statement or task.id, f"review_{task.queue}", who=who, parts=parts)
        shown = shown_task(view, at, who=who, parts=parts, words=words)
    reasons = () if rejected is None else rejected.reasons
    if rejected is not None:
        shown = replace(shown, value=rejected.sent.verdict.text or shown.value)
    template = "review_task.html" if _is_fragment(request) else "review.html"
    return page(
        request,
        template,
        status=200 if rejected is None else 422,
        part="review_task.html",
        its=shown,
        problems=[words.reason(its) for its in reasons],
        needs_reason=any(its.code == "reason_missing" for its in reasons),
        reason="" if rejected is None else rejected.sent.verdict.reason,
    )


def _elsewhere(request: Request, path: str) -> Response:
    """To a page of its own; a script is told where it is."""
    if _is_fragment(request):
        return Response(headers={"x-onward": path})
    return RedirectResponse(path, status_code=303)


def _notice(
    request: Request, task: Task | None, at: Desktop, reasons: tuple[Reason, ...], *, first: str = ""
) -> Response:
    """Why this task is not for this person now; Enter goes on with the next."""
    words = words_for(request)
    template = "review_notice.html" if _is_fragment(request) else "review.html"
    return page(
        request,
        template,
        status=409,
        part="review_notice.html",
        label="" if task is None or not task.field else words.particular(task.field),
        sentences=[words.reason(its) for its in reasons],
        first=first,
        onward=_queue_path(at),
        at=at,
    )


def _overtaken(request: Request, done: Conflict | Decided, at: Desktop, who: Visitor) -> Response:
    """Somebody was faster, or the same person in another window: what they said is shown, unless it is to stay
    unknown."""
    said = done.first if isinstance(done, Conflict) else done.said
    words = words_for(request)
    own = said is not None and said.who == who.name
    first = "" if said is None else said_text(said.verb, said.value, done.task.kind, words)
    code = "web.review.own_first" if own else "web.review.other_first" if first else "web.review.other_first_blind"
    return _notice(request, done.task, at, (Reason(code),), first=first)


def _is_fragment(request: Request) -> bool:
    return FRAGMENT_HEADER in request.headers
