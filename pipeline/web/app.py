"""The application: its pages, the table of who may see them, what holds for all of them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import APIRoute

from pipeline.errors import InvariantBroken
from pipeline.web import (
    access_log,
    accounts,
    batches,
    images,
    provider,
    review,
    review_groups,
    review_images,
    review_lists,
    review_returns,
    sign_in,
    start,
    statements,
)
from pipeline.web.admission import RULES, Parts, admit
from pipeline.web.errors import add_handlers
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.security import Guard

_FOREVER = "public, max-age=31536000, immutable"
_router = APIRouter()
_ROUTERS: tuple[APIRouter, ...] = (
    _router,
    start.router,
    sign_in.router,
    provider.router,
    batches.router,
    statements.router,
    images.router,
    access_log.router,
    accounts.router,
    review.router,
    review_images.router,
    review_groups.router,
    review_lists.router,
    review_returns.router,
)


def create_app(parts: WebParts) -> FastAPI:
    """The application over these parts.

    Raises:
        InvariantBroken: `route_without_rule`: a page is not in the table of who may see it, or the other way round.
    """
    app = FastAPI(
        title="constat", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(admit)], debug=False
    )
    app.state.parts = parts
    for router in _ROUTERS:
        app.include_router(router)
    names = {route.name for route in routes()}
    if names != set(RULES):
        raise InvariantBroken("route_without_rule", routes=", ".join(sorted(names ^ set(RULES))))
    add_handlers(app)
    app.add_middleware(Guard, site=parts.site)
    return app


def routes() -> tuple[APIRoute, ...]:
    """Every page there is."""
    return tuple(route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))


@_router.get("/static/{edition}/{name}", name="asset")
def asset(edition: str, name: str, parts: Parts) -> Response:
    found = parts.assets.get(name)
    if found is None or found.path != f"/static/{edition}/{name}":
        raise not_found()
    return Response(found.data, media_type=found.media_type, headers={"cache-control": _FOREVER})


@_router.get("/health", name="health")
def health(parts: Parts) -> Response:
    """For whoever watches the server: whether records can be read."""
    parts.keeping.records.people.named("a")
    return Response("ok\n", media_type="text/plain")
