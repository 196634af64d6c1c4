"""Whatever goes wrong becomes a problem document (RFC 9457) with a code; nothing of the program's inside is shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from pipeline.errors import InputRefused, OperatorError, Param, PipelineError
from pipeline.evidence.canonical import Json
from pipeline.web.errors import status_of
from pipeline.web.refusal import BodyTooLargeError, Refusal

_LOG = logging.getLogger("constat.api")
MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Mapping[str, int] = {
    "court_number_stale": 412,
    "court_number_assigned": 409,
    "court_record_full": 409,
    "events_not_reached": 409,
    "court_number_key_reused": 422,
    "link_days": 422,
    "link_needs_reason": 422,
    "link_too_many": 409,
    "register_key_reused": 422,
}


class Candidate(BaseModel):
    """One of several statements that a number means."""

    issuer: str
    number: str
    href: str


class ProblemPlace(BaseModel):
    """One thing wrong in an electronic statement."""

    line: int = Field(description="Of the statement, from 1; 0 where one alone was sent.")
    place: str = Field(description="JSON pointer (RFC 6901).")
    code: str
    facts: dict[str, str]


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str = Field(description="`urn:constat:problem:` and the code.")
    title: str = Field(description="The status in words.")
    status: int
    code: str = Field(description="What is wrong; codes stay as they are.")
    facts: dict[str, str | int] = Field(default_factory=dict, description="What the code speaks of.")
    candidates: list[Candidate] | None = Field(default=None, description="With `ambiguous_number`.")
    errors: list[str] | None = Field(default=None, description="With `malformed`: which parts of the request.")
    problems: list[ProblemPlace] | None = Field(default=None, description="With `electronic_refused`: all of them.")


class Declined(Exception):  # noqa: N818 - named as those of `pipeline.errors` are
    """Raised where a request is not answered as asked.

    Attributes:
        more: further members of the document.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        facts: Mapping[str, Param] | None = None,
        more: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.facts = dict(facts or {})
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def answers(*statuses: int) -> dict[int | str, dict[str, object]]:
    """For the document of a route: these statuses, and those that every route may answer with, as problems."""
    always = (400, 401, 403, 413, 422, 429, 500, 503)
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in sorted({*always, *statuses})
    }


def problem_response(problem: Declined) -> Response:
    document: dict[str, Json] = {
        "type": f"urn:constat:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "facts": {name: its if isinstance(its, str | int) else str(its) for name, its in problem.facts.items()},
        **problem.more,
    }
    return JSONResponse(document, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def problem_of(refusal: Refusal) -> Declined:
    """What pages say with the codes of their words."""
    return Declined(refusal.status, refusal.code.removeprefix("web."), facts=refusal.params)


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Declined)
    def refused(request: Request, error: Declined) -> Response:
        del request
        return problem_response(error)

    @app.exception_handler(Refusal)
    def refused_as_pages_are(request: Request, error: Refusal) -> Response:
        del request
        return problem_response(problem_of(error))

    @app.exception_handler(PipelineError)
    def failed(request: Request, error: PipelineError) -> Response:
        del request
        status = _STATUS.get(error.code, status_of(error))
        if status < 500 and isinstance(error, InputRefused | OperatorError):
            return problem_response(Declined(status, error.code, facts=error.params))
        # Its facts may hold values and paths: the log is told of the code.
        _LOG.error("request_failed", extra={"status": status, "error": error})
        return problem_response(Declined(status, error.code))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        del request
        # Where, not what: what was sent may be personal data, and need not come back.
        places = [".".join(str(part) for part in its["loc"])[:100] for its in error.errors()[:20]]
        more: dict[str, Json] = {"errors": list(places)}
        return problem_response(Declined(422, "malformed", more=more))

    @app.exception_handler(HTTPException)
    def refused_by_framework(request: Request, error: HTTPException) -> Response:
        del request
        if isinstance(error.__cause__, BodyTooLargeError):
            # The framework takes it for a body that it cannot read.
            return problem_response(Declined(413, "body_too_large"))
        codes = {404: "not_found", 405: "not_here"}
        code = codes.get(error.status_code, "malformed")
        return problem_response(Declined(error.status_code, code, headers=error.headers))
