"""The court record number of a statement: what it is, was, and shall be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from pipeline.custody.court import CourtNumber
from pipeline.custody.people import Act
from pipeline.usecases.court_numbers import Wish, assign_number
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.api.admission import Parts, Who
from pipeline.web.api.finding import Report, is_known
from pipeline.web.api.models import Assigned, CourtNumberAnswer, CourtNumberWish
from pipeline.web.api.problems import Declined, answers

router = APIRouter(prefix="/v1/statements/{number}")
_VERSION = re.compile(r'"v(\d{1,9})"', re.ASCII)
_UNCHANGED: dict[int | str, dict[str, object]] = {304: {"description": "The client has it already (If-None-Match)."}}


@dataclass(frozen=True, slots=True)
class _Terms:
    """On which a number is assigned: the request's name, and what the client knows."""

    key: str
    version: int | None


def _terms(
    idempotency_key: Annotated[
        str, Header(pattern=r"^[\x21-\x7e]{1,100}$", description="The client's own name of this request.")
    ],
    if_match: Annotated[
        str | None, Header(max_length=40, description="Needed to replace a number; the ETag of the last answer.")
    ] = None,
) -> _Terms:
    return _Terms(idempotency_key, _version(if_match))


Terms = Annotated[_Terms, Depends(_terms)]


@router.get(
    "/court-record-number",
    name="court_number.show",
    response_model=CourtNumberAnswer,
    responses={**answers(404, 409), **_UNCHANGED},
)
def show(request: Request, parts: Parts, who: Who, report: Report) -> Response:
    """The number in force and those before; its ETag is what `If-Match` takes."""
    issuer, number = _identity(report)
    who.enter(Act.VIEWED, number, "court_record_number", parts)
    history = parts.keeping.records.court.history(issuer, number)
    if is_known(request, _tag(history)):
        return Response(status_code=304, headers={"etag": _tag(history)})
    return _answer(issuer, number, history)


@router.put(
    "/court-record-number",
    name="court_number.assign",
    response_model=CourtNumberAnswer,
    responses=answers(404, 409, 412),
)
def assign(parts: Parts, who: Who, report: Report, wish: CourtNumberWish, terms: Terms) -> Response:
    """Tie the statement to a court record. The same request again is answered as the first time."""
    issuer, number = _identity(report)
    who.enter(Act.CHANGED, number, "court_record_number", parts)
    asked = Wish(issuer, number, wish.court_record_number, terms.key, terms.version)
    history = assign_number(asked, by=who.client.name, gate=parts.gate)
    return _answer(issuer, number, history)


def _identity(report: StatementReport) -> tuple[str, str]:
    """Issuer and number. Raises Declined: the statement has no number of its own."""
    its = report.statement
    if its.number is None:
        raise Declined(409, "statement_without_number")
    return its.issuer, its.number


def _version(if_match: str | None) -> int | None:
    """How many rows the client knows of. Raises Declined 412 for a tag that no answer had."""
    if if_match is None:
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise Declined(412, "court_number_stale")
    return int(found[1])


def _tag(history: tuple[CourtNumber, ...]) -> str:
    return f'"v{len(history)}"'


def _answer(issuer: str, number: str, history: tuple[CourtNumber, ...]) -> Response:
    body = CourtNumberAnswer(
        issuer=issuer,
        number=number,
        court_record_number=history[-1].number if history else None,
        history=[Assigned(court_record_number=row.number, at=row.at, by=row.by) for row in history],
    )
    headers = {"etag": _tag(history), "cache-control": "private, no-cache", "vary": "Authorization"}
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)
