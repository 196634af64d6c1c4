"""Whatever goes wrong becomes a page with a sentence and a code; nothing of the program's inside is shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from pipeline.errors import InputRefused, IntegrityError, OperatorError, Param, PipelineError, Unavailable
from pipeline.web.pages import page, words_for
from pipeline.web.refusal import Refusal

_LOG = logging.getLogger("constat.web")
_STATUS: tuple[tuple[type[PipelineError], int], ...] = (
    (InputRefused, 422),
    (OperatorError, 500),
    (Unavailable, 503),
    (IntegrityError, 500),
)
_STATUS_BY_CODE: Mapping[str, int] = {
    "unknown_statement": 404,
    "unknown_batch": 404,
    "unknown_field": 404,
    "unknown_account": 404,
    "account_may_not": 403,
    "unknown_page": 404,
    "unknown_link": 404,
    "object_missing": 404,
    "page_without_image": 404,
    "ambiguous_number": 409,
    "data_dir_busy": 503,
    "work_taken_over": 503,
    "not_sealed_yet": 409,
    "page_in_exception": 409,
    "iiif_region": 400,
    "iiif_region_outside": 400,
    "iiif_size": 400,
    "iiif_size_upscaled": 400,
    "iiif_size_limit": 400,
    "iiif_rotation": 400,
    "iiif_quality": 400,
    "iiif_format": 400,
}
_OUT_OF_SIGHT: Mapping[int, str] = {500: "web.not_in_order", 503: "web.unavailable"}
_HTTP: Mapping[int, str] = {404: "web.not_found", 405: "web.not_here"}


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> Response:
        return refused_page(request, error)

    @app.exception_handler(PipelineError)
    def failed(request: Request, error: PipelineError) -> Response:
        status = status_of(error)
        if error.code in _STATUS_BY_CODE or isinstance(error, InputRefused):
            return error_page(request, status, error.code, error.params)
        # Its facts may hold values and paths: the log is told of the code.
        _LOG.error("request_failed", extra={"status": status, "error": error})
        return error_page(request, status, error.code, {}, sentence=_OUT_OF_SIGHT[status])

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        del error
        return error_page(request, 422, "web.malformed", {})

    @app.exception_handler(HTTPException)
    def refused_by_framework(request: Request, error: HTTPException) -> Response:
        code = _HTTP.get(error.status_code, "web.malformed")
        return error_page(request, error.status_code, code, {})


def status_of(error: PipelineError) -> int:
    """Of HTTP, by the error's code, else by who can act."""
    by_kind = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return _STATUS_BY_CODE.get(error.code, by_kind)


def refused_page(request: Request, refusal: Refusal) -> Response:
    """A page that says why, or the way to where one can go on."""
    if refusal.path and request.method in ("GET", "HEAD"):
        if "hx-request" in request.headers:
            # A script that follows a redirect would put the sign-in page into the middle of another.
            return Response(status_code=refusal.status, headers={"hx-redirect": refusal.path})
        return RedirectResponse(_with_way_back(refusal, request), status_code=303)
    return error_page(request, refusal.status, refusal.code, refusal.params)


def _with_way_back(refusal: Refusal, request: Request) -> str:
    if refusal.path != "/sign-in" or request.url.path == "/":
        return refusal.path
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?{urlencode({'next': back})}"


def error_page(request: Request, status: int, code: str, facts: Mapping[str, Param], *, sentence: str = "") -> Response:
    """The page of an error.

    Args:
        sentence: code of what is said instead of the error's own sentence.
    """
    heading = words_for(request)(f"web.status.{status}" if status in _HEADINGS else "web.status.other")
    return page(
        request,
        "error.html",
        status=status,
        code=code,
        sentence=words_for(request).facts(sentence or code, facts),
        heading=heading,
    )


_HEADINGS = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 500, 503})
