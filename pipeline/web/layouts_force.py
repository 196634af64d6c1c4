"""A draft proposed, put in force by another person, withdrawn; what it was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.layouts import DraftDeed, DraftVersion, LayoutDraft
from pipeline.custody.people import Permission
from pipeline.model import Layout
from pipeline.usecases.layouts import (
    Conflict,
    DraftView,
    Refused,
    Saved,
    propose_draft,
    put_in_force,
    restore_draft,
    withdraw,
)
from pipeline.usecases.layouts.drafting import problems_of
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.layout_editor import picture_path, picture_size_mm, viewed
from pipeline.web.layout_editor_differences import DrawnBox, changes_between, drawn, said_changes
from pipeline.web.layout_editor_view import lists_of
from pipeline.web.layouts import Form, refusal_sentences, text_of
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.words import Words

router = APIRouter()
MOST_REASON_CHARACTERS = 1000
LIKE = "like"
Outcome: TypeAlias = Saved | Conflict | Refused


@dataclass(frozen=True, slots=True)
class Compared:
    """The form beside another version of it or the form it is like.

    Attributes:
        against: number of a version, or `like`.
        size: of the sheet, in millimetres; `picture_mm` of the blank form's picture.
        known: both could be put together; otherwise there is nothing to compare.
    """

    against: str
    size: tuple[float, float]
    picture: str
    picture_mm: tuple[float, float]
    boxes: tuple[DrawnBox, ...]
    sentences: tuple[str, ...]
    known: bool
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history: a version, or what somebody did with one."""

    version: DraftVersion | None = None
    deed: DraftDeed | None = None


