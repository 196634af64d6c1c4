"""A statement that a person resolves: papers moved, another of its number, broken rules, a cheque, a minor's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, TypeAlias
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import StatementRow
from pipeline.custody.people import Act, Permission
from pipeline.custody.review import Subject, Task, TaskId, Verb, Verdict
from pipeline.model import PageId, Reason
from pipeline.usecases.review import Conflict, Decided, Refused, decide, reopen
from pipeline.usecases.review.case_acts import mark_twin, restrict_file
from pipeline.usecases.review.cheque_cases import enter_cheque_amount, share_cheque
from pipeline.usecases.review.moving import Move, merge_statements, move_pages
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.case_cheques import cheques_of
from pipeline.web.case_view import WHY, case_view
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.review_form import Desktop, desktop_of
from pipeline.web.review_images import picture
from pipeline.web.review_pages import queue_query
from pipeline.web.viewing import cover_pages, note_view, require_statement, sees_whole_pages

router = APIRouter()
MOST_ID_CHARACTERS = 100
MOST_NAME_CHARACTERS = 100
NEW = "new"
"""Where pages go that become a statement of their own."""
Answer: TypeAlias = Decided | Conflict | Refused


class Form:
    """A form as it came in; a name may come several times."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str) -> str:
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self._pairs if key == name)

    def with_prefix(self, prefix: str) -> Mapping[str, str]:
        return {key.removeprefix(prefix): value for key, value in self._pairs if key.startswith(prefix)}

    @property
    def version(self) -> int:
        """Raises Refusal: none."""
        text = self.get("version")
        if not (text.isascii() and text.isdecimal() and len(text) < 7):
            raise Refusal(422, "web.malformed")
        return int(text)


async def _form(request: Request) -> Form:
    found = await request.form()
    return Form([(name, value) for name, value in found.multi_items() if isinstance(value, str)])


@router.get("/review/statements/{statement}", name="review.case")
def case(request: Request, parts: Parts, who: Who, statement: str, done: str = "") -> Response:
    """A statement with its papers and all that may be done with it."""
    at = _at(request.query_params)
    return _screen(request, _required(statement, who, parts), Attempt(done=done, at=at), who, parts)


@router.post("/review/statements/{statement}", name="review.case_act")
def act(request: Request, parts: Parts, who: Who, statement: str, form: Annotated[Form, Depends(_form)]) -> Response:
    """One act of a person, as they saw the statement; sent twice, it counts once."""
    row = _required(statement, who, parts)
    said = form.get("do")
    doing, at = ACTS.get(said), _at({name: form.get(name) for name in ("queue", "batch", "trail")})
    if doing is None:
        raise Refusal(422, "web.malformed")
    answer = doing(row, form, who, parts)
    if isinstance(answer, Refused):
        return _screen(request, row, Attempt(form, answer.reasons, 422, at=at), who, parts)
    if isinstance(answer, Conflict):
        late = (Reason("case_changed"),)
        return _screen(request, _required(statement, who, parts), Attempt(form, late, 409, at=at), who, parts)
    note_view(row.id, f"case_{said}", who=who, parts=parts, act=Act.CHANGED)
    if said == "open_field":
        return RedirectResponse(f"/review/task/{quote(answer.task.id)}", status_code=303)
    return RedirectResponse(f"{case_path(row.id, at)}{'?' if at is None else '&'}done={said}", status_code=303)


def case_path(statement: str, at: Desktop | None = None) -> str:
    """Where a statement is resolved; with where the person works, who came to it through a queue."""
    query = "" if at is None else f"?{queue_query(at)}"
    return f"/review/statements/{quote(statement)}{query}"


def _at(values: Mapping[str, str]) -> Desktop | None:
    """Null for whoever came from a list. Raises Refusal: no such queue."""
    return desktop_of(values) if values.get("queue") else None


@router.get("/review/statements/{statement}/crop/{page_id}/{name}", name="review.case_crop")
def crop(request: Request, parts: Parts, who: Who, statement: str, page_id: str, name: str) -> Response:
    """The space of a field on a page of the statement, also of one that nobody is asked about."""
    row = _required(statement, who, parts)
    if page_id not in row.members or len(name) > MOST_NAME_CHARACTERS:
        raise not_found()
    key = TaskId(f"{page_id}/{name}")
    known = parts.keeping.records.review.task(key)
    return picture(request, known or _unasked(row, PageId(page_id), name, parts), "crop", who, parts)


def _unasked(row: StatementRow, page_id: PageId, name: str, parts: WebParts) -> Task:
    """A field of which there is no task, as far as its picture needs one."""
    return Task(
        id=TaskId(f"{page_id}/{name}"),
        subject=Subject.FIELD,
        batch=row.batch,
        page=page_id,
        statement=row.id,
        position=0,
        urgent_on=date.max,
        made_at=parts.keeping.clock.now(),
        field=name,
    )


