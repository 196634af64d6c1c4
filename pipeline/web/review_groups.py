"""Carpets: spaces that were read as the same value, side by side; the odd ones are thrown out, the rest accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from pipeline.custody.review import Queue, Subject, Task, TaskId
from pipeline.usecases.review import Conflict, Decided, Refused, carpet, decide_group, open_tasks, task_view
from pipeline.usecases.review.carpet import CARPET_KINDS
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.viewing import note_view
from pipeline.web.words import Words

router = APIRouter()
LEAST_ON_A_CARPET = 2
SHOWN_ON_A_CARPET = 60
"""As many as a person looks over at once."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks read alike; `first` stands for them."""

    first: TaskId
    label: str
    value: str
    count: int


async def _pairs(request: Request) -> Sequence[tuple[str, str]]:
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]


@router.get("/review/carpets", name="review.carpets")
def carpets(request: Request, parts: Parts, who: Who) -> Response:
    return page(request, "review_carpets.html", groups=_groups(request, parts, who))


def _groups(request: Request, parts: WebParts, who: Visitor) -> list[Group]:
    """The largest first."""
    if Queue.REVIEWER not in who.reviewer.queues:
        return []
    alike: dict[tuple[str, str], list[Task]] = {}
    for task in open_tasks(desk=parts.desk, queue=Queue.REVIEWER):
        alone = task.critical and parts.desk.site.double_keying
        if task.subject is Subject.FIELD and task.kind in CARPET_KINDS and task.reading != "null" and not alone:
            alike.setdefault((task.field, task.reading), []).append(task)
    found = [_group(tasks, request, parts) for tasks in alike.values() if len(tasks) >= LEAST_ON_A_CARPET]
    return sorted(found, key=lambda its: (-its.count, its.label, its.value))


def _group(tasks: Sequence[Task], request: Request, parts: WebParts) -> Group:
    words, first = words_for(request), tasks[0]
    view = task_view(first.id, desk=parts.desk)
    value = None if view is None or view.field is None else view.field.value
    return Group(first.id, words.particular(first.field), words.value(value, first.kind), len(tasks))


@router.get("/review/carpet/{like:path}", name="review.carpet")
def one_carpet(request: Request, parts: Parts, who: Who, like: str) -> Response:
    tasks = carpet(TaskId(like[:200]), who.reviewer, desk=parts.desk, most=SHOWN_ON_A_CARPET)
    if not tasks:
        return page(request, "review_carpets.html", groups=_groups(request, parts, who))
    for shown in dict.fromkeys(its.page for its in tasks if its.page is not None):
        note_view(shown, "review_carpet", who=who, parts=parts)
    group = _group(tasks, request, parts)
    return page(request, "review_carpet.html", tasks=tasks, group=group)


@router.post("/review/carpet", name="review.carpet_decide")
def decide_carpet(
    request: Request, parts: Parts, who: Who, sent: Annotated[Sequence[tuple[str, str]], Depends(_pairs)]
) -> Response:
    versions: dict[TaskId, int] = {}
    for name, text in sent:
        if name == "one":
            task, _, version = text.rpartition("@")
            if not task or not (version.isascii() and version.isdecimal()) or len(version) > 6:
                raise Refusal(422, "web.malformed")
            versions[TaskId(task)] = int(version)
    if not versions:
        raise not_found()
    out = frozenset(TaskId(value) for name, value in sent if name == "out")
    done = decide_group(versions, who.reviewer, thrown_out=out, desk=parts.desk)
    words = words_for(request)
    return page(
        request,
        "review_carpet_done.html",
        accepted=sum(isinstance(its, Decided) for its in done.values()),
        left=[(task, _why(its, words)) for task, its in done.items() if not isinstance(its, Decided)],
        out=[task for task in versions if task in out],
    )


def _why(its: Conflict | Refused | Decided, words: Words) -> list[str]:
    """Empty where somebody else was faster."""
    return [words.reason(each) for each in its.reasons] if isinstance(its, Refused) else []