@router.get("/layouts/drafts/{draft}/force", name="layouts.force")
def force(request: Request, parts: Parts, who: Who, draft: str, against: str = LIKE) -> Response:
    return _force(request, draft, parts, who, against=against)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something was not done."""

    status: int = 200
    problems: tuple[str, ...] = ()


def _force(
    request: Request, draft: str, parts: WebParts, who: Visitor, *, against: str = LIKE, trouble: Trouble = Trouble()
) -> Response:
    its, words = viewed(draft, parts), words_for(request)
    return page(
        request,
        "layouts_force.html",
        status=trouble.status,
        its=its,
        compared=_compared(its, against, parts, words),
        lists=lists_of(its, words),
        may_force=who.may(Permission.ENFORCE_LAYOUTS),
        own=parts.drafting.second_person and who.name == its.draft.saved_by,
        problems=trouble.problems,
        done=request.query_params.get("done") == "proposed",
    )


def _compared(its: DraftView, against: str, parts: WebParts, words: Words) -> Compared:
    before = _other(its, against, parts)
    known = before is not None and its.layout is not None
    changes = changes_between(before, its.layout) if before is not None and its.layout is not None else ()
    return Compared(
        against,
        its.size_mm,
        picture_path(its),
        picture_size_mm(its, parts),
        drawn(before, its.layout, words) if its.layout is not None else (),
        said_changes(changes, words),
        known,
        len(changes),
    )


def _other(its: DraftView, against: str, parts: WebParts) -> Layout | None:
    """Raises Refusal: no such version."""
    forms = parts.drafting.forms()
    if against == LIKE:
        return forms.layouts.get(its.draft.begun.like)
    if not (against.isascii() and against.isdecimal() and len(against) < 6):
        raise not_found()
    found = next((v for v in _versions(its.draft, parts) if v.number == int(against)), None)
    if found is None:
        raise not_found()
    return problems_of(found.text, f"{its.draft.layout}.yaml", forms)[0]


def _versions(draft: LayoutDraft, parts: WebParts) -> tuple[DraftVersion, ...]:
    return parts.drafting.keeping.records.layouts.versions(draft.id)


@router.post("/layouts/drafts/{draft}/propose", name="layouts.propose")
def propose(request: Request, parts: Parts, who: Who, draft: str, form: Form) -> Response:
    def act(version: int, reason: str) -> Outcome:
        del reason
        return propose_draft(draft, version, who=who.name, desk=parts.drafting)

    return _done(request, draft, parts, who, act, form)


@router.post("/layouts/drafts/{draft}/enforce", name="layouts.enforce")
def enforce(request: Request, parts: Parts, who: Who, draft: str, form: Form) -> Response:
    def act(version: int, reason: str) -> Outcome:
        return put_in_force(draft, version, who=who.name, desk=parts.drafting, reason=reason)

    return _done(request, draft, parts, who, act, form)


@router.post("/layouts/drafts/{draft}/withdraw", name="layouts.withdraw")
def withdraw_draft(request: Request, parts: Parts, who: Who, draft: str, form: Form) -> Response:
    def act(version: int, reason: str) -> Outcome:
        return withdraw(draft, version, who=who.name, desk=parts.drafting, reason=reason)

    return _done(request, draft, parts, who, act, form)


@router.post("/layouts/drafts/{draft}/restore", name="layouts.restore")
def restore(request: Request, parts: Parts, who: Who, draft: str, form: Form) -> Response:
    restored = _number(text_of(form, "restored"))

    def act(version: int, reason: str) -> Outcome:
        del reason
        return restore_draft(draft, version, restored, who=who.name, desk=parts.drafting)

    return _done(request, draft, parts, who, act, form)


def _done(
    request: Request,
    draft: str,
    parts: WebParts,
    who: Visitor,
    act: Callable[[int, str], Outcome],
    form: Form,
) -> Response:
    """Does it with the version that the person saw; their page again, with the reason, where it was refused."""
    viewed(draft, parts)
    done = act(_number(text_of(form, "version")), text_of(form, "reason")[:MOST_REASON_CHARACTERS])
    words = words_for(request)
    if isinstance(done, Refused):
        return _force(request, draft, parts, who, trouble=Trouble(422, refusal_sentences(done, words)))
    if isinstance(done, Conflict):
        first = {"who": done.first.who, "at": words.moment(done.first.at), "version": done.first.number}
        return _force(request, draft, parts, who, trouble=Trouble(409, (words("web.layouts.conflict", **first),)))
    state = done.draft.state.value
    where = "/force" if state == "proposed" else ""
    return RedirectResponse(
        f"/layouts/drafts/{draft}{where}?done={'restored' if state == 'draft' else state}", status_code=303
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise Refusal(422, "web.malformed")
    return int(text)


@router.get("/layouts/drafts/{draft}/history", name="layouts.history")
def history(request: Request, parts: Parts, draft: str, version: int = 0) -> Response:
    """Who saved what and when; with a version, how it differs from the one before."""
    its, words = viewed(draft, parts), words_for(request)
    versions = _versions(its.draft, parts)
    steps = [*(Step(version=each) for each in versions), *(Step(deed=each) for each in its.draft.deeds)]
    steps.sort(key=_moment, reverse=True)
    compared = None
    if version:
        shown = viewed(draft, parts, version)
        compared = _compared(shown, str(max(version - 1, 1)), parts, words)
    return page(
        request,
        "layouts_history.html",
        its=its,
        steps=steps,
        compared=compared,
        version=version,
        over=its.draft.state.value in ("in_force", "withdrawn"),
    )


def _moment(step: Step) -> tuple[object, int, int]:
    if step.version is not None:
        return (step.version.at, 0, step.version.number)
    return (step.deed.at, 1, step.deed.number) if step.deed is not None else ("", 0, 0)


@router.get("/layouts/drafts/{draft}/layout.yaml", name="layouts.file")
def layout_text(parts: Parts, draft: str, version: int = 0) -> Response:
    """The layout file of a version as it is kept."""
    its = viewed(draft, parts, version or None)
    headers = {"content-disposition": f'attachment; filename="{its.draft.layout}.yaml"'}
    return Response(its.version.text, media_type="application/yaml; charset=utf-8", headers=headers)
