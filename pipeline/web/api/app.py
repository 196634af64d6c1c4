"""The application below `/api`: its routes, the table of who may ask for them, its own document."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json
from pipeline.web.api import (
    court_numbers,
    documents,
    events,
    iiif,
    links,
    manifests,
    oauth,
    registering,
    statements,
    webhooks,
)
from pipeline.web.api.admission import OPEN, RULES, Limits, admit, bearer
from pipeline.web.api.problems import ProblemDocument, add_handlers
from pipeline.web.parts import WebParts

_router = APIRouter()
_ROUTERS = (
    _router,
    oauth.router,
    iiif.router,
    links.router,
    registering.router,
    registering.open_router,
    statements.router,
    documents.router,
    court_numbers.router,
    events.router,
    manifests.router,
)
_VERSION = "1"


def create_api(parts: WebParts, limits: Limits | None = None) -> FastAPI:
    """The application over these parts, to be mounted at `/api`.

    Raises:
        InvariantBroken: `route_without_rule`: a route is not in the table of who may ask, or the other way round.
    """
    app = FastAPI(
        title="constat",
        version=_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(admit)],
    )
    app.state.parts = parts
    app.state.limits = limits or Limits()
    for router in _ROUTERS:
        closed = (
            []
            if router in (_router, oauth.router, registering.open_router)
            else [Depends(bearer), Depends(oauth.scheme)]
        )
        app.include_router(router, dependencies=closed)
    names = {route.name for route in api_routes()}
    if names != RULES.keys() | OPEN:
        raise InvariantBroken("route_without_rule", routes=", ".join(sorted(names ^ (RULES.keys() | OPEN))))
    add_handlers(app)
    return app


def api_routes() -> tuple[APIRoute, ...]:
    """Every route there is."""
    return tuple(route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))


@_router.get("/openapi.json", name="openapi", response_class=JSONResponse, include_in_schema=False)
def openapi(request: Request) -> Response:
    """OpenAPI 3.1, made from the routes and from the models that they answer with."""
    return JSONResponse(document_of(request.app))


def document_of(app: FastAPI) -> dict[str, Json]:
    """The document of the API's routes; problems are described once."""
    document = get_openapi(
        title="constat court API",
        version=_VERSION,
        routes=app.routes,
        webhooks=webhooks.router.routes,
        servers=[{"url": "/api"}],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    model = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs", {}))
    schemas["ProblemDocument"] = model
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document
