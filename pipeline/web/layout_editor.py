"""A draft on its pages: the editor, its picture, what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody.layouts import DraftState
from pipeline.errors import IntegrityError, OperatorError
from pipeline.usecases.layouts import (
    Conflict,
    DraftView,
    Refused,
    change_draft,
    draft_picture,
    draft_view,
)
from pipeline.usecases.layouts.edits import (
    Edit,
    HeadZone,
    PlaceMark,
    PlaceText,
    PlaceZone,
    PrintInZone,
    Settle,
    ShapeZone,
)
from pipeline.web.admission import Parts, Who
from pipeline.web.layout_editor_differences import changes_between, changes_made, label_of, said_changes
from pipeline.web.layout_editor_form import NotUnderstood, Sent, edits_of, number_text, sent_of
from pipeline.web.layout_editor_view import (
    ShownPart,
    as_sent,
    choices_of,
    lists_of,
    missing_texts,
    parts_of_draft,
)
from pipeline.web.layouts import reason_sentences, refusal_sentences
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.words import Words

router = APIRouter()
FRAGMENT_HEADER = "x-fragment"
MM_PER_INCH = 25.4
_DONE = frozenset({"begun", "saved", "proposed", "withdrawn", "restored", "in_force"})
_OVER = frozenset({DraftState.IN_FORCE, DraftState.WITHDRAWN})
_BLANK = ShownPart("new", "space")
_STAYS = (PlaceZone, PlaceMark, PlaceText, HeadZone, PrintInZone, ShapeZone)
"""Edits after which the form has the same fields."""


@dataclass(frozen=True, slots=True)
class ShownConflict:
    """Who was first, and how the two differ from what both began with.

    Attributes:
        both: spaces that both changed.
    """

    draft: str
    who: str
    at: datetime
    version: int
    theirs: tuple[str, ...]
    yours: tuple[str, ...]
    both: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A form that was not taken as it came, and why."""

    sent: Sent
    problems: tuple[str, ...] = ()
    conflict: ShownConflict | None = None

    @property
    def status(self) -> int:
        return 422 if self.conflict is None else 409


async def _items(request: Request) -> list[tuple[str, str]]:
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


Items = Annotated[list[tuple[str, str]], Depends(_items)]


def viewed(draft: str, parts: WebParts, version: int | None = None) -> DraftView:
    """Raises Refusal: no such draft, or version of it."""
    try:
        return draft_view(draft[:20], desk=parts.drafting, version=version)
    except OperatorError as error:
        if error.code in ("unknown_draft", "unknown_draft_version"):
            raise not_found() from error
        raise


@router.get("/layouts/drafts/{draft}", name="layouts.edit")
def edit(request: Request, parts: Parts, draft: str, done: str = "") -> Response:
    return _page(request, viewed(draft, parts), parts, done=done if done in _DONE else "")


def _page(
    request: Request, its: DraftView, parts: WebParts, *, rejected: Rejected | None = None, done: str = ""
) -> Response:
    """The editor over a version; of a form that was not taken, as the person filled it in."""
    words = words_for(request)
    shown = parts_of_draft(its, words)
    return page(
        request,
        "layouts_draft.html",
        status=200 if rejected is None else rejected.status,
        its=its,
        parts=shown if rejected is None else as_sent(shown, rejected.sent, words),
        blank=_BLANK,
        choices=choices_of(its, words),
        missing=missing_texts(its, words),
        issuers=sorted(parts.drafting.forms().imprints),
        lists=lists_of(its, words),
        size=tuple(map(number_text, its.size_mm)),
        picture=picture_path(its),
        picture_mm=picture_size_mm(its, parts),
        readonly=its.draft.state in _OVER,
        problems=() if rejected is None else rejected.problems,
        conflict=None if rejected is None else rejected.conflict,
        done=done,
    )


def picture_path(its: DraftView) -> str:
    return f"/layouts/drafts/{its.draft.id}/blank.png"