def _required(statement: str, who: Visitor, parts: WebParts) -> StatementRow:
    """Raises Refusal: no such statement; restricted; the site shows this person no whole pages."""
    row = parts.keeping.records.statement_row(statement) if len(statement) <= MOST_ID_CHARACTERS else None
    if row is None:
        raise not_found()
    require_statement(row, who)
    if not sees_whole_pages(who, parts):
        raise Refusal(403, "web.images_not_for_you")
    return row


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not taken, and why; or what was done last. `at`: the queue through which the person came."""

    form: Form = field(default_factory=lambda: Form([]))
    reasons: tuple[Reason, ...] = ()
    status: int = 200
    done: str = ""
    at: Desktop | None = None


def _screen(request: Request, row: StatementRow, attempt: Attempt, who: Visitor, parts: WebParts) -> Response:
    note_view(row.id, WHY, who=who, parts=parts)
    cover_pages(row.members, who=who, parts=parts)
    its = case_view(row, who, parts, words_for(request))
    for cheque in its.cheques:
        if not cheque.hidden:
            note_view(cheque.page.id, WHY, who=who, parts=parts)
    batch = parts.keeping.records.batch(row.batch)
    return page(
        request,
        "case_statement.html",
        status=attempt.status,
        its=its,
        received=None if batch is None else row.received_on or batch.started_at.date(),
        problems=attempt.reasons,
        sent=attempt.form,
        at=attempt.at,
        onward="" if attempt.at is None else queue_query(attempt.at, after=row.id),
        done=attempt.done if attempt.done in ACTS else "",
        decides=who.may(Permission.REVIEW_FIELDS),
        supervises=who.may(Permission.DECIDE_REFERRED),
    )


# Acts


def _move(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    to = form.get("to")[:MOST_ID_CHARACTERS]
    if not to:
        return Refused((Reason("target_missing"),))
    move = Move(tuple(PageId(each) for each in form.all("page")), None if to == NEW else to, form.get("reason"))
    return move_pages(row.id, form.version, move, who.reviewer, desk=parts.desk)


def _merge(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    to = form.get("to")[:MOST_ID_CHARACTERS]
    if not to or to == NEW:
        return Refused((Reason("target_missing"),))
    reason, version = form.get("reason"), form.version
    return merge_statements(row.id, version, to, who.reviewer, reason=reason, desk=parts.desk)


def _twin(verb: Verb) -> Callable[[StatementRow, Form, Visitor, WebParts], Answer]:
    def marked(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
        of = form.get("of")[:MOST_ID_CHARACTERS]
        return mark_twin(row.id, form.version, (verb, of), who.reviewer, reason=form.get("reason"), desk=parts.desk)

    return marked


def _restrict(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    restricted = form.get("do") == "restrict"
    reason, desk = form.get("reason"), parts.desk
    return restrict_file(row.id, form.version, who.reviewer, restricted=restricted, reason=reason, desk=desk)


def _verdict(verb: Verb) -> Callable[[StatementRow, Form, Visitor, WebParts], Answer]:
    def said(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
        verdict = Verdict(verb, reason=form.get("reason"))
        return decide(TaskId(row.id), form.version, verdict, who.reviewer, desk=parts.desk)

    return said


def _page_as_is(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    which = form.get("page")
    if which not in row.members:
        return Refused((Reason("page_of_other_statement", (("pages", which[:MOST_ID_CHARACTERS]),)),))
    verdict = Verdict(Verb.AS_IS, reason=form.get("reason"))
    return decide(TaskId(which), form.version, verdict, who.reviewer, desk=parts.desk)


def _reopen(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    return reopen(TaskId(row.id), who.reviewer, reason=form.get("reason"), desk=parts.desk)


def _open_field(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    which, _, name = form.get("field").partition("/")
    if which not in row.members or len(name) > MOST_NAME_CHARACTERS:
        return Refused((Reason("page_of_other_statement", (("pages", which[:MOST_ID_CHARACTERS]),)),))
    if not who.may(Permission.REVIEW_FIELDS):
        return Refused((Reason("task_of_other_queue", (("queue", "reviewer"),)),))
    return reopen(TaskId(f"{which}/{name}"), who.reviewer, reason=form.get("reason"), desk=parts.desk)


def _amount(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    cheque = _cheque_of(row, form, parts)
    if isinstance(cheque, Refused):
        return cheque
    return enter_cheque_amount(cheque, form.get("amount"), who.reviewer, reason=form.get("reason"), desk=parts.desk)


def _share(row: StatementRow, form: Form, who: Visitor, parts: WebParts) -> Answer:
    cheque = _cheque_of(row, form, parts)
    if isinstance(cheque, Refused):
        return cheque
    shares, reason = form.with_prefix("share."), form.get("reason")
    return share_cheque(cheque, form.version, shares, who.reviewer, reason=reason, desk=parts.desk)


def _cheque_of(row: StatementRow, form: Form, parts: WebParts) -> PageId | Refused:
    """A cheque that came with this statement: nobody reaches others from here."""
    wanted = form.get("cheque")
    known = wanted in cheques_of(row, parts)
    return PageId(wanted) if known else Refused((Reason("page_no_enclosure", (("page", wanted[:40]),)),))


ACTS: Mapping[str, Callable[[StatementRow, Form, Visitor, WebParts], Answer]] = {
    "move": _move,
    "merge": _merge,
    "duplicate": _twin(Verb.DUPLICATE),
    "copy": _twin(Verb.COPY),
    "restrict": _restrict,
    "lift": _restrict,
    "as_is": _verdict(Verb.AS_IS),
    "refer": _verdict(Verb.REFER),
    "page_as_is": _page_as_is,
    "reopen": _reopen,
    "open_field": _open_field,
    "amount": _amount,
    "share": _share,
}
"""By what the button says."""
