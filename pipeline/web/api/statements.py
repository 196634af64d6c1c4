"""Statements: found by number, by court record number, by what is written on them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from starlette.datastructures import URL

from pipeline.custody.court import CourtNumber, IndexEntry, Place, StatementsWanted
from pipeline.custody.people import Act, Permission
from pipeline.model import PageState
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.answering import ROOT, address_of, named, statement_answer
from pipeline.web.api.finding import Issuer, Number, found_statement, tagged
from pipeline.web.api.models import Found, FoundList, RecordAnswer, StatementAnswer
from pipeline.web.api.problems import Declined, answers
from pipeline.web.manifest_answers import Pages, fronts_of
from pipeline.web.parts import WebParts

router = APIRouter(prefix="/v1")
MOST_FOUND, USUAL_FOUND = 100, 50
_MOST_CURSOR = 400
_ADDRESS = URL(f"{ROOT}/statements")
_UNCHANGED: dict[int | str, dict[str, object]] = {304: {"description": "The client has it already (If-None-Match)."}}


class Asked(BaseModel):
    """The query of a search: all that is given must hold."""

    model_config = {"extra": "forbid"}

    issuer: Annotated[str | None, Query(max_length=100)] = None
    plate: Annotated[str | None, Query(pattern=r"^[A-Z0-9]{1,12}$", description="Upper case, no blanks.")] = None
    offence_from: Annotated[date | None, Query(description="The first day.")] = None
    offence_to: Annotated[date | None, Query(description="The last day.")] = None
    designation: Annotated[str | None, Query(min_length=1, max_length=100)] = None
    state: Annotated[PageState | None, Query(description="As recorded with a batch.")] = None
    limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = USUAL_FOUND
    cursor: Annotated[str | None, Query(max_length=_MOST_CURSOR, description="From `next`.")] = None


@router.get("/statements", name="statements.search", response_model=FoundList, responses=answers())
def search(request: Request, parts: Parts, who: Who, asked: Annotated[Asked, Query()]) -> Response:
    """Statements by what is written on them, by number and issuer. Only accepted values are found."""
    after = None if asked.cursor is None else _place(asked.cursor)
    wanted = _wanted(asked, who)
    who.enter(Act.SEARCHED, "statements", _criteria(asked), parts)
    if wanted is None:
        return tagged(request, FoundList(statements=[], next=None))
    found = parts.keeping.records.court.search(wanted, after=after, most=asked.limit + 1)
    shown = found[: asked.limit]
    more = len(found) > len(shown)
    return tagged(
        request, FoundList(statements=list(map(_line, shown)), next=_next(shown[-1][0], asked) if more else None)
    )


@router.get(
    "/statements/{number}",
    name="statements.show",
    response_model=StatementAnswer,
    responses={**answers(404, 409), **_UNCHANGED},
)
def show(
    request: Request, parts: Parts, who: Who, number: Number, issuer: Issuer = None, pages: Pages = None
) -> Response:
    """All that is kept of a statement; to a prosecutor the backs of its pages once they are asked for."""
    with parts.keeping.records.moment():
        report = found_statement(number, who, parts, issuer)
        history = _history(report, parts)
    fronts = fronts_of(pages, front_first=who.front_first)
    why = "statement_all" if who.front_first and not fronts else "statement"
    who.enter(Act.VIEWED, named(report), why, parts)
    return tagged(request, statement_answer(report, history, fronts=fronts))


@router.get(
    "/records/{court_record_number}",
    name="records.show",
    response_model=RecordAnswer,
    responses={**answers(404), **_UNCHANGED},
)
def record(
    request: Request, parts: Parts, who: Who, court_record_number: Annotated[str, Path(max_length=40)]
) -> Response:
    """The statements that are tied to a court record; those that the client may not see are left out."""
    records = parts.keeping.records
    with records.moment():
        tied = records.court.tied_to(court_record_number)
        reports = [its for row in tied if (its := _seen(row.statement, row.issuer, who, parts)) is not None]
        histories = [_history(its, parts) for its in reports]
    if not reports:
        who.enter(Act.SEARCHED, "records", "not_found", parts)
        raise Declined(404, "unknown_court_record")
    for report in reports:
        who.enter(Act.VIEWED, named(report), "record", parts)
    body = RecordAnswer(
        court_record_number=court_record_number,
        statements=[
            statement_answer(its, history, fronts=who.front_first)
            for its, history in zip(reports, histories, strict=True)
        ],
    )
    return tagged(request, body)


def _seen(number: str, issuer: str, who: Machine, parts: WebParts) -> StatementReport | None:
    """Null for one that is not kept any more under its number, and for one that the client may not see."""
    kept = parts.keeping.records.statements_numbered(number)
    if all(row.issuer != issuer for row in kept) or who.client.issuer not in (None, issuer):
        return None
    report = find_statement(number, issuer, records=parts.keeping.records)
    try:
        for each in (report, *report.others):
            for row in each.parts:
                who.require(row)
    except Declined:
        return None
    return report


def _history(report: StatementReport, parts: WebParts) -> tuple[CourtNumber, ...]:
    its = report.statement
    return () if its.number is None else parts.keeping.records.court.history(its.issuer, its.number)


def _wanted(asked: Asked, who: Machine) -> StatementsWanted | None:
    """Null where the client asks for an issuer that is not its own."""
    own = who.client.issuer
    if own is not None and asked.issuer not in (None, own):
        return None
    return StatementsWanted(
        issuer=own or asked.issuer,
        plate=asked.plate,
        offence_from=asked.offence_from,
        offence_to=asked.offence_to,
        designation=asked.designation,
        state=asked.state,
        restricted=who.may(Permission.VIEW_RESTRICTED),
    )


def _criteria(asked: Asked) -> str:
    """The names alone: what was asked for is personal data."""
    given = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    return "search " + " ".join(sorted(given))


def _line(parts: Sequence[IndexEntry]) -> Found:
    first = parts[0]
    return Found(
        issuer=first.issuer,
        number=first.number,
        designation=next((its.designation for its in parts if its.designation), None),
        states=sorted({its.state for its in parts}),
        offence_date=next((its.offence_date for its in parts if its.offence_date), None),
        href=address_of(first.number, first.issuer),
    )


def _next(last: IndexEntry, asked: Asked) -> str:
    place = json.dumps([last.number, last.issuer], separators=(",", ":")).encode()
    cursor = base64.urlsafe_b64encode(place).decode().rstrip("=")
    return str(_ADDRESS.include_query_params(**asked.model_dump(mode="json", exclude_none=True) | {"cursor": cursor}))


def _place(cursor: str) -> Place:
    """Raises Declined `bad_cursor` for what no leaf gave out."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        number, issuer = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not (isinstance(number, str) and isinstance(issuer, str)):
            raise ValueError
        number.encode(), issuer.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise Declined(422, "bad_cursor") from error
    return Place(number, issuer)