def picture_size_mm(its: DraftView, parts: WebParts) -> tuple[float, float]:
    """Of the picture of the blank form; the sheet of a later version may be of another size."""
    width_px, height_px = png_size(_picture(its.draft.id, parts))
    scale = MM_PER_INCH / its.draft.begun.blank.picture_dpi
    return round(width_px * scale, 3), round(height_px * scale, 3)


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, as the first chunk of a PNG has them."""
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


@router.get("/layouts/drafts/{draft}/blank.png", name="layouts.picture")
def picture(request: Request, parts: Parts, draft: str) -> Response:
    its = viewed(draft, parts)
    tag = f'"{its.draft.begun.blank.picture[:32]}"'
    headers = {"etag": tag, "cache-control": "private, max-age=600", "vary": "Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(_picture(its.draft.id, parts), media_type="image/png", headers=headers)


def _picture(draft: str, parts: WebParts) -> bytes:
    """Raises Refusal: the object is missing or altered."""
    tag = f"layout-draft-{draft}"
    data = parts.images.get(tag)
    if data is None:
        try:
            data = draft_picture(draft, desk=parts.drafting)
        except (KeyError, IntegrityError) as error:
            raise Refusal(404, "object_missing", {"digest": ""}) from error
        parts.images.put(tag, data)
    return data


@router.post("/layouts/drafts/{draft}", name="layouts.save")
def save(request: Request, parts: Parts, who: Who, draft: str, items: Items) -> Response:
    """Takes the whole form; a person who was second is shown what the first one did, and keeps what they typed."""
    words = words_for(request)
    try:
        sent = sent_of(items)
    except NotUnderstood as error:
        raise Refusal(422, "web.malformed") from error
    base = viewed(draft, parts, sent.base)
    try:
        edits = edits_of(sent, base)
    except NotUnderstood as error:
        return _not_saved(request, Rejected(sent, tuple(reason_sentences(error.reasons, words))), base, parts)
    if not edits and sent.version == base.draft.version:
        return _saved(request, base, (), sent)
    newest = base if sent.version == sent.base else viewed(draft, parts)
    done = change_draft(base.draft.id, sent.version, onto(edits, base, newest), who=who.name, desk=parts.drafting)
    if isinstance(done, Refused):
        return _not_saved(request, Rejected(sent, refusal_sentences(done, words)), base, parts)
    if isinstance(done, Conflict):
        conflict = _conflict(base, edits, viewed(draft, parts), words)
        return _not_saved(request, Rejected(sent, conflict=conflict), base, parts)
    return _saved(request, viewed(draft, parts), edits, sent)


def onto(edits: tuple[Edit, ...], base: DraftView, newest: DraftView) -> tuple[Edit, ...]:
    """The same edits for a newer version: decisions are told by their numbers, which may have changed."""
    found: list[Edit] = []
    for each in edits:
        if not isinstance(each, Settle):
            found.append(each)
        elif base.decisions[each.number - 1] in newest.decisions:
            found.append(Settle(newest.decisions.index(base.decisions[each.number - 1]) + 1))
    return tuple(found)


def _saved(request: Request, its: DraftView, edits: tuple[Edit, ...], sent: Sent) -> Response:
    if FRAGMENT_HEADER not in request.headers:
        return RedirectResponse(f"/layouts/drafts/{its.draft.id}?done=saved", status_code=303)
    lists = lists_of(its, words_for(request))
    answer = page(request, "layouts_saved.html", saved=its.version.number, lists=lists, readonly=False)
    answer.headers[FRAGMENT_HEADER] = "true"
    answer.headers["x-version"] = str(its.version.number)
    if sent.version != sent.base or any(not isinstance(each, _STAYS) for each in edits):
        # Fields come and go with names and check boxes: the form is made anew.
        answer.headers["x-reload"] = "true"
    return answer


def _not_saved(request: Request, rejected: Rejected, base: DraftView, parts: WebParts) -> Response:
    if FRAGMENT_HEADER not in request.headers:
        return _page(request, base, parts, rejected=rejected)
    facts = {"problems": rejected.problems, "conflict": rejected.conflict}
    answer = page(request, "layouts_not_saved.html", status=rejected.status, **facts)
    answer.headers[FRAGMENT_HEADER] = "true"
    return answer


def _conflict(base: DraftView, edits: tuple[Edit, ...], newest: DraftView, words: Words) -> ShownConflict:
    theirs = changes_between(base.layout, newest.layout) if base.layout and newest.layout else ()
    yours = changes_made(edits)
    both = [its.name for its in yours if its.name in {other.name for other in theirs}]
    return ShownConflict(
        newest.draft.id,
        newest.version.who,
        newest.version.at,
        newest.version.number,
        said_changes(theirs, words),
        said_changes(yours, words),
        tuple(label_of(name, words) for name in both),
    )
