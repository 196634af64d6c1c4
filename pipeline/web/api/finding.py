"""Finding a statement for a machine: every part and form of it must be one that the client may see."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel

from pipeline.custody.people import Act
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.web.api.admission import Parts, Who
from pipeline.web.api.answering import address_of
from pipeline.web.api.problems import Declined
from pipeline.web.parts import WebParts
from pipeline.web.statements import MOST_NUMBER_CHARACTERS

Number = Annotated[
    str,
    Path(
        max_length=MOST_NUMBER_CHARACTERS, description="Of the statement: upper case, no blanks; else its designation."
    ),
]
Issuer = Annotated[
    str | None, Query(max_length=MOST_NUMBER_CHARACTERS, description="Needed where several issuers use the number.")
]


def found_statement(number: Number, who: Who, parts: Parts, issuer: Issuer = None) -> StatementReport:
    """The statement, all parts and forms of which this client may see.

    Raises:
        Declined: 404 `unknown_statement`, 409 `ambiguous_number` with the list, 403 `restricted`.
    """
    records = parts.keeping.records
    try:
        report = find_statement(number, who.client.issuer or issuer, records=records)
        if who.client.issuer is not None and issuer not in (None, who.client.issuer):
            raise Declined(404, "unknown_statement")
        for each in (report, *report.others):
            for row in each.parts:
                who.require(row)
    except OperatorError as error:
        who.enter(Act.SEARCHED, "statements", error.code, parts)
        if error.code != "ambiguous_number":
            raise Declined(404, "unknown_statement") from error
        raise Declined(409, error.code, more={"candidates": _candidates(number, parts)}) from error
    except Declined as problem:
        who.enter(Act.DENIED, "statements", problem.code, parts)
        raise
    return report


Report = Annotated[StatementReport, Depends(found_statement)]
"""For the arguments of a route below a statement."""


def _candidates(number: str, parts: WebParts) -> list[Json]:
    """Only a client of no one issuer comes to see several."""
    records = parts.keeping.records
    rows = records.statements_numbered(number) or records.statements_designated(number)
    issuers = sorted({row.issuer for row in rows if row.counts})
    return [{"issuer": its, "number": number, "href": address_of(number, its)} for its in issuers]


def tagged(request: Request, body: BaseModel) -> Response:
    """The answer with its tag, or 304 where the client has it already."""
    data = body.model_dump_json().encode()
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "Authorization"}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/json", headers=headers)


def is_known(request: Request, tag: str) -> bool:
    """Whether the client says that it has what the tag names."""
    given = request.headers.get("if-none-match", "").replace("W/", "")
    return tag in re.split(r"\s*,\s*", given) or given.strip() == "*"
