"""The application below `/shown`: its routes, the table of which passes open them, its refusals."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from pipeline.errors import InputRefused, InvariantBroken, PipelineError
from pipeline.web.admission import Visitor
from pipeline.web.errors import error_page, status_of
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.shown import images, manifests, statement
from pipeline.web.shown.admission import RULES, PassLimits, admit, nothing_here, passer_by

_ROUTERS: tuple[APIRouter, ...] = (statement.router, images.router, manifests.router)
_LOG = logging.getLogger("constat.web")


def create_shown(parts: WebParts, limits: PassLimits | None = None) -> FastAPI:
    """The application over these parts, to be mounted at `/shown`.

    Raises:
        InvariantBroken: `route_without_rule`: a route is not in the table of which passes open it, or the other way
            round.
    """
    app = FastAPI(title="constat", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(admit)])
    app.state.parts = parts
    app.state.limits = limits or PassLimits()
    for router in _ROUTERS:
        app.include_router(router)
    names = {route.name for route in shown_routes()}
    if names != RULES.keys():
        raise InvariantBroken("route_without_rule", routes=", ".join(sorted(names ^ RULES.keys())))
    _add_handlers(app)
    return app


def shown_routes() -> tuple[APIRoute, ...]:
    """Every route there is."""
    return tuple(route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))


def _add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> Response:
        return _told(request, error)

    @app.exception_handler(PipelineError)
    def failed(request: Request, error: PipelineError) -> Response:
        status = status_of(error)
        if isinstance(error, InputRefused):
            return _told(request, Refusal(status, error.code, error.params))
        # Its facts may hold values and paths: the log is told of the code.
        _LOG.error("request_failed", extra={"status": status, "error": error})
        return _told(request, Refusal(status, "web.unavailable" if status == 503 else "web.not_in_order"))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        del error
        return _told(request, Refusal(422, "web.malformed"))

    @app.exception_handler(HTTPException)
    def refused_by_framework(request: Request, error: HTTPException) -> Response:
        return _told(
            request, nothing_here() if error.status_code == 404 else Refusal(error.status_code, "web.not_here")
        )


def _told(request: Request, refusal: Refusal) -> Response:
    if not isinstance(getattr(request.state, "visitor", None), Visitor):
        request.state.visitor = passer_by(request)
    answer = error_page(request, refusal.status, refusal.code, refusal.params)
    if "wait_s" in refusal.params:
        answer.headers["retry-after"] = str(refusal.params["wait_s"])
    return answer
