"""The envelopes of a batch: what came in each, what is wrong with the separators, and the days on them, entered for one
or for all that have none yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import StatementRow
from pipeline.custody.people import Permission
from pipeline.custody.review import TaskState
from pipeline.errors import OperatorError
from pipeline.model import BatchId, Reason
from pipeline.usecases.envelopes import EnvelopeView, MailView, enter_envelope, enter_for_all, mail_view
from pipeline.usecases.keeping import reason_of
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.batches import leaf_of
from pipeline.web.days import day_of
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.viewing import is_restricted, note_view, numbers_kept_back

router = APIRouter()
LINES_A_LEAF: Final = 60
MAY_ENTER: Final = (Permission.SCAN, Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS)


@dataclass(frozen=True, slots=True)
class Line:
    """An envelope on the page.

    Attributes:
        day, note: as they were entered, or as they were typed and not taken.
        seen: when what is shown was entered; empty where nothing was.
        numbers: of its statements, as far as this person may know them.
        problem: why what was typed was not taken.
    """

    its: EnvelopeView
    day: str
    note: str
    seen: str
    numbers: tuple[tuple[str, str], ...]
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form.

    Attributes:
        saved: days that were recorded.
        values: as they were typed; `problems`: why some were not taken, by first sheet.
        refused: why the day for all was not taken.
    """

    saved: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[int, Reason] = field(default_factory=dict)
    refused: tuple[Reason, ...] = ()


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_values)]


@router.get("/batches/{batch}/envelopes", name="batches.envelopes")
def envelopes(request: Request, parts: Parts, who: Who, batch: str, leaf: int = 1, saved: int = 0) -> Response:
    return _screen(request, batch, who, parts, leaf, Sent(max(saved, 0)))


@router.post("/batches/{batch}/envelopes", name="batches.postmarks")
def postmarks(request: Request, parts: Parts, who: Who, batch: str, values: Values, leaf: int = 1) -> Response:
    """What can be taken is taken; what cannot stays as it was typed, with the reason."""
    view = _view(batch, parts)
    if values.get("do") == "all":
        sent = _entered_for_all(view, values, who, parts)
    else:
        sent = _entered_for_each(_on_leaf(view, leaf), view, values, who, parts)
    if sent.problems or sent.refused:
        return _screen(request, batch, who, parts, leaf, sent)
    return RedirectResponse(f"/batches/{view.batch.id}/envelopes?leaf={leaf}&saved={sent.saved}", status_code=303)


def _entered_for_all(view: MailView, values: Mapping[str, str], who: Visitor, parts: WebParts) -> Sent:
    """What stands already is not replaced by a day for all."""
    try:
        day = day_of(values.get("day", ""))
        if day is None:
            raise OperatorError("web.envelopes.bad_day", day=values.get("day", "")[:40])
        return Sent(enter_for_all(view.batch.id, day, who=who.name, desk=parts.desk), values)
    except OperatorError as error:
        return Sent(0, values, refused=(reason_of(error),))


def _entered_for_each(
    shown: tuple[EnvelopeView, ...], view: MailView, values: Mapping[str, str], who: Visitor, parts: WebParts
) -> Sent:
    wanted = _for_each(shown, values)
    problems: dict[int, Reason] = {}
    for its in shown:
        first = its.envelope.first_sheet
        if first not in wanted:
            continue
        try:
            _require_as_seen(its, values)
            text, note = wanted[first]
            enter_envelope(view.batch.id, first, _day(text), note=note, who=who.name, desk=parts.desk)
        except OperatorError as error:
            problems[first] = reason_of(error)
    return Sent(len(wanted) - len(problems), values, problems)


def _for_each(shown: tuple[EnvelopeView, ...], values: Mapping[str, str]) -> dict[int, tuple[str, str]]:
    """Of the envelopes on this leaf, those of which something else was typed than stands."""
    found: dict[int, tuple[str, str]] = {}
    for its in shown:
        first = its.envelope.first_sheet
        typed = (values.get(f"day-{first}"), values.get(f"note-{first}"))
        if typed[0] is not None and typed[1] is not None and (typed[0], typed[1].strip()) != _stands(its):
            found[first] = (typed[0], typed[1].strip())
    return found


def _stands(its: EnvelopeView) -> tuple[str, str]:
    if its.entered is None:
        return "", ""
    return "" if its.entered.postmark is None else its.entered.postmark.isoformat(), its.entered.note


def _seen(its: EnvelopeView) -> str:
    return "" if its.entered is None else its.entered.entered_at.isoformat()


def _require_as_seen(its: EnvelopeView, values: Mapping[str, str]) -> None:
    """Raises OperatorError `web.envelopes.meanwhile`: somebody else entered something since the page was shown."""
    if values.get(f"seen-{its.envelope.first_sheet}", "") != _seen(its):
        raise OperatorError("web.envelopes.meanwhile", day=_stands(its)[0] or "-")


def _day(text: str) -> date | None:
    """Raises OperatorError `web.envelopes.bad_day`."""
    found = day_of(text)
    if found is None and text:
        raise OperatorError("web.envelopes.bad_day", day=text[:40])
    return found


def _view(batch: str, parts: WebParts) -> MailView:
    try:
        return mail_view(BatchId(batch[:40]), records=parts.keeping.records)
    except OperatorError:
        raise not_found() from None


def _on_leaf(view: MailView, leaf: int) -> tuple[EnvelopeView, ...]:
    first = (leaf_of(leaf, len(view.envelopes), LINES_A_LEAF).number - 1) * LINES_A_LEAF
    return view.envelopes[first : first + LINES_A_LEAF]


def _screen(request: Request, batch: str, who: Visitor, parts: WebParts, leaf: int, sent: Sent) -> Response:
    view = _view(batch, parts)
    records = parts.keeping.records
    review = records.review.batch(view.batch.id)
    note_view(view.batch.id, "batch", who=who, parts=parts)
    tasks = records.review.tasks(batch=view.batch.id, states=frozenset({TaskState.OPEN}))
    kept_back = numbers_kept_back(tasks, who)
    closed = review is not None and review.closed_at is not None
    return page(
        request,
        "envelopes.html",
        status=422 if sent.problems or sent.refused else 200,
        view=view,
        lines=[_line(its, who, kept_back, sent) for its in _on_leaf(view, leaf)],
        leaf=leaf_of(leaf, len(view.envelopes), LINES_A_LEAF),
        without=sum(its.entered is None for its in view.envelopes),
        saved=sent.saved,
        problems=sent.refused,
        all_day=sent.values.get("day", ""),
        closed=closed,
        may_enter=who.may(*MAY_ENTER) and not closed,
        today=parts.keeping.clock.now().astimezone().date(),
    )


def _line(its: EnvelopeView, who: Visitor, kept_back: frozenset[str], sent: Sent) -> Line:
    first = its.envelope.first_sheet
    day, note = _stands(its)
    problem = sent.problems.get(first)
    if problem is not None and problem.code != "web.envelopes.meanwhile":
        day, note = sent.values.get(f"day-{first}", day), sent.values.get(f"note-{first}", note)
    numbers = tuple(
        (row.number, row.issuer)
        for row in its.statements
        if row.number is not None and row.id not in kept_back and _may_name(row, who)
    )
    return Line(its, day, note, _seen(its), numbers, problem)


def _may_name(row: StatementRow, who: Visitor) -> bool:
    return not is_restricted(row) or who.may(Permission.VIEW_RESTRICTED)
