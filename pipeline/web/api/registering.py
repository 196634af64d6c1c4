"""Electronic statements: registered by those who issue them, by a schema that everybody may read."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pipeline.custody.people import Act
from pipeline.errors import InputRefused, Unavailable
from pipeline.evidence.canonical import Json
from pipeline.model import PageState
from pipeline.statements.electronic import Problem
from pipeline.statements.electronic_schema import electronic_schema
from pipeline.usecases.register import Offer, Registered
from pipeline.usecases.same_number import CONFLICT
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.answering import address_of, reasons_of
from pipeline.web.api.models import Reason
from pipeline.web.api.problems import Declined, answers
from pipeline.web.parts import WebParts
from pipeline.wiring import catalogue

router = APIRouter(prefix="/v1")
open_router = APIRouter()
_ONE, _LINES = "application/json", "application/x-ndjson"
_RETRY_S: Final = 5
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "One statement, or one a line; the schema is `/api/schemas/electronic-statement.json`.",
        "content": {
            _ONE: {"schema": {"type": "object"}},
            _LINES: {"schema": {"type": "string"}},
        },
    }
}


class RegisteredStatement(BaseModel):
    """A statement that was registered."""

    issuer: str
    number: str
    state: PageState
    reasons: list[Reason]
    href: str


class RegisteredAnswer(BaseModel):
    """What was registered, and where it is kept."""

    batch: str
    sha256: str = Field(description="Of what was sent, as it is kept.")
    again: bool = Field(description="It was registered before; nothing was added.")
    statements: list[RegisteredStatement]


def _key(
    idempotency_key: Annotated[
        str, Header(pattern=r"^[\x21-\x7e]{1,100}$", description="The client's own name of this request.")
    ],
) -> str:
    return idempotency_key


@router.post(
    "/statements",
    name="statements.register",
    status_code=201,
    response_model=RegisteredAnswer,
    responses={**answers(409, 415), 200: {"model": RegisteredAnswer, "description": "It was registered before."}},
    openapi_extra=_BODY,
)
async def register(request: Request, parts: Parts, who: Who, key: Annotated[str, Depends(_key)]) -> Response:
    """Register statements that were electronic from the start: all of what is sent, or nothing of it.

    What is sent is kept as it came, also where it is refused. The same request again is answered as the first time.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (_ONE, _LINES):
        raise Declined(415, "unsupported_media_type", facts={"media_type": media_type[:100]})
    data = await request.body()
    offer = Offer("api", data, media_type == _LINES, who.client.known_as, key, who.client.issuer)
    return await run_in_threadpool(_registered, offer, who, parts)


@open_router.get(
    "/schemas/electronic-statement.json",
    name="schemas.electronic",
    response_class=JSONResponse,
    include_in_schema=False,
)
def schema() -> Response:
    """JSON Schema 2020-12 of what is registered."""
    return JSONResponse(
        electronic_schema(catalogue()),
        media_type="application/schema+json",
        headers={"cache-control": "public, max-age=3600"},
    )


def _registered(offer: Offer, who: Machine, parts: WebParts) -> Response:
    who.enter(Act.CHANGED, "statements", "register", parts)
    try:
        its = parts.registering(offer)
    except InputRefused as error:
        raise Declined(413 if error.code == "electronic_file_too_large" else 422, error.code) from error
    except Unavailable as error:
        if error.code != "data_dir_busy":
            raise
        raise Declined(503, error.code, headers={"retry-after": str(_RETRY_S)}) from error
    if its.problems:
        raise Declined(422, "electronic_refused", facts={"batch": its.batch}, more={"problems": _told(its.problems)})
    body = _answer(its)
    if any(reason.code == CONFLICT for row in its.statements for reason in row.reasons):
        listed: list[Json] = [row.model_dump(mode="json") for row in body.statements]
        raise Declined(409, "statement_number_taken", facts={"batch": its.batch}, more={"statements": listed})
    headers = {"location": body.statements[0].href} if len(body.statements) == 1 else {}
    return JSONResponse(body.model_dump(mode="json"), 200 if its.again else 201, headers=headers)


def _answer(its: Registered) -> RegisteredAnswer:
    return RegisteredAnswer(
        batch=its.batch,
        sha256=str(its.file.digest),
        again=its.again,
        statements=[
            RegisteredStatement(
                issuer=row.issuer,
                number=row.number or "",
                state=row.state,
                reasons=reasons_of(row.reasons),
                href=address_of(row.number or "", row.issuer),
            )
            for row in its.statements
        ],
    )


def _told(problems: tuple[Problem, ...]) -> list[Json]:
    """Places and codes: what was sent may be personal data, and need not come back."""
    return [
        {
            "line": its.line,
            "place": its.place,
            "code": its.code,
            "facts": {name: str(fact) for name, fact in its.params},
        }
        for its in problems
    ]
